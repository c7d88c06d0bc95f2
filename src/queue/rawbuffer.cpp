// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/rawbuffer.h"

#include "platform/rawfault.h"

#include <algorithm>
#include <cstring>

namespace aio_raw {
namespace {

constexpr std::uint64_t bitOf(unsigned slot) noexcept { return std::uint64_t(1) << slot % 64; }

bool carries(RawLot &lot, Address message, Address block) noexcept
{
    const Block found = lot.slabs().find(message);
    if (!found.data || found.owner->load() == 0)
        return false;
    Address named = 0;
    std::memcpy(&named, found.data + 1, sizeof named);
    return found.data[0] == RawBuffer::CarrierTag && named == block;
}

// Whether nobody can come to it any more. Carriers that carry nothing are taken off.
bool isForgotten(RawLot &lot, const Block &block) noexcept
{
    SharedHead *head = RawBuffer::headOf(block);
    const std::uint64_t before = head->changes.load();
    for (auto &carrier : head->carriers) {
        Address message = carrier.load();
        if (message && (carries(lot, message, block.address) || !carrier.compare_exchange_strong(message, 0)))
            return false;
    }
    return std::all_of(std::begin(head->holders), std::end(head->holders), [](auto &bits) { return bits.load() == 0; })
        && head->changes.load() == before;
}

// \a address, not the block: it may be gone, and its memory not be mapped any more.
void releaseIfForgotten(RawLot &lot, Address address) noexcept
{
    const auto peek = lot.slabs().peek();
    // read first: after it is forgotten, another may do the same, and the block be another buffer
    const Block block = lot.slabs().find(address);
    const std::uint64_t owner = block.data ? block.owner->load() : 0;
    if (BlockOwner::kind(owner) == BlockOwner::Shared && isForgotten(lot, block))
        lot.release(block, owner);
}

void collect(RawLot &lot, unsigned deadSlot) noexcept
{
    const auto peek = lot.slabs().peek();
    lot.slabs().sweep([&](std::uint64_t owner, Address address) {
        const Block block = BlockOwner::kind(owner) == BlockOwner::Shared ? lot.slabs().find(address) : Block();
        if (!block.data)
            return true;
        if (deadSlot < MaxProcesses)
            RawBuffer::headOf(block)->holders[deadSlot / 64].fetch_and(~bitOf(deadSlot));
        return !isForgotten(lot, block);
    });
}

const bool s_collects = RawLot::registerCollector(&collect);

} // namespace

namespace RawBuffer {

SharedHead *headOf(const Block &block) noexcept
{
    return reinterpret_cast<SharedHead *>(block.data);
}

std::size_t bytesOf(const Block &block) noexcept
{
    return std::min<std::size_t>(headOf(block)->bytes.load(), block.bytes - sizeof(SharedHead));
}

void share(RawLot &lot, const Block &block, std::size_t bytes) noexcept
{
    auto *head = new (block.data) SharedHead{};
    head->bytes.store(bytes);
    hold(lot, block);
    AIO_FAULT_POINT("buffer.share");
    static std::atomic<std::uint32_t> s_laps = 0;
    block.owner->store(BlockOwner::shared(s_laps.fetch_add(1) << 9 | slotIndex(lot.arena().self())));
}

void hold(RawLot &lot, const Block &block) noexcept
{
    const unsigned slot = slotIndex(lot.arena().self());
    headOf(block)->changes.fetch_add(1);
    headOf(block)->holders[slot / 64].fetch_or(bitOf(slot));
    AIO_FAULT_POINT("buffer.held");
}

void drop(RawLot &lot, const Block &block) noexcept
{
    const unsigned slot = slotIndex(lot.arena().self());
    headOf(block)->holders[slot / 64].fetch_and(~bitOf(slot));
    AIO_FAULT_POINT("buffer.dropped");
    releaseIfForgotten(lot, block.address);
}

bool isAlone(RawLot &lot, const Block &block) noexcept
{
    const SharedHead *head = headOf(block);
    const unsigned slot = slotIndex(lot.arena().self());
    if (std::any_of(std::begin(head->carriers), std::end(head->carriers), [](auto &carrier) { return carrier.load() != 0; }))
        return false;
    for (unsigned i = 0; i < std::size(head->holders); ++i) {
        if (head->holders[i].load() & ~(i == slot / 64 ? bitOf(slot) : 0))
            return false;
    }
    return true;
}

bool carry(RawLot &, const Block &block, const Block &message) noexcept
{
    message.data[0] = CarrierTag;
    std::memcpy(message.data + 1, &block.address, sizeof block.address);
    headOf(block)->changes.fetch_add(1);
    for (auto &carrier : headOf(block)->carriers) {
        Address none = 0;
        if (carrier.load() == 0 && carrier.compare_exchange_strong(none, message.address))
            return true;
    }
    return false;
}

Block carriedBy(RawLot &lot, const char *data, std::size_t size) noexcept
{
    if (!data || size != CarrierBytes || data[0] != CarrierTag)
        return {};
    Address address = 0;
    std::memcpy(&address, data + 1, sizeof address);
    const Block block = lot.slabs().find(address);
    return block.data && block.bytes >= sizeof(SharedHead) && BlockOwner::kind(block.owner->load()) == BlockOwner::Shared ? block : Block();
}

void releaseMessage(RawLot &lot, const Block &message, std::uint64_t expected) noexcept
{
    const Block carried = carriedBy(lot, message.data, CarrierBytes);
    const Address address = message.address;
    if (carried.data && message.owner->load() == expected) {
        // while the message still is ours: its block may carry the same again at once
        for (auto &carrier : headOf(carried)->carriers) {
            Address there = address;
            carrier.compare_exchange_strong(there, 0);
        }
        AIO_FAULT_POINT("buffer.put.down");
        message.data[0] = 0;        // another use of this block carries nothing before it says so
    }
    lot.release(message, expected);
    if (carried.data)
        releaseIfForgotten(lot, carried.address);
}

} // namespace RawBuffer
} // namespace aio_raw
