// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "queue/rawqueue.h"

#include <cstdlib>

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
    return {producing(0), producing(2), consuming(), waitingConsumers()};
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
