// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "shm/rawslabs.h"

#include "platform/rawfault.h"
#include "platform/rawsystem.h"

#include <algorithm>

namespace aio_raw {
namespace {

constexpr std::uint64_t FreePage = RawArena::FreePage;
constexpr std::uint32_t None = 0;               // no page: segment 0 begins with what the objects need
// Short runs come first and long ones last, so that what stays for long does not stand in between.
constexpr std::uint32_t MaxShortRun = 4;
constexpr std::uint32_t Headers = 31;           // of slabs that are carved together: as many as fill a page

constexpr unsigned classOf(std::size_t bytes) noexcept
{
    unsigned sizeClass = 0;
    while (SmallestBlock << sizeClass < bytes)
        ++sizeClass;
    return sizeClass;
}
constexpr std::uint32_t blockUnitsOf(unsigned sizeClass) noexcept { return std::uint32_t((SmallestBlock << sizeClass) / UnitBytes); }
constexpr std::uint32_t pagesOfSlab(unsigned sizeClass) noexcept { return SmallestBlock << sizeClass <= 4096 ? 1 : 4; }
constexpr std::uint32_t pagesFor(std::size_t bytes) noexcept { return std::uint32_t((bytes + PageBytes - 1) / PageBytes); }

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

// -- pages

std::uint64_t RawSlabs::pageEnd() noexcept
{
    return m_arena.header().pageEnd.load();
}

// Where pages must end for the memory limit.
std::uint64_t RawSlabs::pageLimit(Use use, std::uint64_t taken) noexcept
{
    const std::uint64_t limit = m_arena.header().memoryLimit.load();
    const std::uint64_t kept = (use == LargePayload ? limit / 8 : use == SmallPayload ? limit / 16 : 0)
        + m_arena.header().carved.load() * UnitBytes + taken;
    const std::uint64_t end = FirstPage + (limit > kept ? (limit - kept) / PageBytes : 0);
    return std::min<std::uint64_t>(end, std::uint64_t(FirstHuge) * PagesPerSegment);
}

// Takes the run, whose pages from \a fresh on have never been used. The head first: the others say that they are part of its run.
bool RawSlabs::claimRun(std::uint32_t first, std::uint32_t count, std::uint32_t fresh) noexcept
{
    std::uint64_t mine = BlockOwner::process(m_arena.self());
    for (std::uint32_t i = 0; i < count; ++i) {
        Page *page = m_arena.pageAt(first + i);
        std::uint64_t expected = first + i < fresh ? FreePage : 0;
        if (!page || !page->owner.compare_exchange_strong(expected, mine)) {
            leaveRun(first, i);
            return false;
        }
        AIO_FAULT_POINT("slabs.page");
        if (i > 0)
            continue;
        mine = BlockOwner::ofRun(first, page->lap.fetch_add(1) + 1);
        page->count.store(count);
    }
    return true;
}

// Gives back the first pages of a run that could not be had as a whole.
void RawSlabs::leaveRun(std::uint32_t first, std::uint32_t count) noexcept
{
    for (std::uint32_t i = count; i-- > 0;) {
        Page *page = m_arena.pageAt(first + i);
        std::uint64_t mine = page->owner.load();
        page->owner.compare_exchange_strong(mine, unowned(first + i));
    }
}

// The head belongs to this process. A repair at the same time may free the others, too, and then they may be another's at once.
void RawSlabs::freeRun(std::uint32_t first) noexcept
{
    Page *head = m_arena.pageAt(first);
    const std::uint32_t count = std::min(head->count.exchange(0), PagesPerSegment - first % PagesPerSegment);
    const std::uint64_t inRun = BlockOwner::ofRun(first, head->lap.load());
    for (std::uint32_t i = count; i-- > 1;) {
        AIO_FAULT_POINT("slabs.page.free");
        std::uint64_t expected = inRun;
        m_arena.pageAt(first + i)->owner.compare_exchange_strong(expected, unowned(first + i));
    }
    head->owner.store(unowned(first));
    // the next large run takes these, which are still warm
    if (count > MaxShortRun)
        m_arena.header().pageHint.store(first, std::memory_order_relaxed);
}

std::uint32_t RawSlabs::claimFreePages(std::uint32_t count, std::uint32_t from, std::uint32_t to) noexcept
{
    std::uint32_t run = 0;
    for (std::uint32_t page = from; page < to; ++page) {
        if (page % PagesPerSegment == 0)
            run = 0;
        const Page *entry = m_arena.pageAt(page);
        run = entry && entry->owner.load(std::memory_order_relaxed) == FreePage ? run + 1 : 0;
        if (run < count)
            continue;
        const std::uint32_t first = page + 1 - count;
        if (claimRun(first, count, UINT32_MAX))
            return first;
        run = 0;
    }
    return None;
}

std::uint32_t RawSlabs::claimLastPages(std::uint32_t count, std::uint32_t end) noexcept
{
    std::uint32_t run = 0;
    for (std::uint32_t page = end; page-- > FirstPage;) {
        const Page *entry = m_arena.pageAt(page);
        run = entry && entry->owner.load(std::memory_order_relaxed) == FreePage ? run + 1 : 0;
        if (page % PagesPerSegment == PagesPerSegment - 1)
            run = std::min(run, 1u);
        if (run < count)
            continue;
        if (claimRun(page, count, UINT32_MAX))
            return page;
        run = 0;
    }
    return None;
}

std::uint32_t RawSlabs::addPages(std::uint32_t count, Use use) noexcept
{
    std::uint64_t skip = 0;
    for (;;) {
        const std::uint64_t at = pageEnd();
        const std::uint64_t fresh = std::max(at, skip);
        // free pages just before the fresh ones are as good
        std::uint64_t first = fresh;
        // the first long run leaves room before it for short ones, if it has any itself
        const std::uint64_t limit = pageLimit(use);
        const std::uint64_t afterRoom = FirstPage + (limit - FirstPage) / 16;
        if (count > MaxShortRun && first < afterRoom && afterRoom + count <= std::min<std::uint64_t>(limit, PagesPerSegment))
            first = afterRoom;
        while (skip == 0 && first > FirstPage && first % PagesPerSegment > 1 && fresh - first + 1 < count) {
            const Page *before = m_arena.pageAt(std::uint32_t(first - 1));
            if (!before || before->owner.load() != FreePage)
                break;
            --first;
        }
        if (first % PagesPerSegment + count > PagesPerSegment)
            first = (first / PagesPerSegment + 1) * PagesPerSegment;
        if (first % PagesPerSegment == 0)
            ++first;                            // the segment's header
        const std::uint64_t end = first + count;
        if (end > limit || !m_arena.grow(unsigned(first / PagesPerSegment)))
            return None;
        if (!claimRun(std::uint32_t(first), count, std::uint32_t(std::max(first, fresh)))) {
            skip = std::max(end, fresh + 1);    // somebody is about to take these, or was stopped at it
            continue;
        }
        AIO_FAULT_POINT("slabs.extend");
        if (m_arena.extendPages(at, end))
            return std::uint32_t(first);
        leaveRun(std::uint32_t(first), count);
        skip = 0;
    }
}

std::uint32_t RawSlabs::claimPages(std::uint32_t count, Use use) noexcept
{
    const auto end = std::uint32_t(pageEnd());
    std::uint32_t first = None;
    if (count <= MaxShortRun) {
        first = claimFreePages(count, FirstPage, end);
    } else {
        const std::uint32_t hint = std::min(m_arena.header().pageHint.load(std::memory_order_relaxed), end);
        first = claimFreePages(count, hint, std::min(hint + count, end));
        if (first == None)
            first = claimLastPages(count, end);
    }
    return first == None ? addPages(count, use) : first;
}

// Gives the system back the free pages at the end, down to \a keep. They are this process's until they are no payload any more.
void RawSlabs::returnPages(std::uint64_t keep) noexcept
{
    const std::uint64_t mine = BlockOwner::process(m_arena.self());
    for (bool goesOn = true; goesOn;) {
        // a segment at a time, so that a repair after this process finds them
        const std::uint64_t end = pageEnd();
        const std::uint64_t header = (end - 1) / PagesPerSegment * PagesPerSegment;
        const std::uint64_t least = std::max(keep, header + 1);
        std::uint64_t begin = end;
        while (begin > least) {
            std::uint64_t free = FreePage;
            Page *page = m_arena.pageAt(std::uint32_t(begin - 1));
            if (!page || !page->owner.compare_exchange_strong(free, mine))
                break;
            --begin;
        }
        if (begin < end)
            returnMemory(m_arena.at<char>(RawArena::addressOfPage(std::uint32_t(begin))), (end - begin) * PageBytes);
        AIO_FAULT_POINT("slabs.return");
        std::uint64_t expected = end;
        const bool isWhole = begin == header + 1 && header >= keep && header > 0;
        const std::uint64_t newEnd = isWhole ? header : begin;
        goesOn = newEnd < end && m_arena.header().pageEnd.compare_exchange_strong(expected, newEnd) && isWhole;
        AIO_FAULT_POINT("slabs.returned");
        for (std::uint64_t page = begin; page < end; ++page) {
            std::uint64_t own = mine;
            m_arena.pageAt(std::uint32_t(page))->owner.compare_exchange_strong(own, unowned(std::uint32_t(page)));
        }
    }
}

void RawSlabs::trim() noexcept
{
    constexpr std::uint64_t Warm = 16 * 1024 * 1024 / PageBytes;
    if (pageEnd() <= FirstPage + Warm)
        return;
    retireSlabs();
    returnPages(FirstPage + Warm);
}

bool RawSlabs::couldFit(std::size_t bytes) noexcept
{
    if (bytes > LargestBlock) {
        const std::uint64_t limit = m_arena.header().memoryLimit.load();
        return RawHuge::bytesFor(bytes) + limit / 8 + m_arena.header().carved.load() * UnitBytes <= limit;
    }
    const std::uint32_t wanted = bytes <= LargestSmallBlock ? pagesOfSlab(classOf(bytes)) : pagesFor(bytes);
    const std::uint64_t end = pageLimit(payloadOf(bytes), 0);
    if (wanted >= PagesPerSegment)
        return false;
    std::uint32_t run = 0;
    for (std::uint64_t page = FirstPage; page < end && run < wanted; ++page) {
        const bool begins = page % PagesPerSegment == 0;
        if (begins && page >= pageEnd())        // a segment that is not there yet has room from its second page on
            return std::min<std::uint64_t>(end - page, PagesPerSegment) > wanted;
        run = begins ? 0 : run + 1;
    }
    return run >= wanted;
}

// -- slabs

Block RawSlabs::blockOf(Slab &slab, unsigned index) noexcept
{
    const Address address = slab.blocks + index * slab.blockUnits;
    char *data = m_arena.at<char>(address);
    return {data, slab.blockUnits * UnitBytes, address, &slab.owner[index], &slab};
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
            if (slab.state.load() == Vacant && slab.state.compare_exchange_strong(vacant, changedBy(m_arena.self())))
                found = &slab;
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
    unsigned taken = 0;
    for (std::uint64_t nobody = 0; taken < slab.count && slab.owner[taken].compare_exchange_strong(nobody, mine); nobody = 0) {
        AIO_FAULT_POINT("slabs.retire");
        ++taken;
    }
    const std::uint32_t page = slab.blocks / PageUnits;
    std::uint64_t expected = BlockOwner::ofSlab(address);
    if (taken == slab.count && m_arena.pageAt(page)->owner.compare_exchange_strong(expected, mine)) {
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
            return {};
        retireSlabs();
        if (isSmall)        // hints may have been overtaken
            m_arena.header().slabHints[classOf(bytes)].store(0);
    }
}

bool RawSlabs::hasRoomForHuge(std::uint64_t bytes) noexcept
{
    const ArenaHeader &header = m_arena.header();
    const std::uint64_t limit = header.memoryLimit.load();
    const std::uint64_t pages = (pageEnd() - FirstPage) * PageBytes;
    return bytes <= limit && header.carved.load() * UnitBytes + pages + m_arena.hugeBytes() + bytes + limit / 8 <= limit;
}

Block RawSlabs::allocateHuge(std::size_t bytes) noexcept
{
    const auto hasRoom = [this](std::uint64_t more) { return hasRoomForHuge(more); };
    if (bytes > SIZE_MAX / 2)
        return {};
    if (!couldFit(bytes) || hasRoom(RawHuge::bytesFor(bytes)))
        return m_huge.take(bytes, hasRoom);
    retireSlabs();
    returnPages(FirstPage);
    return m_huge.take(bytes, hasRoom);
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
    const unsigned sizeClass = classOf(block.bytes);
    if (!block.owner->compare_exchange_strong(expected, 0))
        return false;
    // the next allocation takes this block, which is still warm
    block.slab->hint.store(std::uint32_t(block.owner - block.slab->owner), std::memory_order_relaxed);
    block.slab->isFull.store(0);
    lower(m_arena.header().slabHints[sizeClass], block.slab->index);
    return true;
}

} // namespace aio_raw
