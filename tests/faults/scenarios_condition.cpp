// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "sync/rawcondition.h"
#include "sync/rawlock.h"

#include <cstdlib>
#include <unistd.h>

namespace world {
namespace {

Address makeCondition(Member &member)
{
    const Address lock = make(member, Cell::Lock);
    const Address cell = make(member, Cell::Condition);
    member.arena.at<Cell>(cell)->detail[RawCondition::LockHandle].store(lock);
    return cell;
}

Address lockOf(Member &member, Address cell)
{
    return Address(member.arena.at<Cell>(cell)->detail[RawCondition::LockHandle].load());
}

void open(Member &member, Address cell)
{
    attach(member, cell, Cell::Condition);
    attach(member, lockOf(member, cell), Cell::Lock);
}

void lock(Member &member, Address cell, Manner manner = Manner::Blocking)
{
    RawLock::Acquire acquire(member.lot, lockOf(member, cell));
    complete(member, acquire, manner);
}

void unlock(Member &member, Address cell)
{
    RawLock::release(member.lot, *member.arena.at<Cell>(lockOf(member, cell)), lockOf(member, cell));
}

void notify(Member &member, Address cell, std::uint32_t count)
{
    lock(member, cell);
    RawCondition::notify(member.lot, *member.arena.at<Cell>(cell), cell, count);
    unlock(member, cell);
}

// What AioCondition::wait() does. The notification counts as used from the moment at which Board::acknowledged says so.
void waitOnce(Member &member, Address cell, Board &board, Nanoseconds timeout)
{
    lock(member, cell);
    RawCondition::Wait operation(member.lot, cell);
    RawWait wait(operation, member.nodes);
    if (!wait.begin())
        std::abort();
    unlock(member, cell);
    const bool notified = wait.block(timeout == Never ? Never : now() + timeout) == RawWait::Completed;
    lock(member, cell);
    if (notified) {
        board.acknowledged.store(1);
        wait.settle();
    }
    unlock(member, cell);
}

std::string nameOf(const char *what, Manner manner)
{
    return std::string("condition: ") + what + (manner == Manner::Bell ? ", an event loop waits" : "");
}

std::string checkAll(Member &member, Address cell, Board &board)
{
    return checkLock(member, lockOf(member, cell), board);
}

// One notification for the victim, behind which the survivor waits. If the victim makes no use of it the survivor gets it.
Scenario waiting(Nanoseconds timeout, Manner manner)
{
    return {
        nameOf(timeout == Never ? "waiter that is notified" : "waiter that times out", manner),
        &makeCondition,
        [timeout](Member &member, Address cell, Board &board) {
            open(member, cell);
            waitOnce(member, cell, board, timeout);
        },
        [manner](Member &member, Address cell, Board &board) {
            open(member, cell);
            board.ready.store(1);
            awaitWaiters(member, cell, 1, board);
            RawCondition::Wait operation(member.lot, cell);
            Waits waits(member, manner);
            lock(member, cell);
            waits.begin(operation);
            unlock(member, cell);
            notify(member, cell, 1);
            board.inside.store(1);
            waits.finish(0);
            lock(member, cell, manner);
            waits.settle(0);
            unlock(member, cell);
        },
        [](Member &member, Address cell, Board &board) {
            while (board.inside.load() == 0)
                usleep(10);
            board.inside.store(0);
            if (board.acknowledged.load())
                notify(member, cell, 1);
        },
        &checkAll,
    };
}

// A notified waiter that is cancelled passes its notification on, to the survivor.
Scenario declining(Manner manner)
{
    Scenario scenario = waiting(Never, manner);
    scenario.name = nameOf("waiter that is cancelled when it is notified", manner);
    scenario.victim = [](Member &member, Address cell, Board &) {
        open(member, cell);
        lock(member, cell);
        RawCondition::Wait operation(member.lot, cell);
        RawWait wait(operation, member.nodes);
        if (!wait.begin())
            std::abort();
        unlock(member, cell);
        wait.block(Never);
    };
    return scenario;
}

// Three wait. The dead notifier has notified as many as he should, or none.
constexpr std::uint32_t Waiting = 3;

void waitThrice(Member &member, Address cell, Board &board, Manner manner)
{
    open(member, cell);
    std::deque<RawCondition::Wait> operations;
    Waits waits(member, manner);
    for (std::uint32_t i = 0; i < Waiting; ++i)
        waits.begin(operations.emplace_back(member.lot, cell));
    board.ready.store(1);
    for (std::uint32_t i = 0; i < Waiting; ++i) {
        waits.finish(i);
        lock(member, cell, manner);
        waits.settle(i);
        unlock(member, cell);
    }
}

Scenario notifying(std::uint32_t count, Manner manner)
{
    return {
        nameOf(count == 1 ? "notifier of one" : "notifier of all", manner),
        &makeCondition,
        [count](Member &member, Address cell, Board &board) {
            open(member, cell);
            notify(member, cell, count);
            board.acknowledged.store(1);
        },
        [manner](Member &member, Address cell, Board &board) { waitThrice(member, cell, board, manner); },
        [count](Member &member, Address cell, Board &board) {
            settle(member, cell);
            const std::uint32_t left = member.lot.countWaiting(cell);
            const bool died = board.acknowledged.load() == 0;
            // whoever dies between granting and counting down makes one waiter more go on, never one less
            const std::uint32_t most = count == 1 ? Waiting - 1 : 0;
            const bool isRight = (left == most) || (died && left == Waiting) || (died && left < most);
            if (!isRight)
                board.misordered.store(1 + left);
            notify(member, cell, RawCondition::All);
        },
        [](Member &member, Address cell, Board &board) {
            if (const std::uint32_t left = board.misordered.load())
                return std::to_string(left - 1) + " of 3 still waited";
            return checkAll(member, cell, board);
        },
    };
}

// Holds the lock when it dies: those who are notified get it as abandoned.
Scenario holding(Manner manner)
{
    return {
        nameOf("holder of its lock", manner),
        &makeCondition,
        [](Member &member, Address cell, Board &) {
            open(member, cell);
            lock(member, cell);
            RawCondition::notify(member.lot, *member.arena.at<Cell>(cell), cell, 1);
            RawCondition::notify(member.lot, *member.arena.at<Cell>(cell), cell, 2);
            unlock(member, cell);
        },
        [manner](Member &member, Address cell, Board &board) { waitThrice(member, cell, board, manner); },
        [](Member &member, Address cell, Board &) { notify(member, cell, RawCondition::All); },
        &checkAll,
    };
}

} // namespace

std::vector<Scenario> conditionScenarios()
{
    std::vector<Scenario> scenarios;
    for (const Manner manner : {Manner::Blocking, Manner::Bell}) {
        scenarios.push_back(waiting(Never, manner));
        scenarios.push_back(waiting(300'000, manner));
        scenarios.push_back(declining(manner));
        scenarios.push_back(notifying(1, manner));
        scenarios.push_back(notifying(RawCondition::All, manner));
        scenarios.push_back(holding(manner));
    }
    return scenarios;
}

std::vector<FastPath> conditionFastPaths()
{
    std::vector<FastPath> paths;
    for (const std::uint32_t count : {std::uint32_t(1), RawCondition::All}) {
        Scenario scenario = notifying(count, Manner::Bell);
        scenario.name = count == 1 ? "condition: notify" : "condition: notifyAll";
        scenario.victim = [](Member &member, Address cell, Board &) {
            open(member, cell);
            lock(member, cell);
        };
        paths.push_back({scenario, [count](Member &member, Address cell, Board &board) {
                             RawCondition::notify(member.lot, *member.arena.at<Cell>(cell), cell, count);
                             unlock(member, cell);
                             board.acknowledged.store(1);
                         }});
    }
    return paths;
}

} // namespace world
