// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "sync/rawlock.h"

#include <cstdlib>
#include <unistd.h>

namespace world {

void useLock(Member &member, Address cell, Board &board)
{
    RawLock::Acquire acquire(member.lot, cell);
    if (!complete(member, acquire, Never))
        std::abort();
    if (board.inside.fetch_add(1) != 0)
        board.doubled.fetch_add(1);
    board.inside.fetch_sub(1);
    RawLock::release(member.lot, acquire.cell(), cell);
}

void useLockAfterDeath(Member &member, Address cell, Board &board, Manner manner)
{
    RawLock::Acquire acquire(member.lot, cell);
    complete(member, acquire, manner);
    if (acquire.cell().word.load() & RawLock::Abandoned)
        board.inside.store(0);
    if (board.inside.fetch_add(1) != 0)
        board.doubled.fetch_add(1);
    board.inside.fetch_sub(1);
    RawLock::release(member.lot, acquire.cell(), cell);
}

std::string checkLock(Member &member, Address address, Board &board)
{
    Cell &cell = *member.arena.at<Cell>(address);
    if (board.doubled.load())
        return "two had the lock";
    if (!RawLock::tryAcquire(member.lot, cell, address, member.arena.self()))
        return "the lock is free and cannot be had";
    RawLock::release(member.lot, cell, address);
    return {};
}

void awaitWaiter(Member &member, Address cell)
{
    for (int i = 0; i < 500 && member.arena.at<Cell>(cell)->headSince.load() == INT64_MAX; ++i)
        usleep(20);
}

void awaitWaiters(Member &member, Address cell, unsigned count, Board &board)
{
    while (board.victimGone.load() == 0 && member.lot.countWaiting(cell) < count)
        usleep(10);
}

void settle(Member &member, Address cell)
{
    while (!member.lot.kick(*member.arena.at<Cell>(cell), cell))
        usleep(10);
}

void awaitSurvivor(Board &board)
{
    for (int i = 0; i < 10000 && board.survivorOver.load() == 0; ++i)
        usleep(50);
    if (board.survivorOver.load() == 0)
        std::abort();
}

void letGiveUp(Member &, Address, Board &board)
{
    board.inside.store(1);
    while (board.survivorOver.load() == 0 && board.inside.load() == 1)
        usleep(10);
}

bool givesUpAndComesAgain(Member &member, RawOperation &first, RawOperation &second, Board &board)
{
    {
        RawWait wait(first, member.nodes);
        if (!wait.begin())
            std::abort();
        board.ready.store(1);
        while (board.inside.load() == 0 && board.victimGone.load() == 0) {
            if (wait.poll())
                return false;
            usleep(10);
        }
    }
    RawWait wait(second, member.nodes);
    if (!wait.begin())
        std::abort();
    board.inside.store(2);
    wait.block(Never);
    return true;
}

void warmUp(Member &member)
{
    member.nodes.giveBack(member.nodes.take());
}

namespace {

Scenario waitingForLock(bool withTimeout)
{
    return {
        withTimeout ? "lock: waiter that times out" : "lock: waiter in the queue",
        [](Member &member) {
            const Address cell = make(member, Cell::Lock);
            RawLock::tryAcquire(member.lot, *member.arena.at<Cell>(cell), cell, member.arena.self());
            return cell;
        },
        [withTimeout](Member &member, Address cell, Board &) {
            attach(member, cell, Cell::Lock);
            RawLock::Acquire acquire(member.lot, cell);
            if (complete(member, acquire, withTimeout ? 1'000'000 : 30'000'000))
                RawLock::release(member.lot, acquire.cell(), cell);
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Lock);
            board.ready.store(1);
            useLockAfterDeath(member, cell, board);
        },
        [](Member &member, Address cell, Board &) { RawLock::release(member.lot, *member.arena.at<Cell>(cell), cell); },
        checkLock,
    };
}

// The survivor holds it while the victim waits, hands it over, and queues up behind it.
Scenario waitingForLong(Manner manner)
{
    return {
        manner == Manner::Bell ? "lock: waiter that is handed it, an event loop waits" : "lock: waiter that is handed it",
        [](Member &member) { return make(member, Cell::Lock); },
        [manner](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Lock);
            useLockAfterDeath(member, cell, board, manner);
        },
        [manner](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Lock);
            RawLock::Acquire acquire(member.lot, cell);
            if (!acquire.attempt())
                std::abort();
            board.ready.store(1);
            awaitWaiters(member, cell, 1, board);
            usleep(600);
            RawLock::release(member.lot, acquire.cell(), cell);
            useLockAfterDeath(member, cell, board, manner);
        },
        {},
        checkLock,
    };
}

// A releaser whose waiter is invited, or, when it has waited for long, handed the lock. Then it queues up behind the other.
Scenario releasing(bool afterLong, bool toEventLoop)
{
    std::string name = afterLong ? "lock: releaser that hands over" : "lock: releaser that invites";
    name += toEventLoop ? ", to an event loop" : "";
    return {
        name,
        [](Member &member) { return make(member, Cell::Lock); },
        [afterLong](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Lock);
            RawLock::Acquire acquire(member.lot, cell);
            if (!acquire.attempt())
                std::abort();
            board.acknowledged.store(1);
            awaitWaiter(member, cell);
            if (afterLong)
                usleep(600);
            RawLock::release(member.lot, acquire.cell(), cell);
            RawLock::Acquire again(member.lot, cell);
            if (complete(member, again))
                RawLock::release(member.lot, again.cell(), cell);
        },
        [toEventLoop](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Lock);
            board.ready.store(1);
            // the victim may die before it has the lock
            for (int i = 0; i < 2000 && board.acknowledged.load() == 0; ++i)
                usleep(10);
            if (!toEventLoop)
                return useLockAfterDeath(member, cell, board);
            RawLock::Acquire operation(member.lot, cell);
            complete(member, operation, Manner::Bell);
            RawLock::release(member.lot, operation.cell(), cell);
        },
        {},
        checkLock,
    };
}

// The waiter to whom it is to be handed over gives up, and another comes, while the releaser has the guard.
Scenario handingOverToNobody()
{
    return {
        "lock: releaser whose waiter gives up",
        [](Member &member) {
            const Address cell = make(member, Cell::Lock);
            RawLock::tryAcquire(member.lot, *member.arena.at<Cell>(cell), cell, member.arena.self());
            return cell;
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Lock);
            usleep(600);
            RawLock::release(member.lot, *member.arena.at<Cell>(cell), cell);
            awaitSurvivor(board);
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Lock);
            RawLock::Acquire first(member.lot, cell);
            RawLock::Acquire second(member.lot, cell);
            givesUpAndComesAgain(member, first, second, board);
            RawLock::release(member.lot, second.cell(), cell);
        },
        [](Member &member, Address cell, Board &) {
            Cell &lock = *member.arena.at<Cell>(cell);
            if (RawLock::owner(lock.word.load()) == member.arena.self())
                RawLock::release(member.lot, lock, cell);
        },
        &checkLock,
        {},
        &letGiveUp,
    };
}

} // namespace

std::vector<Scenario> lockScenarios()
{
    return {waitingForLock(false),  waitingForLock(true),   releasing(false, false), releasing(true, false),
            releasing(false, true), releasing(true, true), handingOverToNobody(),
            waitingForLong(Manner::Blocking), waitingForLong(Manner::Bell)};
}

std::vector<FastPath> lockFastPaths()
{
    return {{{
                 "lock: acquire and release",
                 [](Member &member) { return make(member, Cell::Lock); },
                 [](Member &member, Address cell, Board &) { attach(member, cell, Cell::Lock); },
                 {},
                 [](Member &member, Address cell, Board &board) { useLockAfterDeath(member, cell, board); },
                 checkLock,
             },
             [](Member &member, Address cell, Board &) {
                 Cell &lock = *member.arena.at<Cell>(cell);
                 if (RawLock::tryAcquire(member.lot, lock, cell, member.arena.self()))
                     RawLock::release(member.lot, lock, cell);
             }}};
}

} // namespace world
