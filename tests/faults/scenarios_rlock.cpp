// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "sync/rawrlock.h"

#include <cstdlib>
#include <unistd.h>

namespace world {
namespace {

constexpr std::uint32_t Depth = 3;

// One owner, a thread or a coroutine, in one process.
class Player
{
public:
    Player(Member &member, Address cell)
        : m_member(member), m_address(cell), m_cell(*member.arena.at<Cell>(cell)), m_token(RawRLock::newToken(member.arena.self()))
    { }

    void take(Manner manner = Manner::Blocking)
    {
        RawRLock::Acquire operation(m_member.lot, m_address, m_token);
        complete(m_member, operation, manner);
    }
    bool takeFor(Nanoseconds timeout)
    {
        RawRLock::Acquire operation(m_member.lot, m_address, m_token);
        return complete(m_member, operation, timeout);
    }
    bool release() { return RawRLock::release(m_member.lot, m_cell, m_address, m_token); }
    std::uint32_t depth() const { return RawRLock::isHeldBy(m_cell, m_token) ? RawRLock::depth(m_cell) : 0; }

    // Takes it several times and gives it back; notes when it is not alone, or has it more often than it took it.
    void use(Board &board, Manner manner = Manner::Blocking)
    {
        take(manner);
        if (m_cell.word.load() & RawLock::Abandoned)
            board.inside.store(0);
        if (board.inside.fetch_add(1) != 0 || depth() != 1)
            board.doubled.fetch_add(1);
        for (std::uint32_t depth = 2; depth <= Depth; ++depth)
            take();
        if (depth() != Depth)
            board.doubled.fetch_add(1);
        board.inside.fetch_sub(1);
        for (std::uint32_t depth = 0; depth < Depth; ++depth) {
            if (!release())
                board.doubled.fetch_add(1);
        }
        if (depth() != 0)
            board.doubled.fetch_add(1);
    }

private:
    Member &m_member;
    const Address m_address;
    Cell &m_cell;
    const RawRLock::Token m_token;
};

std::string check(Member &member, Address address, Board &board)
{
    if (board.doubled.load())
        return "two had the lock, or one had it too often or not often enough";
    if (RawLock::owner(member.arena.at<Cell>(address)->word.load()))
        return "nobody has the lock and it is not free";
    Player(member, address).use(board);
    return board.doubled.load() ? "the lock remembers a dead owner" : "";
}

std::string nameOf(const char *what, Manner manner)
{
    return std::string("rlock: ") + what + (manner == Manner::Bell ? ", an event loop waits" : "");
}

Address makeLock(Member &member) { return make(member, Cell::RLock); }

// The victim has it three times while the survivor waits, then queues up behind it.
Scenario holding(bool afterLong, Manner manner)
{
    return {
        nameOf(afterLong ? "holder that hands over" : "holder that invites", manner),
        &makeLock,
        [afterLong](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::RLock);
            Player player(member, cell);
            for (std::uint32_t depth = 0; depth < Depth; ++depth)
                player.take();
            board.acknowledged.store(1);
            awaitWaiter(member, cell);
            if (afterLong)
                usleep(600);
            for (std::uint32_t depth = 0; depth < Depth; ++depth)
                player.release();
            player.use(board);
        },
        [manner](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::RLock);
            board.ready.store(1);
            while (board.victimGone.load() == 0 && board.acknowledged.load() == 0)
                usleep(10);
            Player(member, cell).use(board, manner);
        },
        {},
        &check,
    };
}

// The survivor has it three times while the victim waits, then queues up behind it.
Scenario waiting(bool afterLong, Manner manner)
{
    return {
        nameOf(afterLong ? "waiter that is handed it" : "waiter that is invited", manner),
        &makeLock,
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::RLock);
            Player(member, cell).use(board);
        },
        [afterLong, manner](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::RLock);
            Player player(member, cell);
            for (std::uint32_t depth = 0; depth < Depth; ++depth)
                player.take();
            board.ready.store(1);
            awaitWaiters(member, cell, 1, board);
            if (afterLong)
                usleep(600);
            for (std::uint32_t depth = 0; depth < Depth; ++depth)
                player.release();
            player.use(board, manner);
        },
        {},
        &check,
    };
}

Scenario givingUp()
{
    return {
        nameOf("waiter that times out", Manner::Blocking),
        &makeLock,
        [](Member &member, Address cell, Board &) {
            attach(member, cell, Cell::RLock);
            Player player(member, cell);
            if (player.takeFor(1'000'000))
                player.release();
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::RLock);
            Player player(member, cell);
            player.take();
            board.ready.store(1);
            while (board.victimGone.load() == 0)
                usleep(10);
            player.release();
            player.use(board);
        },
        {},
        &check,
    };
}

} // namespace

std::vector<Scenario> rlockScenarios()
{
    std::vector<Scenario> scenarios;
    for (const Manner manner : {Manner::Blocking, Manner::Bell}) {
        for (const bool afterLong : {false, true}) {
            scenarios.push_back(holding(afterLong, manner));
            scenarios.push_back(waiting(afterLong, manner));
        }
    }
    scenarios.push_back(givingUp());
    return scenarios;
}

std::vector<FastPath> rlockFastPaths()
{
    Scenario alone = holding(false, Manner::Blocking);
    alone.name = "rlock: acquire twice and release";
    alone.victim = [](Member &member, Address cell, Board &board) {
        attach(member, cell, Cell::RLock);
        board.acknowledged.store(1);
    };
    return {{alone, [](Member &member, Address cell, Board &) {
                 Player player(member, cell);
                 player.takeFor(0);
                 player.takeFor(0);
                 player.release();
                 player.release();
             }}};
}

} // namespace world
