// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawchange.h"

/*
 * A fixed number of permits, each of which is a word of its own, so that those of a dead process come back:
 *
 *   {owner : 32, tag : 29, G : 1, 0 : 2}
 *
 *   owner  G   meaning
 *   0      0   free
 *   p      0   p has it                        release: swap in 0
 *   p      1   granted to the waiter of p that tag names; he clears both
 *
 * The cell's word has the waiters bits only. Any process may release any permit; its own ones come first.
 */
namespace aio_raw::RawBoundedSemaphore {

inline constexpr std::uint64_t Waiters = 1;
inline constexpr std::uint64_t Watchers = 2;
inline constexpr std::uint64_t Given = 4;
inline constexpr Nanoseconds FairAfter = 500'000;
inline constexpr std::uint32_t MaxPermits = 1u << 20;

// How the cell uses its details
enum Detail { PermitsReference = 0, PermitCount = 1, Hint = 2 };

/* A semaphore of \a permits (1 to MaxPermits), not published yet; 0: memory is out. */
Address create(RawLot &lot, std::uint32_t permits) noexcept;

/* How many permits are free, and how many there are. */
std::uint32_t value(RawLot &lot, const Cell &cell) noexcept;
std::uint32_t permits(const Cell &cell) noexcept;

bool tryAcquire(RawLot &lot, Cell &cell, Address address) noexcept;
/* False: no permit was taken. */
bool release(RawLot &lot, Cell &cell, Address address) noexcept;

class Acquire final : public RawOperation
{
public:
    Acquire(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell) {}
    bool attempt() noexcept override { return tryAcquire(m_lot, cell(), m_address); }
    void accept(Node &node) noexcept override;
    void decline() noexcept override { release(m_lot, cell(), m_address); }
    bool passesOn() const noexcept override { return true; }
};

} // namespace aio_raw::RawBoundedSemaphore
