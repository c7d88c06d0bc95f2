// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/rawqueue.h"

#include "platform/rawfault.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace aio_raw {
namespace {

constexpr unsigned SlotsPerChunk = RingBody::SlotsPerChunk;
constexpr unsigned StateShift = 26;

constexpr std::uint64_t claimant(Owner owner) noexcept { return std::uint64_t(owner >> 16) << 10 | (owner & 0x3ff); }
constexpr Owner claimantOf(std::uint64_t control) noexcept { return Owner(control >> 10 & 0xffff) << 16 | Owner(control & 0x3ff); }
constexpr std::uint64_t control(std::uint64_t position, RingSlot::State state, std::uint64_t by = 0) noexcept
{
    return (position / SlotsPerChunk) << 32 | std::uint64_t(state) << StateShift | by;
}
constexpr RingSlot::State stateOf(std::uint64_t control) noexcept { return RingSlot::State(control >> StateShift & 63); }
constexpr bool isAbout(std::uint64_t control, std::uint64_t position) noexcept
{
    return std::uint32_t(control >> 32) == std::uint32_t(position / SlotsPerChunk);
}

RingBody *bodyOf(RawLot &lot, const Cell &cell) noexcept
{
    return reinterpret_cast<RingBody *>(lot.slabs().find(cell.detail[RawQueue::BodyReference].load(std::memory_order_relaxed)).data);
}

RingSlot *slotAt(RawArena &arena, RingBody &body, std::uint64_t position) noexcept
{
    const std::uint64_t number = position / SlotsPerChunk;
    const std::uint64_t entry = body.directory[number & (body.directorySize - 1)].chunk.load(std::memory_order_acquire);
    if (!entry || std::uint32_t(entry >> 32) != std::uint32_t(number))
        return nullptr;
    auto *slots = arena.at<RingSlot>(Address(entry));
    return slots ? slots + position % SlotsPerChunk : nullptr;
}

void advance(std::atomic<std::uint64_t> &hint, std::uint64_t position) noexcept
{
    hint.compare_exchange_strong(position, position + 1);
}

// -- under the guard

bool mapChunk(RawLot &lot, RingBody &body, Address cell, std::uint64_t number) noexcept
{
    auto &entry = body.directory[number & (body.directorySize - 1)].chunk;
    if (entry.load())
        return std::uint32_t(entry.load() >> 32) == std::uint32_t(number);
    Address slots = 0;
    if (body.spareCount > 0 && body.spareCount <= std::size(body.spare)) {
        slots = body.spare[--body.spareCount];
    } else {
        const Block block = lot.slabs().allocate(SlotsPerChunk * sizeof(RingSlot));
        if (!block.data)
            return false;
        block.owner->store(BlockOwner::object(cell));
        slots = block.slab->blocks + Address(block.reference) * block.slab->blockUnits;
    }
    AIO_FAULT_POINT("queue.map");
    auto *slot = lot.arena().at<RingSlot>(slots);
    for (unsigned i = 0; i < SlotsPerChunk; ++i)
        slot[i].control.store(control(number * SlotsPerChunk, RingSlot::Empty), std::memory_order_relaxed);
    entry.store(number << 32 | slots, std::memory_order_release);
    return true;
}

void unmapConsumed(RingBody &body) noexcept
{
    for (const std::uint64_t head = body.head.load(); body.firstMapped < head / SlotsPerChunk; ++body.firstMapped) {
        auto &entry = body.directory[body.firstMapped & (body.directorySize - 1)].chunk;
        const auto slots = Address(entry.exchange(0));
        AIO_FAULT_POINT("queue.unmap");
        if (slots && body.spareCount < std::size(body.spare))
            body.spare[body.spareCount++] = slots;
    }
}

// What the dead had claimed. Walks from the first message that is not consumed to the end.
void repairSlots(RawArena &arena, RingBody &body) noexcept
{
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
        if (stateOf(seen) == RingSlot::Writing)
            body.abandoned.fetch_add(1);
        slot->control.compare_exchange_strong(
            seen, control(position, stateOf(seen) == RingSlot::Writing ? RingSlot::Consumed : RingSlot::Full));
    }
}

void advanceHints(RawArena &arena, RingBody &body) noexcept
{
    for (std::uint64_t position = body.head.load();; position = body.head.load()) {
        const RingSlot *slot = slotAt(arena, body, position);
        if (!slot || slot->control.load() != control(position, RingSlot::Consumed))
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

// How many messages can be read now, counted up to limit.
unsigned available(RawArena &arena, RingBody &body, unsigned limit) noexcept
{
    unsigned count = 0;
    for (std::uint64_t position = body.head.load(); count < limit; ++position) {
        const RingSlot *slot = slotAt(arena, body, position);
        if (!slot || !isAbout(slot->control.load(), position))
            break;
        const auto state = stateOf(slot->control.load());
        if (state == RingSlot::Empty)
            break;
        count += state == RingSlot::Full;
    }
    return count;
}

void serve(RawLot &lot, Cell &cell, Address address, bool repair) noexcept
{
    constexpr unsigned AtOnce = 16;
    RingBody *body = bodyOf(lot, cell);
    if (!body)
        return;
    if (repair)
        repairSlots(lot.arena(), *body);
    advanceHints(lot.arena(), *body);
    unmapConsumed(*body);
    const std::uint64_t tail = body->tail.load();
    body->outOfMemory.store(!mapChunk(lot, *body, address, tail / SlotsPerChunk));

    const bool over = RawQueue::isShutDown(cell);
    for (unsigned role : {0u, 1u}) {
        if (lot.isEmpty(cell, role)) {
            if (cell.word.load() & waitersBit(role))
                lot.clearWaiters(cell, role);
            continue;
        }
        if (!(cell.word.load() & waitersBit(role)))
            cell.word.fetch_or(waitersBit(role));
        const std::uint64_t head = body->head.load();
        const auto room = unsigned(std::min<std::uint64_t>(tail - head < body->maxItems ? body->maxItems - (tail - head) : 0, AtOnce));
        const unsigned ready = role == 0 ? available(lot.arena(), *body, AtOnce) : room;
        lot.inviteSome(cell, role, over ? UINT32_MAX : ready, repair);
    }
}

bool holds(RawLot &lot, Cell &cell, std::uint32_t position, std::uint64_t reference) noexcept
{
    RingBody *body = bodyOf(lot, cell);
    if (!body)
        return false;
    // the full position is the nearest one to the head with these lower bits
    const std::uint64_t head = body->head.load();
    const std::uint64_t full = head + ((position - head) & 0xfffffff);
    const RingSlot *slot = slotAt(lot.arena(), *body, full);
    const std::uint64_t seen = slot ? slot->control.load() : 0;
    if (!slot || !isAbout(seen, full) || slot->place != RingSlot::InBlock || slot->reference != reference)
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

void destroy(RawLot &lot, Cell &, Address address) noexcept
{
    lot.freeBlocksOf(address);
}

const bool s_registered = RawLot::registerKind(Cell::Queue, {&serve, &destroy, &holds});

} // namespace

namespace RawQueue {

Address create(RawLot &lot, std::uint64_t maxItems) noexcept
{
    const Address address = lot.arena().createCell(Cell::Queue);
    if (!address)
        return 0;
    Cell &cell = *lot.arena().at<Cell>(address);
    maxItems = std::min(maxItems ? maxItems : DefaultMaxItems, MaxItems);
    // one chunk more than fits for the part that is being read, one for the part that is being written
    const auto directorySize = std::bit_ceil(std::uint32_t(maxItems / SlotsPerChunk + 3));
    const Block block = lot.slabs().allocate(offsetof(RingBody, directory) + directorySize * sizeof(RingBody::Entry));
    if (!block.data) {
        lot.arena().freeCell(cell);
        return 0;
    }
    // the block may have been used before
    auto *body = new (block.data) RingBody{};
    body->maxItems = maxItems;
    body->directorySize = directorySize;
    for (unsigned i = 0; i < directorySize; ++i)
        body->directory[i].chunk.store(0, std::memory_order_relaxed);
    cell.detail[BodyReference].store(block.reference);
    block.owner->store(BlockOwner::object(address));
    AIO_FAULT_POINT("queue.created");
    lot.kick(cell, address);
    if (!body->outOfMemory.load())
        return address;
    destroy(lot, cell, address);
    lot.arena().freeCell(cell);
    return 0;
}

std::uint64_t size(RawLot &lot, const Cell &cell) noexcept
{
    const RingBody *body = bodyOf(lot, cell);
    if (!body)
        return 0;
    const std::uint64_t head = body->head.load();
    const std::uint64_t tail = body->tail.load();
    return tail > head ? tail - head : 0;
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
        void receive(const char *, std::size_t) noexcept override {}
    };
    cell.word.fetch_or(ShutDownBit);
    AIO_FAULT_POINT("queue.shutdown");
    while (immediate) {
        Drop drop(lot, address);
        if (!drop.attempt() || drop.outcome() != Outcome::Done)
            break;
    }
    lot.kick(cell, address);
}

// -- put

Put::Put(RawLot &lot, Address address, const char *data, std::size_t size) noexcept
    : RawOperation(lot, address, 1), m_size(std::uint32_t(size))
{
    if (size > sizeof m_bytes) {
        m_block = lot.slabs().allocate(size);
        if (!m_block.data)
            m_outcome = Outcome::NoMemory;
        else
            std::memcpy(m_block.data, data, size);
    } else if (size > 0) {
        std::memcpy(m_bytes, data, size);
    }
}

Put::~Put()
{
    m_lot.slabs().release(m_block, BlockOwner::process(m_lot.arena().self()));
}

bool Put::attempt() noexcept
{
    if (m_outcome == Outcome::Pending)
        m_outcome = tryPut();
    return m_outcome != Outcome::Pending;
}

Outcome Put::tryPut() noexcept
{
    Cell &queue = cell();
    RawArena &arena = m_lot.arena();
    RingBody *body = bodyOf(m_lot, queue);
    if (!body)
        return Outcome::NoMemory;
    const std::uint64_t me = claimant(arena.self());
    RingSlot *slot = nullptr;
    std::uint64_t position = 0;
    for (bool served = false;;) {
        if (isShutDown(queue))
            return Outcome::ShutDown;
        position = body->tail.load();
        const std::uint64_t head = body->head.load();
        if (position < head) {
            body->tail.compare_exchange_strong(position, head);
            continue;
        }
        slot = slotAt(arena, *body, position);
        const bool full = position - head >= body->maxItems;
        if (full || !slot) {
            if (body->tail.load() != position || body->head.load() != head)
                continue;
            // a full queue may have a head that nobody has advanced; an absent chunk is mapped by serving
            if (!served) {
                served = true;
                m_lot.kick(queue, m_address);
                continue;
            }
            return !full && body->outOfMemory.load() ? Outcome::NoMemory : Outcome::Pending;
        }
        std::uint64_t seen = control(position, RingSlot::Empty);
        if (slot->control.compare_exchange_strong(seen, control(position, RingSlot::Writing, me)))
            break;
        if (isAbout(seen, position))
            advance(body->tail, position);
    }
    AIO_FAULT_POINT("queue.put.claimed");
    slot->size = m_size;
    if (m_block.data) {
        slot->place = RingSlot::InBlock;
        slot->reference = m_block.reference;
        m_block.owner->store(BlockOwner::message(m_address, position));
        AIO_FAULT_POINT("queue.put.owned");
        m_block = {};
    } else {
        slot->place = RingSlot::Inline;
        std::memcpy(slot->bytes, m_bytes, m_size);
    }
    AIO_FAULT_POINT("queue.put.written");
    slot->control.store(control(position, RingSlot::Full));
    AIO_FAULT_POINT("queue.put.full");
    advance(body->tail, position);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (queue.word.load(std::memory_order_relaxed) & Getters)
        m_lot.kick(queue, m_address);
    return Outcome::Done;
}

// -- get

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
    const std::uint64_t me = claimant(arena.self());
    std::uint64_t start = body->head.load();
    RingSlot *slot = nullptr;
    std::uint64_t position = start;
    for (;;) {
        const bool over = isShutDown(queue);        // before the look, so that nothing put earlier is missed
        slot = slotAt(arena, *body, position);
        std::uint64_t seen = slot ? slot->control.load() : 0;
        const bool known = slot && isAbout(seen, position);
        if (!known || stateOf(seen) == RingSlot::Empty) {
            const std::uint64_t head = body->head.load();
            if (head == start)
                return over ? Outcome::ShutDown : Outcome::Pending;
            position = start = head;                // others have moved on meanwhile: look again from there
            continue;
        }
        if (stateOf(seen) == RingSlot::Full && slot->control.compare_exchange_strong(seen, control(position, RingSlot::Reading, me)))
            break;
        if (seen == control(position, RingSlot::Consumed) && position == body->head.load())
            advance(body->head, position);
        if (stateOf(seen) != RingSlot::Full)
            ++position;                             // being written or read by another: look behind it
    }
    AIO_FAULT_POINT("queue.get.claimed");
    Block block;
    const std::uint32_t bytes = slot->size;
    if (slot->place == RingSlot::InBlock) {
        block = m_lot.slabs().find(slot->reference);
        if (block.data)
            receive(block.data, std::min<std::size_t>(bytes, block.bytes));
        else
            receive(nullptr, 0);
    } else {
        receive(slot->bytes, std::min<std::size_t>(bytes, sizeof slot->bytes));
    }
    AIO_FAULT_POINT("queue.get.received");
    slot->control.store(control(position, RingSlot::Consumed));
    AIO_FAULT_POINT("queue.get.consumed");
    if (block.data)
        m_lot.slabs().release(block, BlockOwner::message(m_address, position));
    advance(body->head, position);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (queue.word.load(std::memory_order_relaxed) & (Getters | Putters))
        m_lot.kick(queue, m_address);
    return Outcome::Done;
}

} // namespace RawQueue
} // namespace aio_raw
