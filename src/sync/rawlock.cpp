// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawlock.h"

#include "platform/rawfault.h"

namespace aio_raw::RawLock {
namespace {

void destroy(RawLot &lot, Cell &cell, Address address) noexcept
{
    if (const Block data = lot.slabs().find(Address(cell.detail[Data].load())); data.data)
        lot.release(data, BlockOwner::object(address));
    if (const std::uint64_t segment = cell.detail[DataSegment].load())
        lot.arena().source().discardOwn(segment);
}

const bool s_registered = RawLot::registerKind(Cell::Lock, {.serve = &serve, .destroy = &destroy, .look = &look});
constexpr std::uint64_t Others = Waiters | Watchers;

// Gives the free (or just being released) lock to the head. The word is the commit point; the head learns of it next.
bool handOver(RawLot &lot, Cell &cell, std::uint64_t word, Node &head, Address address) noexcept
{
    const std::uint64_t given = std::uint64_t(head.owner.load()) << 32 | (word & Watchers) | Waiters | Given
                                | (owner(word) ? 0 : word & Abandoned);
    if (!cell.word.compare_exchange_strong(word, given))
        return false;
    AIO_FAULT_POINT("lock.given");
    cell.detail[HeldSince].store(std::uint64_t(now()), std::memory_order_relaxed);
    if (lot.grant(head, address))
        return true;
    // the head has given up meanwhile: as it was before; nobody else touches a word with Given but for those who come, and they kick
    cell.word.store(word | Waiters);
    return false;
}

// Whether some living waiter of the cell knows that it owns the lock: else its granter died before he could tell.
bool isGrantKnown(RawLot &lot, Cell &cell) noexcept
{
    return lot.ringGranted(cell, [](const Node &) { return true; });
}

void repairOwner(RawLot &lot, Cell &cell) noexcept
{
    for (std::uint64_t word = cell.word.load(); owner(word);) {
        const bool alive = lot.arena().isAlive(owner(word));
        if (alive && (!(word & Given) || isGrantKnown(lot, cell)))
            return;
        std::uint64_t free = word & (Others | Abandoned);
        if (!alive && !(word & Given)) {
            free |= Abandoned;
            if (const ProcessSlot *slot = lot.arena().slotOf(owner(word)))
                cell.detail[DeadOwnerPid].store(std::uint64_t(SlotState(slot->state.load()).pid));
        }
        if (cell.word.compare_exchange_strong(word, free))
            return;
    }
}

} // namespace

void serve(RawLot &lot, Cell &cell, Address, bool repair) noexcept
{
    if (repair)
        repairOwner(lot, cell);
    for (;;) {
        Address address;
        Node *head = lot.head(cell, 0, address);
        std::uint64_t word = cell.word.load();
        if (!head) {
            if (lot.isEmpty(cell, 0)) {
                lot.clearWaiters(cell, 0);
                cell.detail[HeldSince].store(0, std::memory_order_relaxed);
            }
            return;
        }
        if (!(word & Waiters)) {
            cell.word.fetch_or(Waiters);
            continue;
        }
        if (owner(word)) {
            if (!cell.detail[HeldSince].load(std::memory_order_relaxed))
                cell.detail[HeldSince].store(std::uint64_t(now()), std::memory_order_relaxed);
            return;
        }
        const bool fair = now() - head->since > FairAfter;
        if (fair ? handOver(lot, cell, word, *head, address) : lot.invite(*head, address, repair))
            return;
    }
}

bool releaseSlow(RawLot &lot, Cell &cell, Address address) noexcept
{
    std::uint64_t word = cell.word.load();
    if (!owner(word) || (word & Given))
        return false;
    // Who has waited long gets it directly, so that no stream of faster ones passes him by for ever.
    if ((word & Waiters) && now() - cell.headSince.load(std::memory_order_relaxed) > FairAfter && lot.tryGuard(cell, address)) {
        Address headAddress;
        Node *head = lot.head(cell, 0, headAddress);
        word = cell.word.load();
        const bool given = head && owner(word) && handOver(lot, cell, word, *head, headAddress);
        lot.unguard(cell);
        lot.kick(cell, address);        // whoever came while the guard was taken counts on it
        if (given)
            return true;
        word = cell.word.load();
    }
    do {
        if (!owner(word) || (word & Given))
            return false;
    } while (!cell.word.compare_exchange_weak(word, word & Others));
    AIO_FAULT_POINT("lock.released");
    if (word & Waiters)     // whoever takes it next does so soon
        cell.detail[HeldSince].store(std::uint64_t(now()), std::memory_order_relaxed);
    if (word & Others)
        lot.kick(cell, address);
    return true;
}

bool abandon(RawLot &lot, Cell &cell, Address address) noexcept
{
    std::uint64_t word = cell.word.load();
    const Owner self = lot.arena().self();
    if (!self || owner(word) != self || (word & Given))
        return false;
    cell.detail[DeadOwnerPid].store(std::uint64_t(SlotState(lot.arena().slotOf(self)->state.load()).pid));
    while (!cell.word.compare_exchange_weak(word, (word & Others) | Abandoned)) {
        if (owner(word) != self)
            return false;
    }
    lot.kick(cell, address);
    return true;
}

} // namespace aio_raw::RawLock
