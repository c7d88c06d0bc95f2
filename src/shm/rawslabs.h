// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/rawarena.h"

/*
 * Blocks of shared memory in size classes (256 bytes, four times more each, up to 16 MiB; and 60 MiB).
 *
 * The owner word of a block, one swap of which takes it or gives it back:
 *   0                                free
 *   {1 : 4, 0 : 28, owner : 32}      a process
 *   {2 : 4, 0 : 28, cell : 32}       part of the object in a cell
 *   {3 : 4, lap : 28, cell : 32}     a message in a queue's cell; lap: the lower bits of its position
 * A message's block is given back when its position no longer holds it; so every block that a dead process left is found
 * by reading the owner words, whenever he died.
 */
namespace aio_raw {

struct Block
{
    char *data = nullptr;                       // null: no block
    std::size_t bytes = 0;
    std::uint64_t reference = 0;                // {slab : 32, index : 32}, the same in all processes
    std::atomic<std::uint64_t> *owner = nullptr;
    Slab *slab = nullptr;
};

namespace BlockOwner {
enum Kind : std::uint64_t { Nobody, Process, Object, Message };
constexpr std::uint64_t process(Owner owner) noexcept { return Process << 60 | owner; }
constexpr std::uint64_t object(Address cell) noexcept { return Object << 60 | cell; }
constexpr std::uint64_t message(Address cell, std::uint64_t position) noexcept
{ return Message << 60 | (position & 0xfffffff) << 32 | cell; }
constexpr Kind kind(std::uint64_t word) noexcept { return Kind(word >> 60); }
constexpr Address cell(std::uint64_t word) noexcept { return Address(word); }
constexpr std::uint32_t position(std::uint64_t word) noexcept { return std::uint32_t(word >> 32 & 0xfffffff); }
} // namespace BlockOwner

inline constexpr std::size_t LargestBlock = SegmentBytes - SegmentBytes / 16;

class RawSlabs
{
public:
    explicit RawSlabs(RawArena &arena) : m_arena(arena) {}

    /* A block of at least \a bytes that belongs to this process; none when memory is out or the size too large. */
    Block allocate(std::size_t bytes) noexcept;
    /* The block of \a reference; none when there is no such block. */
    Block find(std::uint64_t reference) noexcept;
    /* Gives the block back if \a expected still has it. */
    void release(const Block &block, std::uint64_t expected) noexcept;
    /* Calls \a keep(owner word, reference) for each block that is not free, and frees those for which it says no. */
    template<class F> void sweep(F keep) noexcept;

private:
    Address addSlab(std::size_t blockBytes) noexcept;
    Block blockOf(Address slab, unsigned index) noexcept;
    Block take(Slab &slab, Address address) noexcept;

    RawArena &m_arena;
};

template<class F> void RawSlabs::sweep(F keep) noexcept
{
    for (auto &entry : m_arena.header().slabs) {
        const Address address = entry.load(std::memory_order_acquire);
        if (!address)
            return;
        auto *slab = m_arena.at<Slab>(address);
        for (unsigned i = 0; slab && i < slab->count; ++i) {
            std::uint64_t owner = slab->owner[i].load();
            if (owner && !keep(owner, std::uint64_t(address) << 32 | i))
                slab->owner[i].compare_exchange_strong(owner, 0);
        }
    }
}

} // namespace aio_raw
