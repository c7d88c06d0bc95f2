// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "rawworld.h"

#include <deque>

namespace world {

/* How a process waits: its thread blocks; or it does as an event loop does, here a poll() on a bell of its own. */
enum class Manner { Blocking, Bell };

/* Waits of one process that are under way side by side. Each must be finished before the end, and their operations live longer. */
class Waits
{
public:
    Waits(Member &member, Manner manner);

    /* Queues \a operation up, unless it can be done at once. */
    void begin(RawOperation &operation);
    /* Returns when the operation begun as the \a index th, from 0, is done. */
    void finish(std::size_t index);
    /* That operation lingered, and is done. */
    void settle(std::size_t index) { m_waits[index].settle(); }

private:
    void sleep();
    void hear();

    const Manner m_manner;
    Member &m_member;
    RawDoorbell m_doorbell;
    const Address m_bell;           // 0: none
    RawNodePool m_bellNodes;
    std::deque<RawWait> m_waits;
};

/* Does \a operation in a way of waiting. */
void complete(Member &member, RawOperation &operation, Manner manner);

} // namespace world
