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

} // namespace

std::vector<Scenario> eventScenarios()
{
    return {settingEvent(), waitingForEvent(), ringingForEvent()};
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
