// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/rawqueue.h"

/*
 * The ring of a queue: its slots by position, the chunks they lie in, and what is done with them under the guard.
 */
namespace aio_raw::RawRing {

inline constexpr unsigned SlotsPerChunk = RingBody::SlotsPerChunk;
inline constexpr unsigned StateShift = 26;
inline constexpr std::uint64_t ByMask = (std::uint64_t(1) << StateShift) - 1;

constexpr std::uint64_t claimant(Owner owner) noexcept { return std::uint64_t(owner >> 16) << 10 | (owner & 0x3ff); }
constexpr Owner claimantOf(std::uint64_t control) noexcept { return Owner(control >> 10 & 0xffff) << 16 | Owner(control & 0x3ff); }
/* \a by is the claimant of Writing and Reading, the queue's mark for everything else. */
constexpr std::uint64_t control(std::uint64_t position, RingSlot::State state, std::uint64_t by) noexcept
{
    return (position / SlotsPerChunk) << 32 | std::uint64_t(state) << StateShift | by;
}
constexpr RingSlot::State stateOf(std::uint64_t control) noexcept { return RingSlot::State(control >> StateShift & 63); }
constexpr bool isAbout(std::uint64_t control, std::uint64_t position) noexcept
{
    return std::uint32_t(control >> 32) == std::uint32_t(position / SlotsPerChunk);
}

/* Null where it cannot be mapped. */
RingBody *bodyOf(RawLot &lot, const Cell &cell) noexcept;
/* Null while its chunk is not mapped. */
RingSlot *slotAt(RawArena &arena, RingBody &body, std::uint64_t position) noexcept;

inline void advance(std::atomic<std::uint64_t> &hint, std::uint64_t position) noexcept
{
    hint.compare_exchange_strong(position, position + 1);
}
/* The first position that may be unclaimed, but for what is late. */
inline std::uint64_t nextOf(const RingBody &body) noexcept
{
    const std::uint64_t head = body.head.load();
    const std::uint64_t next = body.next.load();
    return next > head ? next : head;
}
/* Whether the directory has a place for the chunk of \a position. */
inline bool hasPlace(const RingBody &body, std::uint64_t position) noexcept
{
    return position / SlotsPerChunk - body.head.load() / SlotsPerChunk < body.directorySize;
}
/* Consumed, or being read: next passes it. */
constexpr bool isTaken(std::uint64_t control) noexcept
{
    return stateOf(control) == RingSlot::Consumed || stateOf(control) == RingSlot::Reading;
}
/* Moves next on over what is taken, where head cannot follow. */
void advanceNext(RawArena &arena, RingBody &body) noexcept;
/* The first full slot from \a from on that lies before \a position; no less than that: there is none. */
std::uint64_t firstFull(RawArena &arena, RingBody &body, std::uint64_t from, std::uint64_t position) noexcept;
/* How many slots before \a end are not taken, but for what is late. */
std::uint64_t countUntil(RawArena &arena, RingBody &body, std::uint64_t end) noexcept;

/* How many messages may be put when the next position is \a tail. */
inline std::uint64_t roomFor(RawArena &arena, RingBody &body, std::uint64_t tail) noexcept
{
    const std::uint64_t unclaimed = hasPlace(body, tail) ? countUntil(arena, body, tail) : body.maxItems;
    return unclaimed < body.maxItems ? body.maxItems - unclaimed : 0;
}
/* The position of the first message that can be read; UINT64_MAX: there is none. */
std::uint64_t firstAvailable(RawArena &arena, RingBody &body) noexcept;
/* Whether no message is there, nor put or being read this moment. */
bool isEmpty(RawArena &arena, RingBody &body) noexcept;

/* Gives the queue a block for its next chunk; false: it has been given one already. */
bool offer(RawLot &lot, RingBody &body, const Block &block) noexcept;

// -- under the guard
/* Maps the chunk of \a position in what was offered. */
void mapChunk(RawLot &lot, RingBody &body, Address cell, std::uint64_t position) noexcept;
void unmapConsumed(RawLot &lot, RingBody &body, Address cell) noexcept;
/* What the dead had claimed. */
void repairSlots(RawArena &arena, RingBody &body) noexcept;
void advanceHints(RawArena &arena, RingBody &body) noexcept;
/* How many messages can be read now, counted up to \a limit. */
unsigned available(RawArena &arena, RingBody &body, unsigned limit) noexcept;

/* Whether the message, or the chunk, at \a position (lower bits) lies in \a block. Yes where that cannot be seen. */
bool holds(RawLot &lot, Cell &cell, std::uint32_t position, Address block) noexcept;
void destroy(RawLot &lot, Cell &cell, Address address) noexcept;

} // namespace aio_raw::RawRing
