// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/rawmessageframe.h"

#include "codec/rawbytes.h"

namespace aio_raw {

namespace {
constexpr std::size_t shortHeader = 4;
constexpr std::uint64_t longestShort = 0x7fffffff;
} // namespace

std::size_t storeMessageHeader(std::uint64_t length, void *to) noexcept
{
    char *at = static_cast<char *>(to);
    if (length <= longestShort) {
        storeBig(std::uint32_t(length), at);
        return shortHeader;
    }
    storeBig(std::int32_t(-1), at);
    storeBig(length, at + shortHeader);
    return maxMessageHeader;
}

MessageHeader loadMessageHeader(const void *from, std::size_t size, std::uint64_t limit) noexcept
{
    MessageHeader header;
    if (size < shortHeader)
        return header;
    const auto length = loadBig<std::int32_t>(from);
    if (length < -1) {
        header.state = MessageHeader::Negative;
        return header;
    }
    header.length = std::uint64_t(length);
    if (length == -1) {
        header.size = maxMessageHeader;
        if (size < maxMessageHeader)
            return header;
        header.length = loadBig<std::uint64_t>(static_cast<const char *>(from) + shortHeader);
    }
    header.state = header.length <= limit ? MessageHeader::Complete : MessageHeader::TooLong;
    return header;
}

} // namespace aio_raw
