// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "shm/rawpages.h"

#include "platform/rawfault.h"

#include <algorithm>

namespace aio_raw {

using namespace RawPages;

namespace {

constexpr std::uint32_t Headers = 31;           // of slabs that are carved together: as many as fill a page

// The state of a slab: vacant (no pages), in use for blocks of one class, or in the hands of somebody who changes that.
constexpr std::uint64_t Vacant = 0;
constexpr std::uint64_t activeAs(unsigned sizeClass) noexcept { return std::uint64_t(2) << 60 | sizeClass; }
constexpr bool isActive(std::uint64_t state) noexcept { return state >> 60 == 2; }
constexpr std::uint64_t changedBy(Owner owner) noexcept { return std::uint64_t(1) << 60 | owner; }
constexpr bool isChanging(std::uint64_t state) noexcept { return state >> 60 == 1; }

void lower(std::atomic<std::uint32_t> &hint, std::uint32_t to) noexcept
{
    if (hint.load(std::memory_order_relaxed) > to)
        hint.store(to, std::memory_order_relaxed);
}

} // namespace

// -- slabs

Block RawSlabs::blockOf(Slab &slab, unsigned index) noexcept
{
    const Address address = slab.blocks + index * slab.blockUnits;
    char *data = m_arena.at<char>(address);
    const std::size_t rest = SegmentBytes - (address & ((1u << SegmentShift) - 1)) * UnitBytes;
    return {data, std::min(slab.blockUnits * UnitBytes, rest), address, &slab.owner[index], &slab};
}

Block RawSlabs::runAt(std::uint32_t page) noexcept
{
    Page *head = m_arena.pageAt(page);
    char *data = head ? m_arena.at<char>(RawArena::addressOfPage(page)) : nullptr;
    const std::uint32_t count = data ? std::min(head->count.load(), PagesPerSegment - page % PagesPerSegment) : 0;
    return count ? Block{data, count * PageBytes, RawArena::addressOfPage(page), &head->owner, nullptr} : Block();
}

Block RawSlabs::find(Address address) noexcept
{
    if (RawHuge::isHuge(address))
        return m_huge.find(address);
    std::uint32_t page = address / PageUnits;
    Page *entry = address ? m_arena.pageAt(page) : nullptr;
    std::uint64_t owner = entry ? entry->owner.load() : 0;
    if (BlockOwner::kind(owner) == BlockOwner::OfRun && std::uint32_t(owner) < page) {
        page = std::uint32_t(owner);
        entry = m_arena.pageAt(page);
        owner = entry ? entry->owner.load() : 0;
    }
    if (BlockOwner::kind(owner) != BlockOwner::OfSlab)
        return owner && RawArena::addressOfPage(page) == address ? runAt(page) : Block();
    auto *slab = m_arena.at<Slab>(BlockOwner::cell(owner));
    if (!slab || slab->blockUnits == 0 || address < slab->blocks || (address - slab->blocks) % slab->blockUnits != 0)
        return {};
    const std::uint32_t index = (address - slab->blocks) / slab->blockUnits;
    return index < slab->count && index < BlocksPerSlab ? blockOf(*slab, index) : Block();
}

Block RawSlabs::take(Slab &slab, std::uint64_t state) noexcept
{
    const unsigned count = std::min(slab.count, BlocksPerSlab);
    const unsigned start = slab.hint.load(std::memory_order_relaxed);
    for (unsigned n = 0; n < count; ++n) {
        const unsigned i = (start + n) % count;
        std::uint64_t nobody = 0;
        if (slab.owner[i].load(std::memory_order_relaxed) != 0
            || !slab.owner[i].compare_exchange_strong(nobody, BlockOwner::process(m_arena.self())))
            continue;
        // It may have become another's slab meanwhile; from here on it cannot.
        if (slab.state.load() == state) {
            slab.hint.store((i + 1) % count, std::memory_order_relaxed);
            return blockOf(slab, i);
        }
        slab.owner[i].store(0);
        return {};
    }
    return {};
}

Block RawSlabs::takeSmall(unsigned sizeClass) noexcept
{
    const std::uint64_t state = activeAs(sizeClass);
    auto &hint = m_arena.header().slabHints[sizeClass];
    Block block;
    std::uint32_t place = hint.load(std::memory_order_relaxed);
    forEachSlab(place, [&](Slab &slab, Address) {
        if (slab.state.load() == state && !slab.isFull.load(std::memory_order_relaxed)) {
            block = take(slab, state);
            if (!block.data) {
                slab.isFull.store(1);
                block = take(slab, state);      // somebody may have given one back before he could see that
                if (block.data)
                    slab.isFull.store(0);
            }
        }
        place += !block.data;
        return !block.data;
    });
    hint.store(place, std::memory_order_relaxed);
    return block;
}

bool RawSlabs::addVacant() noexcept
{
    constexpr auto units = std::uint32_t((sizeof(Slab) + UnitBytes - 1) / UnitBytes);
    const Address address = m_arena.carve(Headers * units);
    if (!address)
        return false;
    AIO_FAULT_POINT("slabs.add");
    std::uint32_t place = 0;
    for (std::uint32_t i = 0; i < Headers; ++i) {
        auto *slab = m_arena.at<Slab>(address + i * units);
        Address none = 0;
        for (slab->index = place; place < MaxSlabs; none = 0, slab->index = ++place) {
            if (m_arena.header().slabs[place].compare_exchange_strong(none, address + i * units))
                break;
        }
    }
    return place < MaxSlabs;
}

Slab *RawSlabs::claimVacant() noexcept
{
    auto &hint = m_arena.header().vacantHint;
    for (int tries = 0; tries < 2; ++tries) {
        Slab *found = nullptr;
        std::uint32_t place = hint.load(std::memory_order_relaxed);
        forEachSlab(place, [&](Slab &slab, Address) {
            std::uint64_t vacant = Vacant;
            if (slab.state.load() == Vacant && slab.state.compare_exchange_strong(vacant, changedBy(m_arena.self()))) {
                slab.index = place;
                found = &slab;
            }
            ++place;
            return !found;
        });
        hint.store(place, std::memory_order_relaxed);
        if (found || !addVacant())
            return found;
    }
    return nullptr;
}

Slab *RawSlabs::addSlab(unsigned sizeClass, Use use) noexcept
{
    Slab *slab = claimVacant();
    if (!slab)
        return nullptr;
    AIO_FAULT_POINT("slabs.vacant");
    const std::uint32_t page = claimPages(pagesOfSlab(sizeClass), use);
    if (page == None) {
        slab->state.store(Vacant);
        lower(m_arena.header().vacantHint, slab->index);
        return nullptr;
    }
    slab->blockUnits = blockUnitsOf(sizeClass);
    slab->count = pagesOfSlab(sizeClass) * PageUnits / slab->blockUnits;
    slab->blocks = RawArena::addressOfPage(page);
    for (unsigned i = 0; i < slab->count; ++i)
        slab->owner[i].store(0, std::memory_order_relaxed);
    slab->hint.store(0);
    slab->isFull.store(0);
    m_arena.pageAt(page)->owner.store(BlockOwner::ofSlab(m_arena.header().slabs[slab->index].load()));
    AIO_FAULT_POINT("slabs.activate");
    slab->state.store(activeAs(sizeClass));
    lower(m_arena.header().slabHints[sizeClass], slab->index);
    return slab;
}

// Makes pages of a slab if nobody has a block of it.
void RawSlabs::retire(Slab &slab, Address address) noexcept
{
    std::uint64_t state = slab.state.load();
    const auto isFree = [](auto &owner) { return owner.load(std::memory_order_relaxed) == 0; };
    if (!isActive(state) || !std::all_of(slab.owner, slab.owner + std::min(slab.count, BlocksPerSlab), isFree)
        || !slab.state.compare_exchange_strong(state, changedBy(m_arena.self())))
        return;
    const std::uint64_t mine = BlockOwner::process(m_arena.self());
    const unsigned count = std::min(slab.count, BlocksPerSlab);
    unsigned taken = 0;
    for (std::uint64_t nobody = 0; taken < count && slab.owner[taken].compare_exchange_strong(nobody, mine); nobody = 0) {
        AIO_FAULT_POINT("slabs.retire");
        ++taken;
    }
    const std::uint32_t page = slab.blocks / PageUnits;
    Page *head = m_arena.pageAt(page);
    std::uint64_t expected = BlockOwner::ofSlab(address);
    if (taken == count && head && head->owner.compare_exchange_strong(expected, mine)) {
        AIO_FAULT_POINT("slabs.retired");
        slab.state.store(Vacant);
        lower(m_arena.header().vacantHint, slab.index);
        freeRun(page);
        return;
    }
    while (taken-- > 0)
        slab.owner[taken].store(0);
    slab.state.store(state);
}

void RawSlabs::retireSlabs() noexcept
{
    forEachSlab(0, [&](Slab &slab, Address address) {
        retire(slab, address);
        return true;
    });
}

void RawSlabs::repair() noexcept
{
    forEachSlab(0, [&](Slab &slab, Address address) {
        std::uint64_t state = slab.state.load();
        if (isActive(state))
            slab.isFull.store(0);
        if (!isChanging(state) || m_arena.isAlive(Owner(state)))
            return true;
        const Page *head = slab.blocks ? m_arena.pageAt(slab.blocks / PageUnits) : nullptr;
        const bool hasPages = head && head->owner.load() == BlockOwner::ofSlab(address) && slab.blockUnits != 0;
        slab.state.compare_exchange_strong(state, hasPages ? activeAs(classOf(slab.blockUnits * UnitBytes)) : Vacant);
        return true;
    });
    const std::uint32_t end = claimEnd();
    for (std::uint32_t page = FirstPage; page < end; ++page) {
        Page *entry = page % PagesPerSegment ? m_arena.pageAt(page) : nullptr;
        std::uint64_t owner = entry ? entry->owner.load() : 0;
        if (entry && owner == 0 && page < pageEnd())
            entry->owner.compare_exchange_strong(owner, FreePage);      // its taker died before it was payload
        if (BlockOwner::kind(owner) != BlockOwner::OfRun)
            continue;
        const auto first = std::uint32_t(owner);
        const Page *head = first < page ? m_arena.pageAt(first) : nullptr;
        const std::uint64_t headOwner = head ? head->owner.load() : 0;
        const auto kind = BlockOwner::kind(headOwner);
        const bool isRun = headOwner && kind != BlockOwner::OfRun && kind != BlockOwner::Free;
        if (!isRun || owner != BlockOwner::ofRun(first, head->lap.load()) || page - first >= head->count.load())
            entry->owner.compare_exchange_strong(owner, unowned(page));
    }
    m_arena.header().vacantHint.store(0);
    for (auto &hint : m_arena.header().slabHints)
        hint.store(0);
}

// -- blocks

Block RawSlabs::allocate(std::size_t bytes, Use use) noexcept
{
    if (bytes > LargestBlock)
        return allocateHuge(bytes);
    const bool isSmall = bytes <= LargestSmallBlock;
    for (bool again = false;; again = true) {
        if (isSmall) {
            const unsigned sizeClass = classOf(bytes);
            if (const Block block = takeSmall(sizeClass); block.data)
                return block;
            Slab *slab = addSlab(sizeClass, use);
            if (const Block block = slab ? take(*slab, activeAs(sizeClass)) : Block(); block.data)
                return block;
        } else if (const std::uint32_t page = claimPages(pagesFor(bytes), use)) {
            return runAt(page);
        }
        if (again)
            return isSmall ? Block() : allocateHuge(bytes);
        retireSlabs();
        if (isSmall)        // hints may have been overtaken
            m_arena.header().slabHints[classOf(bytes)].store(0);
    }
}

bool RawSlabs::release(const Block &block, std::uint64_t expected) noexcept
{
    if (!block.data)
        return false;
    if (!block.slab) {
        if (!block.owner->compare_exchange_strong(expected, BlockOwner::process(m_arena.self())))
            return false;
        if (RawHuge::isHuge(block.address))
            m_huge.free(block.address);
        else
            freeRun(block.address / PageUnits);
        return true;
    }
    const unsigned sizeClass = std::min(classOf(block.bytes), BlockClasses - 1);
    if (!block.owner->compare_exchange_strong(expected, 0))
        return false;
    // the next allocation takes this block, which is still warm
    block.slab->hint.store(std::uint32_t(block.owner - block.slab->owner), std::memory_order_relaxed);
    block.slab->isFull.store(0);
    lower(m_arena.header().slabHints[sizeClass], block.slab->index);
    return true;
}

} // namespace aio_raw
