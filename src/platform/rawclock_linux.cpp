// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawclock.h"

#include <ctime>

namespace aio_raw {

Nanoseconds roughlyNow() noexcept
{
    timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return Nanoseconds(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

} // namespace aio_raw
