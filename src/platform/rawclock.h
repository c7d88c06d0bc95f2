// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/*
 * The monotonic clock, the only one that decides anything. Nanoseconds since some fixed point of this boot, the same
 * for all processes of the machine.
 */
namespace aio_raw {

using Nanoseconds = std::int64_t;

/* A deadline that never comes. */
inline constexpr Nanoseconds Never = INT64_MAX;

Nanoseconds now() noexcept;
/* The same to a few milliseconds, at a fifth of the cost where the system can do that. */
Nanoseconds roughlyNow() noexcept;

} // namespace aio_raw
