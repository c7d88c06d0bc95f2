// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/rawring.h"

/*
 * The messages of a joinable queue that somebody has got and not finished. Such a message lies in a record of its own, so that a
 * slow consumer does not hold the ring:
 *
 *   Free -> Claimed(consumer) -> Taken(consumer, attempt) -> Claimed -> Free
 *                                   |           ^
 *                                   v           | attempt + 1
 *                                  Returned(attempt)                 its consumer has died, or has given it back
 *
 * A message is in its record from the store of Taken on, and only then leaves its slot; so it is at no moment nowhere.
 */
namespace aio_raw {

struct UnfinishedRecord
{
    enum State : std::uint64_t { Free, Claimed, Taken, Returned };

    std::atomic<std::uint64_t> state;           // {state : 4, attempt : 28, owner : 32}
    std::atomic<std::uint64_t> ticket;          // their order
    std::atomic<std::uint64_t> position;        // where the message was
    std::atomic<std::uint64_t> what;            // as in RingSlot
    std::atomic<std::uint64_t> words[RingSlot::InlineBytes / 8];
    std::uint8_t pad[48];
};
static_assert(sizeof(UnfinishedRecord) == 2 * UnitBytes);

struct UnfinishedChunk
{
    static constexpr unsigned Count = 126;
    std::atomic<Address> next;
    std::uint8_t pad[60];
    UnfinishedRecord records[Count];
};
static_assert(sizeof(UnfinishedChunk) <= 16 * 1024 && offsetof(UnfinishedChunk, records) == UnitBytes);

namespace RawUnfinished {

constexpr std::uint64_t state(UnfinishedRecord::State state, std::uint32_t attempt, Owner owner) noexcept
{
    return std::uint64_t(state) << 60 | std::uint64_t(attempt & 0xfffffff) << 32 | owner;
}
constexpr auto stateOf(std::uint64_t state) noexcept { return UnfinishedRecord::State(state >> 60); }
constexpr std::uint32_t attemptOf(std::uint64_t state) noexcept { return std::uint32_t(state >> 32 & 0xfffffff); }

/* Calls \a visit(record) for each record until it says false. */
template<class F> void forEach(RawArena &arena, RingBody &body, F visit) noexcept
{
    constexpr std::uint64_t MostChunks = RawQueue::MaxItems;        // a list that leads back to itself has an end all the same
    Address address = body.unfinished.load();
    for (std::uint64_t n = 0; address && n < MostChunks; ++n) {
        auto *chunk = arena.at<UnfinishedChunk>(address);
        if (!chunk)
            return;
        for (UnfinishedRecord &record : chunk->records) {
            if (!visit(record))
                return;
        }
        address = chunk->next.load();
    }
}

/* A record that this process has claimed; null: memory is out. */
UnfinishedRecord *claim(RawLot &lot, RingBody &body, Address cell) noexcept;
/* What was in \a slot at \a position is in \a record from here on. */
void fillIn(RawLot &lot, RingBody &body, UnfinishedRecord &record, const RingSlot &slot, std::uint64_t position) noexcept;
/* Takes a message that was given back; null: there is none. */
UnfinishedRecord *takeReturned(RawLot &lot, RingBody &body) noexcept;
void giveBack(RawLot &lot, RingBody &body, UnfinishedRecord &record) noexcept;
/* Ends what this process has taken, and frees its memory. */
void finish(RawLot &lot, Address cell, UnfinishedRecord &record) noexcept;
/* The one that this process has had for longest; null: it has none. */
UnfinishedRecord *oldest(RawLot &lot, RingBody &body) noexcept;

unsigned countReturned(RawArena &arena, RingBody &body, unsigned limit) noexcept;
/* Whether all messages that were put are finished. */
bool isAllDone(RawArena &arena, RingBody &body) noexcept;
/* Whether somebody has one that may come back. */
bool mayReturn(RawArena &arena, RingBody &body) noexcept;
bool holds(RawArena &arena, RingBody &body, Address block) noexcept;
/* Under the guard: what the dead had. Before their slots are looked at. */
void repair(RawLot &lot, RingBody &body, Address cell) noexcept;

} // namespace RawUnfinished
} // namespace aio_raw
