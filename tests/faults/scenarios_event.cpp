// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "scenarios.h"

#include "sync/rawevent.h"

#include <cstdlib>

namespace world {
namespace {

Scenario settingEvent()
{
    return {
        "event: setter",
        [](Member &member) { return make(member, Cell::Event); },
        [](Member &member, Address cell, Board &) {
            attach(member, cell, Cell::Event);
            RawEvent::set(member.lot, *member.arena.at<Cell>(cell), cell);
            RawEvent::clear(member.lot, *member.arena.at<Cell>(cell), cell);
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Event);
            RawEvent::Wait operation(member.lot, cell);
            board.ready.store(1);
            if (!complete(member, operation, Never))
                std::abort();
        },
        [](Member &member, Address cell, Board &) { RawEvent::set(member.lot, *member.arena.at<Cell>(cell), cell); },
        [](Member &, Address, Board &) { return std::string(); },
    };
}

Scenario waitingForEvent()
{
    return {
        "event: waiter",
        [](Member &member) { return make(member, Cell::Event); },
        [](Member &member, Address cell, Board &) {
            attach(member, cell, Cell::Event);
            RawEvent::Wait operation(member.lot, cell);
            complete(member, operation, 2'000'000);
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Event);
            RawEvent::Wait operation(member.lot, cell);
            board.ready.store(1);
            if (!complete(member, operation, Never))
                std::abort();
        },
        [](Member &member, Address cell, Board &) { RawEvent::set(member.lot, *member.arena.at<Cell>(cell), cell); },
        [](Member &, Address, Board &) { return std::string(); },
    };
}

Scenario ringingForEvent()
{
    return {
        "event: setter that rings an event loop",
        [](Member &member) { return make(member, Cell::Event); },
        [](Member &member, Address cell, Board &) {
            attach(member, cell, Cell::Event);
            RawEvent::set(member.lot, *member.arena.at<Cell>(cell), cell);
        },
        [](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Event);
            RawEvent::Wait operation(member.lot, cell);
            board.ready.store(1);
            complete(member, operation, Manner::Bell);
        },
        [](Member &member, Address cell, Board &) { RawEvent::set(member.lot, *member.arena.at<Cell>(cell), cell); },
        [](Member &, Address, Board &) { return std::string(); },
    };
}

// Three wait. If the dead setter has raised the flag nobody else has to do anything for them.
constexpr std::uint32_t Waiting = 3;

Scenario settingForMany(Manner manner)
{
    return {
        manner == Manner::Bell ? "event: setter, three event loops' waits" : "event: setter, three wait",
        [](Member &member) { return make(member, Cell::Event); },
        [](Member &member, Address cell, Board &) {
            attach(member, cell, Cell::Event);
            RawEvent::set(member.lot, *member.arena.at<Cell>(cell), cell);
        },
        [manner](Member &member, Address cell, Board &board) {
            attach(member, cell, Cell::Event);
            std::deque<RawEvent::Wait> operations;
            Waits waits(member, manner);
            for (std::uint32_t i = 0; i < Waiting; ++i)
                waits.begin(operations.emplace_back(member.lot, cell));
            board.ready.store(1);
            for (std::uint32_t i = 0; i < Waiting; ++i)
                waits.finish(i);
        },
        [](Member &member, Address cell, Board &board) {
            Cell &event = *member.arena.at<Cell>(cell);
            settle(member, cell);
            const bool isSet = RawEvent::isSet(event);
            const std::uint32_t left = member.lot.countWaiting(cell);
            if (left != (isSet ? 0 : Waiting))
                board.misordered.store(1 + left);
            if (!isSet)
                RawEvent::set(member.lot, event, cell);
        },
        [](Member &, Address, Board &board) {
            const std::uint32_t left = board.misordered.load();
            return left ? std::to_string(left - 1) + " of 3 waited" : std::string();
        },
    };
}

} // namespace

std::vector<Scenario> eventScenarios()
{
    return {settingEvent(), waitingForEvent(), ringingForEvent(), settingForMany(Manner::Blocking), settingForMany(Manner::Bell)};
}

std::vector<FastPath> eventFastPaths()
{
    return {{{
                 "event: set and clear",
                 [](Member &member) { return make(member, Cell::Event); },
                 [](Member &member, Address cell, Board &) { attach(member, cell, Cell::Event); },
                 {},
                 [](Member &member, Address cell, Board &) {
                     RawEvent::set(member.lot, *member.arena.at<Cell>(cell), cell);
                     RawEvent::Wait operation(member.lot, cell);
                     if (!complete(member, operation, 0))
                         std::abort();
                 },
                 [](Member &, Address, Board &) { return std::string(); },
             },
             [](Member &member, Address cell, Board &) {
                 RawEvent::set(member.lot, *member.arena.at<Cell>(cell), cell);
                 RawEvent::clear(member.lot, *member.arena.at<Cell>(cell), cell);
             }}};
}

} // namespace world
