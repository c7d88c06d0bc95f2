// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawcondition.h"

#include "platform/rawfault.h"

#include <algorithm>

namespace aio_raw::RawCondition {
namespace {

constexpr unsigned PendingShift = 3;
constexpr std::uint64_t PendingMask = std::uint64_t(All) << PendingShift;

constexpr std::uint32_t pending(std::uint64_t word) noexcept { return std::uint32_t(word >> PendingShift) & All; }
constexpr std::uint32_t upTo(std::uint64_t word) noexcept { return std::uint32_t(word >> 32); }

// Adds to the notifications of those with tickets below \a ticket.
void add(Cell &cell, std::uint32_t ticket, std::uint32_t count) noexcept
{
    std::uint64_t word = cell.word.load();
    std::uint64_t wanted;
    do {
        const std::uint32_t sum = std::min(All, pending(word) + std::min(All, count));
        wanted = std::uint64_t(ticket) << 32 | std::uint64_t(sum) << PendingShift | (word & 7);
    } while (!cell.word.compare_exchange_weak(word, wanted));
}

// Grants to those who are meant, as far as the notifications go.
void handOut(RawLot &lot, Cell &cell, bool evenDeaf) noexcept
{
    Address address;
    for (Node *node = lot.first(cell, 0, address); node; node = lot.next(*node, address)) {
        const std::uint64_t word = cell.word.load();
        if (pending(word) == 0)
            return;
        const bool isMeant = std::int32_t(std::uint32_t(node->ticket.load()) - upTo(word)) < 0;
        if (!isMeant || !(evenDeaf || lot.canHear(*node)) || !lot.grant(*node, address))
            continue;
        AIO_FAULT_POINT("condition.notified");
        if (pending(word) != All)       // where all are meant nobody counts
            cell.word.fetch_sub(std::uint64_t(1) << PendingShift);
    }
}

void serve(RawLot &lot, Cell &cell, Address, bool repair) noexcept
{
    if (repair)
        lot.ringGranted(cell, [](const Node &) { return true; });
    for (std::uint64_t word = cell.word.load(); pending(word); word = cell.word.load()) {
        // Who is meant was queued before the notification, but perhaps after the inbox had been emptied.
        lot.drain(cell);
        for (const bool evenDeaf : {false, true})       // who cannot hear yet comes last, and is not left out
            handOut(lot, cell, evenDeaf);
        // nobody is left whom the rest could mean, unless somebody has been queued and notified meanwhile
        std::uint64_t rest = cell.word.load();
        if (upTo(rest) == upTo(word))
            cell.word.compare_exchange_strong(rest, rest & ~PendingMask);
    }
    if (lot.isEmpty(cell, 0))
        lot.clearWaiters(cell, 0);
    else if (!(cell.word.load() & Waiters))
        cell.word.fetch_or(Waiters);
}

// A waiter died with a notification of which it has made no use.
void lost(RawLot &, Cell &cell, const Node &node) noexcept
{
    if (Node::phase(node.state.load()) == Node::Granted)
        add(cell, std::uint32_t(cell.tickets.load()), 1);
}

const bool s_registered = RawLot::registerKind(Cell::Condition, {&serve, nullptr, nullptr, &lost});

} // namespace

void notify(RawLot &lot, Cell &cell, Address address, std::uint32_t count) noexcept
{
    if (count == 0)
        return;
    add(cell, std::uint32_t(cell.tickets.load()), count);
    AIO_FAULT_POINT("condition.notify");
    lot.kick(cell, address);
}

} // namespace aio_raw::RawCondition
