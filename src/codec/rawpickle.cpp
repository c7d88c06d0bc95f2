// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/rawpickle.h"

#include "codec/rawbytes.h"
#include "codec/rawpickleopcodes.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace aio_raw {

namespace {

constexpr std::size_t bytesPerNode = 24 + sizeof(PickleRef);        // and its place on the stack
constexpr std::size_t bytesPerList = sizeof(std::vector<PickleRef>) + 16;

struct Renamed
{
    const char *before;
    const char *now;
    bool isModule;
};
// What protocol 2 calls otherwise, of the modules that plain values and exceptions come from.
constexpr Renamed renamedByPython3[] = {
    {"__builtin__", "builtins", true}, {"exceptions", "builtins", true}, {"copy_reg", "copyreg", true}, {"Queue", "queue", true},
    {"xrange", "range", false}, {"unicode", "str", false}, {"unichr", "chr", false},
};

} // namespace

PickleError PickleReader::read(const void *data, std::size_t size) noexcept
{
    m_data = static_cast<const char *>(data);
    m_size = size;
    try {
        const PickleError error = parse();
        if (m_isOutOfMemory)
            return PickleError::TooLarge;
        return error == PickleError::None ? check() : error;
    } catch (const std::bad_alloc &) {
        return PickleError::TooLarge;
    }
}

PickleError PickleReader::parse()
{
    while (!m_isStopped) {
        unsigned char opcode;
        if (!take(opcode))
            return PickleError::Truncated;
        if (m_protocol == 0 && opcode != OpProto)
            return PickleError::Malformed;
        if (const PickleError error = step(opcode); error != PickleError::None)
            return error;
    }
    return m_at == m_size ? PickleError::None : PickleError::Malformed;
}

PickleError PickleReader::step(unsigned char opcode)
{
    std::uint8_t byte = 0;
    std::uint16_t word = 0;
    std::int32_t whole = 0;
    std::uint32_t index = 0;
    std::uint64_t large = 0;
    std::size_t from = 0;
    switch (opcode) {
    case OpProto:
        if (m_protocol != 0 || !take(byte))
            return m_protocol != 0 ? PickleError::Malformed : PickleError::Truncated;
        m_protocol = byte;
        return byte >= 2 && byte <= 5 ? PickleError::None : PickleError::Unsupported;
    case OpFrame:       // says how much to read at once, and all of it is here
        return take(large) ? PickleError::None : PickleError::Truncated;
    case OpStop:
        if (m_stack.size() != 1 || !m_marks.empty())
            return PickleError::Malformed;
        m_root = m_stack.back();
        m_isStopped = true;
        return PickleError::None;

    case OpNone:
        return push(PickleKind::None);
    case OpTrue:
        return push(PickleKind::True);
    case OpFalse:
        return push(PickleKind::False);
    case OpBinInt:
        return take(whole) ? push(PickleKind::Int, std::uint64_t(std::int64_t(whole))) : PickleError::Truncated;
    case OpBinInt1:
        return take(byte) ? push(PickleKind::Int, byte) : PickleError::Truncated;
    case OpBinInt2:
        return take(word) ? push(PickleKind::Int, word) : PickleError::Truncated;
    case OpLong1:
        return pushLong<std::uint8_t>();
    case OpLong4:
        return pushLong<std::int32_t>();
    case OpBinFloat: {
        const char *bytes;
        return take(8, bytes) ? push(PickleKind::Float, loadBig<std::uint64_t>(bytes)) : PickleError::Truncated;
    }
    case OpShortBinUnicode:
        return pushBytes<std::uint8_t>(PickleKind::Text);
    case OpBinUnicode:
        return pushBytes<std::uint32_t>(PickleKind::Text);
    case OpBinUnicode8:
        return pushBytes<std::uint64_t>(PickleKind::Text);
    case OpShortBinBytes:
        return pushBytes<std::uint8_t>(PickleKind::Bytes);
    case OpBinBytes:
        return pushBytes<std::uint32_t>(PickleKind::Bytes);
    case OpBinBytes8:
        return pushBytes<std::uint64_t>(PickleKind::Bytes);
    case OpByteArray8:
        return pushBytes<std::uint64_t>(PickleKind::ByteArray);

    case OpMark:
        if (!spend(sizeof(std::size_t)))
            return PickleError::TooLarge;
        m_marks.push_back(m_stack.size());
        return PickleError::None;
    case OpEmptyTuple:
        return pushList(PickleKind::Tuple, m_stack.size());
    case OpTuple1:
    case OpTuple2:
    case OpTuple3: {
        const std::size_t count = opcode - OpTuple1 + 1u;
        return has(count) ? pushList(PickleKind::Tuple, m_stack.size() - count) : PickleError::Malformed;
    }
    case OpTuple:
        return takeMark(from) ? pushList(PickleKind::Tuple, from) : PickleError::Malformed;
    case OpEmptyList:
        return pushList(PickleKind::List, m_stack.size());
    case OpList:
        return takeMark(from) ? pushList(PickleKind::List, from) : PickleError::Malformed;
    case OpEmptyDict:
        return pushList(PickleKind::Dict, m_stack.size());
    case OpDict:
        if (!takeMark(from) || (m_stack.size() - from) % 2 != 0)
            return PickleError::Malformed;
        return pushList(PickleKind::Dict, from);
    case OpEmptySet:
        return pushList(PickleKind::Set, m_stack.size());
    case OpFrozenSet:
        return takeMark(from) ? pushList(PickleKind::FrozenSet, from) : PickleError::Malformed;
    case OpAppend:
        return has(2) ? extend(PickleKind::List, m_stack.size() - 1) : PickleError::Malformed;
    case OpAppends:
        return takeMark(from) ? extend(PickleKind::List, from) : PickleError::Malformed;
    case OpSetItem:
        return has(3) ? extend(PickleKind::Dict, m_stack.size() - 2) : PickleError::Malformed;
    case OpSetItems:
        return takeMark(from) ? extend(PickleKind::Dict, from) : PickleError::Malformed;
    case OpAddItems:
        return takeMark(from) ? extend(PickleKind::Set, from) : PickleError::Malformed;

    case OpPop:
        if (!has(1))
            return takeMark(from) ? PickleError::None : PickleError::Malformed;
        m_stack.pop_back();
        return PickleError::None;
    case OpPopMark:
        if (!takeMark(from))
            return PickleError::Malformed;
        m_stack.resize(from);
        return PickleError::None;
    case OpDup:
        if (!has(1))
            return PickleError::Malformed;
        if (!spend(sizeof(PickleRef)))
            return PickleError::TooLarge;
        m_stack.push_back(PickleRef(m_stack.back()));
        return PickleError::None;

    case OpMemoize:
        return memoize(m_memo.size());
    case OpBinPut:
        return take(byte) ? memoize(byte) : PickleError::Truncated;
    case OpLongBinPut:
        return take(index) ? memoize(index) : PickleError::Truncated;
    case OpBinGet:
        return take(byte) ? recall(byte) : PickleError::Truncated;
    case OpLongBinGet:
        return take(index) ? recall(index) : PickleError::Truncated;

    case OpStackGlobal: {
        if (!has(2))
            return PickleError::Malformed;
        const PickleRef name = m_stack.back();
        m_stack.pop_back();
        const PickleRef module = m_stack.back();
        m_stack.pop_back();
        return pushGlobal(module, name);
    }
    case OpGlobal: {
        PickleRef names[2];
        for (PickleRef &name : names) {
            std::size_t begin;
            std::size_t size;
            if (!line(begin, size))
                return PickleError::Truncated;
            if (const PickleError error = push(PickleKind::Text, begin, size); error != PickleError::None)
                return error;
            name = m_stack.back();
            m_stack.pop_back();
        }
        return pushGlobal(names[0], names[1]);
    }
    case OpReduce:
        return pushObject(PickleKind::Call, 2);
    case OpNewObj:
        return pushObject(PickleKind::New, 2);
    case OpNewObjEx:
        return pushObject(PickleKind::New, 3);
    case OpBuild:
        return build();
    default:
        return PickleError::Unsupported;
    }
}

// What is in the tree at the end: no circles, not too deep, not too much when all that is shared is written out.
PickleError PickleReader::check()
{
    struct Level
    {
        PickleRef ref;
        std::size_t next;
    };
    std::vector<std::uint64_t> spread(m_nodes.size(), 0);       // of a node and all below it; 0: not known yet
    std::vector<unsigned> height(m_nodes.size(), 0);
    std::vector<bool> isOpen(m_nodes.size(), false);
    std::vector<Level> path;
    const auto enter = [&](PickleRef ref) {
        isOpen[ref] = true;
        spread[ref] = 1 + m_nodes[ref].size / 64;
        path.push_back({ref, 0});
    };
    enter(m_root);
    while (!path.empty()) {
        Level &level = path.back();
        const PickleRef ref = level.ref;
        const bool isContainer = kind(ref) >= PickleKind::Tuple;
        if (isContainer && level.next < children(ref).size()) {
            const PickleRef child = children(ref)[level.next];
            if (child == noPickleRef) {
                ++level.next;
            } else if (isOpen[child]) {
                return PickleError::Recursive;
            } else if (spread[child] == 0) {
                if (path.size() > m_limits.depth)
                    return PickleError::TooDeep;
                enter(child);
            } else {
                ++level.next;
                m_nodes[child].isShared = std::exchange(m_nodes[child].isSeen, true);
                spread[ref] += spread[child];
                height[ref] = std::max(height[ref], height[child] + 1);
                if (spread[ref] > m_limits.spread)
                    return PickleError::TooLarge;
                if (height[ref] + path.size() > m_limits.depth + 1)
                    return PickleError::TooDeep;
            }
            continue;
        }
        isOpen[ref] = false;
        path.pop_back();
    }
    return PickleError::None;
}

// -- reading bytes

bool PickleReader::spend(std::size_t bytes) noexcept
{
    m_spent += bytes;
    m_isOutOfMemory = m_isOutOfMemory || m_spent > m_limits.memory;
    return !m_isOutOfMemory;
}

bool PickleReader::take(std::uint64_t size, const char *&bytes) noexcept
{
    if (size > m_size - m_at)
        return false;
    bytes = m_data + m_at;
    m_at += std::size_t(size);
    return true;
}

template<class T>
bool PickleReader::take(T &number) noexcept
{
    const char *bytes;
    if (!take(sizeof(T), bytes))
        return false;
    number = loadLittle<T>(bytes);
    return true;
}

bool PickleReader::line(std::size_t &begin, std::size_t &size) noexcept
{
    const void *end = std::memchr(m_data + m_at, '\n', m_size - m_at);
    if (!end)
        return false;
    begin = m_at;
    size = std::size_t(static_cast<const char *>(end) - m_data) - begin;
    m_at = begin + size + 1;
    return true;
}

// -- making nodes

PickleError PickleReader::push(PickleKind kind, std::uint64_t value, std::uint64_t size)
{
    if (!spend(bytesPerNode) || m_nodes.size() >= noPickleRef)
        return PickleError::TooLarge;
    m_stack.push_back(PickleRef(m_nodes.size()));
    m_nodes.push_back({value, size, kind, false, false});
    return PickleError::None;
}

template<class Length>
PickleError PickleReader::pushBytes(PickleKind kind)
{
    Length length;
    const char *bytes;
    if (!take(length) || !take(length, bytes))
        return PickleError::Truncated;
    return push(kind, std::uint64_t(bytes - m_data), length);
}

template<class Length>
PickleError PickleReader::pushLong()
{
    Length length;
    const char *bytes;
    if (!take(length))
        return PickleError::Truncated;
    if (std::int64_t(length) < 0)
        return PickleError::Malformed;
    if (!take(std::uint64_t(length), bytes))
        return PickleError::Truncated;
    std::size_t size = std::size_t(length);
    while (size > 1) {      // without the bytes that only repeat the sign
        const bool isNegative = (bytes[size - 2] & 0x80) != 0;
        if (bytes[size - 1] != (isNegative ? char(-1) : char(0)))
            break;
        --size;
    }
    if (size > 8)
        return push(PickleKind::BigInt, std::uint64_t(bytes - m_data), size);
    std::uint64_t value = size > 0 && (bytes[size - 1] & 0x80) != 0 ? ~std::uint64_t(0) : 0;
    for (std::size_t i = size; i-- > 0;)
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return push(PickleKind::Int, value);
}

// Takes what stands above \a from off the stack, and pushes a container of it.
PickleError PickleReader::pushList(PickleKind kind, std::size_t from)
{
    const std::size_t count = m_stack.size() - from;
    if (!spend(bytesPerList + count * sizeof(PickleRef)))
        return PickleError::TooLarge;
    m_lists.emplace_back(m_stack.begin() + std::ptrdiff_t(from), m_stack.end());
    m_stack.resize(from);
    return push(kind, m_lists.size() - 1);
}

PickleError PickleReader::pushGlobal(PickleRef module, PickleRef name)
{
    if (kind(module) != PickleKind::Text || kind(name) != PickleKind::Text)
        return PickleError::Malformed;
    m_stack.push_back(module);
    m_stack.push_back(name);
    return pushList(PickleKind::Global, m_stack.size() - 2);
}

// An object of the \a parts that stand on the stack: callee, arguments, perhaps keywords.
PickleError PickleReader::pushObject(PickleKind objectKind, std::size_t parts)
{
    if (!has(parts))
        return PickleError::Malformed;
    const std::size_t from = m_stack.size() - parts;
    if (kind(m_stack[from]) != PickleKind::Global)
        return PickleError::Unsupported;    // what to call is itself computed by a call
    if (kind(m_stack[from + 1]) != PickleKind::Tuple || (parts == 3 && kind(m_stack[from + 2]) != PickleKind::Dict))
        return PickleError::Malformed;
    m_stack.resize(from + std::size_t(PickleObjectPart::Count), noPickleRef);
    return pushList(objectKind, from);
}

// The container that object \a object keeps as \a which, made if need be; noPickleRef: no memory.
PickleRef PickleReader::partOf(PickleRef object, PickleObjectPart which, PickleKind kind)
{
    const PickleRef existing = part(object, which);
    if (existing != noPickleRef)
        return existing;
    if (pushList(kind, m_stack.size()) != PickleError::None)
        return noPickleRef;
    const PickleRef made = m_stack.back();
    m_stack.pop_back();
    m_lists[m_nodes[object].value][std::size_t(which)] = made;
    return made;
}

// What stands above \a from goes into the container of \a kind, or the object, below it.
PickleError PickleReader::extend(PickleKind wanted, std::size_t from)
{
    if (from <= floor())
        return PickleError::Malformed;      // there is nothing below them
    std::vector<PickleRef> added(m_stack.begin() + std::ptrdiff_t(from), m_stack.end());
    m_stack.resize(from);
    PickleRef target = m_stack.back();
    if (wanted == PickleKind::Dict && added.size() % 2 != 0)
        return PickleError::Malformed;
    if (kind(target) == PickleKind::Call || kind(target) == PickleKind::New) {
        if (wanted == PickleKind::Set)
            return PickleError::Unsupported;
        target = partOf(target, wanted == PickleKind::List ? PickleObjectPart::Items : PickleObjectPart::Entries, wanted);
        if (target == noPickleRef)
            return PickleError::TooLarge;
    }
    if (kind(target) != wanted)
        return PickleError::Malformed;
    if (!spend(added.size() * 2 * sizeof(PickleRef)))
        return PickleError::TooLarge;
    auto &list = m_lists[m_nodes[target].value];
    list.insert(list.end(), added.begin(), added.end());
    return PickleError::None;
}

PickleError PickleReader::build()
{
    if (!has(2))
        return PickleError::Malformed;
    const PickleRef state = m_stack.back();
    m_stack.pop_back();
    const PickleRef object = m_stack.back();
    if (kind(object) != PickleKind::Call && kind(object) != PickleKind::New)
        return PickleError::Malformed;
    PickleRef &place = m_lists[m_nodes[object].value][std::size_t(PickleObjectPart::State)];
    if (place != noPickleRef)
        return PickleError::Malformed;
    place = state;
    return PickleError::None;
}

// -- memo and marks

PickleError PickleReader::memoize(std::uint64_t index)
{
    if (!has(1))
        return PickleError::Malformed;
    // Python counts: no number is ever far from those before it
    if (index > m_memo.size() + 1024)
        return PickleError::Malformed;
    if (index >= m_memo.size()) {
        if (!spend((std::size_t(index) + 1 - m_memo.size()) * 2 * sizeof(PickleRef)))
            return PickleError::TooLarge;
        m_memo.resize(std::size_t(index) + 1, noPickleRef);
    }
    m_memo[std::size_t(index)] = m_stack.back();
    return PickleError::None;
}

PickleError PickleReader::recall(std::uint64_t index)
{
    if (index >= m_memo.size() || m_memo[std::size_t(index)] == noPickleRef)
        return PickleError::Malformed;
    if (!spend(sizeof(PickleRef)))
        return PickleError::TooLarge;
    m_stack.push_back(m_memo[std::size_t(index)]);
    return PickleError::None;
}

bool PickleReader::takeMark(std::size_t &from) noexcept
{
    if (m_marks.empty())
        return false;
    from = m_marks.back();
    m_marks.pop_back();
    return true;
}

// -- asking

double PickleReader::real(PickleRef ref) const noexcept
{
    return std::bit_cast<double>(m_nodes[ref].value);
}

bool PickleReader::isText(PickleRef ref, const char *text) const noexcept
{
    return kind(ref) == PickleKind::Text && size(ref) == std::strlen(text) && std::memcmp(bytes(ref), text, size(ref)) == 0;
}

const char *PickleReader::renamed(PickleRef text, bool isModule, std::size_t &size) const noexcept
{
    for (const Renamed &entry : renamedByPython3) {
        if (m_protocol < 3 && entry.isModule == isModule && isText(text, entry.before)) {
            size = std::strlen(entry.now);
            return entry.now;
        }
    }
    size = m_nodes[text].size;
    return bytes(text);
}

const char *PickleReader::moduleOf(PickleRef global, std::size_t &size) const noexcept
{
    return renamed(children(global)[0], true, size);
}

const char *PickleReader::nameOf(PickleRef global, std::size_t &size) const noexcept
{
    const PickleRef name = children(global)[1];
    if (isText(children(global)[0], "__builtin__"))
        return renamed(name, false, size);
    size = m_nodes[name].size;
    return bytes(name);
}

bool PickleReader::isGlobal(PickleRef ref, const char *module, const char *name) const noexcept
{
    if (kind(ref) != PickleKind::Global)
        return false;
    const auto isSame = [](const char *found, std::size_t size, const char *wanted) {
        return size == std::strlen(wanted) && std::memcmp(found, wanted, size) == 0;
    };
    std::size_t moduleSize;
    std::size_t nameSize;
    const char *foundModule = moduleOf(ref, moduleSize);
    const char *foundName = nameOf(ref, nameSize);
    return isSame(foundModule, moduleSize, module) && isSame(foundName, nameSize, name);
}

} // namespace aio_raw
