// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawchange.h"

/*
 * A count of permits that belong to nobody once they are taken. Its word:
 *
 *   {value : 32, tag : 29, G : 1, waiters : 2}
 *
 *   acquire: value - 1 where it is above 0                 release: value + n, and a kick where somebody waits
 *   G: one permit, which is not in value, has been granted to the waiter that tag names and who clears both. There is at
 *      most one such permit. If its waiter does not know of it, or is dead, repair puts it back into value.
 */
namespace aio_raw::RawSemaphore {

inline constexpr std::uint64_t Waiters = 1;
inline constexpr std::uint64_t Watchers = 2;
inline constexpr std::uint64_t Given = 4;
inline constexpr std::uint64_t One = std::uint64_t(1) << 32;
inline constexpr std::uint32_t MaxValue = INT32_MAX;
inline constexpr Nanoseconds FairAfter = 500'000;

// How the cell uses its details
enum Detail { InitialValue = 0 };

constexpr std::uint32_t value(std::uint64_t word) noexcept { return std::uint32_t(word >> 32); }

inline bool tryAcquire(RawLot &lot, Cell &cell, Address address) noexcept
{
    std::uint64_t word = cell.word.load(std::memory_order_relaxed);
    while (value(word) > 0) {
        if (cell.word.compare_exchange_weak(word, word - One, std::memory_order_acquire, std::memory_order_relaxed)) {
            tellOfChange(lot, cell, address, word);
            return true;
        }
    }
    return false;
}

/* False: the value would be above MaxValue, nothing was released. */
bool release(RawLot &lot, Cell &cell, Address address, std::uint32_t count) noexcept;

class Acquire final : public RawOperation
{
public:
    Acquire(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell) {}
    bool attempt() noexcept override { return tryAcquire(m_lot, cell(), m_address); }
    void accept(Node &node) noexcept override;
    void decline() noexcept override { release(m_lot, cell(), m_address, 1); }
    bool passesOn() const noexcept override { return true; }
};

void serve(RawLot &lot, Cell &cell, Address address, bool repair) noexcept;

} // namespace aio_raw::RawSemaphore
