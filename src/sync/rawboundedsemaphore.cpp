// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawboundedsemaphore.h"

#include "platform/rawfault.h"

#include <algorithm>
#include <span>

namespace aio_raw::RawBoundedSemaphore {
namespace {

using Permit = std::atomic<std::uint64_t>;

constexpr Owner owner(std::uint64_t word) noexcept { return Owner(word >> 32); }
constexpr std::uint64_t ownedBy(Owner owner) noexcept { return std::uint64_t(owner) << 32; }

// Whatever stands in shared memory, the span lies within the block.
std::span<Permit> permitsOf(RawLot &lot, const Cell &cell) noexcept
{
    const Block block = lot.slabs().find(Address(cell.detail[PermitsReference].load(std::memory_order_relaxed)));
    if (!block.data)
        return {};
    const std::size_t count = std::min<std::size_t>(permits(cell), block.bytes / sizeof(Permit));
    return {reinterpret_cast<Permit *>(block.data), count};
}

// The first permit, from the hint on, for which \a change succeeds; null: there is none.
template<class F> Permit *find(std::span<Permit> permits, Cell &cell, F change) noexcept
{
    const std::size_t start = cell.detail[Hint].load(std::memory_order_relaxed);
    for (std::size_t n = 0; n < permits.size(); ++n) {
        const std::size_t i = (start + n) % permits.size();
        if (!change(permits[i]))
            continue;
        if (n > 0)
            cell.detail[Hint].store(i, std::memory_order_relaxed);
        return &permits[i];
    }
    return nullptr;
}

bool change(Permit &permit, std::uint64_t from, std::uint64_t to) noexcept
{
    return permit.load(std::memory_order_relaxed) == from && permit.compare_exchange_strong(from, to);
}

// Grants \a permit, whose word is \a now, to the head. The word is the commit point; the head learns of it next.
bool handOver(RawLot &lot, Permit &permit, std::uint64_t now, Node &head, Address address) noexcept
{
    const std::uint64_t given = ownedBy(head.owner.load()) | Given | grantTag(head);
    if (!change(permit, now, given))
        return false;
    AIO_FAULT_POINT("permit.given");
    if (lot.grant(head, address))
        return true;
    change(permit, given, now);     // it has given up meanwhile: as it was before
    return false;
}

void repairPermits(RawLot &lot, std::span<Permit> permits, Cell &cell) noexcept
{
    for (Permit &permit : permits) {
        const std::uint64_t word = permit.load();
        if (!owner(word))
            continue;
        const bool alive = lot.arena().isAlive(owner(word));
        if (!alive || ((word & Given) && !lot.ringGrantee(cell, word & GrantTagMask)))
            change(permit, word, 0);
    }
}

void serve(RawLot &lot, Cell &cell, Address, bool repair) noexcept
{
    const std::span<Permit> all = permitsOf(lot, cell);
    if (repair)
        repairPermits(lot, all, cell);
    for (;;) {
        if (lot.isEmpty(cell, 0)) {
            lot.clearWaiters(cell, 0);
            return;
        }
        if (!(cell.word.load() & Waiters))
            cell.word.fetch_or(Waiters);
        Address address;
        Node *head = lot.head(cell, 0, address);
        const auto free = std::uint32_t(std::count_if(all.begin(), all.end(), [](const Permit &permit) { return permit.load() == 0; }));
        if (!head || free == 0)
            return;
        const bool fair = now() - head->since > FairAfter;
        if (fair && find(all, cell, [&](Permit &permit) { return handOver(lot, permit, 0, *head, address); }))
            continue;
        lot.inviteSome(cell, 0, free, repair);
        return;
    }
}

void destroy(RawLot &lot, Cell &, Address address) noexcept
{
    lot.freeBlocksOf(address);
}

std::uint32_t look(RawLot &lot, const Cell &cell, Address) noexcept { return value(lot, cell); }

const bool s_registered = RawLot::registerKind(Cell::BoundedSemaphore, {.serve = &serve, .destroy = &destroy, .look = &look});

} // namespace

Address create(RawLot &lot, std::uint32_t permits) noexcept
{
    const Address address = lot.arena().createCell(Cell::BoundedSemaphore);
    if (!address)
        return 0;
    Cell &cell = *lot.arena().at<Cell>(address);
    const Block block = lot.slabs().allocate(permits * sizeof(Permit));
    if (!block.data) {
        lot.arena().freeCell(cell);
        return 0;
    }
    // the block may have been used before
    std::fill_n(reinterpret_cast<std::uint64_t *>(block.data), permits, 0);
    cell.detail[PermitsReference].store(block.address);
    cell.detail[PermitCount].store(permits);
    cell.detail[Hint].store(0);
    block.owner->store(BlockOwner::object(address));
    AIO_FAULT_POINT("permits.created");
    return address;
}

std::uint32_t permits(const Cell &cell) noexcept
{
    return std::uint32_t(cell.detail[PermitCount].load(std::memory_order_relaxed));
}

std::uint32_t value(RawLot &lot, const Cell &cell) noexcept
{
    const auto all = permitsOf(lot, cell);
    return std::uint32_t(std::count_if(all.begin(), all.end(), [](const Permit &permit) { return permit.load() == 0; }));
}

bool tryAcquire(RawLot &lot, Cell &cell, Address address) noexcept
{
    const std::uint64_t mine = ownedBy(lot.arena().self());
    if (!find(permitsOf(lot, cell), cell, [mine](Permit &permit) { return change(permit, 0, mine); }))
        return false;
    tellOfChange(lot, cell, address, cell.word.load());
    return true;
}

bool release(RawLot &lot, Cell &cell, Address address) noexcept
{
    const auto all = permitsOf(lot, cell);
    const std::uint64_t mine = ownedBy(lot.arena().self());
    // Who has waited long gets it directly, so that no stream of faster ones passes him by for ever.
    const bool fair = (cell.word.load() & Waiters) && now() - cell.headSince.load(std::memory_order_relaxed) > FairAfter;
    if (fair && lot.tryGuard(cell, address)) {
        Address headAddress;
        Node *head = lot.head(cell, 0, headAddress);
        const bool given = head && find(all, cell, [&](Permit &permit) { return handOver(lot, permit, mine, *head, headAddress); });
        lot.unguard(cell);
        lot.kick(cell, address);        // whoever came while the guard was taken counts on it
        if (given)
            return true;
    }
    const auto free = [](Permit &permit) {
        const std::uint64_t word = permit.load(std::memory_order_relaxed);
        return owner(word) && !(word & Given) && change(permit, word, 0);
    };
    if (!find(all, cell, [mine](Permit &permit) { return change(permit, mine, 0); }) && !find(all, cell, free))
        return false;
    AIO_FAULT_POINT("permit.released");
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (cell.word.load(std::memory_order_relaxed) & (Waiters | Watchers))
        lot.kick(cell, address);
    return true;
}

void Acquire::accept(Node &node) noexcept
{
    const std::uint64_t mine = ownedBy(m_lot.arena().self());
    find(permitsOf(m_lot, cell()), cell(), [&](Permit &permit) { return change(permit, mine | Given | grantTag(node), mine); });
}

} // namespace aio_raw::RawBoundedSemaphore
