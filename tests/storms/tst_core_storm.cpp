// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The core under load, with threads that play processes in one mapping, so that ThreadSanitizer sees all of them: they use
// a lock, a queue and an event at once, give waits up in the middle, and come and go.

#include "rawworld.h"

#include "sync/rawevent.h"
#include "sync/rawlock.h"
#include "sync/rawrepair.h"

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

struct Table
{
    SharedSource source;
    Member owner{source, "owner"};
    Address lock = make(owner, Cell::Lock);
    Address event = make(owner, Cell::Event);
    Address queue = 0;
    long protectedByLock = 0;               // no atomic: the lock must do
    std::atomic<bool> over = false;
    std::atomic<long> acquisitions = 0;
    std::atomic<long> gaveUp = 0;
    std::atomic<long> put = 0;
    std::atomic<long> got = 0;
    std::atomic<long> waits = 0;
    std::atomic<long> wrong = 0;

    Table()
    {
        queue = RawQueue::create(owner.lot, 8);
        owner.arena.publishCell(queue);
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
        attach(member, m_table.event, Cell::Event);
        attach(member, m_table.queue, Cell::Queue);
        for (int i = 0; i < 200 && !m_table.over.load(std::memory_order_relaxed); ++i) {
            switch (m_random() % 8) {
            case 0:
            case 1:
            case 2: useLock(member); break;
            case 3:
            case 4: putOne(member); break;
            case 5:
            case 6: getOne(member); break;
            case 7: useEvent(member); break;
            }
        }
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

    void useLock(Member &member)
    {
        RawLock::Acquire acquire(member.lot, m_table.lock);
        if (!complete(member, acquire, soon())) {
            ++m_table.gaveUp;
            return;
        }
        const long before = m_table.protectedByLock++;
        ++m_table.acquisitions;
        if (m_table.protectedByLock != before + 1)
            ++m_table.wrong;
        RawLock::release(member.lot, acquire.cell(), m_table.lock);
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
            RawEvent::clear(event);
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
    for (std::thread &thread : threads)
        thread.join();
    // the last that came out went to somebody's order, so only whoever has seen no other may count the rest
    Player rest(table, Players);
    rest.drain(table.owner);
    std::printf("%ld acquisitions, %ld given up; %ld messages put, %ld got; %ld waits for the event; %ld wrong\n",
                table.acquisitions.load(), table.gaveUp.load(), table.put.load(), table.got.load(), table.waits.load(), table.wrong.load());
    const bool free = RawLock::tryAcquire(*table.owner.arena.at<Cell>(table.lock), table.owner.arena.self());
    const bool passed = free && table.wrong == 0 && table.put == table.got && table.protectedByLock == table.acquisitions
        && table.acquisitions > 0 && table.got > 0;
    return passed ? 0 : 1;
}
