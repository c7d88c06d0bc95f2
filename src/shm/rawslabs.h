// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/rawblock.h"
#include "shm/rawhuge.h"

/*
 * Blocks of shared memory: up to 32 KiB in size classes (256 bytes, twice as many each) that are cut from slabs, larger ones as runs
 * of pages. A run needs no neighbours to be merged with: free pages that lie side by side are a free run, whoever had them before.
 * Slabs all of whose blocks are free become pages again when memory is short. What fits into no segment has one of its own (rawhuge.h).
 */
namespace aio_raw {

inline constexpr std::size_t SmallestBlock = 256;
inline constexpr std::size_t LargestSmallBlock = SmallestBlock << (BlockClasses - 1);
inline constexpr std::size_t LargestBlock = SegmentBytes - PageBytes;

class RawSlabs
{
public:
    explicit RawSlabs(RawArena &arena) : m_arena(arena), m_huge(arena) {}

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
    /* Gives the system back what nobody uses, but for what is kept warm. */
    void trim() noexcept;
    /* Whether an allocation has failed since the last call only because another was at work: who waits has to try again. */
    bool hasMetAnother() noexcept { return m_huge.hasMetAnother(); }
    /* Held while blocks are looked at that may be given back meanwhile. */
    [[nodiscard]] auto peek() noexcept { return m_huge.peek(); }
    /* Puts right what a dead process has left half done. Called after a sweep. */
    void repair() noexcept;

private:
    // -- pages
    std::uint32_t claimPages(std::uint32_t count, Use use) noexcept;
    std::uint32_t claimFreePages(std::uint32_t count, std::uint32_t from, std::uint32_t to) noexcept;
    std::uint32_t claimLastPages(std::uint32_t count, std::uint32_t end) noexcept;
    std::uint32_t addPages(std::uint32_t count, Use use) noexcept;
    void returnPages(std::uint64_t keep) noexcept;
    bool claimRun(std::uint32_t first, std::uint32_t count, std::uint32_t fresh) noexcept;
    void leaveRun(std::uint32_t first, std::uint32_t count) noexcept;
    void freeRun(std::uint32_t first) noexcept;
    std::uint64_t pageEnd() noexcept;
    /* Up to here somebody may have taken pages, also one who died before they were payload. */
    std::uint32_t claimEnd() noexcept { return std::uint32_t((pageEnd() / PagesPerSegment + 2) * PagesPerSegment); }
    /* What a page is that nobody has: free, or not payload yet. */
    std::uint64_t unowned(std::uint32_t page) noexcept { return page < pageEnd() ? RawArena::FreePage : 0; }
    std::uint64_t pageLimit(Use use, std::uint64_t taken) noexcept;
    std::uint64_t pageLimit(Use use) noexcept { return pageLimit(use, m_arena.hugeBytes()); }
    bool hasRoomBeside(std::uint64_t pages, std::uint64_t bytes) noexcept;
    std::uint64_t countUsedPages() noexcept;
    Block allocateHuge(std::size_t bytes) noexcept;
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
    RawHuge m_huge;
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
    m_huge.sweep(keep);
    const std::uint32_t end = claimEnd();
    for (std::uint32_t page = FirstPage; page < end; ++page) {
        Page *entry = m_arena.pageAt(page);
        std::uint64_t owner = entry ? entry->owner.load() : 0;
        if (BlockOwner::isBlock(owner) && !keep(owner, RawArena::addressOfPage(page))
            && entry->owner.compare_exchange_strong(owner, BlockOwner::process(m_arena.self())))
            freeRun(page);
    }
}

} // namespace aio_raw
