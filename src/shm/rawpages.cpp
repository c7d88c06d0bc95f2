// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// RawSlabs: runs of pages, and what has a segment of its own. Slabs and blocks are in rawslabs.cpp.
#include "shm/rawpages.h"

#include "platform/rawfault.h"
#include "platform/rawsystem.h"

#include <algorithm>

namespace aio_raw {

using namespace RawPages;

namespace {

constexpr std::uint64_t LastPageEnd = std::uint64_t(FirstHuge) * PagesPerSegment;

// Short runs, but those of large messages, come first and long ones last, so that what stays for long does not stand in between.
constexpr std::uint32_t MaxShortRun = 4;
constexpr bool isLong(std::uint32_t count, RawSlabs::Use use) noexcept { return count > MaxShortRun || use == RawSlabs::LargePayload; }

} // namespace

std::uint64_t RawSlabs::pageEnd() noexcept
{
    return std::clamp<std::uint64_t>(m_arena.header().pageEnd.load(), FirstPage, LastPageEnd);
}

// Where pages must end for the memory limit.
std::uint64_t RawSlabs::pageLimit(Use use, std::uint64_t taken) noexcept
{
    const std::uint64_t limit = m_arena.header().memoryLimit.load();
    const std::uint64_t kept = (use == LargePayload ? limit / 8 : use == SmallPayload ? limit / 16 : 0)
        + m_arena.header().carved.load() * UnitBytes + taken;
    const std::uint64_t end = FirstPage + (limit > kept ? (limit - kept) / PageBytes : 0);
    return std::min(end, LastPageEnd);
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
        const std::uint64_t at = m_arena.header().pageEnd.load();
        if (at < FirstPage || at > LastPageEnd)
            return None;                        // rubbish
        const std::uint64_t fresh = std::max(at, skip);
        // free pages just before the fresh ones are as good
        std::uint64_t first = fresh;
        // the first long run leaves room before it for short ones, if it has any itself
        const std::uint64_t limit = pageLimit(use);
        const std::uint64_t afterRoom = FirstPage + (limit - FirstPage) / 16;
        if (isLong(count, use) && first < afterRoom && afterRoom + count <= std::min<std::uint64_t>(limit, PagesPerSegment))
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
    if (!isLong(count, use)) {
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

// -- segments of their own

// Whether the memory limit has room for \a bytes beside \a pages.
bool RawSlabs::hasRoomBeside(std::uint64_t pages, std::uint64_t bytes) noexcept
{
    const ArenaHeader &header = m_arena.header();
    const std::uint64_t limit = header.memoryLimit.load();
    return bytes <= limit && header.carved.load() * UnitBytes + pages * PageBytes + m_arena.hugeBytes() + bytes + limit / 8 <= limit;
}

std::uint64_t RawSlabs::countUsedPages() noexcept
{
    std::uint64_t used = 0;
    const std::uint64_t end = pageEnd();
    for (std::uint64_t page = FirstPage; page < end; ++page) {
        const Page *entry = m_arena.pageAt(std::uint32_t(page));
        used += !entry || entry->owner.load(std::memory_order_relaxed) != FreePage;
    }
    return used;
}

/*
 * A segment for this block alone. When what is free lies in pieces between blocks that somebody keeps, these pages do not count, and
 * the limit is overrun if they are used before this block is given back: nobody waits for ever for a run that does not come.
 */
Block RawSlabs::allocateHuge(std::size_t bytes) noexcept
{
    if (bytes > SIZE_MAX / 2 || !couldFit(bytes))
        return {};
    const auto hasRoom = [this](std::uint64_t more) { return hasRoomBeside(pageEnd() - FirstPage, more); };
    if (const Block block = m_huge.take(bytes, hasRoom); block.data)
        return block;
    retireSlabs();
    returnPages(FirstPage);
    return m_huge.take(bytes, [this](std::uint64_t more) { return hasRoomBeside(countUsedPages(), more); });
}

} // namespace aio_raw
