// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "brokenarena.h"

#include "queue/rawqueue.h"
#include "sync/rawbarrier.h"
#include "sync/rawbell.h"
#include "sync/rawboundedsemaphore.h"
#include "sync/rawchange.h"
#include "sync/rawcondition.h"
#include "sync/rawevent.h"
#include "sync/rawrepair.h"
#include "sync/rawsemaphore.h"

#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace aio_raw;

namespace {

constexpr std::uint8_t Here[16] = {1};
constexpr std::uint8_t Dead[16] = {2};
constexpr std::size_t Nothing = std::size_t(8) << 30;       // on either side

// Of a process that has ended.
pid_t deadPid()
{
    static const pid_t pid = [] {
        const pid_t child = ::fork();
        if (child == 0)
            ::_exit(0);
        ::waitpid(child, nullptr, 0);
        return child;
    }();
    return pid;
}

class TakeBytes final : public RawQueue::Get
{
public:
    using Get::Get;

protected:
    bool receive(const char *data, std::size_t size, bool) noexcept override
    {
        for (std::size_t i = 0; i < size; ++i)
            m_sum += static_cast<unsigned char>(data[i]);
        return m_sum < SIZE_MAX;
    }

private:
    std::size_t m_sum = 0;
};

} // namespace

// The memory is made once, and is empty whenever an arena is made in it.
class BrokenArena::Source final : public SegmentSource
{
public:
    Source() : m_base(reserved() + Nothing)
    {
        void *memory = ::mmap(m_base, SegmentBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        if (memory == MAP_FAILED)
            std::abort();
    }
    char *base() const { return m_base; }

    char *map(unsigned, std::uint64_t) noexcept override { return nullptr; }
    char *create(unsigned, std::uint64_t &) noexcept override { return nullptr; }
    void discard(unsigned, std::uint64_t) noexcept override { }
    std::string home(const std::uint8_t (&)[16]) noexcept override { return "/nowhere"; }

private:
    static char *reserved()
    {
        static void *memory = ::mmap(nullptr, 2 * Nothing + SegmentBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED)
            std::abort();
        return static_cast<char *>(memory);
    }

    char *const m_base;
};

BrokenArena::BrokenArena()
    : m_source(std::make_unique<Source>()), m_arena(*m_source), m_lot(m_arena), m_deadArena(*m_source), m_deadLot(m_deadArena)
{
    const std::uint8_t identity[16] = {1};
    RawArena::format(m_source->base(), identity, SegmentBytes);
    m_arena.open(m_source->base());
    m_deadArena.open(m_source->base());
    if (!m_arena.join(Here, "here") || !m_deadArena.join(Dead, "dead"))
        std::abort();
    m_token = RawRLock::newToken(m_arena.self());
    makeObjects();
    letTheDeadWait();
    letThisProcessWait();
    ProcessSlot &slot = *m_arena.slotOf(m_deadArena.self());
    slot.state.store(SlotState(0, ProcessSlot::Live, std::uint16_t(m_deadArena.self() >> 16), deadPid()).word());
    slot.startTime.store(1);
}

BrokenArena::~BrokenArena() = default;

// Those that can be had are taken: half of them by the dead.
void BrokenArena::makeObjects()
{
    const auto add = [this](Cell::Kind kind, Address address) {
        if (!address)
            std::abort();
        m_arena.publishCell(address);
        m_deadArena.attachCell(m_arena.handleOf(address), kind);
        m_objects.push_back({kind, address});
        return address;
    };
    const Address lock = add(Cell::Lock, m_arena.createCell(Cell::Lock));
    const Address rlock = add(Cell::RLock, m_arena.createCell(Cell::RLock));
    add(Cell::Semaphore, m_arena.createCell(Cell::Semaphore));
    const Address bounded = add(Cell::BoundedSemaphore, RawBoundedSemaphore::create(m_lot, 2));
    add(Cell::Event, m_arena.createCell(Cell::Event));
    add(Cell::Condition, m_arena.createCell(Cell::Condition));
    add(Cell::Barrier, RawBarrier::create(m_lot, 5, "action", 6, Never));
    add(Cell::Queue, RawQueue::create(m_lot, 10));
    RawLock::tryAcquire(m_deadLot, *m_arena.at<Cell>(lock), lock, m_deadArena.self());
    RawRLock::tryAcquire(m_lot, *m_arena.at<Cell>(rlock), rlock, m_token);
    RawBoundedSemaphore::tryAcquire(m_lot, *m_arena.at<Cell>(bounded), bounded);
    RawBoundedSemaphore::tryAcquire(m_deadLot, *m_arena.at<Cell>(bounded), bounded);
}

std::unique_ptr<RawOperation> BrokenArena::operationOn(const Object &object, RawLot &lot)
{
    switch (object.kind) {
    case Cell::Lock:
        return std::make_unique<RawLock::Acquire>(lot, object.address);
    case Cell::RLock:
        return std::make_unique<RawRLock::Acquire>(lot, object.address, RawRLock::newToken(lot.arena().self()));
    case Cell::Semaphore:
        return std::make_unique<RawSemaphore::Acquire>(lot, object.address);
    case Cell::BoundedSemaphore:
        return std::make_unique<RawBoundedSemaphore::Acquire>(lot, object.address);
    case Cell::Event:
        return std::make_unique<RawEvent::Wait>(lot, object.address);
    case Cell::Condition:
        return std::make_unique<RawCondition::Wait>(lot, object.address);
    case Cell::Barrier:
        return std::make_unique<RawBarrier::Wait>(lot, object.address);
    default:
        return std::make_unique<TakeBytes>(lot, object.address);
    }
}

void BrokenArena::letTheDeadWait()
{
    m_deadNodes = std::make_unique<RawNodePool>(m_deadArena, 0);
    for (const Object &object : m_objects) {
        const Address node = m_deadNodes->take();
        operationOn(object, m_deadLot)->describe(*m_arena.at<Node>(node));
        m_deadLot.enqueue(node, object.address, 0);
        m_nodesInUse.push_back(node);
    }
}

// As a thread that blocks, as coroutines, and as one who watches.
void BrokenArena::letThisProcessWait()
{
    m_nodes = std::make_unique<RawNodePool>(m_arena, 0);
    m_bell = RawBell::create(m_arena, 1);
    m_bellNodes = std::make_unique<RawNodePool>(m_arena, m_bell);
    const auto begin = [this](std::unique_ptr<RawOperation> operation, RawNodePool &nodes) {
        auto wait = std::make_unique<RawWait>(*operation, nodes);
        if (!wait->begin())
            std::abort();
        m_nodesInUse.push_back(wait->node());
        m_waits.push_back({std::move(operation), std::move(wait)});
    };
    for (const Object &object : m_objects) {
        begin(operationOn(object, m_lot), *m_nodes);
        begin(operationOn(object, m_lot), *m_bellNodes);
        if (object.kind != Cell::Queue && object.kind != Cell::Condition)
            begin(std::make_unique<RawChange>(m_lot, object.address), *m_bellNodes);
    }
}

std::vector<BrokenArena::Region> BrokenArena::regions()
{
    static constexpr const char *names[] = {"free", "bell", "lock", "rlock", "semaphore", "bounded semaphore", "event", "condition",
                                            "barrier", "queue", "memory"};
    ArenaHeader &header = m_arena.header();
    char *const base = m_source->base();
    std::vector<Region> all;
    const auto add = [&](const char *name, auto &what, std::size_t size) { all.push_back({name, reinterpret_cast<char *>(&what), size}); };
    add("header of the segment", header, offsetof(SegmentHeader, pages));
    add("pages", header.segment.pages[FirstPage], 6 * sizeof(Page));
    add("header of the arena", header.memoryLimit, offsetof(ArenaHeader, memory) - offsetof(ArenaHeader, memoryLimit));
    add("cell of the memory", header.memory, sizeof(Cell));
    add("table of segments", header.segments, 3 * sizeof header.segments[0]);
    add("table of cells", header.cellChunks, 2 * sizeof header.cellChunks[0]);
    add("table of nodes", header.nodeChunks, 4 * sizeof header.nodeChunks[0]);
    add("table of slabs", header.slabs, 3 * sizeof header.slabs[0]);
    add("processes", header.processes, 3 * sizeof(ProcessSlot));
    add("large blocks", header.huge, sizeof(HugeBlock));
    for (const Object &object : m_objects)
        add(names[object.kind], *m_arena.at<Cell>(object.address), sizeof(Cell));
    add(names[Cell::Bell], *m_arena.at<Cell>(m_bell), sizeof(Cell));
    for (const Address node : m_nodesInUse)
        add("node", *m_arena.at<Node>(node), sizeof(Node));
    m_arena.forEachNodeChunk([&](NodeChunk &chunk, Address) { add("chunk of nodes", chunk, offsetof(NodeChunk, nodes)); });
    if (const Address slab = header.slabs[0].load())
        add("slab", *m_arena.at<Slab>(slab), offsetof(Slab, owner) + 4 * sizeof(std::uint64_t));
    const auto body = Address(m_arena.at<Cell>(m_objects.back().address)->detail[RawQueue::BodyAddress].load());
    add("body of the queue", base[body * UnitBytes], 6 * UnitBytes);
    return all;
}

// -- use

void BrokenArena::use()
{
    for (const bool isFirst : {true, false}) {
        look();
        hearBell();
        for (const Waiting &waiting : m_waits) {
            if (waiting.wait->node() && waiting.wait->poll())
                waiting.wait->settle();
        }
        for (const Object &object : m_objects) {
            touch(object);
            waitBriefly(object);
        }
        makeAndTakeAway();
        if (isFirst)
            RawRepair::repairTheDead(m_lot);
    }
    for (const Waiting &waiting : m_waits) {
        waiting.wait->stop();
        if (waiting.wait->node())
            waiting.wait->block(now() + 50'000);
        waiting.wait->settle();
    }
    m_waits.clear();
    RawRepair::leave(m_lot);
}

void BrokenArena::look()
{
    m_arena.forEachCell([this](Cell &cell, Address address) {
        if (const auto look = RawLot::kind(RawArena::kindOf(cell)).look)
            look(m_lot, cell, address);
        m_arena.handleOf(address);
        m_lot.countWaiting(address);
    });
    m_lot.cellsWaitedFor();
    for (const Object &object : m_objects)
        m_arena.attachCell(m_arena.handleOf(object.address), object.kind);
}

void BrokenArena::hearBell()
{
    Cell &bell = *m_arena.at<Cell>(m_bell);
    RawBell::wokenUp(bell);
    RawBell::takeChunks(bell, [this](unsigned index) {
        if (NodeChunk *chunk = m_bellNodes->chunk(index)) {
            RawBell::takeNodes(*chunk, [&](unsigned node) {
                if (node >= NodesPerChunk)
                    std::abort();
                m_bellNodes->addressOf(index, node);
            });
        }
    });
    bell.detail[RawBell::Rescan].exchange(0);
    RawBell::prepareToSleep(bell);
}

void BrokenArena::touch(const Object &object)
{
    Cell &cell = *m_arena.at<Cell>(object.address);
    const Address address = object.address;
    std::size_t bytes = 0;
    switch (object.kind) {
    case Cell::Lock:
        RawLock::release(m_lot, cell, address);
        break;
    case Cell::RLock:
        RawRLock::tryAcquire(m_lot, cell, address, m_token);
        RawRLock::release(m_lot, cell, address, m_token);
        RawRLock::release(m_lot, cell, address, m_token);
        break;
    case Cell::Semaphore:
        RawSemaphore::release(m_lot, cell, address, 2);
        break;
    case Cell::BoundedSemaphore:
        RawBoundedSemaphore::release(m_lot, cell, address);
        break;
    case Cell::Event:
        RawEvent::set(m_lot, cell, address);
        RawEvent::clear(m_lot, cell, address);
        break;
    case Cell::Condition:
        RawCondition::notify(m_lot, cell, address, 1);
        RawCondition::notify(m_lot, cell, address, RawCondition::All);
        break;
    case Cell::Barrier:
        if (const Block action = RawBarrier::action(m_lot, cell, bytes); action.data)
            ::write(-1, action.data, bytes);
        RawBarrier::abort(m_lot, cell, address);
        RawBarrier::reset(m_lot, cell, address);
        break;
    default:
        touchQueue(cell, address);
    }
    m_lot.kick(cell, address);
}

void BrokenArena::touchQueue(Cell &cell, Address address)
{
    RawQueue::Put small(m_lot, address, "small", 5);
    for (int tries = 0; small.attempt() && small.outcome() == RawQueue::Outcome::NeedsChunk && tries < 3; ++tries) {
        RawQueue::offer(m_lot, cell, m_lot.slabs().allocate(RawQueue::ChunkBytes));
        small.again();
    }
    if (const Block block = m_lot.slabs().allocate(3000); block.data) {
        RawQueue::Put large(m_lot, address, block, 3000);
        large.attempt();
    }
    RawQueue::size(m_lot, cell);
    RawQueue::maxItems(m_lot, cell);
    for (int i = 0; i < 3; ++i) {
        TakeBytes get(m_lot, address);
        get.attempt();
    }
}

void BrokenArena::waitBriefly(const Object &object)
{
    const auto operation = operationOn(object, m_lot);
    RawWait wait(*operation, *m_nodes);
    wait.block(now() + 20'000);
    wait.settle();
}

void BrokenArena::makeAndTakeAway()
{
    const Address made[] = {m_arena.createCell(Cell::Lock), RawBoundedSemaphore::create(m_lot, 5),
                            RawBarrier::create(m_lot, 2, "more", 4, Never), RawQueue::create(m_lot, 10)};
    for (const Address address : made) {
        Cell *cell = address ? m_arena.at<Cell>(address) : nullptr;
        if (!cell)
            continue;
        m_arena.publishCell(address);
        RawRepair::close(m_lot, *cell, address);
    }
    for (const std::size_t size : {100u, 3'000u, 100'000u, 1'000'000u}) {
        const Block block = m_lot.slabs().allocate(size);
        if (!block.data)
            continue;
        block.data[0] = block.data[size - 1] = 1;
        m_lot.release(block, BlockOwner::process(m_arena.self()));
    }
}
