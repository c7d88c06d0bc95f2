// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "data/rawshareddata.h"
#include "queue/rawqueue.h"
#include "sync/rawbarrier.h"
#include "sync/rawboundedsemaphore.h"
#include "sync/rawlock.h"
#include "sync/rawrepair.h"

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace world {

namespace {

Scenario makingAndClosing()
{
    return {
        "objects: maker that closes and leaves",
        [](Member &member) { return make(member, Cell::Lock); },
        [](Member &member, Address, Board &) {
            for (int i = 0; i < 3; ++i) {
                const Address lock = make(member, Cell::Lock);
                const Address queue = RawQueue::create(member.lot, 8);
                member.arena.publishCell(queue);
                for (std::uint32_t item = 1; item <= 4; ++item)
                    put(member, queue, item);
                const Address semaphore = RawBoundedSemaphore::create(member.lot, 40);
                member.arena.publishCell(semaphore);
                const Address barrier = RawBarrier::create(member.lot, 2, "action", 6, Never);
                member.arena.publishCell(barrier);
                const Address data = RawSharedData::create(member.lot, 5000, 1);
                member.arena.publishCell(data);
                for (const Address cell : {lock, queue, semaphore, barrier, data})
                    RawRepair::close(member.lot, *member.arena.at<Cell>(cell), cell);
            }
            RawRepair::leave(member.lot);
        },
        {},
        {},
        [](Member &member, Address mine, Board &) {
            std::string wrong;
            member.arena.forEachCell([&](Cell &, Address address) {
                if (address != mine)
                    wrong = "a cell is left of the dead process";
            });
            member.lot.slabs().sweep([&](std::uint64_t, std::uint64_t) {
                wrong = "a block is left of the dead process";
                return true;
            });
            return wrong;
        },
    };
}

// A lock that another one held who died holding everything.
Address lockOfDead(Member &member)
{
    const Address cell = make(member, Cell::Lock);
    const pid_t pid = ::fork();
    if (pid == 0) {
        Member self(static_cast<SharedSource &>(member.arena.source()), "first victim");
        attach(self, cell, Cell::Lock);
        make(self, Cell::Event);
        RawLock::tryAcquire(self.lot, *self.arena.at<Cell>(cell), cell, self.arena.self());
        self.lot.slabs().allocate(1000);
        std::_Exit(0);
    }
    siginfo_t info;
    ::waitid(P_PID, id_t(pid), &info, WEXITED);
    return cell;
}

// The victim repairs after another one that died holding everything.
Scenario repairing()
{
    return {
        "repair: repairer",
        &lockOfDead,
        [](Member &member, Address, Board &) { RawRepair::repairTheDead(member.lot); },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Lock);
            board.ready.store(1);
            useLock(member, cell, board);
        },
        {},
        checkLock,
    };
}

/*
 * The same with a survivor who waits for the lock before, and hears of the death when the repairer is stopped. Wherever that is, the
 * survivor goes on meanwhile, unless the repairer has the guard of the very lock.
 */
Scenario repairingWhileOneWaits(Manner manner)
{
    Scenario scenario = repairing();
    scenario.name = manner == Manner::Bell ? "repair: repairer, a coroutine waits" : "repair: repairer, a thread waits";
    scenario.survivor = [manner](Member &member, Address cell, Board &board) {
        attach(member, cell, Cell::Lock);
        Waits waits(member, manner);
        RawLock::Acquire acquire(member.lot, cell);
        waits.begin(acquire);
        board.ready.store(1);
        while (board.acknowledged.load() == 0 && board.victimGone.load() == 0)
            usleep(20);
        RawRepair::repairTheDead(member.lot);
        waits.finish(0);
        RawLock::release(member.lot, acquire.cell(), cell);
    };
    scenario.whileStopped = [](Member &member, Address cell, Board &board) {
        board.acknowledged.store(1);
        // The survivor has come by in vain when its mark stays: it found the guard taken.
        Cell &lock = *member.arena.at<Cell>(cell);
        int inVain = 0;
        for (const Nanoseconds end = now() + 300'000'000; now() < end && inVain < 30 && board.survivorOver.load() == 0;) {
            usleep(1000);
            inVain = lock.attention.load() ? inVain + 1 : 0;
        }
        HARNESS_CHECK(board.survivorOver.load() != 0 || inVain == 30 || !member.lot.kick(lock, cell));
    };
    return scenario;
}

} // namespace

std::vector<Scenario> repairScenarios()
{
    return {makingAndClosing(), repairing(), repairingWhileOneWaits(Manner::Blocking), repairingWhileOneWaits(Manner::Bell)};
}

} // namespace world
