// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "queue/rawqueue.h"
#include "sync/rawmemory.h"

#include <cstdlib>
#include <cstring>

namespace world {
namespace {

constexpr std::uint32_t Items = 12;
// Takes items until the queue is shut down.
void getAll(Member &member, Address cell, Board &board)
{
    std::uint32_t last = 0;
    for (;;) {
        GetNumber operation(member.lot, cell);
        if (!complete(member, operation, Never))
            std::abort();
        if (operation.outcome() != RawQueue::Outcome::Done)
            return;
        board.received[operation.number].fetch_add(1);
        if (operation.torn || operation.number <= last)
            board.misordered.fetch_add(1);
        last = operation.number;
    }
}

std::string checkItems(Board &board, std::uint32_t surelyReceived, std::uint32_t mayBeMissing)
{
    std::uint32_t missing = 0;
    for (std::uint32_t item = 1; item <= surelyReceived; ++item)
        missing += board.received[item].load() == 0;
    for (auto &count : board.received) {
        if (count.load() > 1)
            return "an item arrived twice";
    }
    if (board.misordered.load())
        return "an item is torn or came out of order";
    return missing > mayBeMissing ? std::to_string(missing) + " acknowledged items are lost" : std::string();
}

Scenario producing(std::uint64_t maxItems)
{
    return {
        maxItems ? "queue: producer, full queue" : "queue: producer",
        [maxItems](Member &member) {
            const Address cell = RawQueue::create(member.lot, maxItems);
            member.arena.publishCell(cell);
            return cell;
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Queue);
            for (std::uint32_t item = 1; item <= Items && put(member, cell, item); ++item)
                board.acknowledged.store(item);
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Queue);
            board.ready.store(1);
            getAll(member, cell, board);
        },
        [](Member &member, Address cell, Board &) { RawQueue::shutDown(member.lot, *member.arena.at<Cell>(cell), cell, false); },
        [](Member &, Address, Board &board) { return checkItems(board, board.acknowledged.load(), 0); },
    };
}

Scenario consuming()
{
    return {
        "queue: consumer",
        [](Member &member) {
            const Address cell = RawQueue::create(member.lot, 0);
            member.arena.publishCell(cell);
            for (std::uint32_t item = 1; item <= Items; ++item)
                put(member, cell, item);
            return cell;
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Queue);
            for (std::uint32_t i = 0; i < Items / 2; ++i) {
                GetNumber operation(member.lot, cell);
                complete(member, operation, Never);
                board.received[operation.number].fetch_add(1);
            }
        },
        {},
        [](Member &member, Address cell, Board &board) {
            RawQueue::shutDown(member.lot, *member.arena.at<Cell>(cell), cell, false);
            getAll(member, cell, board);
        },
        // what the victim took just before it died is gone with it
        [](Member &, Address, Board &board) { return checkItems(board, Items, 1); },
    };
}

Scenario waitingConsumers()
{
    return {
        "queue: consumer that waits beside another",
        [](Member &member) {
            const Address cell = RawQueue::create(member.lot, 2);
            member.arena.publishCell(cell);
            return cell;
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Queue);
            GetNumber operation(member.lot, cell);
            if (complete(member, operation, 3'000'000))
                board.received[operation.number].fetch_add(1);
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Queue);
            board.ready.store(1);
            getAll(member, cell, board);
        },
        [](Member &member, Address cell, Board &) {
            for (std::uint32_t item = 1; item <= Items; ++item)
                put(member, cell, item);
            RawQueue::shutDown(member.lot, *member.arena.at<Cell>(cell), cell, false);
        },
        [](Member &, Address, Board &board) { return checkItems(board, Items, 0); },
    };
}

// -- messages that are runs of pages

constexpr std::size_t RunBytes = 200'000;

class GetRun final : public RawQueue::Get
{
public:
    using Get::Get;
    std::uint32_t number = 0;

protected:
    bool receive(const char *data, std::size_t size, bool) noexcept override
    {
        if (data && size == RunBytes && std::memcmp(data, data + size - sizeof number, sizeof number) == 0)
            std::memcpy(&number, data, sizeof number);
        return true;
    }
};

bool putRun(Member &member, Address cell, std::uint32_t number)
{
    RawMemory::Reserve memory(member.lot, RunBytes);
    if (!complete(member, memory))
        return false;
    const Block block = memory.take();
    std::memcpy(block.data, &number, sizeof number);
    std::memcpy(block.data + RunBytes - sizeof number, &number, sizeof number);
    RawQueue::Put operation(member.lot, cell, block, RunBytes);
    return complete(member, operation) && operation.outcome() == RawQueue::Outcome::Done;
}

std::string checkMemory(Member &member)
{
    // all of it can be had at once when nothing of the dead stands in between
    RawMemory::Reserve all(member.lot, 50 << 20);
    return all.attempt() && all.outcome() == RawMemory::Outcome::Done ? std::string() : "pages are lost";
}

Scenario puttingRuns()
{
    return {
        "queue: producer and consumer of large messages",
        [](Member &member) {
            const Address cell = RawQueue::create(member.lot, 0);
            member.arena.publishCell(cell);
            return cell;
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Queue);
            for (std::uint32_t item = 1; item <= 3 && putRun(member, cell, item); ++item)
                board.acknowledged.store(item);
            GetRun get(member.lot, cell);
            if (get.attempt())
                board.received[get.number].fetch_add(1);
        },
        {},
        [](Member &member, Address cell, Board &board) {
            RawQueue::shutDown(member.lot, *member.arena.at<Cell>(cell), cell, false);
            for (;;) {
                GetRun get(member.lot, cell);
                if (!complete(member, get, Never) || get.outcome() != RawQueue::Outcome::Done)
                    return;
                board.received[get.number].fetch_add(1);
            }
        },
        [](Member &member, Address, Board &board) {
            const std::string wrong = board.received[0].load() ? "an item is torn" : checkItems(board, board.acknowledged.load(), 1);
            return wrong.empty() ? checkMemory(member) : wrong;
        },
    };
}

// -- joinable queues

Scenario finishing(RawQueue::Policy policy)
{
    return {
        policy == RawQueue::Redeliver ? "joinable queue: consumer, redelivering" : "joinable queue: consumer, counting as lost",
        [policy](Member &member) {
            const Address cell = RawQueue::create(member.lot, 0, policy);
            member.arena.publishCell(cell);
            for (std::uint32_t item = 1; item <= Items; ++item)
                put(member, cell, item);
            return cell;
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Queue);
            for (std::uint32_t i = 0; i < Items / 3; ++i) {
                GetNumber operation(member.lot, cell);
                complete(member, operation, Never);
                board.received[operation.number].fetch_add(1);
                RawQueue::taskDone(member.lot, *member.arena.at<Cell>(cell), cell);
            }
        },
        {},
        [](Member &member, Address cell, Board &board) {
            Cell &queue = *member.arena.at<Cell>(cell);
            RawQueue::shutDown(member.lot, queue, cell, false);
            for (;;) {
                GetNumber get(member.lot, cell);
                if (!complete(member, get, Never) || get.outcome() != RawQueue::Outcome::Done)
                    break;
                board.misordered.fetch_add(get.torn || (board.received[get.number].load() > 0 && get.attempts() < 2));
                board.received[get.number].store(1);
                RawQueue::taskDone(member.lot, queue, cell);
            }
            RawQueue::Join join(member.lot, cell);
            board.misordered.fetch_add(!join.attempt());
        },
        [policy](Member &member, Address cell, Board &board) {
            const std::uint64_t lost = RawQueue::lost(member.lot, *member.arena.at<Cell>(cell));
            return checkItems(board, Items, policy == RawQueue::Redeliver ? 0 : std::uint32_t(lost));
        },
    };
}

// Stepped through with nobody else at the queue.
Scenario alone(const char *name, std::uint32_t itemsBefore)
{
    return {
        name,
        [itemsBefore](Member &member) {
            const Address cell = RawQueue::create(member.lot, 0);
            member.arena.publishCell(cell);
            // the ring has memory after that
            GetNumber operation(member.lot, cell);
            put(member, cell, 1);
            operation.attempt();
            for (std::uint32_t item = 1; item <= itemsBefore; ++item)
                put(member, cell, item);
            return cell;
        },
        [](Member &member, Address cell, Board &) { attach(member, cell, Cell::Queue); },
        {},
        [](Member &member, Address cell, Board &board) {
            RawQueue::shutDown(member.lot, *member.arena.at<Cell>(cell), cell, false);
            getAll(member, cell, board);
        },
        {},
    };
}

} // namespace

std::vector<Scenario> queueScenarios()
{
    return {producing(0), producing(2), consuming(), waitingConsumers(), puttingRuns(), finishing(RawQueue::CountAsLost),
            finishing(RawQueue::Redeliver)};
}

std::vector<FastPath> queueFastPaths()
{
    Scenario putting = alone("queue: put", 0);
    putting.check = [](Member &, Address, Board &board) { return checkItems(board, board.acknowledged.load(), 0); };
    Scenario getting = alone("queue: get", Items);
    getting.check = [](Member &, Address, Board &board) { return checkItems(board, Items, 1); };
    return {{putting, [](Member &member, Address cell, Board &board) {
                 if (put(member, cell, 1))
                     board.acknowledged.store(1);
             }},
            {getting, [](Member &member, Address cell, Board &board) {
                 GetNumber operation(member.lot, cell);
                 if (operation.attempt())
                     board.received[operation.number].fetch_add(1);
             }}};
}

} // namespace world
