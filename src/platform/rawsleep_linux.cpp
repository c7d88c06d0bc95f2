// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawsleep.h"

#include <cerrno>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aio_raw::RawSleep {

bool prepare(Homes &, const std::uint8_t (&)[16], std::uint32_t &number) noexcept
{
    number = NoDoorbell;
    return true;
}

bool sleep(const std::atomic<std::uint32_t> &word, std::uint32_t expected, Nanoseconds deadline, std::uint32_t) noexcept
{
    // FUTEX_WAIT_BITSET takes an absolute time of the monotonic clock; FUTEX_WAIT would take a relative one.
    timespec until{};
    if (deadline != Never) {
        until.tv_sec = time_t(deadline / 1'000'000'000);
        until.tv_nsec = long(deadline % 1'000'000'000);
    }
    const long rc = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, deadline == Never ? nullptr : &until, nullptr,
                            FUTEX_BITSET_MATCH_ANY);
    return rc == 0 || errno != ETIMEDOUT;
}

bool wake(const std::atomic<std::uint32_t> &word) noexcept
{
    syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    return true;
}

} // namespace aio_raw::RawSleep
