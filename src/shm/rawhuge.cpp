// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "shm/rawhuge.h"

#include "platform/rawfault.h"
#include "platform/rawsystem.h"

#include <utility>

namespace aio_raw {

HugeBlock *RawHuge::claim(Address &address) noexcept
{
    for (unsigned i = 0; i < MaxHuge; ++i) {
        HugeBlock &entry = m_arena.header().huge[i];
        std::uint64_t nobody = 0;
        if (entry.owner.load() == 0 && entry.owner.compare_exchange_strong(nobody, BlockOwner::process(m_arena.self()))) {
            address = addressOf(i);
            return &entry;
        }
    }
    return nullptr;
}

// Named before it is there: whoever finds the entry of a dead process knows what to take away.
bool RawHuge::create(HugeBlock &entry, Address address) noexcept
{
    char *data = nullptr;
    const std::uint64_t made = nameSegment(m_arena.source(), [&](std::uint64_t name) {
        entry.nonce.store(name);
        AIO_FAULT_POINT("huge.named");
        data = m_arena.source().createOwn(name, entry.bytes.load() - OwnHeadBytes);
        return data != nullptr;
    });
    AIO_FAULT_POINT("huge.created");
    if (!made)
        return false;
    const std::lock_guard lock(m_mutex);
    keep(address, {made, data});
    unmapStale();
    return true;
}

void RawHuge::keep(Address address, const Mapping &mapping) noexcept
{
    const Mapping old = std::exchange(m_mappings[(address >> SegmentShift) - FirstHuge], mapping);
    if (old.data)
        m_stale.push_back(old.data);
}

// Who looks at a block that may be gone has counted himself first, and then asks for its mapping: so he has none that is stale by now.
void RawHuge::unmapStale() noexcept
{
    for (unsigned i = 0; i < MaxHuge; ++i) {
        if (m_mappings[i].data && m_arena.header().huge[i].nonce.load() != m_mappings[i].nonce)
            keep(addressOf(i), {});
    }
    if (m_peeks.load() > 0)
        return;
    for (char *data : std::exchange(m_stale, {}))
        m_arena.source().unmapOwn(data);
}

char *RawHuge::map(const HugeBlock &entry, Address address) noexcept
{
    const std::lock_guard lock(m_mutex);
    const std::uint64_t nonce = entry.nonce.load();
    const Mapping &known = m_mappings[(address >> SegmentShift) - FirstHuge];
    if (!nonce || known.nonce == nonce)
        return nonce ? known.data : nullptr;
    char *data = m_arena.source().mapOwn(nonce, entry.bytes.load() - OwnHeadBytes);
    keep(address, {data ? nonce : 0, data});
    unmapStale();
    return data;
}

Block RawHuge::find(Address address) noexcept
{
    HugeBlock &entry = entryOf(address);
    const std::uint64_t bytes = entry.bytes.load();
    char *data = entry.owner.load() && bytes > OwnHeadBytes ? map(entry, address) : nullptr;
    return data ? Block{data, std::size_t(bytes - OwnHeadBytes), address, &entry.owner, nullptr} : Block();
}

void RawHuge::free(Address address) noexcept
{
    HugeBlock &entry = entryOf(address);
    if (const std::uint64_t nonce = entry.nonce.load()) {
        if (const Block block = find(address); block.data)
            returnMemory(block.data, block.bytes);
        AIO_FAULT_POINT("huge.free");
        m_arena.source().discardOwn(nonce);
    }
    entry.nonce.store(0);
    entry.bytes.store(0);
    AIO_FAULT_POINT("huge.freed");
    entry.owner.store(0);
    const std::lock_guard lock(m_mutex);
    unmapStale();
}

} // namespace aio_raw
