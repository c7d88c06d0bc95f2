// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawlot.h"

/*
 * Putting an arena right after a process has gone. Whoever notices first does it, exactly once; a repairer that dies
 * himself is followed by the next. One that is stopped holds up what the dead had open and the memory it had, but nobody's
 * wait: the others see to those of their own.
 */
namespace aio_raw::RawRepair {

/* \a dead has ended: repairs everything it had, then frees its slot. False: somebody else does, and only own waits were looked after, or has. */
bool repair(RawLot &lot, Owner dead) noexcept;

/*
 * The calling process leaves, and nothing of the arena may be used in it any more. What its other threads take meanwhile
 * is given back when it has ended, and so is its slot: by those who see the end.
 */
void leave(RawLot &lot) noexcept;

/* Takes this process's hold off \a cell, and the cell away when it was the last. */
void close(RawLot &lot, Cell &cell, Address address) noexcept;

/* Looks at every other process of the arena, or at the one with \a pid, and repairs those that have ended. */
void repairTheDead(RawLot &lot, std::int64_t pid = 0) noexcept;

/* Calls \a visit(owner, state) for each other process that has a slot. */
template<class F> void forEachOther(RawArena &arena, F visit) noexcept
{
    for (unsigned i = 0; i < MaxProcesses; ++i) {
        const SlotState state(arena.header().processes[i].state.load());
        const Owner owner = Owner(state.generation) << 16 | Owner(i + 1);
        if (state.phase != ProcessSlot::Free && owner != arena.self())
            visit(owner, state);
    }
}

} // namespace aio_raw::RawRepair
