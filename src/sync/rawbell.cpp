// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawbell.h"

#include "platform/rawfault.h"

namespace aio_raw::RawBell {
namespace {

void set(std::atomic<std::uint64_t> &word, unsigned bit) noexcept
{
    const std::uint64_t mask = std::uint64_t(1) << bit;
    if (!(word.load() & mask))
        word.fetch_or(mask);
}

} // namespace

Address create(RawArena &arena, unsigned number) noexcept
{
    const Address address = arena.createCell(Cell::Bell);
    if (!address)
        return 0;
    arena.at<Cell>(address)->detail[Number].store(std::uint64_t(number) << 32 | arena.self());
    arena.publishCell(address);
    return address;
}

bool mark(RawArena &arena, const Node &node, Address address) noexcept
{
    const std::uint32_t index = node.chunk;
    auto *bell = arena.at<Cell>(node.bell);
    auto *chunk = arena.at<NodeChunk>(address - index - Address(offsetof(NodeChunk, nodes) / UnitBytes));
    if (!bell || !chunk || index >= NodesPerChunk || chunk->index >= MaxChunks)
        return false;
    set(chunk->leaf[index / 64], index % 64);
    AIO_FAULT_POINT("bell.leaf");
    set(chunk->summary, index / 64);
    set(bell->detail[Summary + chunk->index / 64], chunk->index % 64);
    AIO_FAULT_POINT("bell.marked");
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return bell->detail[Sleeping].load() != 0;
}

void wake(RawArena &arena, Address address) noexcept
{
    auto *bell = arena.at<Cell>(address);
    if (!bell)
        return;
    const std::uint64_t place = bell->detail[Number].load();
    arena.ring(Owner(place), unsigned(place >> 32));
}

bool prepareToSleep(Cell &bell) noexcept
{
    bell.detail[Sleeping].store(1);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    for (unsigned word = 0; word < 4; ++word) {
        if (bell.detail[Summary + word].load())
            return false;
    }
    return bell.detail[Rescan].load() == 0;
}

void wokenUp(Cell &bell) noexcept
{
    bell.detail[Sleeping].store(0);
}

} // namespace aio_raw::RawBell
