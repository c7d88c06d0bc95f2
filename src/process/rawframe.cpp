// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/rawframe.h"

#include "codec/rawbytes.h"

namespace aio_raw {

namespace {
constexpr std::uint16_t frameMagic = 0xa10c;
}

std::uint32_t frameLimit(FrameType type) noexcept
{
    switch (type) {
    case FrameType::Hello:
        return 1u << 20;
    case FrameType::Call:
    case FrameType::Result:
        return 1u << 30;
    case FrameType::Ready:
        return 64;
    case FrameType::Error:
        return 1u << 24;
    case FrameType::Log:
        return 1u << 17;
    }
    return 0;
}

void storeFrameHeader(FrameHeader header, void *to) noexcept
{
    char *at = static_cast<char *>(to);
    storeLittle(header.length, at);
    storeLittle(std::uint8_t(header.type), at + 4);
    storeLittle(frameVersion, at + 5);
    storeLittle(frameMagic, at + 6);
}

std::optional<FrameHeader> loadFrameHeader(const void *from) noexcept
{
    ByteReader reader(from, frameHeaderSize);
    FrameHeader header{};
    header.length = reader.number<std::uint32_t>();
    header.type = FrameType(reader.number<std::uint8_t>());
    const auto version = reader.number<std::uint8_t>();
    const auto magic = reader.number<std::uint16_t>();
    const std::uint32_t limit = frameLimit(header.type);
    if (magic != frameMagic || version != frameVersion || limit == 0 || header.length > limit)
        return std::nullopt;
    return header;
}

} // namespace aio_raw
