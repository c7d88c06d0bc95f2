// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "sync/rawboundedsemaphore.h"
#include "sync/rawsemaphore.h"

#include <cstdlib>
#include <memory>
#include <unistd.h>

/*
 * Both semaphores. A permit of a plain one is gone with its holder, one of a bounded one comes back. The victim notes in
 * Board::acknowledged that it has come to its end: then no permit is missing.
 */
namespace world {
namespace {

constexpr std::uint32_t Done = 100;

class Semaphore
{
public:
    virtual ~Semaphore() = default;
    virtual const char *name() const = 0;
    virtual Address make(Member &member, std::uint32_t permits) const = 0;
    virtual void open(Member &member, Address cell) const = 0;
    virtual std::unique_ptr<RawOperation> acquire(Member &member, Address cell) const = 0;
    virtual bool release(Member &member, Address cell) const = 0;
    virtual std::uint32_t value(Member &member, Address cell) const = 0;
    virtual bool diesWithHolder() const = 0;

    void take(Member &member, Address cell, Manner manner = Manner::Blocking) const
    {
        complete(member, *acquire(member, cell), manner);
    }
};

class Plain final : public Semaphore
{
public:
    const char *name() const override { return "semaphore"; }
    Address make(Member &member, std::uint32_t permits) const override
    {
        const Address cell = world::make(member, Cell::Semaphore);
        member.arena.at<Cell>(cell)->word.store(permits * RawSemaphore::One);
        return cell;
    }
    void open(Member &member, Address cell) const override { attach(member, cell, Cell::Semaphore); }
    std::unique_ptr<RawOperation> acquire(Member &member, Address cell) const override
    {
        return std::make_unique<RawSemaphore::Acquire>(member.lot, cell);
    }
    bool release(Member &member, Address cell) const override
    {
        return RawSemaphore::release(member.lot, *member.arena.at<Cell>(cell), cell, 1);
    }
    std::uint32_t value(Member &member, Address cell) const override
    {
        return RawSemaphore::value(member.arena.at<Cell>(cell)->word.load());
    }
    bool diesWithHolder() const override { return true; }
};

class Bounded final : public Semaphore
{
public:
    const char *name() const override { return "bounded semaphore"; }
    Address make(Member &member, std::uint32_t permits) const override
    {
        const Address cell = RawBoundedSemaphore::create(member.lot, permits);
        member.arena.publishCell(cell);
        return cell;
    }
    void open(Member &member, Address cell) const override { attach(member, cell, Cell::BoundedSemaphore); }
    std::unique_ptr<RawOperation> acquire(Member &member, Address cell) const override
    {
        return std::make_unique<RawBoundedSemaphore::Acquire>(member.lot, cell);
    }
    bool release(Member &member, Address cell) const override
    {
        return RawBoundedSemaphore::release(member.lot, *member.arena.at<Cell>(cell), cell);
    }
    std::uint32_t value(Member &member, Address cell) const override
    {
        return RawBoundedSemaphore::value(member.lot, *member.arena.at<Cell>(cell));
    }
    bool diesWithHolder() const override { return false; }
};

const Plain s_plain;
const Bounded s_bounded;

std::string nameOf(const Semaphore &sort, const char *what, Manner manner = Manner::Blocking)
{
    return std::string(sort.name()) + ": " + what + (manner == Manner::Bell ? ", an event loop waits" : "");
}

// A plain semaphore's permit may be buried with the victim: the survivor gets this one then.
void replaceBuried(const Semaphore &sort, Member &member, Address cell)
{
    if (sort.diesWithHolder())
        sort.release(member, cell);
}

// Of \a permits, and the one that replaceBuried() has added, as many are left as may be.
std::string checkPermits(const Semaphore &sort, Member &member, Address cell, const Board &board, std::uint32_t permits)
{
    const std::uint32_t value = sort.value(member, cell);
    const std::uint32_t most = permits + sort.diesWithHolder();
    const bool victimMayHaveSome = sort.diesWithHolder() && board.acknowledged.load() != Done;
    const std::uint32_t least = victimMayHaveSome ? 1 : most;
    if (value >= least && value <= most)
        return {};
    return std::to_string(value) + " permits are left, not " + std::to_string(least) + " to " + std::to_string(most);
}

// Takes both permits while somebody else wants one, and gives them back.
Scenario holding(const Semaphore &sort, Manner manner)
{
    return {
        nameOf(sort, "holder of all permits", manner),
        [&sort](Member &member) { return sort.make(member, 2); },
        [&sort](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            if (!sort.acquire(member, cell)->attempt() || !sort.acquire(member, cell)->attempt())
                std::abort();
            board.inside.store(1);
            awaitWaiter(member, cell);
            sort.release(member, cell);
            sort.release(member, cell);
            board.acknowledged.store(Done);
        },
        [&sort, manner](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            board.ready.store(1);
            while (board.victimGone.load() == 0 && board.inside.load() == 0)
                usleep(10);
            sort.take(member, cell, manner);
            sort.release(member, cell);
        },
        [&sort](Member &member, Address cell, Board &) { replaceBuried(sort, member, cell); },
        [&sort](Member &member, Address cell, Board &board) { return checkPermits(sort, member, cell, board, 2); },
    };
}

// The victim releases its permit, to a waiter that is invited or, after long, handed it, and queues up behind it.
Scenario releasing(const Semaphore &sort, bool afterLong, Manner manner)
{
    return {
        nameOf(sort, afterLong ? "releaser that hands over" : "releaser that invites", manner),
        [&sort](Member &member) { return sort.make(member, 1); },
        [&sort, afterLong](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            if (!sort.acquire(member, cell)->attempt())
                std::abort();
            board.inside.store(1);
            awaitWaiter(member, cell);
            if (afterLong)
                usleep(600);
            sort.release(member, cell);
            sort.take(member, cell);
            sort.release(member, cell);
            board.acknowledged.store(Done);
        },
        [&sort, manner](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            board.ready.store(1);
            while (board.victimGone.load() == 0 && board.inside.load() == 0)
                usleep(10);
            sort.take(member, cell, manner);
            sort.release(member, cell);
        },
        [&sort](Member &member, Address cell, Board &) { replaceBuried(sort, member, cell); },
        [&sort](Member &member, Address cell, Board &board) { return checkPermits(sort, member, cell, board, 1); },
    };
}

// The other way round: the survivor releases its permit to the waiting victim, and wants it again.
Scenario waiting(const Semaphore &sort, bool afterLong, Manner manner)
{
    return {
        nameOf(sort, afterLong ? "waiter that is handed a permit" : "waiter that is invited", manner),
        [&sort](Member &member) { return sort.make(member, 1); },
        [&sort](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            sort.take(member, cell);
            sort.release(member, cell);
            board.acknowledged.store(Done);
        },
        [&sort, afterLong, manner](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            sort.take(member, cell);
            board.ready.store(1);
            awaitWaiters(member, cell, 1, board);
            if (afterLong)
                usleep(600);
            sort.release(member, cell);
            sort.take(member, cell, manner);
            sort.release(member, cell);
        },
        [&sort](Member &member, Address cell, Board &) { replaceBuried(sort, member, cell); },
        [&sort](Member &member, Address cell, Board &board) { return checkPermits(sort, member, cell, board, 1); },
    };
}

Scenario givingUp(const Semaphore &sort)
{
    return {
        nameOf(sort, "waiter that times out"),
        [&sort](Member &member) {
            const Address cell = sort.make(member, 1);
            sort.take(member, cell);
            return cell;
        },
        [&sort](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            if (complete(member, *sort.acquire(member, cell), 1'000'000))
                sort.release(member, cell);
            board.acknowledged.store(Done);
        },
        [&sort](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            board.ready.store(1);
            sort.take(member, cell);
            sort.release(member, cell);
        },
        [&sort](Member &member, Address cell, Board &) {
            sort.release(member, cell);
            replaceBuried(sort, member, cell);
        },
        [&sort](Member &member, Address cell, Board &board) { return checkPermits(sort, member, cell, board, 1); },
    };
}

// The waiter to whom it is to be handed over gives up, and another comes, while the releaser has the guard.
Scenario handingOverToNobody(const Semaphore &sort)
{
    return {
        nameOf(sort, "releaser whose waiter gives up"),
        [&sort](Member &member) {
            const Address cell = sort.make(member, 1);
            sort.take(member, cell);
            return cell;
        },
        [&sort](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            usleep(600);
            sort.release(member, cell);
            board.acknowledged.store(Done);
            awaitSurvivor(board);
        },
        [&sort](Member &member, Address cell, Board &board) {
            sort.open(member, cell);
            givesUpAndComesAgain(member, *sort.acquire(member, cell), *sort.acquire(member, cell), board);
            sort.release(member, cell);
        },
        [&sort](Member &member, Address cell, Board &board) {
            // a plain semaphore's may stand in a grant that is not made
            if (board.acknowledged.load() != Done)
                sort.release(member, cell);
        },
        [&sort](Member &member, Address cell, Board &board) {
            const std::uint32_t most = 1 + (sort.diesWithHolder() && board.acknowledged.load() != Done);
            const std::uint32_t value = sort.value(member, cell);
            return value == 1 || value == most ? std::string() : std::to_string(value) + " permits are left";
        },
        {},
        &letGiveUp,
    };
}

// Three permits at once for three waiters, of whom the first has waited for long.
Scenario releasingMany(Manner manner)
{
    constexpr std::uint32_t Many = 3;
    return {
        nameOf(s_plain, "releaser of three", manner),
        [](Member &member) { return s_plain.make(member, 0); },
        [](Member &member, Address cell, Board &board) {
            s_plain.open(member, cell);
            usleep(600);
            RawSemaphore::release(member.lot, *member.arena.at<Cell>(cell), cell, Many);
            board.acknowledged.store(Done);
        },
        [manner](Member &member, Address cell, Board &board) {
            s_plain.open(member, cell);
            std::deque<RawSemaphore::Acquire> operations;
            Waits waits(member, manner);
            for (std::uint32_t i = 0; i < Many; ++i)
                waits.begin(operations.emplace_back(member.lot, cell));
            board.ready.store(1);
            for (std::uint32_t i = 0; i < Many; ++i)
                waits.finish(i);
        },
        [](Member &member, Address cell, Board &) {
            for (std::uint32_t i = 0; i < Many; ++i)
                s_plain.release(member, cell);
        },
        // what a process has released stays when it dies
        [](Member &member, Address cell, Board &board) {
            const std::uint32_t value = s_plain.value(member, cell);
            const bool fits = board.acknowledged.load() == Done ? value == Many : value <= Many;
            return fits ? std::string() : std::to_string(value) + " permits are left";
        },
    };
}

} // namespace

std::vector<Scenario> semaphoreScenarios()
{
    std::vector<Scenario> scenarios;
    for (const Semaphore *sort : {static_cast<const Semaphore *>(&s_plain), static_cast<const Semaphore *>(&s_bounded)}) {
        for (const Manner manner : {Manner::Blocking, Manner::Bell}) {
            scenarios.push_back(holding(*sort, manner));
            for (const bool afterLong : {false, true}) {
                scenarios.push_back(releasing(*sort, afterLong, manner));
                scenarios.push_back(waiting(*sort, afterLong, manner));
            }
        }
        scenarios.push_back(givingUp(*sort));
        scenarios.push_back(handingOverToNobody(*sort));
    }
    scenarios.push_back(releasingMany(Manner::Blocking));
    scenarios.push_back(releasingMany(Manner::Bell));
    return scenarios;
}

std::vector<FastPath> semaphoreFastPaths()
{
    std::vector<FastPath> paths;
    for (const Semaphore *sort : {static_cast<const Semaphore *>(&s_plain), static_cast<const Semaphore *>(&s_bounded)}) {
        Scenario alone = holding(*sort, Manner::Blocking);
        alone.name = nameOf(*sort, "acquire and release");
        alone.victim = [sort](Member &member, Address cell, Board &board) {
            sort->open(member, cell);
            board.inside.store(1);
        };
        paths.push_back({alone, [sort](Member &member, Address cell, Board &board) {
                             if (sort->acquire(member, cell)->attempt())
                                 sort->release(member, cell);
                             board.acknowledged.store(Done);
                         }});
        for (const bool afterLong : {false, true}) {
            Scenario toWaiter = holding(*sort, Manner::Bell);
            toWaiter.name = nameOf(*sort, afterLong ? "hand a permit over" : "release to a waiter");
            toWaiter.victim = [sort, afterLong](Member &member, Address cell, Board &board) {
                sort->open(member, cell);
                sort->take(member, cell);
                sort->take(member, cell);
                board.inside.store(1);
                awaitWaiter(member, cell);
                usleep(afterLong ? 600 : 0);
            };
            paths.push_back({toWaiter, [sort](Member &member, Address cell, Board &) { sort->release(member, cell); }});
        }
    }
    return paths;
}

} // namespace world
