// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawlot.h"

#include <mutex>
#include <vector>

/*
 * Nodes to wait with, and one wait.
 */
namespace aio_raw {

/* The nodes of one bell, or (bell 0) of all blocking waits of this process. Any thread. */
class RawNodePool
{
public:
    RawNodePool(RawArena &arena, Address bell) noexcept : m_arena(arena), m_bell(bell) {}
    ~RawNodePool();
    RawNodePool(const RawNodePool &) = delete;

    /* 0: memory is out. */
    Address take() noexcept;
    void giveBack(Address node) noexcept;
    /* The chunk that the bell calls \a index. */
    NodeChunk *chunk(unsigned index) noexcept;
    unsigned chunkCount() noexcept;
    Address addressOf(unsigned chunk, unsigned node) noexcept;

private:
    bool isFree(Address node) noexcept;

    RawArena &m_arena;
    const Address m_bell;
    std::mutex m_mutex;
    std::vector<Address> m_chunks;
    std::vector<Address> m_free;
    std::vector<Address> m_leaving;     // given back, but on a list or in an inbox until somebody serves that cell
};

/* What a wait is for. Called without a guard, by the waiting thread. */
class RawOperation
{
public:
    RawOperation(RawLot &lot, Address cell, unsigned role = 0) noexcept : m_lot(lot), m_address(cell), m_role(role) {}
    virtual ~RawOperation() = default;

    /* Does it if that can be done now. */
    virtual bool attempt() noexcept = 0;
    /* The lot has granted it to \a node: the rest of doing it. For those that linger it may be called again. */
    virtual void accept(Node &) noexcept {}
    /* It was accepted, but the waiter is gone: undo it. */
    virtual void decline() noexcept {}
    /* It was accepted, but attempt() had done it already. */
    virtual void surplus() noexcept { decline(); }
    /*
     * Before the waiter leaves: whether it has got it all the same, by a decision that can be taken back no more and of which it
     * has perhaps not been told yet. After a no, nobody counts on it.
     */
    virtual bool isDecided(Node &) noexcept { return false; }
    /* The waiter leaves without having got anything; \a expired: its time is up. */
    virtual void withdraw(bool /*expired*/) noexcept {}
    /* It was invited, and is about to look. */
    virtual void beforeLook() noexcept {}
    /* Writes what serving needs to know into the node. */
    virtual void describe(Node &) noexcept {}

    /* Whether a granted node stays where it is until RawWait::settle(). */
    virtual bool lingers() const noexcept { return false; }
    /* Whether what was accepted can be undone by decline(); else a cancellation that comes later comes too late. */
    virtual bool isRevocable() const noexcept { return true; }
    /* Whether there may be something left for the next waiter after this one has taken its part. */
    virtual bool passesOn() const noexcept { return false; }

    RawLot &lot() const noexcept { return m_lot; }
    Cell &cell() const noexcept { return *m_lot.arena().at<Cell>(m_address); }
    Address address() const noexcept { return m_address; }
    unsigned role() const noexcept { return m_role; }

protected:
    RawLot &m_lot;
    const Address m_address;
    const unsigned m_role;
};

/* One wait of one operation: begin(), then poll() after each ring until it says true, or end(). */
class RawWait
{
public:
    enum Result { Completed, TimedOut, Stopped, NoMemory };

    RawWait(RawOperation &operation, RawNodePool &pool) noexcept : m_operation(operation), m_pool(pool) {}
    RawWait(const RawWait &) = delete;
    /* Withdraws a wait that is under way. */
    ~RawWait();

    bool begin() noexcept;
    /* Whether the operation is done. Then the wait is over. */
    bool poll() noexcept;
    /*
     * Ends a wait that is not over, without effect: what it had been granted or offered goes to the next waiter. With
     * \a acceptLate a grant that came at the last moment is taken, and in any case one that is not revocable. Returns
     * whether the operation is done.
     */
    bool end(bool acceptLate) noexcept;
    Address node() const noexcept { return m_node; }

    /* The operation that lingered is done. Without it the end of this wait gives back what was granted. */
    void settle() noexcept;

    /* Blocks the thread in this wait, which may have begun. */
    Result block(Nanoseconds deadline) noexcept;
    /* Makes block() return Stopped. Any thread, while block() runs. */
    void stop() noexcept;

private:
    std::uint32_t finish(bool evenGranted) noexcept;
    void accept() noexcept;
    bool prepareToSleep() noexcept;

    RawOperation &m_operation;
    RawNodePool &m_pool;
    std::atomic<Address> m_node = 0;
    std::atomic<bool> m_stopped = false;
    bool m_reusable = true;
    std::uint32_t m_doorbell = 0;       // at which the blocking thread sleeps
};

} // namespace aio_raw
