// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawclock.h"
#include "platform/rawdoorbell.h"

#include <atomic>
#include <cstdint>

/*
 * How a thread that blocks sleeps on a 32-bit word in shared memory. On Linux it sleeps on the word itself (futex); in the generic
 * backend it sleeps at a doorbell of its own, and whoever has changed the word rings there.
 */
namespace aio_raw::RawSleep {

/* The number under which a thread is rung that needs no doorbell. */
inline constexpr std::uint32_t NoDoorbell = 0;

/*
 * Makes the calling thread, of the process with \a entry, ready to sleep. Sets \a number to that of its doorbell, which others must
 * know before it looks at the word for the last time. False: there is no descriptor to be had.
 */
bool prepare(Homes &homes, const std::uint8_t (&entry)[16], std::uint32_t &number) noexcept;

/*
 * Sleeps while \a word is \a expected, until it is woken or \a deadline (absolute, monotonic) has passed. False: that was the
 * deadline; true means "look again", also after a signal or without any reason. \a number is what prepare() has given.
 */
bool sleep(const std::atomic<std::uint32_t> &word, std::uint32_t expected, Nanoseconds deadline, std::uint32_t number) noexcept;

/* Wakes every thread, in any process, that sleeps on \a word. False: its doorbell must be rung. */
bool wake(const std::atomic<std::uint32_t> &word) noexcept;

} // namespace aio_raw::RawSleep
