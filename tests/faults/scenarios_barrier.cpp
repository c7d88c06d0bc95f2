// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "sync/rawbarrier.h"

#include <cstdlib>
#include <unistd.h>

namespace world {
namespace {

constexpr std::uint32_t Parties = 3;        // the victim and two of the survivor
constexpr std::uint32_t Rounds = 2;

using Outcome = RawBarrier::Wait::Outcome;

Address makeBarrier(Member &member, bool withAction)
{
    const Address cell = RawBarrier::create(member.lot, Parties, "action", withAction ? 6 : 0, Never);
    member.arena.publishCell(cell);
    return cell;
}

// A party whose wait has come back: does the action if it is the one, and notes its index. False: the barrier is broken.
bool pass(RawBarrier::Wait &operation, Board &board, std::uint32_t round)
{
    if (operation.outcome() == Outcome::MustAct)
        operation.acted(true);
    if (operation.outcome() != Outcome::Passed)
        return false;
    if (operation.index() >= Parties)
        board.misordered.fetch_add(1);
    board.received[round * Parties + operation.index() % Parties].fetch_add(1);
    return true;
}

// -- the victim: a party that notes in Board::acknowledged when it has arrived, and when it goes on

constexpr std::uint32_t arrivedIn(std::uint32_t round) { return 2 * round + 1; }
constexpr std::uint32_t passed(std::uint32_t round) { return 2 * round + 2; }

bool meet(Member &member, Address cell, Board &board, std::uint32_t round)
{
    RawBarrier::Wait operation(member.lot, cell);
    RawWait wait(operation, member.nodes);
    if (!wait.begin())
        std::abort();
    board.acknowledged.store(arrivedIn(round));
    wait.block(Never);
    const bool goesOn = pass(operation, board, round);
    wait.settle();
    if (goesOn)
        board.acknowledged.store(passed(round));
    return goesOn;
}

void meetAs(bool last, Member &member, Address cell, Board &board)
{
    for (std::uint32_t round = 0; round < Rounds; ++round) {
        while (last && member.lot.countWaiting(cell) < Parties - 1)
            usleep(10);
        if (!meet(member, cell, board, round))
            return;
    }
}

// -- the survivor: the other two parties

// Board::inside is the number of the round in which both have arrived, from 1, and 0 on the way to the next. Both go on, or both find it broken.
void meetTwice(Member &member, Address cell, Board &board, Manner manner, bool victimIsFirst)
{
    attach(member, cell, Cell::Barrier);
    board.ready.store(1);
    for (std::uint32_t round = 0; round < Rounds; ++round) {
        if (victimIsFirst)
            awaitWaiters(member, cell, 1, board);
        board.inside.store(0);
        std::deque<RawBarrier::Wait> operations;
        Waits waits(member, manner);
        for (std::uint32_t i = 1; i < Parties; ++i)
            waits.begin(operations.emplace_back(member.lot, cell));
        board.inside.store(round + 1);
        std::uint32_t going = 0;
        // the last one first: it may have to act, and the others wait for that
        for (std::uint32_t i = Parties - 1; i-- > 0;) {
            waits.finish(i);
            going += pass(operations[i], board, round);
            waits.settle(i);
        }
        if (going == 0)
            return board.doubled.store(1);
        if (going != Parties - 1)
            board.misordered.fetch_add(1);
    }
}

bool isBroken(const Board &board) { return board.doubled.load() != 0; }

// -- the watcher

/*
 * Whether the survivor's parties wait for one that will not come, in the round that Board::inside says. What a kill has left
 * is served first.
 */
bool isStuck(Member &member, Address cell, Board &board, std::uint32_t parties = Parties - 1)
{
    const std::uint32_t inside = board.inside.load();
    settle(member, cell);
    return inside > 0 && member.lot.countWaiting(cell) == parties && board.inside.load() == inside;
}

// Comes in the place of a victim that died before it arrived. One that had arrived must have broken the barrier.
void stepIn(Member &member, Address cell, Board &board)
{
    while (board.survivorOver.load() == 0) {
        if (!isStuck(member, cell, board)) {
            usleep(10);
            continue;
        }
        const std::uint32_t round = board.inside.load() - 1;
        if (board.acknowledged.load() == arrivedIn(round))
            harness::checkFailed("a party died while it waited, and the others wait for it", __FILE__, __LINE__);
        RawBarrier::Wait operation(member.lot, cell);
        RawWait wait(operation, member.nodes);
        if (!operation.attempt())
            wait.block(Never);
        pass(operation, board, round);
        wait.settle();
    }
}

// Whether the barrier can be used, as if nothing had been.
std::string checkReset(Member &member, Address address)
{
    Cell &cell = *member.arena.at<Cell>(address);
    RawBarrier::reset(member.lot, cell, address);
    for (std::uint32_t round = 0; round < 2; ++round) {
        std::deque<RawBarrier::Wait> operations;
        Waits waits(member, Manner::Blocking);
        for (std::uint32_t i = 0; i < Parties; ++i)
            waits.begin(operations.emplace_back(member.lot, address));
        for (std::uint32_t i = Parties; i-- > 0;) {
            waits.finish(i);
            if (operations[i].outcome() == Outcome::MustAct)
                operations[i].acted(true);
            if (operations[i].outcome() != Outcome::Passed || operations[i].index() != i)
                return "the barrier does not work after reset()";
            waits.settle(i);
        }
    }
    return {};
}

std::string checkRounds(Member &member, Address cell, Board &board)
{
    if (board.misordered.load())
        return "of one round some passed and some did not";
    for (std::uint32_t i = 0; i < Rounds * Parties; ++i) {
        if (board.received[i].load() > 1)
            return "two have the same index";
    }
    if (isBroken(board) && board.acknowledged.load() == passed(Rounds - 1))
        return "nobody died in it and it is broken";
    if (isBroken(board) != RawBarrier::isBroken(*member.arena.at<Cell>(cell)))
        return "those who waited do not know whether it is broken";
    return checkReset(member, cell);
}

// -- scenarios

std::string nameOf(const char *what, Manner manner, bool withAction = false)
{
    std::string name = std::string("barrier: ") + what;
    name += withAction ? ", with an action" : "";
    return name + (manner == Manner::Bell ? ", an event loop waits" : "");
}

Scenario meeting(bool victimIsLast, bool withAction, Manner manner)
{
    return {
        nameOf(victimIsLast ? "party that comes last" : "party that comes first", manner, withAction),
        [withAction](Member &member) { return makeBarrier(member, withAction); },
        [victimIsLast](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Barrier);
            meetAs(victimIsLast, member, cell, board);
        },
        [victimIsLast, manner](Member &member, Address cell, Board &board) { meetTwice(member, cell, board, manner, !victimIsLast); },
        &stepIn,
        &checkRounds,
    };
}

// Who fails, aborts or resets, or runs out of time, while two wait.
Scenario breaking(const char *what, Part part, bool isBrokenThen, Manner manner)
{
    return {
        nameOf(what, manner),
        [](Member &member) { return makeBarrier(member, false); },
        [part](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Barrier);
            while (member.lot.countWaiting(cell) < Parties - 1)
                usleep(10);
            part(member, cell, board);
            board.acknowledged.store(passed(Rounds));
        },
        [manner](Member &member, Address cell, Board &board) { meetTwice(member, cell, board, manner, false); },
        [part](Member &member, Address cell, Board &board) {
            while (board.survivorOver.load() == 0) {
                if (!isStuck(member, cell, board)) {
                    usleep(10);
                    continue;
                }
                if (board.acknowledged.load())
                    harness::checkFailed("the barrier was to break, and two wait", __FILE__, __LINE__);
                part(member, cell, board);
            }
            if (!board.acknowledged.load())
                part(member, cell, board);
        },
        [isBrokenThen](Member &member, Address cell, Board &board) {
            if (!isBroken(board) || board.misordered.load())
                return std::string("who waited was not told that it is broken");
            if (RawBarrier::isBroken(*member.arena.at<Cell>(cell)) != isBrokenThen)
                return std::string(isBrokenThen ? "it is not broken" : "it is still broken");
            return checkReset(member, cell);
        },
    };
}

void abortIt(Member &member, Address cell, Board &) { RawBarrier::abort(member.lot, *member.arena.at<Cell>(cell), cell); }
void resetIt(Member &member, Address cell, Board &) { RawBarrier::reset(member.lot, *member.arena.at<Cell>(cell), cell); }
void breakAndReset(Member &member, Address cell, Board &board)
{
    abortIt(member, cell, board);
    resetIt(member, cell, board);
}

// A reset while the aborter is stopped half way, and an abort while a resetter is: what came last stands.
Scenario interrupted(bool resetLast)
{
    Scenario scenario = breaking(resetLast ? "aborter that is overtaken by a reset" : "resetter that is overtaken by an abort",
                                 resetLast ? &abortIt : &resetIt, !resetLast, Manner::Blocking);
    const auto hasBegun = [resetLast](std::uint64_t word) {
        return word & (resetLast ? RawBarrier::AbortWanted | RawBarrier::Broken : RawBarrier::ResetWanted);
    };
    scenario.whileStopped = [resetLast, hasBegun](Member &member, Address cell, Board &board) {
        if (!hasBegun(member.arena.at<Cell>(cell)->word.load()))
            return;
        (resetLast ? resetIt : abortIt)(member, cell, board);
        board.inside.store(100);
    };
    scenario.check = [resetLast](Member &member, Address cell, Board &board) {
        const bool wasOvertaken = board.inside.load() == 100;
        const bool broken = RawBarrier::isBroken(*member.arena.at<Cell>(cell));
        if (wasOvertaken && broken == resetLast)
            return std::string(broken ? "a reset is lost" : "an abort is lost");
        return checkReset(member, cell);
    };
    return scenario;
}

// The party that was to act does not: its wait ends without a word.
Scenario failingToAct(Manner manner)
{
    Scenario scenario = breaking("party that fails to act", {}, true, manner);
    scenario.prepare = [](Member &member) { return makeBarrier(member, true); };
    scenario.victim = [](Member &member, Address cell, Board &board) {
        attach(member, cell, Cell::Barrier);
        while (member.lot.countWaiting(cell) < Parties - 1)
            usleep(10);
        RawBarrier::Wait operation(member.lot, cell);
        {
            RawWait wait(operation, member.nodes);
            wait.block(Never);
            board.acknowledged.store(arrivedIn(0));
            if (operation.outcome() != Outcome::MustAct)
                std::abort();
        }
        board.acknowledged.store(passed(Rounds));
    };
    scenario.afterDeath = [](Member &member, Address cell, Board &board) {
        // it may have died before it arrived
        if (board.acknowledged.load() == 0)
            abortIt(member, cell, board);
    };
    return scenario;
}

// Two of three wait, and one runs out of time.
Scenario runningOutOfTime(Manner manner)
{
    Scenario scenario = breaking("party that runs out of time", &abortIt, true, manner);
    scenario.victim = [](Member &member, Address cell, Board &board) {
        attach(member, cell, Cell::Barrier);
        RawBarrier::Wait operation(member.lot, cell);
        complete(member, operation, 300'000);
        board.acknowledged.store(passed(Rounds));
    };
    scenario.survivor = [manner](Member &member, Address cell, Board &board) {
        attach(member, cell, Cell::Barrier);
        RawBarrier::Wait operation(member.lot, cell);
        Waits waits(member, manner);
        waits.begin(operation);
        board.inside.store(1);
        board.ready.store(1);
        waits.finish(0);
        board.doubled.store(operation.outcome() == Outcome::IsBroken);
    };
    scenario.afterDeath = [](Member &member, Address cell, Board &board) {
        if (isStuck(member, cell, board, 1) && board.acknowledged.load())
            harness::checkFailed("a party ran out of time, and another waits", __FILE__, __LINE__);
        abortIt(member, cell, board);
    };
    return scenario;
}

} // namespace

std::vector<Scenario> barrierScenarios()
{
    std::vector<Scenario> scenarios;
    for (const Manner manner : {Manner::Blocking, Manner::Bell}) {
        for (const bool withAction : {false, true}) {
            scenarios.push_back(meeting(false, withAction, manner));
            scenarios.push_back(meeting(true, withAction, manner));
        }
        scenarios.push_back(breaking("aborter", &abortIt, true, manner));
        scenarios.push_back(breaking("resetter", &resetIt, false, manner));
        scenarios.push_back(breaking("aborter that resets it", &breakAndReset, false, manner));
        scenarios.push_back(failingToAct(manner));
        scenarios.push_back(runningOutOfTime(manner));
    }
    scenarios.push_back(interrupted(true));
    scenarios.push_back(interrupted(false));
    return scenarios;
}

std::vector<FastPath> barrierFastPaths()
{
    std::vector<FastPath> paths;
    for (const bool withAction : {false, true}) {
        Scenario scenario = meeting(true, withAction, Manner::Bell);
        scenario.name = std::string("barrier: arrive last") + (withAction ? " and act" : "");
        scenario.victim = [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Barrier);
            warmUp(member);
            awaitWaiters(member, cell, Parties - 1, board);
        };
        paths.push_back({scenario, [](Member &member, Address cell, Board &board) { meet(member, cell, board, 0); }});
    }
    return paths;
}

} // namespace world
