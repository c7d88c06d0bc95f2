// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawfutex.h"

#include <cerrno>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aio_raw {

bool futexWait(const std::atomic<std::uint32_t> &word, std::uint32_t expected, Nanoseconds deadline) noexcept
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

void futexWake(const std::atomic<std::uint32_t> &word) noexcept
{
    syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

} // namespace aio_raw
