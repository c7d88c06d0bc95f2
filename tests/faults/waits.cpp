// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "waits.h"

#include "sync/rawbell.h"

#include <cstdlib>
#include <poll.h>

namespace world {
namespace {

Address makeBell(Member &member, RawDoorbell &doorbell)
{
    const unsigned number = newDoorbellNumber();
    if (!doorbell.open(member.arena.source().home(member.arena.entry()), number))
        std::abort();
    return RawBell::create(member.arena, number);
}

} // namespace

Waits::Waits(Member &member, Manner manner)
    : m_manner(manner), m_member(member), m_bell(manner == Manner::Bell ? makeBell(member, m_doorbell) : 0),
      m_bellNodes(member.arena, m_bell)
{ }

void Waits::begin(RawOperation &operation)
{
    RawWait &wait = m_waits.emplace_back(operation, m_manner == Manner::Bell ? m_bellNodes : m_member.nodes);
    if (!operation.attempt() && !wait.begin())
        std::abort();
}

void Waits::finish(std::size_t index)
{
    RawWait &wait = m_waits[index];
    if (!wait.node())
        return;
    if (m_manner == Manner::Blocking) {
        if (wait.block(Never) != RawWait::Completed)
            std::abort();
        return;
    }
    for (hear(); !wait.poll(); hear())
        sleep();
}

void Waits::hear()
{
    Cell &bell = *m_member.arena.at<Cell>(m_bell);
    RawBell::wokenUp(bell);
    RawBell::takeChunks(bell, [&](unsigned index) { RawBell::takeNodes(*m_bellNodes.chunk(index), [](unsigned) { }); });
    bell.detail[RawBell::Rescan].store(0);
}

void Waits::sleep()
{
    if (!RawBell::prepareToSleep(*m_member.arena.at<Cell>(m_bell)))
        return;
    pollfd fd{m_doorbell.descriptor(), POLLIN, 0};
    ::poll(&fd, 1, -1);
    m_doorbell.silence();
}

void complete(Member &member, RawOperation &operation, Manner manner)
{
    Waits waits(member, manner);
    waits.begin(operation);
    waits.finish(0);
}

} // namespace world
