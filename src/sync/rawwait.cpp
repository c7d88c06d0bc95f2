// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawwait.h"

#include "platform/rawfault.h"
#include "platform/rawsleep.h"
#include "sync/rawbell.h"

namespace aio_raw {

// -- nodes

RawNodePool::~RawNodePool()
{
    // A node that is still on a list must not become another process's: then its chunk waits for this process's end.
    const std::lock_guard lock(m_mutex);
    for (const Address chunk : m_chunks) {
        bool free = true;
        for (const Node &node : m_arena.at<NodeChunk>(chunk)->nodes)
            free &= node.state.load() == Node::Free;
        // who has left the arena has given them back already
        Owner mine = m_arena.self();
        if (free && mine)
            m_arena.at<NodeChunk>(chunk)->owner.compare_exchange_strong(mine, 0);
    }
}

bool RawNodePool::isFree(Address node) noexcept
{
    return m_arena.at<Node>(node)->state.load() == Node::Free;
}

Address RawNodePool::take() noexcept
{
    const std::lock_guard lock(m_mutex);
    for (unsigned looks = 0; m_free.empty() && looks < 2 && !m_leaving.empty(); ++looks) {
        std::erase_if(m_leaving, [this](Address node) {
            if (!isFree(node))
                return false;
            m_free.push_back(node);
            return true;
        });
    }
    if (m_free.empty()) {
        if (m_bell && m_chunks.size() >= RawBell::MaxChunks)
            return 0;
        const Address chunk = m_arena.createNodeChunk(m_bell, unsigned(m_chunks.size()));
        if (!chunk)
            return 0;
        m_chunks.push_back(chunk);
        m_free.reserve(m_free.size() + NodesPerChunk);
        for (unsigned i = NodesPerChunk; i-- > 0;) {
            const Address address = m_arena.addressOfNode(chunk, i);
            auto *node = m_arena.at<Node>(address);
            node->bell = m_bell;
            node->chunk = i;
            m_free.push_back(address);
        }
    }
    const Address node = m_free.back();
    m_free.pop_back();
    return node;
}

void RawNodePool::giveBack(Address node) noexcept
{
    const std::lock_guard lock(m_mutex);
    (isFree(node) ? m_free : m_leaving).push_back(node);
}

NodeChunk *RawNodePool::chunk(unsigned index) noexcept
{
    const std::lock_guard lock(m_mutex);
    return index < m_chunks.size() ? m_arena.at<NodeChunk>(m_chunks[index]) : nullptr;
}

unsigned RawNodePool::chunkCount() noexcept
{
    const std::lock_guard lock(m_mutex);
    return unsigned(m_chunks.size());
}

Address RawNodePool::addressOf(unsigned chunk, unsigned node) noexcept
{
    const std::lock_guard lock(m_mutex);
    return m_arena.addressOfNode(m_chunks[chunk], node);
}

// -- waits

RawWait::~RawWait()
{
    end(false);
    settle();
}

bool RawWait::begin() noexcept
{
    const Address node = m_pool.take();
    if (!node)
        return false;
    m_operation.describe(*m_operation.lot().arena().at<Node>(node));
    m_node.store(node);
    m_reusable = m_operation.lot().enqueue(node, m_operation.address(), m_operation.role());
    return true;
}

std::uint32_t RawWait::finish(bool evenGranted) noexcept
{
    const Address node = m_node.load();
    const std::uint32_t phase = m_operation.lot().finish(node, m_operation.address(), evenGranted, m_reusable);
    if (phase == Node::Granted && !evenGranted)
        return phase;
    m_node.store(0);
    if (m_reusable)
        m_pool.giveBack(node);
    return phase;
}

void RawWait::accept() noexcept
{
    m_operation.accept(*m_operation.lot().arena().at<Node>(m_node.load()));
}

bool RawWait::poll() noexcept
{
    auto &state = m_operation.lot().arena().at<Node>(m_node.load())->state;
    std::uint32_t seen = state.load();
    while (Node::phase(seen) == Node::Invited) {
        // back to waiting first: an invitation that comes while we try must not be lost
        if (state.compare_exchange_weak(seen, Node::withPhase(seen, Node::Waiting)))
            break;
    }
    AIO_FAULT_POINT("wait.poll");
    if (Node::phase(seen) == Node::Invited)
        m_operation.beforeLook();
    const bool granted = Node::phase(seen) == Node::Granted;
    if (granted)
        accept();
    else if (!m_operation.attempt())
        return false;
    if (granted && m_operation.lingers())
        return true;
    AIO_FAULT_POINT("wait.done");
    if (!granted && finish(false) == Node::Granted) {
        accept();
        finish(true);
        m_operation.surplus();
    } else if (granted) {
        finish(true);
    }
    // Only now: while this node stood on the list it counted as one that will take something.
    if (m_operation.passesOn())
        m_operation.lot().kick(m_operation.cell(), m_operation.address());
    return true;
}

void RawWait::settle() noexcept
{
    if (m_node.load())
        finish(true);
}

bool RawWait::end(bool acceptLate) noexcept
{
    if (!m_node.load())
        return false;
    AIO_FAULT_POINT("wait.end");
    if (m_operation.isDecided(*m_operation.lot().arena().at<Node>(m_node.load()))) {
        accept();
        finish(true);
        m_operation.lot().kick(m_operation.cell(), m_operation.address());
        return true;
    }
    // What was granted is taken first, so that at no moment a grant stands in the word of which no waiter knows.
    // A late grant is one that came between the deadline and now.
    const bool granted = finish(false) == Node::Granted;
    if (granted)
        accept();
    const bool done = granted && (acceptLate || !m_operation.isRevocable());
    const bool lingers = m_operation.lingers();
    if (done && lingers)
        return true;
    // who lingers has it until it is passed on: if he dies half way, others find him and pass it on
    if (granted && !done && lingers)
        m_operation.decline();
    if (granted)
        finish(true);
    else
        m_operation.withdraw(acceptLate);
    if (granted && !done && !lingers)
        m_operation.decline();
    m_operation.lot().kick(m_operation.cell(), m_operation.address());
    return done;
}

bool RawWait::prepareToSleep() noexcept
{
    RawArena &arena = m_operation.lot().arena();
    if (!RawSleep::prepare(arena.source(), arena.entry(), m_doorbell))
        return false;
    arena.at<Node>(m_node.load())->chunk.store(m_doorbell);
    return !m_operation.lot().beforeSleep || m_operation.lot().beforeSleep();
}

RawWait::Result RawWait::block(Nanoseconds deadline) noexcept
{
    if (!m_node.load() && !begin())
        return NoMemory;
    auto &state = m_operation.lot().arena().at<Node>(m_node.load())->state;
    bool isReady = false;
    for (;;) {
        if (poll())
            return Completed;
        const std::uint32_t seen = state.load();
        if (m_stopped.load())
            return end(false) ? Completed : Stopped;
        if (Node::phase(seen) == Node::Invited || Node::phase(seen) == Node::Granted)
            continue;
        if (!isReady) {
            if (!prepareToSleep()) {
                end(false);
                return NoMemory;
            }
            isReady = true;
            continue;       // who changed the state before did not know where to ring, or died before the watch began
        }
        if (!RawSleep::sleep(state, seen, deadline, m_doorbell))
            return poll() || end(true) ? Completed : TimedOut;
    }
}

void RawWait::stop() noexcept
{
    m_stopped.store(true);
    // the flag changes the word on which block() sleeps, so that it cannot fall asleep after this
    if (const Address node = m_node.load()) {
        auto &state = m_operation.lot().arena().at<Node>(node)->state;
        std::uint32_t seen = state.load();
        while (Node::phase(seen) != Node::Free && Node::phase(seen) != Node::Done
               && !state.compare_exchange_weak(seen, seen | Node::Stopped)) { }
        m_operation.lot().wakeSleeper(*m_operation.lot().arena().at<Node>(node));
    }
}

} // namespace aio_raw
