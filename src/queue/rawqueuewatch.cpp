// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/rawqueuewatch.h"

#include "queue/rawunfinished.h"

#include <utility>

namespace aio_raw::RawQueue {

bool Watch::attempt() noexcept
{
    RawArena &arena = m_lot.arena();
    RingBody *body = RawRing::bodyOf(m_lot, cell());
    if (!body)
        return false;
    const bool over = isShutDown(cell());
    if (m_role == 1)
        return over || RawRing::roomFor(arena, *body, body->tail.load()) > 0;
    // read before the look, so that what changes after it is a change
    Moment moment;
    moment.end = body->tail.load();
    moment.revivals = body->revivals.load();
    moment.tickets = body->tickets.load();
    moment.first = RawRing::firstAvailable(arena, *body);
    if (moment.first == UINT64_MAX && RawUnfinished::countReturned(arena, *body, 1) == 0) {
        m_seen = {};
        m_isOver = over && RawRing::isEmpty(arena, *body) && !RawUnfinished::mayReturn(arena, *body);
        return m_isOver;
    }
    if (moment == m_seen)
        return false;
    m_seen = moment;
    return true;
}

void Watch::describe(Node &node) noexcept
{
    node.snapshot = ToWatch;
    cell().word.fetch_or(Watched);
}

bool Change::attempt() noexcept
{
    const std::uint64_t before = std::exchange(m_seen, look());
    return before != m_seen;
}

void Change::describe(Node &node) noexcept
{
    node.snapshot = ToSeeChange;
    cell().word.fetch_or(Watched);
}

std::uint64_t Change::look() const noexcept
{
    return size(m_lot, cell()) << 1 | isShutDown(cell());
}

} // namespace aio_raw::RawQueue
