// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawchange.h"

/*
 * A lock without owner rule. Its word:
 *
 *   owner   G A W   meaning
 *   0       0 x 0   free, nobody waits                       acquire: swap in the owner
 *   0       0 x 1   free, the head is invited                acquire: the same (faster than the head)
 *   p       0 x 0   p has it, nobody waits                   release: swap in 0
 *   p       0 x 1   p has it, somebody waits                 release: swap in "free, W" and kick
 *   p       1 x 1   granted to a waiter of p, who clears G
 *
 * Beside W there may be the bit of those who watch (rawchange.h): who finds it takes the slow path, and kicks.
 * A (abandoned): the holder before died with it. The owner is who holds it from the very swap that takes it, so there is
 * no moment in which the lock is taken and its owner unknown.
 */
namespace aio_raw::RawLock {

inline constexpr std::uint64_t Waiters = 1;
inline constexpr std::uint64_t Watchers = 2;
inline constexpr std::uint64_t Given = 4;
inline constexpr std::uint64_t Abandoned = 8;
inline constexpr Nanoseconds FairAfter = 500'000;

// How a cell of kind Lock uses its details; AioRLock uses two more. HeldSince: since when, as far as those who wait know; 0: nobody waits.
// The others: the memory that the lock protects and that goes with it, if it has some (data/rawshareddata.h).
enum Detail { DeadOwnerPid = 0, HeldSince = 3, DataSegment = 4, DataType = 5, Data = 6, DataBytes = 7 };

constexpr Owner owner(std::uint64_t word) noexcept { return Owner(word >> 32); }

inline bool tryAcquire(RawLot &lot, Cell &cell, Address address, Owner me) noexcept
{
    std::uint64_t word = 0;
    if (cell.word.compare_exchange_strong(word, std::uint64_t(me) << 32, std::memory_order_acquire, std::memory_order_relaxed)) [[likely]]
        return true;
    while (owner(word) == 0) {
        if (cell.word.compare_exchange_weak(word, word | std::uint64_t(me) << 32, std::memory_order_acquire, std::memory_order_relaxed)) {
            tellOfChange(lot, cell, address, word);
            return true;
        }
    }
    return false;
}

bool releaseSlow(RawLot &lot, Cell &cell, Address address) noexcept;

/* False: nobody held it (who has been granted it does not hold it before he has taken the grant). */
inline bool release(RawLot &lot, Cell &cell, Address address) noexcept
{
    std::uint64_t word = std::uint64_t(lot.arena().self()) << 32;
    if (cell.word.compare_exchange_strong(word, 0, std::memory_order_release, std::memory_order_relaxed)) [[likely]]
        return true;
    return releaseSlow(lot, cell, address);
}

/* This process, which has the lock, closes it: the next one gets it as from a dead process. False: it did not have it. */
bool abandon(RawLot &lot, Cell &cell, Address address) noexcept;

class Acquire final : public RawOperation
{
public:
    Acquire(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell) {}
    bool attempt() noexcept override { return tryAcquire(m_lot, cell(), m_address, m_lot.arena().self()); }
    void accept(Node &) noexcept override { cell().word.fetch_and(~Given); }
    void surplus() noexcept override {}     // somebody has released it for us, and given it back
    void decline() noexcept override { release(m_lot, cell(), m_address); }
};

void serve(RawLot &lot, Cell &cell, Address address, bool repair) noexcept;
/* Who has it. */
inline std::uint32_t look(RawLot &, const Cell &cell, Address) noexcept { return owner(cell.word.load()); }

} // namespace aio_raw::RawLock
