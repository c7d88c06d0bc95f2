// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawclock.h"
#include "shm/rawslabs.h"

#include <mutex>
#include <vector>

/*
 * The parking lot: who waits for a cell, in order, and how they are woken. Everything that can wait uses it.
 *
 * Nobody ever waits for a guard. Who changes a cell or wants something of it says so without the guard (a swap of the
 * word; a push on the cell's inbox) and then kicks the cell: whoever gets the guard serves everything that has come up;
 * who does not get it knows that the holder looks again (attention) after it has unlocked. So a stopped process stops
 * only the waits of the one cell whose guard it holds, each of which still times out and can be cancelled, and a killed
 * one is found by the next tryLock().
 *
 * Serving is the primitive's own function. It either *invites* the head of the queue (the head stays queued and tries for
 * itself; others may be faster: throughput), or *grants* (the head owns it already: fairness).
 *
 * Four rules keep this alive when a process dies at any instruction (tests/model shows that each is needed):
 *  1. repair rings whoever holds a grant, whatever he seems to know already;
 *  2. repair leaves no node on a list twice, and no node of a dead process;
 *  3. a waiter that gives up passes on a grant or an invitation that it had;
 *  4. repair rings the head of every free object that has waiters, also when the head is invited already.
 */
namespace aio_raw {

class RawLot;

/* What the lot must know about one kind of primitive. */
struct RawKind
{
    /* Decides under the guard who goes on. \a repair: a process has died, trust nothing but the words. */
    void (*serve)(RawLot &, Cell &, Address, bool repair) noexcept = nullptr;
    /* Nobody has the cell open any more: give back what it owns. */
    void (*destroy)(RawLot &, Cell &, Address) noexcept = nullptr;
    /* Whether the message at \a position (lower bits) still is in \a block. Says yes where it cannot tell. */
    bool (*holds)(RawLot &, Cell &, std::uint32_t position, Address block) noexcept = nullptr;
    /* A process has died with the waiting \a node, which is about to be taken off its list. Under the guard; may come twice. */
    void (*lost)(RawLot &, Cell &, const Node &node) noexcept = nullptr;
    /* What people see of the cell, as a number. In such kinds role 1 is for those who wait until it is another one (rawchange.h). Without a guard. */
    std::uint32_t (*look)(RawLot &, const Cell &, Address) noexcept = nullptr;
};

class RawLot
{
public:
    static bool registerKind(Cell::Kind kind, const RawKind &) noexcept;
    static const RawKind &kind(Cell::Kind kind) noexcept;
    /* Who looks after blocks that belong to those named in them: frees what \a deadSlot (more than there are: nobody) leaves alone. */
    using Collector = void (*)(RawLot &, unsigned deadSlot) noexcept;
    static bool registerCollector(Collector collector) noexcept;
    void collect(unsigned deadSlot) noexcept;

    explicit RawLot(RawArena &arena) noexcept : m_arena(arena), m_slabs(arena) {}
    RawArena &arena() noexcept { return m_arena; }
    RawSlabs &slabs() noexcept { return m_slabs; }
    /* Held while a thread of this process repairs, and while the process leaves. */
    std::recursive_mutex &repairMutex() noexcept { return m_repairMutex; }

    // -- for waiters
    /* Queues \a node at \a cell and kicks it. False: use the node for this wait only, never again. */
    bool enqueue(Address node, Address cell, unsigned role) noexcept;
    /*
     * Ends the wait of \a node at \a cell and returns the phase it was in; a granted one only with \a evenGranted. \a reusable is
     * what enqueue() returned, and may become false.
     */
    std::uint32_t finish(Address node, Address cell, bool evenGranted, bool &reusable) noexcept;
    /* Serves \a cell, now or by whoever holds its guard. False: somebody else will. */
    bool kick(Cell &cell, Address address) noexcept;

    // -- for serve functions, under the guard
    /* Takes in who has come or left since serving began. */
    void drain(Cell &cell) noexcept;
    /* The first waiter of \a role that has not got anything and can take it; null: none. */
    Node *head(Cell &cell, unsigned role, Address &address) noexcept;
    /*
     * The list of \a role from its first node on: \a address is the node's, and that of the one that is returned from then on. A node to
     * which the one before it does not belong is none of the list, so that even one full of rubbish has an end.
     */
    Node *first(Cell &cell, unsigned role, Address &address) noexcept;
    Node *next(const Node &node, Address &address) noexcept;
    /* False: its thread blocks in a call on this very object, so it cannot hear its bell. */
    bool canHear(const Node &node) noexcept;
    /* Whether the list of \a role is empty but for waiters that are done. */
    bool isEmpty(Cell &cell, unsigned role) noexcept;
    /* Whether each waiter of \a role that has not got anything is on its way. With more than a few on the list: no. */
    bool areFewAndInvited(Cell &cell, unsigned role) noexcept;
    /* Invites the node, and rings it when it was not invited before or when \a again. False: it is done. */
    bool invite(Node &node, Address address, bool again) noexcept;
    /* Invites waiters of \a role until \a count of them are on their way. One that has been invited for long may be stopped. */
    void inviteSome(Cell &cell, unsigned role, unsigned count, bool again, std::uint32_t snapshot = AnySnapshot) noexcept;
    /*
     * Invites one more of \a role, of another process than those that are invited if there is one near either end of the list:
     * all of them may be stopped. For what one waiter takes and no other is told of.
     */
    void inviteElsewhere(Cell &cell, unsigned role, std::uint32_t snapshot = AnySnapshot) noexcept;
    /* For waiters that wait for different things: only those with this one in their nodes. */
    static constexpr std::uint32_t AnySnapshot = UINT32_MAX;
    /* Grants to the node, which stays queued until it has taken the grant. False: it is done. */
    bool grant(Node &node, Address address) noexcept;
    /* Rings those of role 0 that have been granted something and that \a which(node) means (rule 1). Returns whether there are any. */
    template<class F> bool ringGranted(Cell &cell, F which) noexcept
    {
        bool any = false;
        Address address;
        for (Node *node = first(cell, 0, address); node; node = next(*node, address)) {
            if (Node::phase(node->state.load()) != Node::Granted || !which(*node))
                continue;
            ring(*node, address);
            any = true;
        }
        return any;
    }
    /* Rings the living waiter that was granted something under \a tag; false: nobody knows of it. */
    bool ringGrantee(Cell &cell, std::uint64_t tag) noexcept;
    /* Grants to the node and takes it off its list. */
    void grantAndUnlink(Cell &cell, Node &node, Address address) noexcept;
    /* Takes the "there may be waiters" bit of \a role out of the word. */
    void clearWaiters(Cell &cell, unsigned role) noexcept;
    /* Rings a node again that may have missed it. */
    void ring(Node &node, Address address) noexcept;
    /* Wakes the thread that sleeps on \a node, which has no bell. */
    void wakeSleeper(Node &node) noexcept;

    /* How many wait for \a cell in role 0. Looks at every node of the arena, without the guard: for people. */
    unsigned countWaiting(Address cell) noexcept;
    /* Gives back every block that belongs to the object in \a cell, its messages included. */
    void freeBlocksOf(Address cell) noexcept;
    /* Gives \a block back if \a expected still has it, and tells those who wait for memory. With a guard: they are told after it. */
    void release(const Block &block, std::uint64_t expected) noexcept;
    void releaseGuarded(const Block &block, std::uint64_t expected) noexcept;
    /* There may be memory now for those who wait for it. False: somebody else is telling them. */
    bool tellOfMemory() noexcept;
    static constexpr Address memoryAddress() noexcept { return Address(offsetof(ArenaHeader, memory) / UnitBytes); }

    /* Takes the guard and serves the cell. False: somebody else has it. kick() does both; a releaser hands over in between. */
    bool tryGuard(Cell &cell, Address address) noexcept;
    void unguard(Cell &cell) noexcept;

    /* Called before a thread goes to sleep on a node: somebody must watch for deaths meanwhile. False: nobody can. */
    bool (*beforeSleep)() noexcept = nullptr;

    /*
     * Rings everybody whose ring may have been lost with a dead process, or those of the process \a whose alone: rule 1 for nodes
     * that are on no list any more.
     */
    void ringAll(Owner whose = 0) noexcept;
    /* What this process has waiters of, each cell once. */
    std::vector<Address> cellsWaitedFor() noexcept;

private:
    /* \a rebuilds: how many there had been before the node's state said that it would be pushed. */
    bool push(Node &node, Address address, Cell &cell, std::uint32_t rebuilds) noexcept;
    void purge(Cell &cell) noexcept;
    void rebuild(Cell &cell, Address address) noexcept;
    void loseIfWaiting(Cell &cell, const Node &node) noexcept;
    void tellWatchers(Cell &cell, Address address) noexcept;
    void link(Cell &cell, Node &node, Address address) noexcept;
    void unlink(Cell &cell, Node &node, Address address) noexcept;
    void updateHeadSince(Cell &cell) noexcept;
    void flushRings() noexcept;

    // Rings are kept until the guard is free again: a system call does not belong under it.
    struct Ring
    {
        Address place;                  // of a node that sleeps, or of a bell
        bool isBell;
        friend bool operator==(const Ring &, const Ring &) = default;
    };
    struct Rings
    {
        static constexpr unsigned Capacity = 64;
        Ring rings[Capacity];
        unsigned count = 0;
    };
    static thread_local Rings t_rings;
    static thread_local bool t_hasReleased;     // with a guard

    RawArena &m_arena;
    RawSlabs m_slabs;
    std::recursive_mutex m_repairMutex;
};

/*
 * What stands in a word that grants something, in bits 3 to 31: the lower bits of the waiter's ticket. So repair can tell
 * whether he knows of it, and he can tell that it is meant for him.
 */
inline std::uint64_t grantTag(const Node &node) noexcept { return (node.ticket.load(std::memory_order_relaxed) & 0x1fffffff) << 3; }
inline constexpr std::uint64_t GrantTagMask = 0xfffffff8;

/* The lower two bits of every cell's word. */
constexpr std::uint64_t waitersBit(unsigned role) noexcept { return std::uint64_t(1) << role; }

} // namespace aio_raw
