// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "shm/rawslabs.h"

#include "platform/rawfault.h"

#include <algorithm>

namespace aio_raw {
namespace {

constexpr std::size_t classBytes(std::size_t wanted) noexcept
{
    std::size_t bytes = 256;
    while (bytes < wanted)
        bytes *= 4;
    return std::min(bytes, LargestBlock);
}

} // namespace

Block RawSlabs::blockOf(Address address, unsigned index) noexcept
{
    auto *slab = m_arena.at<Slab>(address);
    if (!slab || index >= slab->count)
        return {};
    return {m_arena.at<char>(slab->blocks + index * slab->blockUnits), slab->blockUnits * UnitBytes,
            std::uint64_t(address) << 32 | index, &slab->owner[index], slab};
}

Address RawSlabs::addSlab(std::size_t blockBytes) noexcept
{
    // about a mebibyte a slab, so that small blocks come by the thousand and large ones one by one
    const auto count = std::uint32_t(std::clamp<std::size_t>(1024 * 1024 / blockBytes, 1, 1024));
    const auto blockUnits = std::uint32_t(blockBytes / UnitBytes);
    const std::size_t headBytes = offsetof(Slab, owner) + count * sizeof(std::uint64_t);
    const auto headUnits = std::uint32_t((headBytes + UnitBytes - 1) / UnitBytes);
    const Address address = m_arena.carve(headUnits + count * blockUnits);
    auto *slab = address ? m_arena.at<Slab>(address) : nullptr;
    if (!slab)
        return 0;
    slab->blockUnits = blockUnits;
    slab->count = count;
    slab->blocks = address + headUnits;
    AIO_FAULT_POINT("slabs.add");
    for (auto &entry : m_arena.header().slabs) {
        Address none = 0;
        if (entry.compare_exchange_strong(none, address))
            return address;
    }
    return 0;
}

Block RawSlabs::take(Slab &slab, Address address) noexcept
{
    const unsigned start = slab.hint.load(std::memory_order_relaxed);
    for (unsigned n = 0; n < slab.count; ++n) {
        const unsigned i = (start + n) % slab.count;
        std::uint64_t nobody = 0;
        if (slab.owner[i].load(std::memory_order_relaxed) == 0
            && slab.owner[i].compare_exchange_strong(nobody, BlockOwner::process(m_arena.self()))) {
            slab.hint.store((i + 1) % slab.count, std::memory_order_relaxed);
            return blockOf(address, i);
        }
    }
    return {};
}

Block RawSlabs::allocate(std::size_t bytes) noexcept
{
    if (bytes > LargestBlock)
        return {};
    const std::size_t wanted = classBytes(bytes);
    for (auto &entry : m_arena.header().slabs) {
        const Address address = entry.load(std::memory_order_acquire);
        if (!address)
            break;
        auto *slab = m_arena.at<Slab>(address);
        if (!slab || slab->blockUnits * UnitBytes != wanted)
            continue;
        if (const Block block = take(*slab, address); block.data)
            return block;
    }
    const Address address = addSlab(wanted);
    Slab *slab = address ? m_arena.at<Slab>(address) : nullptr;
    return slab ? take(*slab, address) : Block();
}

Block RawSlabs::find(std::uint64_t reference) noexcept
{
    const auto slab = Address(reference >> 32);
    return slab ? blockOf(slab, unsigned(reference)) : Block();
}

void RawSlabs::release(const Block &block, std::uint64_t expected) noexcept
{
    // the next allocation takes this block, which is still warm
    if (block.data && block.owner->compare_exchange_strong(expected, 0))
        block.slab->hint.store(std::uint32_t(block.owner - block.slab->owner), std::memory_order_relaxed);
}

} // namespace aio_raw
