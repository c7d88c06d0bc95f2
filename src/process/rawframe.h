// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

/*
 * The frames on the channel between a process and its worker. A frame is a header of eight bytes and a body:
 *
 *   0  uint32  length of the body, little-endian
 *   4  uint8   type
 *   5  uint8   version of this protocol
 *   6  uint16  0xa10c
 *
 * The briefing of a worker holds Hello, then Call. The worker sends Ready once, then Result or Error once; Error may come without Ready.
 * Log may come at any time from a worker that was asked for it. Anything else is a protocol error, whichever side it comes from.
 */
namespace aio_raw {

enum class FrameType : std::uint8_t { Hello = 1, Call = 2, Ready = 16, Result = 17, Error = 18, Log = 19 };

constexpr std::size_t frameHeaderSize = 8;
constexpr std::uint8_t frameVersion = 1;

struct FrameHeader
{
    FrameType type;
    std::uint32_t length;
};

/* The longest body of a frame of \a type; 0 for a type that there is not. */
std::uint32_t frameLimit(FrameType type) noexcept;

/* Writes the header of a frame to the frameHeaderSize bytes at \a to. */
void storeFrameHeader(FrameHeader header, void *to) noexcept;

/* Reads the frameHeaderSize bytes at \a from; nothing when they are no header, or the length is over the limit. */
std::optional<FrameHeader> loadFrameHeader(const void *from) noexcept;

} // namespace aio_raw
