// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// RawLot: who is invited, who gets it, and how they hear of it.

#include "platform/rawfault.h"
#include "platform/rawsleep.h"
#include "sync/rawbell.h"
#include "sync/rawlot.h"

#include <algorithm>
#include <utility>

namespace aio_raw {

thread_local RawLot::Rings RawLot::t_rings;

// -- invitations

bool RawLot::invite(Node &node, Address address, bool again) noexcept
{
    std::uint32_t state = node.state.load();
    for (;;) {
        if (!Node::waits(state))
            return false;
        if (Node::phase(state) != Node::Waiting)
            break;
        const std::uint32_t invited = Node::withPhase(state, Node::Invited);
        if (node.state.compare_exchange_weak(state, invited)) {
            node.invitedAt = now();
            again = true;
            break;
        }
    }
    AIO_FAULT_POINT("lot.invited");
    if (again)
        ring(node, address);
    return true;
}

void RawLot::inviteSome(Cell &cell, unsigned role, unsigned count, bool again, std::uint32_t snapshot) noexcept
{
    constexpr Nanoseconds Overdue = 10'000'000;
    const Nanoseconds time = now();
    Address address;
    for (Node *node = head(cell, role, address); node && count > 0; node = next(*node, address)) {
        if (!Node::mayTake(node->state.load()) || (snapshot != AnySnapshot && node->snapshot != snapshot))
            continue;
        const bool overdue = Node::phase(node->state.load()) == Node::Invited && time - node->invitedAt > Overdue;
        if (invite(*node, address, again || overdue) && !overdue)
            --count;
    }
}

void RawLot::inviteElsewhere(Cell &cell, unsigned role, std::uint32_t snapshot) noexcept
{
    constexpr int Near = 32;
    Owner invited = 0;
    Node *other = nullptr;
    Address otherAddress = 0;
    // true: there is nothing more to look for
    const auto look = [&](Node &node, Address address) {
        const std::uint32_t state = node.state.load();
        const Owner owner = node.owner.load();
        if (!Node::mayTake(state) || !canHear(node) || (snapshot != AnySnapshot && node.snapshot != snapshot))
            return false;
        if (Node::phase(state) == Node::Invited && invited && owner != invited)
            return true;
        if (Node::phase(state) == Node::Invited && !invited)
            invited = owner;
        else if (Node::phase(state) == Node::Waiting && invited && owner != invited && !other) {
            other = &node;
            otherAddress = address;
        }
        return false;
    };
    Address address;
    Node *node = first(cell, role, address);
    for (int n = 0; node && n < Near; ++n, node = next(*node, address)) {
        if (look(*node, address))
            return;
    }
    if (node && !other) {
        address = cell.tail[role];
        node = address ? m_arena.at<Node>(address) : nullptr;
        for (int n = 0; node && n < Near; ++n, address = node->previous, node = address ? m_arena.at<Node>(address) : nullptr) {
            if (look(*node, address))
                return;
        }
    }
    if (other)
        invite(*other, otherAddress, false);
}

// -- grants

bool RawLot::grant(Node &node, Address address) noexcept
{
    std::uint32_t state = node.state.load();
    do {
        if (!Node::mayTake(state))
            return false;
    } while (!node.state.compare_exchange_weak(state, Node::withPhase(state, Node::Granted)));
    AIO_FAULT_POINT("lot.granted");
    ring(node, address);
    return true;
}

bool RawLot::ringGrantee(Cell &cell, std::uint64_t tag) noexcept
{
    return ringGranted(cell, [tag](const Node &node) { return grantTag(node) == tag; });
}

void RawLot::grantAndUnlink(Cell &cell, Node &node, Address address) noexcept
{
    unlink(cell, node, address);
    std::uint32_t state = node.state.load();
    std::uint32_t wanted;
    do
        wanted = Node::waits(state) ? (state & Node::Stopped) | Node::Granted : state & ~std::uint32_t(Node::Linked);
    while (!node.state.compare_exchange_weak(state, wanted));
    AIO_FAULT_POINT("lot.granted");
    if (Node::waits(state))
        ring(node, address);
}

// Those who have seen something else than there is now.
void RawLot::tellWatchers(Cell &cell, Address address) noexcept
{
    const auto look = kind(RawArena::kindOf(cell)).look;
    if (!look)
        return;
    if (isEmpty(cell, 1)) {
        if (cell.word.load() & waitersBit(1))
            clearWaiters(cell, 1);
        return;
    }
    if (!(cell.word.load() & waitersBit(1)))
        cell.word.fetch_or(waitersBit(1));      // before the look, so that what changes after it is told of
    const std::uint32_t seen = look(*this, cell, address);
    Address place;
    for (Node *node = first(cell, 1, place); node;) {
        Node &here = *node;
        const Address hereAddress = place;
        node = next(here, place);
        if (here.snapshot != seen)
            grantAndUnlink(cell, here, hereAddress);
    }
}

// -- rings

void RawLot::ring(Node &node, Address address) noexcept
{
    Address place = address;
    if (node.bell) {
        if (!RawBell::mark(m_arena, node, address))
            return;
        place = node.bell;
    }
    const Ring *end = t_rings.rings + t_rings.count;
    const bool isBell = node.bell != 0;
    if (isBell && std::find(static_cast<const Ring *>(t_rings.rings), end, Ring{place, true}) != end)
        return;
    if (t_rings.count == Rings::Capacity)
        flushRings();
    t_rings.rings[t_rings.count++] = {place, isBell};
}

void RawLot::flushRings() noexcept
{
    const unsigned count = std::exchange(t_rings.count, 0);
    for (unsigned i = 0; i < count; ++i) {
        AIO_FAULT_POINT("lot.ring");
        const Ring ring = t_rings.rings[i];
        if (ring.isBell)
            RawBell::wake(m_arena, ring.place);
        else
            wakeSleeper(*m_arena.at<Node>(ring.place));
    }
}

void RawLot::wakeSleeper(Node &node) noexcept
{
    if (!RawSleep::wake(node.state))
        m_arena.ring(node.owner.load(), node.chunk.load());
}

void RawLot::ringAll(Owner whose) noexcept
{
    m_arena.forEachNodeChunk([this, whose](NodeChunk &chunk, Address) {
        const Owner owner = chunk.owner.load();
        if (!owner || (whose && owner != whose))
            return;
        if (const Address bell = chunk.bell.load(std::memory_order_relaxed)) {
            Cell *cell = chunk.index == 0 ? m_arena.at<Cell>(bell) : nullptr;     // once for each bell
            if (!cell || RawArena::kindOf(*cell) != Cell::Bell)
                return;
            cell->detail[RawBell::Rescan].store(1);
            RawBell::wake(m_arena, bell);
            return;
        }
        for (Node &node : chunk.nodes) {
            if (Node::phase(node.state.load()) == Node::Invited || Node::phase(node.state.load()) == Node::Granted)
                wakeSleeper(node);
        }
    });
}

} // namespace aio_raw
