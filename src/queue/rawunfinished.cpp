// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/rawunfinished.h"

#include "platform/rawfault.h"
#include "queue/rawbuffer.h"

#include <cstring>

namespace aio_raw::RawUnfinished {

using Record = UnfinishedRecord;

namespace {

UnfinishedRecord *claimFree(RawLot &lot, RingBody &body) noexcept
{
    Record *found = nullptr;
    forEach(lot.arena(), body, [&](Record &record) {
        std::uint64_t seen = record.state.load();
        if (stateOf(seen) == Record::Free && record.state.compare_exchange_strong(seen, state(Record::Claimed, 0, lot.arena().self())))
            found = &record;
        return !found;
    });
    return found;
}

bool addChunk(RawLot &lot, RingBody &body, Address cell) noexcept
{
    const Block block = lot.slabs().allocate(sizeof(UnfinishedChunk));
    if (!block.data)
        return false;
    std::memset(block.data, 0, sizeof(UnfinishedChunk));
    block.owner->store(BlockOwner::object(cell));
    AIO_FAULT_POINT("queue.unfinished.chunk");
    auto *last = &body.unfinished;
    for (Address none = 0; !last->compare_exchange_strong(none, block.address); none = 0) {
        auto *chunk = lot.arena().at<UnfinishedChunk>(none);
        if (!chunk) {
            lot.release(block, BlockOwner::object(cell));
            return false;
        }
        last = &chunk->next;
    }
    return true;
}

void setReturned(RingBody &body, Record &record, std::uint64_t seen) noexcept
{
    record.state.store(state(Record::Returned, attemptOf(seen), 0));
    body.returned.fetch_add(1);
    body.revivals.fetch_add(1);
}

} // namespace

UnfinishedRecord *claim(RawLot &lot, RingBody &body, Address cell) noexcept
{
    for (;;) {
        if (Record *record = claimFree(lot, body))
            return record;
        if (!addChunk(lot, body, cell))
            return nullptr;
    }
}

void fillIn(RawLot &lot, RingBody &body, Record &record, const RingSlot &slot, std::uint64_t position) noexcept
{
    record.ticket.store(body.tickets.fetch_add(1), std::memory_order_relaxed);
    record.position.store(position, std::memory_order_relaxed);
    record.what.store(slot.what.load(std::memory_order_relaxed), std::memory_order_relaxed);
    for (unsigned i = 0; i < std::size(record.words); ++i)
        record.words[i].store(slot.words[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
    AIO_FAULT_POINT("queue.unfinished.filled");
    record.state.store(state(Record::Taken, 1, lot.arena().self()));
    AIO_FAULT_POINT("queue.unfinished.taken");
}

UnfinishedRecord *takeReturned(RawLot &lot, RingBody &body) noexcept
{
    std::uint64_t returned = body.returned.load();
    while (returned) {
        Record *found = nullptr;
        forEach(lot.arena(), body, [&](Record &record) {
            std::uint64_t seen = record.state.load();
            const std::uint64_t mine = state(Record::Taken, attemptOf(seen) + 1, lot.arena().self());
            if (stateOf(seen) == Record::Returned && record.state.compare_exchange_strong(seen, mine))
                found = &record;
            return !found;
        });
        if (found) {
            found->ticket.store(body.tickets.fetch_add(1), std::memory_order_relaxed);
            return found;
        }
        if (body.returned.compare_exchange_strong(returned, 0))
            break;
    }
    return nullptr;
}

void giveBack(RawLot &lot, RingBody &body, Record &record) noexcept
{
    const std::uint64_t seen = record.state.load();
    if (stateOf(seen) == Record::Taken && Owner(seen) == lot.arena().self())
        setReturned(body, record, seen - (std::uint64_t(1) << 32));     // nobody has seen this attempt
}

void finish(RawLot &lot, Address cell, Record &record) noexcept
{
    std::uint64_t seen = record.state.load();
    if (stateOf(seen) != Record::Taken || Owner(seen) != lot.arena().self()
        || !record.state.compare_exchange_strong(seen, state(Record::Claimed, 0, lot.arena().self())))
        return;
    AIO_FAULT_POINT("queue.unfinished.finished");
    if (const auto block = Address(record.what.load() >> 32))
        RawBuffer::releaseMessage(lot, lot.slabs().find(block), BlockOwner::message(cell, record.position.load()));
    record.state.store(0);
}

UnfinishedRecord *oldest(RawLot &lot, RingBody &body) noexcept
{
    Record *found = nullptr;
    forEach(lot.arena(), body, [&](Record &record) {
        const std::uint64_t seen = record.state.load();
        if (stateOf(seen) == Record::Taken && Owner(seen) == lot.arena().self()
            && (!found || record.ticket.load() < found->ticket.load()))
            found = &record;
        return true;
    });
    return found;
}

unsigned countReturned(RawArena &arena, RingBody &body, unsigned limit) noexcept
{
    unsigned count = 0;
    if (body.returned.load()) {
        forEach(arena, body, [&](Record &record) {
            count += stateOf(record.state.load()) == Record::Returned;
            return count < limit;
        });
    }
    return count;
}

bool isAllDone(RawArena &arena, RingBody &body) noexcept
{
    // slots first: what leaves one is in its record by then
    const std::uint64_t end = body.tail.load();
    for (std::uint64_t position = body.head.load();; ++position) {
        const RingSlot *slot = RawRing::slotAt(arena, body, position);
        const std::uint64_t seen = slot ? slot->control.load() : 0;
        if (!slot || !RawRing::isAbout(seen, position) || RawRing::stateOf(seen) == RingSlot::Empty) {
            if (position < end && body.head.load() > position)
                continue;       // its chunk is gone, so it was consumed
            break;
        }
        if (RawRing::stateOf(seen) != RingSlot::Consumed)
            return false;
    }
    bool done = true;
    forEach(arena, body, [&](Record &record) { return done = stateOf(record.state.load()) == Record::Free; });
    return done;
}

bool mayReturn(RawArena &arena, RingBody &body) noexcept
{
    bool may = false;
    if (body.policy == RawQueue::Redeliver)
        forEach(arena, body, [&](Record &record) { return !(may = stateOf(record.state.load()) != Record::Free); });
    return may;
}

bool holds(RawArena &arena, RingBody &body, Address block) noexcept
{
    bool found = false;
    forEach(arena, body, [&](Record &record) {
        const auto is = stateOf(record.state.load());
        found = (is == Record::Taken || is == Record::Returned) && Address(record.what.load() >> 32) == block;
        return !found;
    });
    return found;
}

void repair(RawLot &lot, RingBody &body, Address cell) noexcept
{
    forEach(lot.arena(), body, [&](Record &record) {
        std::uint64_t seen = record.state.load();
        const auto is = stateOf(seen);
        if ((is != Record::Claimed && is != Record::Taken) || lot.arena().isAlive(Owner(seen)))
            return true;
        if (is == Record::Claimed) {
            record.state.compare_exchange_strong(seen, 0);
            return true;
        }
        // it may have died before its slot was told
        const std::uint64_t position = record.position.load();
        if (RingSlot *slot = RawRing::slotAt(lot.arena(), body, position)) {
            std::uint64_t reading = RawRing::control(position, RingSlot::Reading, RawRing::claimant(Owner(seen)));
            slot->control.compare_exchange_strong(reading, RawRing::control(position, RingSlot::Consumed, body.mark));
        }
        if (body.policy == RawQueue::Redeliver) {
            setReturned(body, record, seen);
        } else if (record.state.compare_exchange_strong(seen, state(Record::Claimed, 0, lot.arena().self()))) {
            body.lost.fetch_add(1);
            if (const auto block = Address(record.what.load() >> 32))
                RawBuffer::releaseMessage(lot, lot.slabs().find(block), BlockOwner::message(cell, position));
            record.state.store(0);
        }
        return true;
    });
}

} // namespace aio_raw::RawUnfinished
