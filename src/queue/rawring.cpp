// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/rawring.h"

#include "platform/rawfault.h"
#include "queue/rawunfinished.h"

namespace aio_raw::RawRing {

RingBody *bodyOf(RawLot &lot, const Cell &cell) noexcept
{
    const auto address = Address(cell.detail[RawQueue::BodyAddress].load(std::memory_order_relaxed));
    auto *body = address ? lot.arena().at<RingBody>(address) : nullptr;
    // whatever stands there, the directory lies within the segment
    const std::size_t rest = SegmentBytes - (address & ((1u << SegmentShift) - 1)) * UnitBytes - offsetof(RingBody, directory);
    const bool fits = body && body->directorySize - 1u < rest / sizeof(RingBody::Entry);
    return fits ? body : nullptr;
}

namespace {

// How many positions there can be at a time; where more are to be gone through, what says so is rubbish.
std::uint64_t mostPositions(const RingBody &body) noexcept
{
    return std::uint64_t(body.directorySize) * SlotsPerChunk;
}

} // namespace

RingSlot *slotAt(RawArena &arena, RingBody &body, std::uint64_t position) noexcept
{
    const std::uint64_t number = position / SlotsPerChunk;
    const std::uint64_t entry = body.directory[number & (body.directorySize - 1)].chunk.load(std::memory_order_acquire);
    if (!entry || std::uint32_t(entry >> 32) != std::uint32_t(number))
        return nullptr;
    auto *slots = arena.at<RingSlot[SlotsPerChunk]>(Address(entry));
    return slots ? &(*slots)[position % SlotsPerChunk] : nullptr;
}

void advanceNext(RawArena &arena, RingBody &body) noexcept
{
    for (;;) {
        std::uint64_t next = body.next.load();
        const std::uint64_t position = nextOf(body);
        const RingSlot *slot = slotAt(arena, body, position);
        const std::uint64_t seen = slot ? slot->control.load() : 0;
        if (!slot || !isAbout(seen, position) || !isTaken(seen) || !body.next.compare_exchange_strong(next, position + 1))
            return;
    }
}

std::uint64_t firstFull(RawArena &arena, RingBody &body, std::uint64_t from, std::uint64_t position) noexcept
{
    if (from < position && position - from > mostPositions(body))
        return position;
    for (; from < position; ++from) {
        const RingSlot *slot = slotAt(arena, body, from);
        const std::uint64_t seen = slot ? slot->control.load() : 0;
        if (slot && isAbout(seen, from) && stateOf(seen) == RingSlot::Full)
            break;
    }
    return from;
}

std::uint64_t countUntil(RawArena &arena, RingBody &body, std::uint64_t end) noexcept
{
    const std::uint64_t next = nextOf(body);
    const RingSlot *slot = slotAt(arena, body, next);
    if (next >= end)
        return 0;
    if (!slot || stateOf(slot->control.load()) != RingSlot::Writing || end - next > mostPositions(body))
        return end - next;
    std::uint64_t count = 0;        // a stopped writer keeps next from moving on over what others have taken
    for (std::uint64_t position = next; position < end; ++position) {
        slot = slotAt(arena, body, position);
        count += !slot || !isTaken(slot->control.load());
    }
    return count;
}

// -- chunks

bool offer(RawLot &lot, RingBody &body, const Block &block) noexcept
{
    std::uint64_t none = 0;
    return body.offered.compare_exchange_strong(none, std::uint64_t(lot.arena().self()) << 32 | block.address);
}

namespace {

// A chunk is a message at its first position: so it is found by its owner word when it is in nobody's directory any more.
constexpr std::uint64_t chunkOwner(Address cell, std::uint64_t number) noexcept
{
    return BlockOwner::message(cell, number * SlotsPerChunk);
}

bool isMapped(const RingBody &body, std::uint64_t number, Address slots) noexcept
{
    return body.directory[number & (body.directorySize - 1)].chunk.load() == (number << 32 | slots);
}

void fillIn(RingBody &body, std::uint64_t number, const Block &block) noexcept
{
    auto *slots = reinterpret_cast<RingSlot *>(block.data);
    for (unsigned i = 0; i < SlotsPerChunk; ++i)
        slots[i].control.store(control(number * SlotsPerChunk, RingSlot::Empty, body.mark), std::memory_order_relaxed);
    AIO_FAULT_POINT("queue.map");
    body.directory[number & (body.directorySize - 1)].chunk.store(number << 32 | block.address, std::memory_order_release);
}

} // namespace

void mapChunk(RawLot &lot, RingBody &body, Address cell, std::uint64_t position) noexcept
{
    const std::uint64_t number = position / SlotsPerChunk;
    const std::uint64_t mine = chunkOwner(cell, number);
    const bool isFree = body.directory[number & (body.directorySize - 1)].chunk.load() == 0;
    // the holder of the guard before this one may have died here; then the block is the queue's if its owner word says so
    if (const Address begun = body.mapping.load()) {
        const Block block = lot.slabs().find(begun);
        if (isFree && block.data && block.bytes >= RawQueue::ChunkBytes && block.owner->load() == mine)
            fillIn(body, number, block);
        body.mapping.store(0);
        return;
    }
    std::uint64_t offered = body.offered.load();
    if (!offered || !isFree)
        return;
    const Block block = lot.slabs().find(Address(offered));
    std::uint64_t giver = BlockOwner::process(Owner(offered >> 32));
    body.mapping.store(Address(offered));
    AIO_FAULT_POINT("queue.mapping");
    // who offered it may have died since, and then it is another's
    if (block.data && block.bytes >= RawQueue::ChunkBytes && block.owner->compare_exchange_strong(giver, mine)) {
        AIO_FAULT_POINT("queue.owned");
        fillIn(body, number, block);
    }
    body.mapping.store(0);
    body.offered.compare_exchange_strong(offered, 0);
}

void unmapConsumed(RawLot &lot, RingBody &body, Address cell) noexcept
{
    const std::uint64_t end = body.head.load() / SlotsPerChunk;
    if (body.firstMapped < end && end - body.firstMapped > body.directorySize)
        body.firstMapped = end - body.directorySize;
    for (; body.firstMapped < end; ++body.firstMapped) {
        const std::uint64_t number = body.firstMapped;
        auto &entry = body.directory[number & (body.directorySize - 1)].chunk;
        const std::uint64_t mapped = entry.load();
        if (std::uint32_t(mapped >> 32) != std::uint32_t(number) || !mapped)
            continue;
        entry.store(0);
        AIO_FAULT_POINT("queue.unmap");
        lot.releaseGuarded(lot.slabs().find(Address(mapped)), chunkOwner(cell, number));
    }
}

void repairSlots(RawArena &arena, RingBody &body) noexcept
{
    body.late.fetch_add(1);     // whoever died may have been about to say so
    for (std::uint64_t position = body.head.load();; ++position) {
        RingSlot *slot = slotAt(arena, body, position);
        if (!slot)
            return;
        std::uint64_t seen = slot->control.load();
        if (!isAbout(seen, position) || stateOf(seen) == RingSlot::Empty)
            return;
        const bool claimed = stateOf(seen) == RingSlot::Writing || stateOf(seen) == RingSlot::Reading;
        if (!claimed || arena.isAlive(claimantOf(seen)))
            continue;
        const bool wasWriting = stateOf(seen) == RingSlot::Writing;
        (wasWriting ? body.abandoned : body.revivals).fetch_add(1);
        slot->control.compare_exchange_strong(seen, control(position, wasWriting ? RingSlot::Consumed : RingSlot::Full, body.mark));
        if (!wasWriting)
            body.late.fetch_add(1);     // after it is there: somebody may have looked since the count above
    }
}

void advanceHints(RawArena &arena, RingBody &body) noexcept
{
    for (std::uint64_t position = body.head.load();; position = body.head.load()) {
        const RingSlot *slot = slotAt(arena, body, position);
        if (!slot || slot->control.load() != control(position, RingSlot::Consumed, body.mark))
            break;
        advance(body.head, position);
    }
    for (std::uint64_t position = body.tail.load();; position = body.tail.load()) {
        const RingSlot *slot = slotAt(arena, body, position);
        const std::uint64_t head = body.head.load();
        if (position < head)
            body.tail.compare_exchange_strong(position, head);
        else if (slot && isAbout(slot->control.load(), position) && stateOf(slot->control.load()) != RingSlot::Empty)
            advance(body.tail, position);
        else
            break;
    }
}

// Calls \a visit(position, state) for each position from \a from on that somebody has claimed, until it says false.
template<class F> void forEachClaimed(RawArena &arena, RingBody &body, std::uint64_t from, F visit) noexcept
{
    for (std::uint64_t position = from;; ++position) {
        const RingSlot *slot = slotAt(arena, body, position);
        const std::uint64_t seen = slot ? slot->control.load() : 0;
        if (!slot || !isAbout(seen, position) || stateOf(seen) == RingSlot::Empty || !visit(position, stateOf(seen)))
            return;
    }
}

// Where the first message that can be read may be.
std::uint64_t beginOf(const RingBody &body) noexcept
{
    return body.late.load() ? body.head.load() : nextOf(body);
}

unsigned available(RawArena &arena, RingBody &body, unsigned limit) noexcept
{
    unsigned count = 0;
    forEachClaimed(arena, body, beginOf(body), [&](std::uint64_t, RingSlot::State state) {
        count += state == RingSlot::Full;
        return count < limit;
    });
    return count;
}

std::uint64_t firstAvailable(RawArena &arena, RingBody &body) noexcept
{
    std::uint64_t first = UINT64_MAX;
    forEachClaimed(arena, body, beginOf(body), [&](std::uint64_t position, RingSlot::State state) {
        if (state == RingSlot::Full)
            first = position;
        return state != RingSlot::Full;
    });
    return first;
}

bool isEmpty(RawArena &arena, RingBody &body) noexcept
{
    bool empty = true;
    forEachClaimed(arena, body, body.head.load(), [&](std::uint64_t, RingSlot::State state) {
        return empty = state == RingSlot::Consumed;
    });
    return empty;
}

// -- memory

bool holds(RawLot &lot, Cell &cell, std::uint32_t lowPosition, Address block) noexcept
{
    RingBody *body = bodyOf(lot, cell);
    if (!body)
        return cell.detail[RawQueue::BodyAddress].load() != 0;
    if (body->mapping.load() == block)
        return true;
    // the full position is the nearest one to the first mapped chunk's begin with these lower bits
    const std::uint64_t begin = body->head.load() / SlotsPerChunk * SlotsPerChunk;
    const std::uint64_t position = begin + ((lowPosition - begin) & 0xfffffff);
    const std::uint64_t number = position / SlotsPerChunk;
    if (isMapped(*body, number, block))
        return true;
    if (RawUnfinished::holds(lot.arena(), *body, block))
        return true;
    const std::uint64_t entry = body->directory[number & (body->directorySize - 1)].chunk.load();
    if (!entry || std::uint32_t(entry >> 32) != std::uint32_t(number))
        return false;
    const RingSlot *slot = slotAt(lot.arena(), *body, position);
    if (!slot)
        return true;            // its segment cannot be mapped here; another process will see
    const std::uint64_t seen = slot->control.load();
    if (!isAbout(seen, position) || Address(slot->what.load() >> 32) != block)
        return false;
    switch (stateOf(seen)) {
    case RingSlot::Writing:
        return lot.arena().isAlive(claimantOf(seen));
    case RingSlot::Full:
    case RingSlot::Reading:
        return true;
    default:
        return false;
    }
}

void destroy(RawLot &lot, Cell &cell, Address address) noexcept
{
    if (RingBody *body = bodyOf(lot, cell)) {
        const std::uint64_t offered = body->offered.load();
        lot.release(lot.slabs().find(Address(offered)), BlockOwner::process(Owner(offered >> 32)));
    }
    lot.freeBlocksOf(address);
    lot.slabs().trim();
}

} // namespace aio_raw::RawRing
