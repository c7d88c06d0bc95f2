// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawlot.h"

#include "platform/rawfault.h"
#include "sync/rawbell.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace aio_raw {
namespace {

RawKind s_kinds[Cell::KindCount] = {};
RawLot::Collector s_collector = nullptr;

} // namespace

thread_local bool RawLot::t_hasReleased = false;

bool RawLot::registerKind(Cell::Kind kind, const RawKind &description) noexcept
{
    s_kinds[kind] = description;
    return true;
}

bool RawLot::registerCollector(Collector collector) noexcept
{
    s_collector = collector;
    return true;
}

void RawLot::collect(unsigned deadSlot) noexcept
{
    if (s_collector)
        s_collector(*this, deadSlot);
}

const RawKind &RawLot::kind(Cell::Kind kind) noexcept
{
    return s_kinds[kind < Cell::KindCount ? kind : Cell::Free];
}

// -- for waiters

bool RawLot::push(Node &node, Address address, Cell &cell, std::uint32_t before) noexcept
{
    AIO_FAULT_POINT("lot.push");
    Address first = cell.inbox.load();
    do
        node.inboxNext.store(first);
    while (!cell.inbox.compare_exchange_weak(first, address));
    AIO_FAULT_POINT("lot.pushed");
    // A rebuild that ran since the state said so may have judged the node already; then it may come out of the inbox at any later time
    // and must not be another waiter by then.
    return before % 2 == 0 && cell.rebuilds.load() == before;
}

bool RawLot::enqueue(Address address, Address cellAddress, unsigned role) noexcept
{
    Node &node = *m_arena.at<Node>(address);
    Cell &cell = *m_arena.at<Cell>(cellAddress);
    node.role = role;
    node.next = node.previous = 0;
    node.owner.store(m_arena.self());
    node.since = now();
    node.invitedAt = 0;
    node.ticket.store(cell.tickets.fetch_add(1));
    const std::uint32_t rebuilds = cell.rebuilds.load();
    node.cell.store(cellAddress);
    node.state.store(Node::Waiting | Node::Boxed);
    AIO_FAULT_POINT("lot.enqueue");
    const bool reusable = push(node, address, cell, rebuilds);
    cell.word.fetch_or(waitersBit(role));
    AIO_FAULT_POINT("lot.enqueued");
    kick(cell, cellAddress);
    return reusable;
}

std::uint32_t RawLot::finish(Address address, Address cellAddress, bool evenGranted, bool &reusable) noexcept
{
    Node &node = *m_arena.at<Node>(address);
    Cell &cell = *m_arena.at<Cell>(cellAddress);
    const std::uint32_t rebuilds = cell.rebuilds.load();
    std::uint32_t state = node.state.load();
    std::uint32_t done;
    do {
        if (Node::phase(state) == Node::Granted && !evenGranted)
            return Node::Granted;
        if (!(state & (Node::Linked | Node::Boxed)))
            done = Node::Free;
        else
            // a node that is not reusable may be in the inbox still and is not pushed twice; the next repair drops it
            done = Node::Done | (state & (Node::Linked | Node::Boxed)) | (reusable ? std::uint32_t(Node::Boxed) : 0);
    } while (!node.state.compare_exchange_weak(state, done));
    AIO_FAULT_POINT("lot.finished");
    if (reusable && done != Node::Free && !(state & Node::Boxed))
        reusable = push(node, address, cell, rebuilds);
    return Node::phase(state);
}

bool RawLot::kick(Cell &cell, Address address) noexcept
{
    for (;;) {
        cell.attention.store(1, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (!tryGuard(cell, address))
            return false;
        unguard(cell);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        if (cell.attention.load() == 0)
            return true;
    }
}

bool RawLot::tryGuard(Cell &cell, Address address) noexcept
{
    const RawGuard::Result guard = cell.guard.tryLock(m_arena.self(), m_arena);
    if (guard == RawGuard::Busy)
        return false;
    cell.guardHolder.store(m_arena.self(), std::memory_order_relaxed);
    AIO_FAULT_POINT("guard.locked");
    cell.attention.store(0);
    const std::uint32_t deaths = cell.repairs.load();
    const bool repair = guard == RawGuard::OwnerDied || deaths != cell.repaired.load();
    if (guard == RawGuard::OwnerDied)
        rebuild(cell, address);
    drain(cell);
    if (repair)
        purge(cell);
    if (const auto serve = kind(RawArena::kindOf(cell)).serve)
        serve(*this, cell, address, repair);
    tellWatchers(cell, address);
    updateHeadSince(cell);
    cell.repaired.store(deaths);
    return true;
}

void RawLot::unguard(Cell &cell) noexcept
{
    AIO_FAULT_POINT("guard.unlock");
    cell.guardHolder.store(0, std::memory_order_relaxed);
    cell.guard.unlock(m_arena.self());
    flushRings();
    if (std::exchange(t_hasReleased, false))
        tellOfMemory();
}

// -- lists, under the guard

void RawLot::link(Cell &cell, Node &node, Address address) noexcept
{
    const unsigned role = node.role & 1;
    node.next = 0;
    node.previous = cell.tail[role];
    if (Node *tail = node.previous ? m_arena.at<Node>(node.previous) : nullptr)
        tail->next = address;
    else
        cell.head[role] = address;
    cell.tail[role] = address;
    AIO_FAULT_POINT("lot.linked");
}

void RawLot::unlink(Cell &cell, Node &node, Address) noexcept
{
    const unsigned role = node.role & 1;
    if (Node *previous = node.previous ? m_arena.at<Node>(node.previous) : nullptr)
        previous->next = node.next;
    else
        cell.head[role] = node.next;
    AIO_FAULT_POINT("lot.unlink");
    if (Node *next = node.next ? m_arena.at<Node>(node.next) : nullptr)
        next->previous = node.previous;
    else
        cell.tail[role] = node.previous;
    node.next = node.previous = 0;
}

void RawLot::drain(Cell &cell) noexcept
{
    Address last = cell.inbox.load() ? cell.inbox.exchange(0) : 0;
    AIO_FAULT_POINT("lot.drain");
    Address first = 0;
    // the stack has the last one first; serve them in the order in which they came
    while (Node *node = last ? m_arena.at<Node>(last) : nullptr) {
        const Address next = node->inboxNext.load();
        node->inboxNext.store(first);
        first = last;
        last = next;
    }
    while (first) {
        Node &node = *m_arena.at<Node>(first);
        const Address address = first;
        first = node.inboxNext.exchange(0);     // a list that leads back to itself has an end all the same
        std::uint32_t state = node.state.load();
        for (;;) {
            if (!(state & Node::Boxed))
                break;      // a rebuild was faster
            if (Node::phase(state) == Node::Done) {
                if (state & Node::Linked)
                    unlink(cell, node, address);
                node.state.store(Node::Free);
                break;
            }
            const std::uint32_t linked = (state & ~std::uint32_t(Node::Boxed)) | Node::Linked;
            if (!node.state.compare_exchange_weak(state, linked))
                continue;
            if (!(state & Node::Linked))
                link(cell, node, address);
            break;
        }
    }
}

void RawLot::loseIfWaiting(Cell &cell, const Node &node) noexcept
{
    const auto lost = kind(RawArena::kindOf(cell)).lost;
    if (lost && Node::waits(node.state.load()))
        lost(*this, cell, node);
}

void RawLot::purge(Cell &cell) noexcept
{
    for (unsigned role : {0u, 1u}) {
        Address address;
        for (Node *node = first(cell, role, address); node;) {
            Node &here = *node;
            const Address place = address;
            node = next(here, address);
            const std::uint32_t state = here.state.load();
            const bool over = Node::phase(state) == Node::Done && !(state & Node::Boxed);
            if (!over && m_arena.isAlive(here.owner.load()))
                continue;
            loseIfWaiting(cell, here);
            AIO_FAULT_POINT("lot.lost");
            unlink(cell, here, place);
            AIO_FAULT_POINT("lot.purged");
            here.state.store(Node::Free);
        }
    }
}

void RawLot::rebuild(Cell &cell, Address cellAddress) noexcept
{
    // The list may be half way between two states, and nodes taken from the inbox may be nowhere; but every node knows
    // its cell, so the nodes themselves are the list.
    const std::uint32_t odd = cell.rebuilds.load() | 1;
    cell.rebuilds.store(odd);
    cell.inbox.store(0);
    AIO_FAULT_POINT("lot.rebuild");
    struct Waiter { std::uint64_t ticket; Node *node; Address address; };
    std::vector<Waiter> waiters;
    m_arena.forEachNodeChunk([&](NodeChunk &chunk, Address chunkAddress) {
        for (unsigned i = 0; i < NodesPerChunk; ++i) {
            Node &node = chunk.nodes[i];
            if (node.cell.load() != cellAddress)
                continue;
            const bool alive = m_arena.isAlive(node.owner.load());
            for (std::uint32_t state = node.state.load();;) {
                const bool underWay = Node::phase(state) == Node::Granted && !(state & Node::Linked);
                if (Node::phase(state) == Node::Free || (underWay && alive))
                    break;
                const bool keep = Node::waits(state) && alive;
                if (!alive)
                    loseIfWaiting(cell, node);
                const std::uint32_t wanted = keep ? (state & ~std::uint32_t(Node::Boxed)) | Node::Linked : std::uint32_t(Node::Free);
                if (!node.state.compare_exchange_weak(state, wanted))
                    continue;
                AIO_FAULT_POINT("lot.judged");
                if (keep)
                    waiters.push_back({node.ticket.load(), &node, m_arena.addressOfNode(chunkAddress, i)});
                break;
            }
        }
    });
    std::sort(waiters.begin(), waiters.end(), [](const Waiter &a, const Waiter &b) { return a.ticket < b.ticket; });
    for (unsigned role : {0u, 1u})
        cell.head[role] = cell.tail[role] = 0;
    AIO_FAULT_POINT("lot.sorted");
    for (const Waiter &waiter : waiters)
        link(cell, *waiter.node, waiter.address);
    cell.rebuilds.store(odd + 1);
}

void RawLot::updateHeadSince(Cell &cell) noexcept
{
    const Node *head = cell.head[0] ? m_arena.at<Node>(cell.head[0]) : nullptr;
    cell.headSince.store(head ? head->since : INT64_MAX, std::memory_order_relaxed);
}

// A thread that blocks in a call on this very object cannot hear its bell: its coroutines are passed over meanwhile.
bool RawLot::canHear(const Node &node) noexcept
{
    const Cell *bell = node.bell ? m_arena.at<Cell>(node.bell) : nullptr;
    return !bell || bell->detail[RawBell::BlockedAt].load() != node.cell.load();
}

Node *RawLot::head(Cell &cell, unsigned role, Address &address) noexcept
{
    Node *node = first(cell, role, address);
    while (node && (!Node::mayTake(node->state.load()) || !canHear(*node)))
        node = next(*node, address);
    return node;
}

Node *RawLot::first(Cell &cell, unsigned role, Address &address) noexcept
{
    address = cell.head[role];
    Node *node = address ? m_arena.at<Node>(address) : nullptr;
    return node && node->previous == 0 ? node : nullptr;
}

Node *RawLot::next(const Node &node, Address &address) noexcept
{
    const Address before = address;
    address = node.next;
    Node *following = address ? m_arena.at<Node>(address) : nullptr;
    return following && following->previous == before ? following : nullptr;
}

bool RawLot::areFewAndInvited(Cell &cell, unsigned role) noexcept
{
    constexpr int Few = 32;
    Address address;
    Node *node = first(cell, role, address);
    for (int n = 0; node && n < Few; ++n, node = next(*node, address)) {
        if (Node::phase(node->state.load()) == Node::Waiting)
            return false;
    }
    return !node;
}

bool RawLot::isEmpty(Cell &cell, unsigned role) noexcept
{
    Address address;
    for (Node *node = first(cell, role, address); node; node = next(*node, address)) {
        if (Node::phase(node->state.load()) != Node::Done)
            return false;
    }
    return true;
}

std::vector<Address> RawLot::cellsWaitedFor() noexcept
{
    std::vector<Address> cells;
    m_arena.forEachNodeChunk([&](NodeChunk &chunk, Address) {
        if (chunk.owner.load() != m_arena.self())
            return;
        for (const Node &node : chunk.nodes) {
            const Address cell = Node::waits(node.state.load()) ? node.cell.load() : 0;
            if (cell && (cells.empty() || cells.back() != cell))
                cells.push_back(cell);
        }
    });
    std::sort(cells.begin(), cells.end());
    cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
    return cells;
}

unsigned RawLot::countWaiting(Address cell) noexcept
{
    unsigned count = 0;
    m_arena.forEachNodeChunk([&](NodeChunk &chunk, Address) {
        if (!chunk.owner.load())
            return;
        for (const Node &node : chunk.nodes)
            count += node.cell.load() == cell && node.role == 0 && Node::mayTake(node.state.load()) && m_arena.isAlive(node.owner.load());
    });
    return count;
}

void RawLot::freeBlocksOf(Address cell) noexcept
{
    m_slabs.sweep([cell](std::uint64_t owner, Address) {
        const auto kind = BlockOwner::kind(owner);
        return (kind != BlockOwner::Object && kind != BlockOwner::Message) || BlockOwner::cell(owner) != cell;
    });
    collect(MaxProcesses);
    tellOfMemory();
}

void RawLot::release(const Block &block, std::uint64_t expected) noexcept
{
    if (m_slabs.release(block, expected))
        tellOfMemory();
}

void RawLot::releaseGuarded(const Block &block, std::uint64_t expected) noexcept
{
    t_hasReleased |= m_slabs.release(block, expected);
}

bool RawLot::tellOfMemory() noexcept
{
    std::atomic_thread_fence(std::memory_order_seq_cst);
    Cell &memory = m_arena.header().memory;
    return !(memory.word.load(std::memory_order_relaxed) & (waitersBit(0) | waitersBit(1))) || kick(memory, memoryAddress());
}

void RawLot::clearWaiters(Cell &cell, unsigned role) noexcept
{
    cell.word.fetch_and(~waitersBit(role));
}

} // namespace aio_raw
