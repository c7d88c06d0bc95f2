// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/rawarena.h"

/*
 * Blocks of shared memory: up to 32 KiB in size classes (256 bytes, twice as many each) that are cut from slabs, larger ones as runs
 * of pages. A run needs no neighbours to be merged with: free pages that lie side by side are a free run, whoever had them before.
 * Slabs all of whose blocks are free become pages again when memory is short.
 *
 * The owner word of a block, one swap of which takes it or gives it back:
 *   0                                free (of a page: no payload, see rawlayout.h)
 *   {1 : 4, 0 : 28, owner : 32}      a process
 *   {2 : 4, 0 : 28, cell : 32}       part of the object in a cell
 *   {3 : 4, lap : 28, cell : 32}     a message in a queue's cell; lap: the lower bits of its position
 * and of a page also
 *   {4 : 4, 0 : 28, slab : 32}       the first of a slab
 *   {5 : 4, lap : 28, page : 32}     in the run that begins at that page, the lap-th one there
 *   {6 : 4, 0 : 60}                  free
 * A message's block is given back when its position no longer holds it; so every block that a dead process left is found
 * by reading the owner words, whenever he died.
 */
namespace aio_raw {

struct Block
{
    char *data = nullptr;                       // null: no block
    std::size_t bytes = 0;
    Address address = 0;                        // the same in all processes
    std::atomic<std::uint64_t> *owner = nullptr;
    Slab *slab = nullptr;                       // null: a run of pages
};

namespace BlockOwner {
enum Kind : std::uint64_t { Nobody, Process, Object, Message, OfSlab, OfRun, Free };
constexpr std::uint64_t process(Owner owner) noexcept { return Process << 60 | owner; }
constexpr std::uint64_t object(Address cell) noexcept { return Object << 60 | cell; }
constexpr std::uint64_t message(Address cell, std::uint64_t position) noexcept
{ return Message << 60 | (position & 0xfffffff) << 32 | cell; }
constexpr std::uint64_t ofSlab(Address slab) noexcept { return OfSlab << 60 | slab; }
constexpr std::uint64_t ofRun(std::uint32_t page, std::uint32_t lap) noexcept
{ return OfRun << 60 | std::uint64_t(lap & 0xfffffff) << 32 | page; }
constexpr Kind kind(std::uint64_t word) noexcept { return Kind(word >> 60); }
constexpr Address cell(std::uint64_t word) noexcept { return Address(word); }
constexpr std::uint32_t position(std::uint64_t word) noexcept { return std::uint32_t(word >> 32 & 0xfffffff); }
static_assert(Free << 60 == RawArena::FreePage);
} // namespace BlockOwner

inline constexpr std::size_t SmallestBlock = 256;
inline constexpr std::size_t LargestSmallBlock = SmallestBlock << (BlockClasses - 1);
inline constexpr std::size_t LargestBlock = SegmentBytes - PageBytes;

class RawSlabs
{
public:
    explicit RawSlabs(RawArena &arena) : m_arena(arena) {}

    enum Use {
        LargePayload,   // what the users of the arena send: leaves an eighth of the memory limit to the others
        SmallPayload,   // in small blocks: leaves a sixteenth
        Control,        // what the objects themselves need
    };
    /* A block of at least \a bytes that belongs to this process; none when memory is out or the size too large. */
    Block allocate(std::size_t bytes, Use use = Control) noexcept;
    static constexpr Use payloadOf(std::size_t bytes) noexcept { return bytes <= LargestSmallBlock ? SmallPayload : LargePayload; }
    /* Whether a block of \a bytes for payload could be had if all payload were given back. */
    bool couldFit(std::size_t bytes) noexcept;
    /* The block at \a address; none when there is no such block. */
    Block find(Address address) noexcept;
    /* Gives the block back if \a expected still has it, and says whether it had. */
    bool release(const Block &block, std::uint64_t expected) noexcept;
    /* Calls \a keep(owner word, address) for each block that has an owner, and frees those for which it says no. */
    template<class F> void sweep(F keep) noexcept;
    /* Puts right what a dead process has left half done. Called after a sweep. */
    void repair() noexcept;

private:
    // -- pages
    std::uint32_t claimPages(std::uint32_t count, Use use) noexcept;
    std::uint32_t claimFreePages(std::uint32_t count, std::uint32_t from, std::uint32_t to) noexcept;
    std::uint32_t addPages(std::uint32_t count, Use use) noexcept;
    bool claimRun(std::uint32_t first, std::uint32_t count, std::uint32_t fresh) noexcept;
    void leaveRun(std::uint32_t first, std::uint32_t count) noexcept;
    void freeRun(std::uint32_t first) noexcept;
    std::uint64_t pageEnd() noexcept;
    std::uint64_t pageLimit(Use use) noexcept;
    // -- slabs
    Block takeSmall(unsigned sizeClass) noexcept;
    Block take(Slab &slab, std::uint64_t state) noexcept;
    Slab *addSlab(unsigned sizeClass, Use use) noexcept;
    Slab *claimVacant() noexcept;
    bool addVacant() noexcept;
    void retireSlabs() noexcept;
    void retire(Slab &slab, Address address) noexcept;
    Block blockOf(Slab &slab, unsigned index) noexcept;
    Block runAt(std::uint32_t page) noexcept;
    template<class F> void forEachSlab(std::uint32_t from, F visit) noexcept;

    RawArena &m_arena;
};

/* Calls \a visit(slab, address) from place \a from of the table on, until it says false. */
template<class F> void RawSlabs::forEachSlab(std::uint32_t from, F visit) noexcept
{
    for (std::uint32_t i = from; i < MaxSlabs; ++i) {
        const Address address = m_arena.header().slabs[i].load(std::memory_order_acquire);
        if (!address)
            return;
        auto *slab = m_arena.at<Slab>(address);
        if (slab && !visit(*slab, address))
            return;
    }
}

template<class F> void RawSlabs::sweep(F keep) noexcept
{
    forEachSlab(0, [&](Slab &slab, Address) {
        const Address blocks = slab.blocks;
        for (unsigned i = 0; i < slab.count && i < BlocksPerSlab; ++i) {
            std::uint64_t owner = slab.owner[i].load();
            if (owner && !keep(owner, blocks + i * slab.blockUnits))
                slab.owner[i].compare_exchange_strong(owner, 0);
        }
        return true;
    });
    const auto end = std::uint32_t(pageEnd());
    for (std::uint32_t page = FirstPage; page < end; ++page) {
        Page *entry = m_arena.pageAt(page);
        std::uint64_t owner = entry ? entry->owner.load() : 0;
        const auto kind = BlockOwner::kind(owner);
        const bool isBlock = kind == BlockOwner::Process || kind == BlockOwner::Object || kind == BlockOwner::Message;
        if (isBlock && !keep(owner, RawArena::addressOfPage(page))
            && entry->owner.compare_exchange_strong(owner, BlockOwner::process(m_arena.self())))
            freeRun(page);
    }
}

} // namespace aio_raw
