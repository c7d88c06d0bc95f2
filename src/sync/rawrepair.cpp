// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawrepair.h"

#include "platform/rawfault.h"
#include "platform/rawprocess.h"

#include <cstring>
#include <mutex>

namespace aio_raw::RawRepair {
namespace {

bool hasLife(RawArena &arena, const ProcessSlot &slot) noexcept
{
    const SlotState state(slot.state.load());
    ProcessIdentity who{state.pid};
    if (state.phase != ProcessSlot::Joining) {      // who is joining has not written yet who he is
        who.startTime = slot.startTime.load();
        std::memcpy(who.entry, slot.entry, sizeof who.entry);
    }
    return lifeOf(who, arena.source()) != Life::Ended;
}

// Takes the slot of a dead process over for repair. Its phase says that it is dead to everybody from here on.
bool claim(RawArena &arena, Owner dead) noexcept
{
    ProcessSlot *slot = arena.slotOf(dead);
    if (!slot)
        return false;
    std::uint64_t word = slot->state.load();
    for (;;) {
        const SlotState state(word);
        if (state.generation != dead >> 16 || state.phase == ProcessSlot::Free)
            return false;
        if (state.phase == ProcessSlot::Dying) {
            // somebody is at it; only if he has died too it is ours
            const unsigned repairer = state.repairer - 1;
            if (repairer == slotIndex(arena.self()) || (repairer < MaxProcesses && hasLife(arena, arena.header().processes[repairer])))
                return false;
        }
        const SlotState mine(arena.self() & 0xffff, ProcessSlot::Dying, state.generation, state.pid);
        if (slot->state.compare_exchange_strong(word, mine.word()))
            return true;
    }
}

bool isRepairedElsewhere(RawArena &arena, Owner dead) noexcept
{
    const ProcessSlot *slot = arena.slotOf(dead);
    const SlotState state(slot ? slot->state.load() : 0);
    return state.generation == dead >> 16 && state.phase == ProcessSlot::Dying && state.repairer != (arena.self() & 0xffff);
}

// Gives back the chunks of processes that are gone. Only when every list has been looked at: none has a node of theirs.
void freeChunks(RawArena &arena) noexcept
{
    arena.forEachNodeChunk([&](NodeChunk &chunk, Address) {
        Owner owner = chunk.owner.load();
        if (!owner || arena.isAlive(owner) || !chunk.owner.compare_exchange_strong(owner, arena.self()))
            return;     // in use, or another repairer's by now
        AIO_FAULT_POINT("repair.chunk");
        for (Node &node : chunk.nodes) {
            node.cell.store(0);
            node.state.store(Node::Free);
        }
        chunk.owner.store(0);
    });
}

// Nobody has the cell open any more.
void takeAway(RawLot &lot, Cell &cell, Address address) noexcept
{
    if (const auto destroy = RawLot::kind(RawArena::kindOf(cell)).destroy)
        destroy(lot, cell, address);
    lot.arena().freeCell(cell);
}

// Has \a cell served by somebody who believes nothing but the words. False: whoever holds its guard does it.
bool serveAnew(RawLot &lot, Cell &cell, Address address) noexcept
{
    cell.repairs.fetch_add(1);
    return lot.kick(cell, address);
}

// The same for a cell that others may give up meanwhile: held open, so that nobody makes another of it while its guard is taken here.
bool serveAnewWhileHeld(RawLot &lot, Cell &cell, Address address) noexcept
{
    bool served = true;
    if (lot.arena().whileHeld(cell, [&] { served = serveAnew(lot, cell, address); }))
        takeAway(lot, cell, address);
    return served;
}

// Another process repairs, but it may be stopped. That the dead is dead is known to all by now, so what waits here needs no more than to look.
void helpOwnWaits(RawLot &lot) noexcept
{
    RawArena &arena = lot.arena();
    for (const Address address : lot.cellsWaitedFor()) {
        Cell *cell = arena.at<Cell>(address);
        if (address == RawLot::memoryAddress())
            serveAnew(lot, *cell, address);
        else if (cell)
            serveAnewWhileHeld(lot, *cell, address);
    }
    lot.ringAll(arena.self());
}

void repairObjects(RawLot &lot, unsigned slot) noexcept
{
    RawArena &arena = lot.arena();
    bool complete = true;
    arena.forEachCell([&](Cell &cell, Address address) {
        AIO_FAULT_POINT("repair.cell");
        if (arena.isUnfinished(cell, slot) ? !arena.finishFor(cell, slot) : arena.dropHolder(cell, slot)) {
            takeAway(lot, cell, address);
            return;
        }
        if (RawArena::kindOf(cell) == Cell::Bell)
            return;
        complete &= serveAnewWhileHeld(lot, cell, address);
    });
    lot.slabs().sweep([&](std::uint64_t owner, Address block) {
        if (BlockOwner::kind(owner) == BlockOwner::Process)
            return arena.isAlive(Owner(owner));
        if (BlockOwner::kind(owner) == BlockOwner::Shared)
            return true;
        auto *cell = arena.at<Cell>(BlockOwner::cell(owner));
        if (!cell)
            return true;        // its segment cannot be mapped here; another process will see
        if (RawArena::kindOf(*cell) == Cell::Free)
            return false;
        const auto holds = RawLot::kind(RawArena::kindOf(*cell)).holds;
        return BlockOwner::kind(owner) != BlockOwner::Message || !holds || holds(lot, *cell, BlockOwner::position(owner), block);
    });
    AIO_FAULT_POINT("repair.blocks");
    lot.collect(slot);
    lot.slabs().repair();
    lot.slabs().trim();
    complete &= serveAnew(lot, arena.header().memory, RawLot::memoryAddress());
    if (complete)
        freeChunks(arena);
    AIO_FAULT_POINT("repair.chunks");
    lot.ringAll();
}

} // namespace

bool repair(RawLot &lot, Owner dead) noexcept
{
    RawArena &arena = lot.arena();
    if (!arena.self())
        return false;       // also in a child forked without exec, where another thread may have had the mutex
    const std::lock_guard one(lot.repairMutex());
    if (!arena.self())
        return false;
    if (!claim(arena, dead)) {
        if (isRepairedElsewhere(arena, dead))
            helpOwnWaits(lot);
        return false;
    }
    AIO_FAULT_POINT("repair.claimed");
    repairObjects(lot, slotIndex(dead));
    AIO_FAULT_POINT("repair.done");
    // Those whom it was repairing itself, before its slot becomes another's.
    forEachOther(arena, [&](Owner owner, const SlotState &state) {
        if (owner != dead && state.phase == ProcessSlot::Dying && state.repairer == (dead & 0xffff))
            repair(lot, owner);
    });
    arena.freeSlot(dead);
    return true;
}

void repairTheDead(RawLot &lot, std::int64_t pid) noexcept
{
    RawArena &arena = lot.arena();
    forEachOther(arena, [&](Owner owner, const SlotState &state) {
        if ((pid == 0 || state.pid == pid) && !hasLife(arena, *arena.slotOf(owner)))
            repair(lot, owner);
    });
}

void leave(RawLot &lot) noexcept
{
    RawArena &arena = lot.arena();
    if (!arena.self())
        return;
    // who repairs on another thread of this process does it as a member
    const std::lock_guard one(lot.repairMutex());
    const Owner self = arena.self();
    if (!self || !claim(arena, self))
        return;
    repairObjects(lot, slotIndex(self));
    arena.forsake();
}

void close(RawLot &lot, Cell &cell, Address address) noexcept
{
    RawArena &arena = lot.arena();
    if (arena.dropHolder(cell, slotIndex(arena.self())))
        takeAway(lot, cell, address);
}

} // namespace aio_raw::RawRepair
