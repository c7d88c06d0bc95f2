// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawwait.h"

/*
 * Waiters that somebody notifies while he holds a lock, which they take again before they go on. Its word:
 *
 *   {up to ticket : 32, notifications not handed out yet : 29, 0 : 1, waiters : 2}
 *
 * A notification is one swap of the word, whatever the number of waiters: so many of those whose ticket is below the one
 * noted are to go on, the first ones first. Serving grants them; whoever serves after a death goes on with it. A notified
 * waiter stays on the list until it has the lock again: if it dies before, its notification goes to the next one.
 * Whoever dies between granting and counting down makes one waiter more go on, never one less.
 */
namespace aio_raw::RawCondition {

inline constexpr std::uint64_t Waiters = 1;
inline constexpr std::uint32_t All = 0x1fffffff;

// How the cell uses its details
enum Detail { LockHandle = 0, LockKind = 1 };

/* Notifies \a count of those who wait now; the caller holds the lock. */
void notify(RawLot &lot, Cell &cell, Address address, std::uint32_t count) noexcept;

/* Over when it was notified; lingers until settled. */
class Wait final : public RawOperation
{
public:
    Wait(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell) {}
    bool attempt() noexcept override { return false; }
    void decline() noexcept override { notify(m_lot, cell(), m_address, 1); }
    bool lingers() const noexcept override { return true; }
};

} // namespace aio_raw::RawCondition
