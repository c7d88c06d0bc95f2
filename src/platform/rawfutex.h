// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawclock.h"

#include <atomic>
#include <cstdint>

/*
 * Sleeping on a 32-bit word in shared memory (Linux futex, between processes).
 */
namespace aio_raw {

/*
 * Sleeps while \a word is \a expected, until futexWake() or \a deadline (absolute, monotonic). Returns false when the
 * deadline passed; true means "look again", also after a signal or without any reason.
 */
bool futexWait(const std::atomic<std::uint32_t> &word, std::uint32_t expected, Nanoseconds deadline) noexcept;

/* Wakes every thread, in any process, that sleeps on \a word. */
void futexWake(const std::atomic<std::uint32_t> &word) noexcept;

} // namespace aio_raw
