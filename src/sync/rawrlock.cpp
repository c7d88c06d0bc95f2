// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawrlock.h"

namespace aio_raw::RawRLock {
namespace {

// Invites the waits of the owner that has the lock: they need not wait for themselves.
void inviteOwner(RawLot &lot, Cell &cell, bool repair) noexcept
{
    const std::uint64_t word = cell.word.load();
    const Token holder = cell.detail[HolderToken].load();
    if (!holder || (word & RawLock::Given) || RawLock::owner(word) != Owner(holder >> 32))
        return;
    Address address = 0;
    for (Node *node = lot.head(cell, 0, address); node; node = lot.next(*node, address)) {
        if (node->owner.load() == Owner(holder >> 32) && node->snapshot == std::uint32_t(holder))
            lot.invite(*node, address, repair);
    }
}

void serve(RawLot &lot, Cell &cell, Address address, bool repair) noexcept
{
    RawLock::serve(lot, cell, address, repair);
    inviteOwner(lot, cell, repair);
}

const bool s_registered = RawLot::registerKind(Cell::RLock, {.serve = &serve, .look = &RawLock::look});

} // namespace

void Acquire::admitOthers() noexcept
{
    if (cell().word.load() & RawLock::Waiters)
        m_lot.kick(cell(), m_address);
}

bool Acquire::attempt() noexcept
{
    if (!tryAcquire(m_lot, cell(), m_address, m_token))
        return false;
    admitOthers();
    return true;
}

void Acquire::accept(Node &) noexcept
{
    cell().word.fetch_and(~RawLock::Given);
    claim(cell(), m_token, 1);
    admitOthers();
}

} // namespace aio_raw::RawRLock
