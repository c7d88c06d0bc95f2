// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The core under load, with threads that play processes in one mapping, so that ThreadSanitizer sees all of them: they use
// every primitive at once, give waits up in the middle, meet at a barrier, and come and go. What a primitive protects is no
// atomic, so that a mistake in it is a data race too.

#include "rawworld.h"

#include "sync/rawbarrier.h"
#include "sync/rawboundedsemaphore.h"
#include "sync/rawcondition.h"
#include "sync/rawevent.h"
#include "sync/rawrepair.h"
#include "sync/rawrlock.h"
#include "sync/rawsemaphore.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>
#include <vector>

using namespace world;

namespace {

constexpr unsigned Players = 4;
constexpr unsigned NumbersEach = 1u << 24;
constexpr int Permits = 2;

struct Table
{
    SharedSource source;
    Member owner{source, "owner"};
    Address lock = make(owner, Cell::Lock);
    Address rlock = make(owner, Cell::RLock);
    Address semaphore = make(owner, Cell::Semaphore);
    Address bounded = RawBoundedSemaphore::create(owner.lot, Permits);
    Address condition = make(owner, Cell::Condition);
    Address conditionLock = make(owner, Cell::Lock);
    Address barrier = RawBarrier::create(owner.lot, Players, nullptr, 0, Never);
    Address event = make(owner, Cell::Event);
    Address queue = RawQueue::create(owner.lot, 8);
    long protectedByLock = 0;
    long protectedByRLock = 0;
    long letters = 0;                       // by the condition's lock
    long meetings = 0;                      // written by one, read by all, each between two meetings
    std::atomic<int> insideSemaphore = 0;
    std::atomic<int> insideBounded = 0;
    std::atomic<bool> over = false;
    std::atomic<long> acquisitions = 0;
    std::atomic<long> recursions = 0;
    std::atomic<long> permitsTaken = 0;
    std::atomic<long> lettersSent = 0;
    std::atomic<long> lettersTaken = 0;
    std::atomic<long> gaveUp = 0;
    std::atomic<long> put = 0;
    std::atomic<long> got = 0;
    std::atomic<long> waits = 0;
    std::atomic<long> wrong = 0;

    Table()
    {
        owner.arena.at<Cell>(semaphore)->word.store(Permits * RawSemaphore::One);
        for (const Address cell : {bounded, barrier, queue})
            owner.arena.publishCell(cell);
    }
};

class Player
{
public:
    Player(Table &table, unsigned index) : m_table(table), m_random(index + 1), m_next(index * NumbersEach) {}

    // One stay in the arena.
    void stay()
    {
        Member member(m_table.source, "player");
        attach(member, m_table.lock, Cell::Lock);
        attach(member, m_table.rlock, Cell::RLock);
        attach(member, m_table.semaphore, Cell::Semaphore);
        attach(member, m_table.bounded, Cell::BoundedSemaphore);
        attach(member, m_table.condition, Cell::Condition);
        attach(member, m_table.conditionLock, Cell::Lock);
        attach(member, m_table.barrier, Cell::Barrier);
        attach(member, m_table.event, Cell::Event);
        attach(member, m_table.queue, Cell::Queue);
        for (int i = 0; i < 200 && !m_table.over.load(std::memory_order_relaxed); ++i) {
            switch (m_random() % 10) {
            case 0:
            case 1: useLock(member); break;
            case 2: useRLock(member); break;
            case 3: useSemaphore(member); break;
            case 4: useBounded(member); break;
            case 5: sendLetter(member); break;
            case 6: takeLetter(member); break;
            case 7: putOne(member); break;
            case 8: getOne(member); break;
            case 9: useEvent(member); break;
            }
        }
        meetTheOthers(member);
        RawRepair::repair(m_table.owner.lot, member.arena.self());      // as if it had died
    }

    // What is left when nobody puts any more.
    void drain(Member &member)
    {
        for (;;) {
            GetNumber get(member.lot, m_table.queue);
            if (!get.attempt())
                return;
            take(get);
        }
    }

private:
    Nanoseconds soon() { return Nanoseconds(m_random() % 400) * 1000; }

    // Keeps what it has, so that the others must wait for it.
    void dawdle()
    {
        if (m_random() % 4 == 0)
            std::this_thread::sleep_for(std::chrono::microseconds(m_random() % 200));
    }

    void useLock(Member &member)
    {
        RawLock::Acquire acquire(member.lot, m_table.lock);
        if (!complete(member, acquire, soon())) {
            ++m_table.gaveUp;
            return;
        }
        const long before = m_table.protectedByLock++;
        ++m_table.acquisitions;
        dawdle();
        if (m_table.protectedByLock != before + 1)
            ++m_table.wrong;
        RawLock::release(member.lot, acquire.cell(), m_table.lock);
    }

    void useRLock(Member &member)
    {
        const RawRLock::Token token = RawRLock::newToken(member.arena.self());
        RawRLock::Acquire acquire(member.lot, m_table.rlock, token);
        if (!complete(member, acquire, soon())) {
            ++m_table.gaveUp;
            return;
        }
        const long before = m_table.protectedByRLock++;
        ++m_table.recursions;
        dawdle();
        const bool again = RawRLock::tryAcquire(member.lot, acquire.cell(), m_table.rlock, token);
        const bool both = RawRLock::release(member.lot, acquire.cell(), m_table.rlock, token)
            && RawRLock::isHeldBy(acquire.cell(), token) && m_table.protectedByRLock == before + 1;
        if (!again || !both || !RawRLock::release(member.lot, acquire.cell(), m_table.rlock, token))
            ++m_table.wrong;
    }

    template<class Acquire, class Release> void usePermit(Member &member, Acquire acquire, std::atomic<int> &inside, Release release)
    {
        if (!complete(member, acquire, soon())) {
            ++m_table.gaveUp;
            return;
        }
        if (++inside > Permits)
            ++m_table.wrong;
        ++m_table.permitsTaken;
        dawdle();
        --inside;
        if (!release(acquire.cell()))
            ++m_table.wrong;
    }

    void useSemaphore(Member &member)
    {
        usePermit(member, RawSemaphore::Acquire(member.lot, m_table.semaphore), m_table.insideSemaphore,
                  [&](Cell &cell) { return RawSemaphore::release(member.lot, cell, m_table.semaphore, 1); });
    }

    void useBounded(Member &member)
    {
        usePermit(member, RawBoundedSemaphore::Acquire(member.lot, m_table.bounded), m_table.insideBounded,
                  [&](Cell &cell) { return RawBoundedSemaphore::release(member.lot, cell, m_table.bounded); });
    }

    void lockCondition(Member &member)
    {
        RawLock::Acquire acquire(member.lot, m_table.conditionLock);
        complete(member, acquire);
    }

    void unlockCondition(Member &member)
    {
        RawLock::release(member.lot, *member.arena.at<Cell>(m_table.conditionLock), m_table.conditionLock);
    }

    void sendLetter(Member &member)
    {
        lockCondition(member);
        ++m_table.letters;
        ++m_table.lettersSent;
        const std::uint32_t count = m_random() % 4 ? 1 : RawCondition::All;
        RawCondition::notify(member.lot, *member.arena.at<Cell>(m_table.condition), m_table.condition, count);
        unlockCondition(member);
    }

    void takeLetter(Member &member)
    {
        lockCondition(member);
        for (bool inTime = true; m_table.letters == 0 && inTime;) {
            RawCondition::Wait operation(member.lot, m_table.condition);
            RawWait wait(operation, member.nodes);
            if (!wait.begin())
                std::abort();
            unlockCondition(member);
            inTime = wait.block(now() + soon()) == RawWait::Completed;
            lockCondition(member);
            if (inTime)
                wait.settle();
        }
        if (m_table.letters > 0) {
            --m_table.letters;
            ++m_table.lettersTaken;
        }
        unlockCondition(member);
    }

    // False: the storm is over.
    bool meet(Member &member, std::uint32_t &index)
    {
        RawBarrier::Wait operation(member.lot, m_table.barrier);
        RawWait wait(operation, member.nodes);
        if (!operation.attempt())
            wait.block(Never);
        wait.settle();
        index = operation.index();
        if (operation.outcome() == RawBarrier::Wait::Passed)
            return true;
        if (!m_table.over)
            ++m_table.wrong;
        return false;
    }

    void meetTheOthers(Member &member)
    {
        std::uint32_t index = 0;
        if (!meet(member, index))
            return;
        const long before = m_table.meetings;
        std::uint32_t next = 0;
        if (!meet(member, next))
            return;
        if (next == 0)
            ++m_table.meetings;
        if (!meet(member, next))
            return;
        if (index >= Players || m_table.meetings != before + 1)
            ++m_table.wrong;
        meet(member, next);     // before anybody changes it again
    }

    void putOne(Member &member)
    {
        const std::uint32_t number = ++m_next;
        char bytes[LargeMessage];
        RawQueue::Put operation(member.lot, m_table.queue, bytes, numberMessage(number, bytes));
        if (complete(member, operation, soon()))
            ++m_table.put;
    }

    void getOne(Member &member)
    {
        GetNumber get(member.lot, m_table.queue);
        if (complete(member, get, soon()))
            take(get);
    }

    void take(const GetNumber &get)
    {
        ++m_table.got;
        std::uint32_t &last = m_last[get.number / NumbersEach];
        if (get.torn || get.number <= last)
            ++m_table.wrong;        // in the order of each producer
        last = get.number;
    }

    void useEvent(Member &member)
    {
        Cell &event = *member.arena.at<Cell>(m_table.event);
        if (m_random() % 2) {
            RawEvent::set(member.lot, event, m_table.event);
            RawEvent::clear(member.lot, event, m_table.event);
            return;
        }
        RawEvent::Wait wait(member.lot, m_table.event);
        if (complete(member, wait, soon()))
            ++m_table.waits;
    }

    Table &m_table;
    std::minstd_rand m_random;
    std::uint32_t m_next;
    std::map<std::uint32_t, std::uint32_t> m_last;
};

} // namespace

int main()
{
    const char *given = std::getenv("AIO_TEST_STORM_SECONDS");
    const auto time = std::chrono::seconds(given ? std::atoi(given) : 2);
    Table table;
    std::vector<Player> players;
    for (unsigned i = 0; i < Players; ++i)
        players.emplace_back(table, i);
    std::vector<std::thread> threads;
    for (Player &player : players) {
        threads.emplace_back([&] {
            while (!table.over)
                player.stay();
        });
    }
    std::this_thread::sleep_for(time);
    table.over = true;
    RawBarrier::abort(table.owner.lot, *table.owner.arena.at<Cell>(table.barrier), table.barrier);
    for (std::thread &thread : threads)
        thread.join();
    // the last that came out went to somebody's order, so only whoever has seen no other may count the rest
    Player rest(table, Players);
    rest.drain(table.owner);
    std::printf("%ld acquisitions, %ld given up; %ld messages put, %ld got; %ld waits for the event; %ld wrong\n",
                table.acquisitions.load(), table.gaveUp.load(), table.put.load(), table.got.load(), table.waits.load(), table.wrong.load());
    std::printf("%ld recursive acquisitions, %ld permits taken, %ld letters sent, %ld taken, %ld meetings of all\n",
                table.recursions.load(), table.permitsTaken.load(), table.lettersSent.load(), table.lettersTaken.load(), table.meetings);
    const bool free = RawLock::tryAcquire(table.owner.lot, *table.owner.arena.at<Cell>(table.lock), table.lock, table.owner.arena.self());
    const bool passed = free && table.wrong == 0 && table.put == table.got && table.protectedByLock == table.acquisitions
        && table.acquisitions > 0 && table.got > 0 && table.waits > 0 && table.protectedByRLock == table.recursions && table.recursions > 0
        && RawSemaphore::value(table.owner.arena.at<Cell>(table.semaphore)->word.load()) == Permits
        && RawBoundedSemaphore::value(table.owner.lot, *table.owner.arena.at<Cell>(table.bounded)) == Permits && table.permitsTaken > 0
        && table.letters == table.lettersSent - table.lettersTaken && table.lettersTaken > 0 && table.meetings > 0;
    return passed ? 0 : 1;
}
