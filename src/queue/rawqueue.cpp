// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/rawqueue.h"

#include "platform/rawfault.h"
#include "platform/rawprocess.h"
#include "queue/rawbuffer.h"
#include "queue/rawring.h"
#include "queue/rawunfinished.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace aio_raw {
namespace {

using namespace RawRing;

void serveQueue(RawLot &lot, Cell &cell, Address address, bool repair) noexcept
{
    constexpr unsigned AtOnce = 16;
    RingBody *body = bodyOf(lot, cell);
    if (!body)
        return;
    if (cell.word.load() & RawQueue::AllInvited)
        cell.word.fetch_and(~RawQueue::AllInvited);     // before the look, so that what is put after it is told of
    if (repair) {
        RawUnfinished::repair(lot, *body, address);
        repairSlots(lot.arena(), *body);
    }
    advanceHints(lot.arena(), *body);
    unmapConsumed(lot, *body, address);
    const std::uint64_t tail = body->tail.load();
    mapChunk(lot, *body, address, tail);

    const bool over = RawQueue::isShutDown(cell);
    for (unsigned role : {0u, 1u}) {
        if (lot.isEmpty(cell, role)) {
            if (cell.word.load() & waitersBit(role))
                lot.clearWaiters(cell, role);
            continue;
        }
        if (!(cell.word.load() & waitersBit(role)))
            cell.word.fetch_or(waitersBit(role));
        const unsigned ready = role == 1 ? unsigned(std::min<std::uint64_t>(roomFor(lot.arena(), *body, tail), AtOnce))
            : available(lot.arena(), *body, AtOnce) + RawUnfinished::countReturned(lot.arena(), *body, AtOnce);
        const auto wish = role == 1 ? RawQueue::ToPut : RawQueue::ToGet;
        lot.inviteSome(cell, role, over ? UINT32_MAX : ready, repair, wish);
        if (ready > 0 && !over)
            lot.inviteElsewhere(cell, role, wish);
        if ((ready > 0 || over) && (cell.word.load() & RawQueue::Watched))
            lot.inviteSome(cell, role, UINT32_MAX, repair, RawQueue::ToWatch);
        if (role == 0 && (cell.word.load() & RawQueue::Watched))
            lot.inviteSome(cell, role, UINT32_MAX, repair, RawQueue::ToSeeChange);
        if (role == 1 && body->policy != RawQueue::Plain && RawUnfinished::isAllDone(lot.arena(), *body))
            lot.inviteSome(cell, role, UINT32_MAX, repair, RawQueue::ToJoin);
    }
    if (lot.isEmpty(cell, 0) || !lot.areFewAndInvited(cell, 0))
        return;
    cell.word.fetch_or(RawQueue::AllInvited);
    AIO_FAULT_POINT("queue.invited");
    // who has looked in between has perhaps missed what was put since, and nobody has told him of that
    if (!lot.areFewAndInvited(cell, 0)) {
        cell.word.fetch_and(~RawQueue::AllInvited);
        cell.attention.store(1);
    }
}

const bool s_isQueueRegistered = RawLot::registerKind(Cell::Queue, {&serveQueue, &destroy, &holds, nullptr});

} // namespace

namespace RawQueue {

Address create(RawLot &lot, std::uint64_t maxItems, Policy policy) noexcept
{
    const Address address = lot.arena().createCell(Cell::Queue);
    if (!address)
        return 0;
    Cell &cell = *lot.arena().at<Cell>(address);
    maxItems = std::min(maxItems ? maxItems : DefaultMaxItems, MaxItems);
    const auto directorySize = std::bit_ceil(std::uint32_t(maxItems / SlotsPerChunk + SpareChunks + 2));
    const Block block = lot.slabs().allocate(offsetof(RingBody, directory) + directorySize * sizeof(RingBody::Entry));
    if (!block.data) {
        lot.arena().freeCell(cell);
        return 0;
    }
    // the block may have been used before
    auto *body = new (block.data) RingBody{};
    body->maxItems = maxItems;
    body->directorySize = directorySize;
    body->policy = policy;
    randomBytes(&body->mark, sizeof body->mark);
    body->mark &= ByMask;
    for (unsigned i = 0; i < directorySize; ++i)
        body->directory[i].chunk.store(0, std::memory_order_relaxed);
    cell.detail[BodyAddress].store(block.address);
    block.owner->store(BlockOwner::object(address));
    AIO_FAULT_POINT("queue.created");
    return address;
}

std::uint64_t size(RawLot &lot, const Cell &cell) noexcept
{
    RingBody *body = bodyOf(lot, cell);
    if (!body)
        return 0;
    return countUntil(lot.arena(), *body, body->tail.load()) + RawUnfinished::countReturned(lot.arena(), *body, UINT32_MAX);
}

std::uint64_t maxItems(RawLot &lot, const Cell &cell) noexcept
{
    const RingBody *body = bodyOf(lot, cell);
    return body ? body->maxItems : 0;
}

void shutDown(RawLot &lot, Cell &cell, Address address, bool immediate) noexcept
{
    class Drop final : public Get
    {
    public:
        using Get::Get;
        bool receive(const char *, std::size_t, bool) noexcept override { return true; }
    };
    cell.word.fetch_or(ShutDownBit);
    AIO_FAULT_POINT("queue.shutdown");
    while (immediate) {
        Drop drop(lot, address);
        if (!drop.attempt() || drop.outcome() != Outcome::Done)
            break;
        drop.finishTask();
    }
    lot.kick(cell, address);
}

bool taskDone(RawLot &lot, Cell &cell, Address address) noexcept
{
    RingBody *body = bodyOf(lot, cell);
    UnfinishedRecord *record = body ? RawUnfinished::oldest(lot, *body) : nullptr;
    if (!record)
        return false;
    RawUnfinished::finish(lot, address, *record);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (cell.word.load(std::memory_order_relaxed) & (Getters | Putters))
        lot.kick(cell, address);
    return true;
}

std::uint64_t lost(RawLot &lot, const Cell &cell) noexcept
{
    const RingBody *body = bodyOf(lot, cell);
    return body ? body->lost.load() : 0;
}

void offer(RawLot &lot, Cell &cell, const Block &block) noexcept
{
    RingBody *body = bodyOf(lot, cell);
    if (!body || !RawRing::offer(lot, *body, block))
        lot.release(block, BlockOwner::process(lot.arena().self()));
}

// -- put

Put::Put(RawLot &lot, Address address, const char *data, std::size_t size) noexcept
    : RawOperation(lot, address, 1), m_size(std::uint32_t(size))
{
    if (size > sizeof m_words) {
        m_block = lot.slabs().allocate(size, RawSlabs::payloadOf(size));
        if (!m_block.data)
            m_outcome = Outcome::NoMemory;
        else
            std::memcpy(m_block.data, data, size);
    } else if (size > 0) {
        std::memcpy(m_words, data, size);
    }
}

Put::Put(RawLot &lot, Address address, const Block &block, std::size_t size) noexcept
    : RawOperation(lot, address, 1), m_block(block), m_size(std::uint32_t(size))
{ }

Put::~Put()
{
    if (m_block.data)
        RawBuffer::releaseMessage(m_lot, m_block, BlockOwner::process(m_lot.arena().self()));
}

void Put::describe(Node &node) noexcept
{
    node.snapshot = ToPut;
}

bool Put::attempt() noexcept
{
    if (m_outcome == Outcome::Pending)
        m_outcome = tryPut();
    return m_outcome != Outcome::Pending;
}

// Claims the slot at the end of the queue.
Outcome Put::claim(RingBody &body, std::uint64_t &position, RingSlot *&slot) noexcept
{
    Cell &queue = cell();
    RawArena &arena = m_lot.arena();
    const std::uint64_t writing = claimant(arena.self());
    for (bool served = false;;) {
        if (isShutDown(queue))
            return Outcome::ShutDown;
        position = body.tail.load();
        const std::uint64_t next = nextOf(body);
        if (position < next) {
            body.tail.compare_exchange_strong(position, next);
            continue;
        }
        slot = slotAt(arena, body, position);
        const bool full = roomFor(arena, body, position) == 0;
        if (full || !slot) {
            if (body.tail.load() != position || nextOf(body) != next)
                continue;
            if (served)
                return Outcome::Pending;
            if (!full && !body.offered.load()) {
                const Block block = m_lot.slabs().allocate(ChunkBytes, RawSlabs::SmallPayload);
                AIO_FAULT_POINT("queue.chunk");
                if (!block.data)
                    return Outcome::NeedsChunk;
                offer(m_lot, queue, block);
            }
            // an absent chunk is mapped by serving; a full queue may have a head that nobody has advanced
            served = true;
            m_lot.kick(queue, m_address);
            continue;
        }
        std::uint64_t seen = control(position, RingSlot::Empty, body.mark);
        if (slot->control.compare_exchange_strong(seen, control(position, RingSlot::Writing, writing)))
            return Outcome::Done;
        if (isAbout(seen, position))
            advance(body.tail, position);
        else if (body.tail.load() == position && nextOf(body) <= position)
            return Outcome::Pending;                // nobody has moved on: rubbish
    }
}

Outcome Put::tryPut() noexcept
{
    Cell &queue = cell();
    RingBody *body = bodyOf(m_lot, queue);
    if (!body)
        return Outcome::NoMemory;
    RingSlot *slot = nullptr;
    std::uint64_t position = 0;
    Outcome outcome = claim(*body, position, slot);
    if (outcome != Outcome::Done)
        return outcome;
    AIO_FAULT_POINT("queue.put.claimed");
    // Who was told meanwhile that the queue is shut down has not seen this message; who saw the claim waits for it.
    if (isShutDown(queue)) {
        outcome = Outcome::ShutDown;
    } else if (m_block.data) {
        slot->what.store(std::uint64_t(m_block.address) << 32 | m_size, std::memory_order_relaxed);
        m_block.owner->store(BlockOwner::message(m_address, position));
        AIO_FAULT_POINT("queue.put.owned");
        m_block = {};
    } else {
        slot->what.store(m_size, std::memory_order_relaxed);
        for (unsigned i = 0; i * 8 < m_size; ++i)
            slot->words[i].store(m_words[i], std::memory_order_relaxed);
    }
    AIO_FAULT_POINT("queue.put.written");
    slot->control.store(control(position, outcome == Outcome::Done ? RingSlot::Full : RingSlot::Consumed, body->mark));
    AIO_FAULT_POINT("queue.put.full");
    advance(body->tail, position);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if ((queue.word.load(std::memory_order_relaxed) & (Getters | AllInvited)) == Getters)
        m_lot.kick(queue, m_address);
    return outcome;
}

// -- get

void Get::giveBack() noexcept
{
    RingBody *body = std::exchange(m_isKeeping, false) ? bodyOf(m_lot, cell()) : nullptr;
    if (!body)
        return;
    // nobody has seen it
    if (m_record) {
        RawUnfinished::giveBack(m_lot, *body, *m_record);
    } else {
        m_slot->control.store(control(m_position, RingSlot::Full, body->mark));
        body->late.fetch_add(1);
        body->revivals.fetch_add(1);
    }
    m_lot.kick(cell(), m_address);
}

void Get::describe(Node &node) noexcept
{
    node.snapshot = ToGet;
}

bool Get::attempt() noexcept
{
    if (m_outcome == Outcome::Pending)
        m_outcome = tryGet();
    return m_outcome != Outcome::Pending;
}

Outcome Get::tryGet() noexcept
{
    Cell &queue = cell();
    RawArena &arena = m_lot.arena();
    RingBody *body = bodyOf(m_lot, queue);
    if (!body)
        return Outcome::NoMemory;
    if (body->policy != Plain) {
        if (UnfinishedRecord *record = RawUnfinished::takeReturned(m_lot, *body)) {
            receiveUnfinished(*record);
            return Outcome::Done;
        }
    }
    for (;;) {
        const bool over = isShutDown(queue);        // before the look, so that nothing put earlier is missed
        std::uint64_t late = body->late.load();
        std::uint64_t position = late || over ? body->head.load() : nextOf(*body);
        std::uint64_t firstWriting = UINT64_MAX;
        bool isUnderWay = false;                    // something that may become full
        for (;; ++position) {
            RingSlot *slot = slotAt(arena, *body, position);
            const std::uint64_t seen = slot ? slot->control.load() : 0;
            if (!slot || !isAbout(seen, position) || stateOf(seen) == RingSlot::Empty)
                break;
            if (stateOf(seen) == RingSlot::Full) {
                // the same producer may have finished an earlier one since that was looked at: it comes first
                const std::uint64_t first = firstFull(arena, *body, firstWriting, position);
                if (first < position) {
                    position = first - 1;
                    continue;
                }
                const std::uint64_t what = slot->what.load(std::memory_order_relaxed);
                const Outcome outcome = body->policy != Plain ? takeUnfinished(*body, *slot, seen, position)
                    : what >> 32 ? takeBlock(*slot, seen, position, what) : takeInline(*slot, seen, position, what);
                if (outcome != Outcome::Pending)
                    return outcome;
                --position;                         // another was faster: look again
                continue;
            }
            isUnderWay |= stateOf(seen) != RingSlot::Consumed;
            if (!isTaken(seen))
                firstWriting = std::min(firstWriting, position);
            else if (position == body->head.load() && stateOf(seen) == RingSlot::Consumed)
                advance(body->head, position);
            else if (std::uint64_t next = body->next.load(); nextOf(*body) == position)
                body->next.compare_exchange_strong(next, position + 1);
        }
        if (body->head.load() > position || body->late.load() != late)
            continue;                               // others have moved on meanwhile
        if (late && !body->late.compare_exchange_strong(late, 0))
            continue;
        if (body->policy != Plain && body->returned.load())
            return tryGet();
        return over && !isUnderWay && !RawUnfinished::mayReturn(arena, *body) ? Outcome::ShutDown : Outcome::Pending;
    }
}

// Copied first: the swap is what takes it, and whoever is stopped or dies before has taken nothing.
Outcome Get::takeInline(RingSlot &slot, std::uint64_t seen, std::uint64_t position, std::uint64_t what) noexcept
{
    std::uint64_t words[RingSlot::InlineBytes / 8];
    const auto size = std::min<std::size_t>(std::uint32_t(what), sizeof words);
    for (unsigned i = 0; i * 8 < size; ++i)
        words[i] = slot.words[i].load(std::memory_order_relaxed);
    AIO_FAULT_POINT("queue.get.copied");
    std::atomic_thread_fence(std::memory_order_acquire);
    const std::uint64_t mark = seen & ByMask;
    if (!slot.control.compare_exchange_strong(seen, control(position, RingSlot::Consumed, mark)))
        return Outcome::Pending;
    AIO_FAULT_POINT("queue.get.consumed");
    receive(reinterpret_cast<const char *>(words), size, false);
    consumed(position);
    return Outcome::Done;
}

Outcome Get::takeBlock(RingSlot &slot, std::uint64_t seen, std::uint64_t position, std::uint64_t what) noexcept
{
    if (!slot.control.compare_exchange_strong(seen, control(position, RingSlot::Reading, claimant(m_lot.arena().self()))))
        return Outcome::Pending;
    AIO_FAULT_POINT("queue.get.claimed");
    what = slot.what.load(std::memory_order_relaxed);
    m_block = m_lot.slabs().find(Address(what >> 32));
    m_slot = &slot;
    m_position = position;
    m_isKeeping = true;
    if (receive(m_block.data, std::min<std::size_t>(std::uint32_t(what), m_block.bytes), true))
        finish();
    else if (RingBody *body = bodyOf(m_lot, cell()))
        advanceNext(m_lot.arena(), *body);
    return Outcome::Done;
}

Outcome Get::takeUnfinished(RingBody &body, RingSlot &slot, std::uint64_t seen, std::uint64_t position) noexcept
{
    UnfinishedRecord *record = RawUnfinished::claim(m_lot, body, m_address);
    if (!record)
        return Outcome::NoMemory;
    if (!slot.control.compare_exchange_strong(seen, control(position, RingSlot::Reading, claimant(m_lot.arena().self())))) {
        record->state.store(0);
        return Outcome::Pending;
    }
    AIO_FAULT_POINT("queue.get.claimed");
    RawUnfinished::fillIn(m_lot, body, *record, slot, position);
    slot.control.store(control(position, RingSlot::Consumed, body.mark));
    AIO_FAULT_POINT("queue.get.consumed");
    receiveUnfinished(*record);
    consumed(position);
    return Outcome::Done;
}

// A block stays with the record, so that all of them may be read at leisure.
void Get::receiveUnfinished(UnfinishedRecord &record) noexcept
{
    m_record = &record;
    m_attempts = RawUnfinished::attemptOf(record.state.load());
    const std::uint64_t what = record.what.load(std::memory_order_relaxed);
    if (const auto address = Address(what >> 32)) {
        const Block block = m_lot.slabs().find(address);
        m_isKeeping = !receive(block.data, std::min<std::size_t>(std::uint32_t(what), block.bytes), true);
        return;
    }
    std::uint64_t words[RingSlot::InlineBytes / 8];
    for (unsigned i = 0; i < std::size(words); ++i)
        words[i] = record.words[i].load(std::memory_order_relaxed);
    receive(reinterpret_cast<const char *>(words), std::min<std::size_t>(std::uint32_t(what), sizeof words), false);
}

void Get::finishTask() noexcept
{
    if (!m_record)
        return;
    RawUnfinished::finish(m_lot, m_address, *std::exchange(m_record, nullptr));
    m_isKeeping = false;
    m_lot.kick(cell(), m_address);
}

void Get::finish() noexcept
{
    m_isKeeping = false;
    if (m_record)
        return;
    AIO_FAULT_POINT("queue.get.received");
    if (const RingBody *body = bodyOf(m_lot, cell()))
        m_slot->control.store(control(m_position, RingSlot::Consumed, body->mark));
    AIO_FAULT_POINT("queue.get.consumed");
    RawBuffer::releaseMessage(m_lot, m_block, BlockOwner::message(m_address, m_position));
    consumed(m_position);
}

void Get::takeOver(Get &other) noexcept
{
    m_isKeeping = std::exchange(other.m_isKeeping, false);
    m_attempts = other.m_attempts;
    m_record = other.m_record;
    m_slot = other.m_slot;
    m_position = other.m_position;
    m_block = other.m_block;
}

void Get::consumed(std::uint64_t position) noexcept
{
    Cell &queue = cell();
    if (RingBody *body = bodyOf(m_lot, queue)) {
        advance(body->head, position);
        if (body->head.load() <= position)
            advanceNext(m_lot.arena(), *body);
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
    // the end of a chunk gives its memory back
    if (queue.word.load(std::memory_order_relaxed) & (Getters | Putters) || (position + 1) % SlotsPerChunk == 0)
        m_lot.kick(queue, m_address);
}

// -- join

bool Join::attempt() noexcept
{
    RingBody *body = bodyOf(m_lot, cell());
    return body && RawUnfinished::isAllDone(m_lot.arena(), *body);
}

void Join::describe(Node &node) noexcept
{
    node.snapshot = ToJoin;
}

} // namespace RawQueue
} // namespace aio_raw
