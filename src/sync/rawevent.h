// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawchange.h"

/*
 * A flag on which any number of waiters wait. Its word: {how often it was raised : 32, 0 : 29, raised : 1, waiters : 2}.
 * A wait notes the count with which it began and is over when the count has changed, so a wait that began before set()
 * is released even if clear() follows at once.
 */
namespace aio_raw::RawEvent {

inline constexpr std::uint64_t Waiters = 1;
inline constexpr std::uint64_t Watchers = 2;
inline constexpr std::uint64_t Raised = 4;

// How the cell uses its details
enum Detail { ServedCount = 6 };

constexpr std::uint32_t count(std::uint64_t word) noexcept { return std::uint32_t(word >> 32); }

inline bool isSet(const Cell &cell) noexcept { return cell.word.load(std::memory_order_acquire) & Raised; }

/* False: it was raised already. */
inline bool set(RawLot &lot, Cell &cell, Address address) noexcept
{
    std::uint64_t word = cell.word.load();
    do {
        if (word & Raised)
            return false;
    } while (!cell.word.compare_exchange_weak(word, (word | Raised) + (std::uint64_t(1) << 32)));
    if (word & (Waiters | Watchers))
        lot.kick(cell, address);
    return true;
}

/* False: it was not raised. */
inline bool clear(RawLot &lot, Cell &cell, Address address) noexcept
{
    const std::uint64_t word = cell.word.fetch_and(~Raised);
    tellOfChange(lot, cell, address, word);
    return word & Raised;
}

class Wait final : public RawOperation
{
public:
    Wait(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell), m_count(count(this->cell().word.load())) {}
    bool attempt() noexcept override
    {
        const std::uint64_t word = cell().word.load();
        return (word & Raised) || count(word) != m_count;
    }
    void describe(Node &node) noexcept override { node.snapshot = m_count; }

private:
    const std::uint32_t m_count;
};

void serve(RawLot &lot, Cell &cell, Address address, bool repair) noexcept;

} // namespace aio_raw::RawEvent
