// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/rawpicklewriter.h"

#include "codec/rawbytes.h"
#include "codec/rawpickleopcodes.h"

#include <cstring>
#include <limits>

namespace aio_raw {

void PickleWriter::opcode(unsigned char code)
{
    const char byte = char(code);
    m_sink.append(&byte, 1);
}

template<class T>
void PickleWriter::number(unsigned char code, T value)
{
    char bytes[1 + sizeof(T)];
    bytes[0] = char(code);
    storeLittle(value, bytes + 1);
    m_sink.append(bytes, sizeof bytes);
}

void PickleWriter::sized(unsigned char code8, unsigned char code32, unsigned char code64, const void *data, std::size_t size)
{
    if (size <= 0xff)
        number(code8, std::uint8_t(size));
    else if (size <= 0xffffffff)
        number(code32, std::uint32_t(size));
    else
        number(code64, std::uint64_t(size));
    m_sink.append(static_cast<const char *>(data), size);
}

void PickleWriter::begin()
{
    number(OpProto, std::uint8_t(4));
}

void PickleWriter::end()
{
    opcode(OpStop);
}

void PickleWriter::none()
{
    opcode(OpNone);
}

void PickleWriter::boolean(bool value)
{
    opcode(value ? OpTrue : OpFalse);
}

void PickleWriter::integer(std::int64_t value)
{
    if (value >= 0 && value <= 0xff) {
        number(OpBinInt1, std::uint8_t(value));
    } else if (value >= 0 && value <= 0xffff) {
        number(OpBinInt2, std::uint16_t(value));
    } else if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
        number(OpBinInt, std::int32_t(value));
    } else {
        number(OpLong1, std::uint8_t(8));
        char bytes[8];
        storeLittle(value, bytes);
        m_sink.append(bytes, sizeof bytes);
    }
}

void PickleWriter::integer(std::uint64_t value)
{
    if (value <= std::uint64_t(std::numeric_limits<std::int64_t>::max()))
        return integer(std::int64_t(value));
    number(OpLong1, std::uint8_t(9));
    char bytes[9] = {};     // the last says that it is not negative
    storeLittle(value, bytes);
    m_sink.append(bytes, sizeof bytes);
}

void PickleWriter::real(double value)
{
    char bytes[9];
    bytes[0] = char(OpBinFloat);
    storeBig(value, bytes + 1);
    m_sink.append(bytes, sizeof bytes);
}

void PickleWriter::text(const char *utf8, std::size_t size)
{
    sized(OpShortBinUnicode, OpBinUnicode, OpBinUnicode8, utf8, size);
}

void PickleWriter::text(const char *literal)
{
    text(literal, std::strlen(literal));
}

void PickleWriter::bytes(const void *data, std::size_t size)
{
    sized(OpShortBinBytes, OpBinBytes, OpBinBytes8, data, size);
}

void PickleWriter::beginTuple()
{
    opcode(OpMark);
}

void PickleWriter::endTuple()
{
    opcode(OpTuple);
}

void PickleWriter::beginList()
{
    opcode(OpEmptyList);
    opcode(OpMark);
}

void PickleWriter::endList()
{
    opcode(OpAppends);
}

void PickleWriter::beginDict()
{
    opcode(OpEmptyDict);
    opcode(OpMark);
}

void PickleWriter::endDict()
{
    opcode(OpSetItems);
}

void PickleWriter::global()
{
    opcode(OpStackGlobal);
}

void PickleWriter::global(const char *module, const char *name)
{
    text(module);
    text(name);
    global();
}

void PickleWriter::call()
{
    opcode(OpReduce);
}

void PickleWriter::object()
{
    opcode(OpNewObj);
}

void PickleWriter::objectWithKeywords()
{
    opcode(OpNewObjEx);
}

void PickleWriter::state()
{
    opcode(OpBuild);
}

void PickleWriter::beginItems()
{
    opcode(OpMark);
}

void PickleWriter::beginEntries()
{
    opcode(OpMark);
}

} // namespace aio_raw
