// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawclock.h"

#include <ctime>

namespace aio_raw {
namespace {

Nanoseconds read(clockid_t clock) noexcept
{
    timespec t;
    clock_gettime(clock, &t);
    return Nanoseconds(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

} // namespace

Nanoseconds now() noexcept
{
    return read(CLOCK_MONOTONIC);
}

Nanoseconds roughlyNow() noexcept
{
    return read(CLOCK_MONOTONIC_COARSE);
}

} // namespace aio_raw
