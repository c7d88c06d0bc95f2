// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/rawblock.h"

#include <atomic>
#include <mutex>
#include <vector>

/*
 * Blocks that fit into no segment of the arena: each has a segment of its own, and an entry in the arena's header with its owner word.
 * When such a block is given back, its memory goes back to the system at once, whoever still has the segment mapped; those
 * mappings end when their process next has to do with a huge block, and not while it may look at one that is gone (peek()).
 */
namespace aio_raw {

class RawHuge
{
public:
    explicit RawHuge(RawArena &arena) noexcept : m_arena(arena) {}
    RawHuge(const RawHuge &) = delete;

    static constexpr bool isHuge(Address address) noexcept
    { return (address >> SegmentShift) - FirstHuge < MaxHuge && (address & ((1u << SegmentShift) - 1)) == 0; }
    /* The memory that a block of \a bytes takes. */
    static constexpr std::uint64_t bytesFor(std::size_t bytes) noexcept
    { return OwnHeadBytes + (std::uint64_t(bytes) + PageBytes - 1) / PageBytes * PageBytes; }

    /* A block that belongs to this process, if \a hasRoom() says that there is memory when it counts; none: there is not. */
    template<class F> Block take(std::size_t bytes, F hasRoom) noexcept;
    bool hasMetAnother() noexcept { return m_hasMetAnother.exchange(false); }
    Block find(Address address) noexcept;
    /* Gives back a block of this process. */
    void free(Address address) noexcept;
    template<class F> void sweep(F keep) noexcept;

    /* Keeps every mapping that this process has had. */
    class Peek
    {
    public:
        explicit Peek(std::atomic<int> &count) noexcept : m_count(count) { m_count.fetch_add(1); }
        ~Peek() { m_count.fetch_sub(1); }
        Peek(const Peek &) = delete;
    private:
        std::atomic<int> &m_count;
    };
    Peek peek() noexcept { return Peek(m_peeks); }

private:
    struct Mapping
    {
        std::uint64_t nonce = 0;
        char *data = nullptr;
    };

    HugeBlock &entryOf(Address address) noexcept { return m_arena.header().huge[(address >> SegmentShift) - FirstHuge]; }
    static constexpr Address addressOf(unsigned index) noexcept { return (FirstHuge + index) << SegmentShift; }
    HugeBlock *claim(Address &address) noexcept;
    bool create(HugeBlock &entry, Address address) noexcept;
    char *map(const HugeBlock &entry, Address address) noexcept;
    void keep(Address address, const Mapping &mapping) noexcept;
    void unmapStale() noexcept;

    RawArena &m_arena;
    std::atomic<int> m_peeks = 0;
    std::atomic<bool> m_hasMetAnother = false;
    std::mutex m_mutex;
    Mapping m_mappings[MaxHuge];                // under the mutex
    std::vector<char *> m_stale;                // likewise
};

template<class F> Block RawHuge::take(std::size_t bytes, F hasRoom) noexcept
{
    if (!hasRoom(bytesFor(bytes)))
        return {};
    Address address = 0;
    HugeBlock *entry = claim(address);
    if (!entry)
        return {};
    // said first and looked after, as others do: two that do it at once may both find it too much, and have to try again
    entry->bytes.store(bytesFor(bytes));
    if (!hasRoom(0)) {
        m_hasMetAnother.store(true);
    } else if (create(*entry, address)) {
        return find(address);
    }
    free(address);
    return {};
}

template<class F> void RawHuge::sweep(F keepBlock) noexcept
{
    for (unsigned i = 0; i < MaxHuge; ++i) {
        auto &owner = m_arena.header().huge[i].owner;
        std::uint64_t seen = owner.load();
        if (seen && !keepBlock(seen, addressOf(i)) && owner.compare_exchange_strong(seen, BlockOwner::process(m_arena.self())))
            free(addressOf(i));
    }
}

} // namespace aio_raw
