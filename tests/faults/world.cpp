// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "world.h"

#include "sync/rawrepair.h"

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace world {
namespace {

// What one run has, in the watching process and in those forked from it.
struct Run
{
    SharedSource source;
    Board *board = sharedMemory<Board>();
    Member watcher{source, "watcher"};
    Address cell = 0;
    pid_t survivor = -1;
};
Run *s_run = nullptr;
Member *s_self = nullptr;       // of a forked process

void join(const char *name)
{
    s_self = new Member(s_run->source, name);
}

} // namespace

// -- scenarios

namespace {

// Locks, lists and slabs are as they should be: whoever asks gets what is free. Returns what is not.
std::string inconsistency(Member &member)
{
    std::string wrong;
    member.arena.forEachCell([&](Cell &cell, Address address) {
        if (!member.lot.kick(cell, address))
            wrong = "a guard is held by nobody";
        if (cell.inbox.load() || cell.head[0] || cell.head[1])
            wrong = "a list has waiters that nobody waits for";
        for (unsigned slot = 0; slot < MaxProcesses; ++slot) {
            const SlotState state(member.arena.header().processes[slot].state.load());
            const bool holds = cell.holders[slot / 64].load() >> slot % 64 & 1;
            if (holds && state.phase == ProcessSlot::Free)
                wrong = "a cell is held open by a process that has gone";
        }
    });
    member.lot.slabs().sweep([&](std::uint64_t owner, std::uint64_t) {
        if (BlockOwner::kind(owner) == BlockOwner::Process && Owner(owner) != member.arena.self())
            wrong = "a block belongs to a process that has gone";
        return true;
    });
    RawRepair::forEachOther(member.arena, [&](Owner, const SlotState &) { wrong = "a process that has gone still has its slot"; });
    return wrong;
}

void setUp(const Scenario &scenario)
{
    s_run = new Run;
    s_run->cell = scenario.prepare(s_run->watcher);
    if (!scenario.survivor)
        return;
    s_run->survivor = ::fork();
    if (s_run->survivor == 0) {
        join("survivor");
        scenario.survivor(*s_self, s_run->cell, *s_run->board);
        s_run->board->survivorOver.store(1);
        std::_Exit(0);
    }
    while (s_run->board->ready.load() == 0)
        ::usleep(20);
}

void check(const Scenario &scenario)
{
    Member &watcher = s_run->watcher;
    RawRepair::repairTheDead(watcher.lot);
    s_run->board->victimGone.store(1);
    if (scenario.afterDeath)
        scenario.afterDeath(watcher, s_run->cell, *s_run->board);
    if (s_run->survivor > 0) {
        int status = 0;
        ::waitpid(s_run->survivor, &status, 0);
        HARNESS_CHECK(status == 0);
    }
    RawRepair::repairTheDead(watcher.lot);
    std::string wrong = scenario.check(watcher, s_run->cell, *s_run->board);
    if (wrong.empty())
        wrong = inconsistency(watcher);
    if (!wrong.empty())
        harness::checkFailed(wrong.c_str(), __FILE__, __LINE__);
}

} // namespace

harness::Scenario inWorld(const Scenario &scenario)
{
    harness::Scenario result;
    result.name = scenario.name.c_str();
    result.setup = [&scenario] { setUp(scenario); };
    result.enter = [&scenario] {
        join("victim");
        if (scenario.enter)
            scenario.enter(*s_self, s_run->cell, *s_run->board);
    };
    result.enterRescuer = [] { join("rescuer"); };
    result.rescuer = [] { RawRepair::repairTheDead(s_self->lot); };
    result.victim = [&scenario] { scenario.victim(*s_self, s_run->cell, *s_run->board); };
    result.check = [&scenario] { check(scenario); };
    if (scenario.whileStopped)
        result.checkWhileStopped = [&scenario] { scenario.whileStopped(s_run->watcher, s_run->cell, *s_run->board); };
    result.races = true;
    return result;
}

} // namespace world
