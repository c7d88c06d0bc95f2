// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawguard.h"
#include "platform/rawsystem.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

/*
 * The layout of an arena: everything that processes of different builds must agree on. Do not re-arrange. A change of
 * any structure here, or of what a field means, is a new LayoutVersion.
 *
 * An arena is a growing list of segments of SegmentBytes each, sparse. Payload fills them from the first on; what the objects themselves
 * need lies at the begin of the first, and then in segments from the last number down, so that it does not stand between payload. A place in it is an Address: the segment in the
 * upper 12 bits, the place in units of 64 bytes in the lower 20. 0 is "nowhere" (the header lives there). Nothing in an
 * arena is a pointer, and whatever is read from it is read once and checked before it is used.
 */
namespace aio_raw {

using Address = std::uint32_t;

inline constexpr std::uint64_t ArenaMagic = 0x416e657241'6f6941;    // "AioArenA"
inline constexpr std::uint32_t LayoutVersion = 4;
inline constexpr std::size_t UnitBytes = 64;
inline constexpr unsigned SegmentShift = 20;
inline constexpr std::size_t SegmentBytes = UnitBytes << SegmentShift;     // 64 MiB
inline constexpr unsigned MaxSegments = 1u << (32 - SegmentShift);
inline constexpr unsigned MaxProcesses = 512;
inline constexpr unsigned MaxCellChunks = 4096;
inline constexpr unsigned CellsPerChunk = 256;
inline constexpr unsigned MaxNodeChunks = 4096;
inline constexpr unsigned NodesPerChunk = 1024;
inline constexpr unsigned MaxSlabs = 32768;
inline constexpr std::size_t PageBytes = 64 * 1024;
inline constexpr unsigned PagesPerSegment = SegmentBytes / PageBytes;
inline constexpr std::uint32_t PageUnits = PageBytes / UnitBytes;
inline constexpr std::uint32_t ControlUnits = 4 * 1024 * 1024 / UnitBytes;
inline constexpr std::uint32_t FirstPage = ControlUnits / PageUnits;
inline constexpr unsigned FirstHuge = MaxSegments / 2;      // numbers of segments that payload of pages never has
inline constexpr unsigned MaxHuge = 256;
inline constexpr unsigned BlocksPerSlab = 256;
inline constexpr unsigned BlockClasses = 8;     // of 256 bytes, and twice as many each

/* A process of the arena: slot + 1 in the lower half, the slot's generation in the upper. 0 is nobody. */
using Owner = std::uint32_t;

/*
 * A page of a segment: 64 KiB that hold payload, alone or as part of a run. What the owner word says stands in rawslabs.h; 0 is a
 * page that holds something else, or that nobody has used yet.
 */
struct Page
{
    std::atomic<std::uint64_t> owner;
    std::atomic<std::uint32_t> count;           // of the run that begins here
    std::atomic<std::uint32_t> lap;             // counts these runs
};
static_assert(sizeof(Page) == 16);

/* First bytes of every segment. Checked before anything else of it is believed. */
struct SegmentHeader
{
    std::uint64_t magic;
    std::uint32_t layoutVersion;
    std::uint32_t segment;
    std::uint8_t arena[16];                     // identity of the arena
    std::uint64_t bytes;
    std::uint64_t pidNamespace;                 // owners are pids: all users share one pid namespace
    Backend backend;                            // guards, doorbells and sleep: all users have the same
    std::uint32_t reserved;
    std::atomic<std::uint64_t> ready;           // ArenaMagic when the creator has filled everything in
    Page pages[PagesPerSegment];
};
static_assert(offsetof(SegmentHeader, pages) == UnitBytes && sizeof(SegmentHeader) % UnitBytes == 0 && sizeof(SegmentHeader) < PageBytes);

/* The first bytes of a segment that has a single block or object in it, which begins behind the head. */
struct OwnSegmentHeader
{
    std::uint64_t magic;
    std::uint32_t layoutVersion;
    std::uint32_t reserved0;
    std::uint8_t arena[16];
    std::uint64_t bytes;                        // behind the head
    std::uint64_t nonce;                        // of its name
    std::uint64_t reserved1;
    std::atomic<std::uint64_t> ready;           // ArenaMagic
};
inline constexpr std::size_t OwnHeadBytes = 4096;
static_assert(sizeof(OwnSegmentHeader) == UnitBytes && offsetof(OwnSegmentHeader, arena) == offsetof(SegmentHeader, arena));

/* A block that is larger than the others can be, and so has a segment of its own. */
struct HugeBlock
{
    std::atomic<std::uint64_t> owner;           // as of a page; 0: there is no such block
    std::atomic<std::uint64_t> nonce;           // of its segment's name; 0: none yet
    std::atomic<std::uint64_t> bytes;           // of memory that it takes
    std::uint64_t reserved;
};
static_assert(sizeof(HugeBlock) == 32);

struct ProcessSlot
{
    enum Phase : std::uint32_t { Free, Joining, Live, Dying };
    std::atomic<std::uint64_t> state;           // see SlotState
    std::atomic<std::uint32_t> watches;         // its doorbell 0 wants to hear of processes that join
    std::uint32_t reserved0;
    std::atomic<std::uint64_t> startTime;
    std::uint8_t entry[16];                     // identity; names the process's directory entry
    char name[32];                              // for people
    std::uint8_t reserved[56];
};
static_assert(sizeof(ProcessSlot) == 128);

/* {repairer's slot + 1 : 12, phase : 4, generation : 16, pid : 32} */
struct SlotState
{
    unsigned repairer = 0;
    ProcessSlot::Phase phase = ProcessSlot::Free;
    std::uint16_t generation = 0;
    std::int32_t pid = 0;

    SlotState() = default;
    constexpr SlotState(unsigned r, ProcessSlot::Phase p, std::uint16_t g, std::int32_t id) noexcept
        : repairer(r), phase(p), generation(g), pid(id)
    { }
    constexpr explicit SlotState(std::uint64_t word) noexcept
        : repairer(unsigned(word >> 52)), phase(ProcessSlot::Phase(word >> 48 & 15)), generation(std::uint16_t(word >> 32)),
          pid(std::int32_t(word))
    { }
    constexpr std::uint64_t word() const noexcept
    { return std::uint64_t(repairer) << 52 | std::uint64_t(phase) << 48 | std::uint64_t(generation) << 32 | std::uint32_t(pid); }
};

/*
 * A cell: one shared primitive, or one doorbell.
 *
 * word is the primitive's state in one atomic value; what each bit means stands beside each primitive, but for the lower
 * two bits, which belong to the lot: there may be waiters of role 0, of role 1.
 */
struct Cell
{
    enum Kind : std::uint8_t { Free, Bell, Lock, RLock, Semaphore, BoundedSemaphore, Event, Condition, Barrier, Queue, Memory, KindCount };

    // -- line 0: all that a fast path touches
    std::atomic<std::uint64_t> word;
    std::atomic<std::uint64_t> identity;        // {generation : 32, worker : 16, published : 8, kind : 8}
    std::atomic<std::uint32_t> inbox;           // nodes that arrive or leave: a stack, last one first
    std::atomic<std::uint32_t> attention;       // the guard's holder must look again after it unlocked
    std::atomic<std::uint64_t> tickets;         // the next waiter's number
    std::atomic<std::int64_t> headSince;        // since when the head of role 0 waits; INT64_MAX: nobody does
    std::atomic<std::uint32_t> repairs;         // counts deaths to be looked at
    std::atomic<std::uint32_t> repaired;        // the last of these that was
    std::atomic<std::uint32_t> rebuilds;        // counts rebuilt lists
    std::uint32_t reserved0;
    std::atomic<std::uint64_t> name;            // the hash under which the object is found; 0: it has none
    // -- line 1: under the guard
    RawGuard guard;
    std::uint32_t head[2];
    std::uint32_t tail[2];
    std::atomic<Owner> guardHolder;             // for people; 0: nobody has it
    std::uint32_t reserved2;
    // -- line 2: one bit for each process that has the object open
    std::atomic<std::uint64_t> holders[MaxProcesses / 64];
    // -- line 3: what a primitive needs beside its word
    std::atomic<std::uint64_t> detail[8];
};
static_assert(sizeof(Cell) == 256 && offsetof(Cell, guard) == 64 && offsetof(Cell, holders) == 128 && offsetof(Cell, detail) == 192);

/*
 * A waiter. state is changed by swaps only; everything else is written by the waiter before it enqueues the node, or
 * under the cell's guard.
 */
struct Node
{
    enum State : std::uint32_t {
        PhaseMask = 7,
        Free = 0, Waiting = 1, Invited = 2, Granted = 3, Done = 4,
        Linked = 8,         // on the cell's list
        Boxed = 16,         // in the cell's inbox, or about to be pushed there
        Stopped = 32,       // the waiter was asked to give up
    };
    static constexpr std::uint32_t phase(std::uint32_t state) noexcept { return state & PhaseMask; }
    static constexpr std::uint32_t withPhase(std::uint32_t state, State phase) noexcept
    {
        return (state & ~std::uint32_t(PhaseMask)) | phase;
    }
    /* It has got nothing yet. */
    static constexpr bool mayTake(std::uint32_t state) noexcept { return phase(state) == Waiting || phase(state) == Invited; }
    static constexpr bool waits(std::uint32_t state) noexcept { return mayTake(state) || phase(state) == Granted; }

    std::atomic<std::uint32_t> state;
    std::atomic<Address> cell;
    std::atomic<Address> inboxNext;
    std::uint32_t role;
    Address next;
    Address previous;
    std::atomic<Address> bell;                  // 0: the waiter sleeps on state (rawsleep.h)
    std::atomic<std::uint32_t> chunk;           // place in its chunk, for the bell's bits; without a bell, number of a doorbell
    std::atomic<Owner> owner;
    std::uint32_t snapshot;                     // the primitive's own, such as an event's generation
    std::atomic<std::uint64_t> ticket;
    std::int64_t since;
    std::int64_t invitedAt;
};
static_assert(sizeof(Node) == UnitBytes);

/* Nodes of one bell (or of the blocking waits of one process), with the bits that ring them. */
struct NodeChunk
{
    std::atomic<Owner> owner;                   // 0: the chunk is free
    std::atomic<Address> bell;
    std::uint32_t index;                        // place in the bell's summary
    std::uint32_t reserved;
    std::atomic<std::uint64_t> summary;         // bit i: leaf[i] has bits
    std::uint8_t pad[40];
    std::atomic<std::uint64_t> leaf[NodesPerChunk / 64];
    Node nodes[NodesPerChunk];
};
static_assert(offsetof(NodeChunk, nodes) == 192);

/*
 * A slab: a run of pages cut into blocks of one size. A block is taken and given back by one swap of its owner word, so there
 * is no moment in which a block belongs to nobody known. Owner and state words: rawslabs.h.
 */
struct Slab
{
    std::atomic<std::uint64_t> state;
    std::uint32_t blockUnits;
    std::uint32_t count;
    Address blocks;
    std::uint32_t index;                        // of this slab in the arena's table
    std::atomic<std::uint32_t> hint;            // a block that was free a moment ago
    std::atomic<std::uint32_t> isFull;          // whoever gives a block back says no
    std::uint8_t pad[32];
    std::atomic<std::uint64_t> owner[BlocksPerSlab];
};
static_assert(offsetof(Slab, owner) == UnitBytes);

struct ArenaHeader
{
    SegmentHeader segment;
    std::atomic<std::uint64_t> memoryLimit;     // bytes that may be carved
    std::atomic<std::uint64_t> carved;          // units for objects: the first ControlUnits in segment 0, see rawarena.cpp
    std::atomic<std::uint32_t> joins;           // counts processes that joined
    std::atomic<std::uint32_t> cellHint;        // where to look for a free cell first
    std::atomic<std::uint32_t> cellsFreed;      // cells freed behind the hint
    std::atomic<std::uint32_t> pageHint;        // a page that was free a moment ago, counted from that of segment 0
    std::atomic<std::uint32_t> vacantHint;      // no slab before this place of the table is vacant, or hardly any
    std::uint8_t pad[20];
    std::atomic<std::uint64_t> pageEnd;         // the first page that has not been payload yet
    std::atomic<std::uint32_t> slabHints[BlockClasses];     // the same for slabs with a free block
    std::uint8_t reserved[32];
    Cell memory;                                // where those wait for whom there is no block
    std::atomic<std::uint64_t> segments[MaxSegments];       // random part of each segment's name; 0: none yet
    std::atomic<Address> cellChunks[MaxCellChunks];
    std::atomic<Address> nodeChunks[MaxNodeChunks];
    std::atomic<Address> slabs[MaxSlabs];
    ProcessSlot processes[MaxProcesses];
    HugeBlock huge[MaxHuge];
};
static_assert(offsetof(ArenaHeader, memory) % UnitBytes == 0 && offsetof(ArenaHeader, segments) % UnitBytes == 0);
static_assert(sizeof(std::atomic<std::uint64_t>) == 8 && std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(RawGuard) == 40);

} // namespace aio_raw
