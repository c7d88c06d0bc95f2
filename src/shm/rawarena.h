// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawdoorbell.h"
#include "platform/rawrandom.h"
#include "shm/rawlayout.h"

#include <iterator>
#include <mutex>

/*
 * One process's view of an arena: addresses to pointers, growth, cells, chunks of nodes, and the table of processes.
 * Nothing in here waits: what is shared is claimed by one swap, and what a dead process had claimed is found by walking.
 */
namespace aio_raw {

/* Where segments come from, and where processes have their homes. Called without any guard held. */
class SegmentSource : public Homes
{
public:
    /* Maps segment \a index, named by \a nonce, for as long as the process lives; null when that fails. */
    virtual char *map(unsigned index, std::uint64_t nonce) noexcept = 0;
    /* Creates segment \a index, zeroed, with its header filled in, under a fresh \a nonce; null when that fails. */
    virtual char *create(unsigned index, std::uint64_t &nonce) noexcept = 0;
    /* Takes back a segment that create() made and that lost the race for its index. */
    virtual void discard(unsigned index, std::uint64_t nonce) noexcept = 0;

    // -- segments with a single block or object in it, which is what is returned. By default there are none.
    /* Creates one of \a bytes, zeroed, whose name is \a nonce, and maps it. */
    virtual char *createOwn(std::uint64_t, std::size_t) noexcept { return nullptr; }
    /* Maps it until unmapOwn(). */
    virtual char *mapOwn(std::uint64_t, std::size_t) noexcept { return nullptr; }
    virtual void unmapOwn(char *) noexcept {}
    /* Takes it away; it is there until the last process unmaps it. */
    virtual void discardOwn(std::uint64_t) noexcept {}
};

/*
 * Has \a create(name) make a segment with a single block or object in it under fresh names until it can: the System V key of a name may
 * be that of another segment. The file of a name that was no good stays until the end, so that its key does not come again. 0: none was good.
 */
template<class F> std::uint64_t nameSegment(SegmentSource &source, F create) noexcept
{
    std::uint64_t names[16];
    unsigned tries = 0;
    std::uint64_t made = 0;
    while (!made && tries < std::size(names)) {
        randomBytes(&names[tries], sizeof names[tries]);
        names[tries] |= 1;
        if (create(names[tries]))
            made = names[tries];
        ++tries;
    }
    for (unsigned i = 0; i < tries; ++i) {
        if (names[i] != made)
            source.discardOwn(names[i]);
    }
    return made;
}

class RawArena final : public GuardHolders
{
public:
    explicit RawArena(SegmentSource &source) : m_source(source), m_ringer(source) {}
    RawArena(const RawArena &) = delete;

    /* Fills in a fresh segment 0 at \a base. The creator calls it before anybody else can see the segment. */
    static void format(char *base, const std::uint8_t (&identity)[16], std::uint64_t memoryLimit) noexcept;
    static void formatSegment(char *base, unsigned index, const std::uint8_t (&identity)[16]) noexcept;

    /* Uses the arena whose segment 0 is mapped at \a base. */
    void open(char *base) noexcept;

    // -- addresses
    /* The place \a address as a T, or null when that would lie outside of what exists. */
    template<class T> T *at(Address address) noexcept;
    ArenaHeader &header() noexcept { return *m_header; }
    /* Takes \a units for objects that nobody has used yet; 0 when the memory limit is reached or growing failed. */
    Address carve(std::uint32_t units) noexcept;

    // -- pages, for rawslabs.h. They are counted from that of segment 0, through all segments.
    /* Owner word of a page that is there for everybody. */
    static constexpr std::uint64_t FreePage = std::uint64_t(6) << 60;
    Page *pageAt(std::uint32_t page) noexcept;
    static constexpr Address addressOfPage(std::uint32_t page) noexcept { return page * PageUnits; }
    /* Makes sure that segment \a index is there. */
    bool grow(unsigned index) noexcept;
    /* Makes payload of the pages from \a from, the end so far, to \a end. Those that nobody has taken are free from then on. */
    bool extendPages(std::uint64_t from, std::uint64_t end) noexcept;

    /* How much memory the blocks take that have segments of their own (rawhuge.h). */
    std::uint64_t hugeBytes() const noexcept;

    // -- processes
    /* Takes a slot for this process. False: all are taken. */
    bool join(const std::uint8_t (&entry)[16], const char *name) noexcept;
    /* Gives a slot back after its objects were repaired (rawrepair.h). */
    void freeSlot(Owner owner) noexcept;
    /* 0: not joined yet, or left. */
    Owner self() const noexcept { return m_self; }
    /* This process is no member any more. In a child forked from one, the slot and what it holds are the parent's. */
    void forsake() noexcept { m_self = 0; }
    /* Whether the process has not been found dead yet. */
    bool isAlive(Owner owner) noexcept;
    ProcessSlot *slotOf(Owner owner) noexcept;
    /* Whether it is known that the process has ended: others repair after it, or have. Who has left may run for a moment yet. */
    bool hasEnded(Owner owner) const noexcept override;
    /* The name of this process's home. */
    const std::uint8_t (&entry() const noexcept)[16] { return m_entry; }
    /* Rings the doorbell \a number of a process that has not been found dead. */
    void ring(Owner owner, unsigned number) noexcept;
    RawRinger &ringer() noexcept { return m_ringer; }

    // -- cells
    /* A cell of \a kind with this process as its only holder; 0 when memory is out. The cell is not visible to attach() before publish(). */
    Address createCell(Cell::Kind kind) noexcept;
    void publishCell(Address cell) noexcept;
    /* Opens the cell \a handle (generation and address) for this process; null when it is gone or of another kind. */
    Cell *attachCell(std::uint64_t handle, Cell::Kind kind) noexcept;
    std::uint64_t handleOf(Address cell) noexcept;
    /* This process has closed the cell. True: it was the last one; clean up and call freeCell(). */
    bool dropHolder(Cell &cell, unsigned slot) noexcept;
    void freeCell(Cell &cell) noexcept;
    /* Process \a slot was making the cell, or taking it away. */
    static bool isUnfinished(const Cell &cell, unsigned slot) noexcept;
    /* Goes on for that process, which is dead. True: others have the cell open. False: take it away. */
    bool finishFor(Cell &cell, unsigned slot) noexcept;
    /*
     * Does \a what() while this process has the cell open, or nothing if it is being taken away. True: nobody has it open
     * any more after that; clean up and call freeCell().
     */
    template<class F> bool whileHeld(Cell &cell, F what) noexcept;
    static Cell::Kind kindOf(const Cell &cell) noexcept;
    /* Calls \a visit(cell, address) for each cell that is in use. */
    template<class F> void forEachCell(F visit) noexcept;

    // -- nodes
    /* A chunk of nodes for \a bell (0: for blocking waits); 0 when memory is out. */
    Address createNodeChunk(Address bell, unsigned index) noexcept;
    template<class F> void forEachNodeChunk(F visit) noexcept;
    Address addressOfNode(Address chunk, unsigned index) noexcept
    {
        return chunk + Address(offsetof(NodeChunk, nodes) / UnitBytes) + index;
    }

    SegmentSource &source() noexcept { return m_source; }

private:
    char *mapSegment(unsigned index) noexcept;
    bool addCellChunk() noexcept;
    static void initialiseCell(Cell &cell) noexcept;
    bool hold(Cell &cell, std::uint64_t identity, bool &had) noexcept;
    bool drop(Cell &cell, unsigned slot) noexcept;
    bool isCell(Address address) noexcept;

    SegmentSource &m_source;
    RawRinger m_ringer;
    ArenaHeader *m_header = nullptr;
    Owner m_self = 0;
    std::uint8_t m_entry[16] = {};
    std::mutex m_holderMutex;       // orders this process's threads where they set and clear its holder bits
    std::atomic<char *> m_base[MaxSegments] = {};
};

inline unsigned slotIndex(Owner owner) noexcept { return (owner & 0xffff) - 1; }

template<class T> T *RawArena::at(Address address) noexcept
{
    const unsigned segment = address >> SegmentShift;
    char *base = m_base[segment].load(std::memory_order_acquire);
    if (!base) [[unlikely]] {
        base = mapSegment(segment);
        if (!base)
            return nullptr;
    }
    const std::size_t place = std::size_t(address & ((1u << SegmentShift) - 1)) * UnitBytes;
    if constexpr (sizeof(T) > UnitBytes) {
        if (place + sizeof(T) > SegmentBytes) [[unlikely]]
            return nullptr;
    }
    return reinterpret_cast<T *>(base + place);
}

inline std::uint64_t RawArena::hugeBytes() const noexcept
{
    std::uint64_t sum = 0;
    for (const HugeBlock &block : m_header->huge)
        sum += block.bytes.load();
    return sum;
}

template<class F> bool RawArena::whileHeld(Cell &cell, F what) noexcept
{
    const std::lock_guard lock(m_holderMutex);
    bool had = false;
    if (!hold(cell, cell.identity.load(), had))
        return false;
    what();
    return !had && drop(cell, (m_self & 0xffff) - 1);
}

template<class F> void RawArena::forEachCell(F visit) noexcept
{
    for (auto &entry : m_header->cellChunks) {
        const Address chunk = entry.load(std::memory_order_acquire);
        if (!chunk)
            return;
        auto *cells = at<Cell[CellsPerChunk]>(chunk);
        for (unsigned i = 0; cells && i < CellsPerChunk; ++i) {
            if (kindOf((*cells)[i]) != Cell::Free)
                visit((*cells)[i], chunk + Address(i * (sizeof(Cell) / UnitBytes)));
        }
    }
}

template<class F> void RawArena::forEachNodeChunk(F visit) noexcept
{
    for (auto &entry : m_header->nodeChunks) {
        const Address address = entry.load(std::memory_order_acquire);
        if (!address)
            return;
        if (auto *chunk = at<NodeChunk>(address))
            visit(*chunk, address);
    }
}

} // namespace aio_raw
