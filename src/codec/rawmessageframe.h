// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

/*
 * How messages follow each other on a connection: as in Python's multiprocessing.connection. A message of n bytes is
 *
 *   n up to 0x7fffffff     int32 n, big-endian, and the bytes
 *   more                   int32 -1, uint64 n, both big-endian, and the bytes
 *
 * The second form is read for every n. Negative lengths other than -1 are a protocol error.
 */
namespace aio_raw {

constexpr std::size_t maxMessageHeader = 12;

/* Writes the header of a message of \a length bytes to \a to, which has room for maxMessageHeader; returns how many bytes it takes. */
std::size_t storeMessageHeader(std::uint64_t length, void *to) noexcept;

struct MessageHeader
{
    enum State : std::uint8_t {
        Incomplete,         // the header goes on; size is what it takes at least
        Complete,
        Negative,           // nonsense: what follows cannot be found any more
        TooLong             // more than the limit; length is what was announced
    };
    State state = Incomplete;
    std::size_t size = 4;       // of the header, in bytes
    std::uint64_t length = 0;   // of what follows it
};

/* Reads the header that the \a size bytes at \a from begin with, of a message of at most \a limit bytes. */
MessageHeader loadMessageHeader(const void *from, std::size_t size, std::uint64_t limit) noexcept;

} // namespace aio_raw
