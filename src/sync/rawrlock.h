// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawlock.h"

/*
 * A lock that its owner may take again. The word is that of a lock (rawlock.h): it says which process has it. Which of the
 * owners within that process, and how often, stands in the details, which only the holder writes. A token names an owner,
 * of all processes of the arena, so a token left by a dead process is nobody's.
 */
namespace aio_raw::RawRLock {

using Token = std::uint64_t;    // {process : 32, number : 32}

// How a cell of kind RLock uses its details, beside those of a lock
enum Detail { HolderToken = 1, Depth = 2 };

/* A new owner. */
inline Token newToken(Owner self) noexcept
{
    static std::atomic<std::uint32_t> numbers = 1;
    return std::uint64_t(self) << 32 | numbers.fetch_add(1, std::memory_order_relaxed);
}

inline bool isHeldBy(const Cell &cell, Token token) noexcept
{
    return RawLock::owner(cell.word.load(std::memory_order_relaxed)) == Owner(token >> 32)
        && cell.detail[HolderToken].load(std::memory_order_relaxed) == token;
}

inline std::uint32_t depth(const Cell &cell) noexcept { return std::uint32_t(cell.detail[Depth].load(std::memory_order_relaxed)); }

/* For whoever has just taken the lock itself. */
inline void claim(Cell &cell, Token token, std::uint32_t depth) noexcept
{
    cell.detail[Depth].store(depth, std::memory_order_relaxed);
    cell.detail[HolderToken].store(token, std::memory_order_relaxed);
}

inline bool tryAcquire(RawLot &lot, Cell &cell, Address address, Token token) noexcept
{
    if (isHeldBy(cell, token)) {
        cell.detail[Depth].fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    if (!RawLock::tryAcquire(lot, cell, address, Owner(token >> 32)))
        return false;
    claim(cell, token, 1);
    return true;
}

/* False: \a token does not hold it. */
inline bool release(RawLot &lot, Cell &cell, Address address, Token token) noexcept
{
    if (!isHeldBy(cell, token))
        return false;
    if (cell.detail[Depth].fetch_sub(1, std::memory_order_relaxed) > 1)
        return true;
    cell.detail[HolderToken].store(0, std::memory_order_relaxed);
    return RawLock::release(lot, cell, address);
}

class Acquire final : public RawOperation
{
public:
    Acquire(RawLot &lot, Address cell, Token token) noexcept : RawOperation(lot, cell), m_token(token) {}
    bool attempt() noexcept override;
    void accept(Node &) noexcept override;
    /* So that serving finds the other waits of whoever has the lock. */
    void describe(Node &node) noexcept override { node.snapshot = std::uint32_t(m_token); }
    void surplus() noexcept override {}
    void decline() noexcept override { release(m_lot, cell(), m_address, m_token); }

private:
    void admitOthers() noexcept;

    const Token m_token;
};

} // namespace aio_raw::RawRLock
