// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "shm/rawarena.h"

#include "platform/rawfault.h"
#include "platform/rawprocess.h"
#include "platform/rawsystem.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace aio_raw {
namespace {

constexpr std::uint32_t units(std::size_t bytes) noexcept { return std::uint32_t((bytes + UnitBytes - 1) / UnitBytes); }

// A cell's identity. A cell that is not published is being made or taken away by \a worker, a slot + 1.
constexpr std::uint64_t Published = 1 << 8;
// Once a bell, always a bell: a ringer that was stopped may set bits in it at any later time.
constexpr std::uint64_t ForBells = 1 << 9;
constexpr std::uint64_t cellIdentity(std::uint32_t generation, Cell::Kind kind, unsigned worker = 0) noexcept
{
    return std::uint64_t(generation) << 32 | std::uint64_t(worker) << 16 | kind;
}
constexpr auto cellGeneration(std::uint64_t identity) noexcept { return std::uint32_t(identity >> 32); }

constexpr std::uint64_t holderBit(unsigned slot) noexcept { return std::uint64_t(1) << slot % 64; }

bool hasHolders(const Cell &cell) noexcept
{
    return std::any_of(std::begin(cell.holders), std::end(cell.holders), [](auto &bits) { return bits.load() != 0; });
}

} // namespace

void RawArena::formatSegment(char *base, unsigned index, const std::uint8_t (&identity)[16]) noexcept
{
    auto *header = reinterpret_cast<SegmentHeader *>(base);
    header->magic = ArenaMagic;
    header->layoutVersion = LayoutVersion;
    header->segment = index;
    std::memcpy(header->arena, identity, sizeof identity);
    header->bytes = SegmentBytes;
    header->pidNamespace = pidNamespace();
    header->backend = backend();
    if (index > 0)
        header->ready.store(ArenaMagic, std::memory_order_release);
}

void RawArena::format(char *base, const std::uint8_t (&identity)[16], std::uint64_t memoryLimit) noexcept
{
    formatSegment(base, 0, identity);
    auto *header = reinterpret_cast<ArenaHeader *>(base);
    header->memoryLimit.store(memoryLimit);
    header->carved.store(units(sizeof(ArenaHeader)));
    header->pageEnd.store(FirstPage);
    header->segments[0].store(1);
    initialiseCell(header->memory);
    header->memory.identity.store(cellIdentity(1, Cell::Memory) | Published);
    header->segment.ready.store(ArenaMagic, std::memory_order_release);
}

void RawArena::open(char *base) noexcept
{
    m_header = reinterpret_cast<ArenaHeader *>(base);
    m_base[0].store(base, std::memory_order_release);
}

char *RawArena::mapSegment(unsigned index) noexcept
{
    const std::uint64_t nonce = m_header->segments[index].load(std::memory_order_acquire);
    if (!nonce)
        return nullptr;
    char *base = m_source.map(index, nonce);
    if (base)
        m_base[index].store(base, std::memory_order_release);
    return base;
}

bool RawArena::grow(unsigned index) noexcept
{
    auto &entry = m_header->segments[index];
    if (entry.load(std::memory_order_acquire))
        return true;
    std::uint64_t nonce = 0;
    char *base = m_source.create(index, nonce);
    if (!base)
        return false;
    std::uint64_t none = 0;
    if (entry.compare_exchange_strong(none, nonce))
        m_base[index].store(base, std::memory_order_release);
    else
        m_source.discard(index, nonce);
    return true;
}

Address RawArena::carve(std::uint32_t wanted) noexcept
{
    constexpr std::uint64_t perSegment = 1u << SegmentShift;
    constexpr std::uint32_t segmentHead = units(sizeof(SegmentHeader));
    if (wanted > ControlUnits)
        return 0;
    std::uint64_t at = m_header->carved.load();
    for (;;) {
        // behind ControlUnits the count goes through segments of its own
        std::uint64_t place = at;
        if (place < ControlUnits && place + wanted > ControlUnits)
            place = ControlUnits;
        std::uint64_t offset = place < ControlUnits ? place : (place - ControlUnits) % perSegment;
        if (place >= ControlUnits && (offset == 0 || offset + wanted > perSegment)) {
            place += offset == 0 ? 0 : perSegment - offset;
            place += segmentHead;
            offset = segmentHead;
        }
        const std::uint64_t number = place < ControlUnits ? 0 : MaxSegments - 1 - (place - ControlUnits) / perSegment;
        const std::uint64_t payload = (m_header->pageEnd.load() - FirstPage) * PageBytes + hugeBytes();
        const bool isTaken = number > MaxSegments || (number > 0 && number < FirstHuge + MaxHuge);
        if ((place + wanted) * UnitBytes + payload > m_header->memoryLimit.load() || isTaken || !grow(unsigned(number)))
            return 0;
        AIO_FAULT_POINT("arena.carve");
        if (m_header->carved.compare_exchange_strong(at, place + wanted))
            return Address(number << SegmentShift | offset);
    }
}

Page *RawArena::pageAt(std::uint32_t page) noexcept
{
    auto *header = at<SegmentHeader>(Address(page / PagesPerSegment) << SegmentShift);
    return header ? &header->pages[page % PagesPerSegment] : nullptr;
}

bool RawArena::extendPages(std::uint64_t from, std::uint64_t end) noexcept
{
    if (!m_header->pageEnd.compare_exchange_strong(from, end))
        return false;
    for (std::uint64_t page = from; page < end; ++page) {
        std::uint64_t unused = 0;
        Page *entry = page % PagesPerSegment ? pageAt(std::uint32_t(page)) : nullptr;
        if (entry && entry->owner.load() == 0)
            entry->owner.compare_exchange_strong(unused, FreePage);
    }
    return true;
}

// -- processes

bool RawArena::join(const std::uint8_t (&entry)[16], const char *name) noexcept
{
    const ProcessIdentity me = ownIdentity();
    for (unsigned i = 0; i < MaxProcesses; ++i) {
        ProcessSlot &slot = m_header->processes[i];
        std::uint64_t word = slot.state.load();
        if (SlotState(word).phase != ProcessSlot::Free)
            continue;
        const auto generation = std::uint16_t(SlotState(word).generation + 1);
        if (!slot.state.compare_exchange_strong(word, SlotState(0, ProcessSlot::Joining, generation, me.pid).word()))
            continue;
        AIO_FAULT_POINT("arena.join");
        std::memcpy(slot.entry, entry, sizeof entry);
        std::memcpy(m_entry, entry, sizeof entry);
        std::strncpy(slot.name, name, sizeof slot.name - 1);
        slot.startTime.store(me.startTime);
        slot.watches.store(0);
        slot.state.store(SlotState(0, ProcessSlot::Live, generation, me.pid).word());
        m_self = Owner(generation) << 16 | Owner(i + 1);
        m_header->joins.fetch_add(1);
        m_ringer.reserve(entry);
        return true;
    }
    return false;
}

void RawArena::freeSlot(Owner owner) noexcept
{
    if (ProcessSlot *slot = slotOf(owner))
        slot->state.store(SlotState(0, ProcessSlot::Free, std::uint16_t(owner >> 16), 0).word());
    if (owner == m_self)
        m_self = 0;
}

ProcessSlot *RawArena::slotOf(Owner owner) noexcept
{
    const unsigned index = slotIndex(owner);
    return index < MaxProcesses ? &m_header->processes[index] : nullptr;
}

bool RawArena::isAlive(Owner owner) noexcept
{
    const ProcessSlot *slot = slotOf(owner);
    if (!slot)
        return false;
    const SlotState state(slot->state.load());
    return state.generation == owner >> 16 && (state.phase == ProcessSlot::Live || state.phase == ProcessSlot::Joining);
}

bool RawArena::hasEnded(Owner owner) const noexcept
{
    const unsigned index = slotIndex(owner);
    if (index >= MaxProcesses)
        return false;
    const SlotState state(m_header->processes[index].state.load());
    if (state.generation != owner >> 16 || state.phase == ProcessSlot::Free)
        return true;
    return state.phase == ProcessSlot::Dying && state.repairer != index + 1;
}

void RawArena::ring(Owner owner, unsigned number) noexcept
{
    if (const ProcessSlot *slot = slotOf(owner); slot && isAlive(owner))
        m_ringer.ring(owner, slot->entry, number);
}

// -- cells

Cell::Kind RawArena::kindOf(const Cell &cell) noexcept
{
    return Cell::Kind(cell.identity.load(std::memory_order_acquire) & 0xff);
}

bool RawArena::addCellChunk() noexcept
{
    const Address chunk = carve(units(sizeof(Cell) * CellsPerChunk));
    if (!chunk)
        return false;
    for (unsigned i = 0; i < MaxCellChunks; ++i) {
        Address none = 0;
        if (m_header->cellChunks[i].compare_exchange_strong(none, chunk)) {
            m_header->cellHint.store(i * CellsPerChunk);
            return true;
        }
    }
    return false;
}

void RawArena::initialiseCell(Cell &cell) noexcept
{
    cell.word.store(0);
    cell.inbox.store(0);
    cell.attention.store(0);
    cell.tickets.store(0);
    cell.headSince.store(INT64_MAX);
    cell.repairs.store(0);
    cell.repaired.store(0);
    cell.rebuilds.store(0);
    cell.name.store(0);
    cell.guard.initialise();
    for (int role : {0, 1})
        cell.head[role] = cell.tail[role] = 0;
    for (auto &detail : cell.detail)
        detail.store(0);
    for (auto &bits : cell.holders)
        bits.store(0);
}

Address RawArena::createCell(Cell::Kind kind) noexcept
{
    const std::lock_guard lock(m_holderMutex);
    for (bool wrapped = false;;) {
        const unsigned start = wrapped ? 0 : m_header->cellHint.load();
        for (unsigned i = start; i < MaxCellChunks * CellsPerChunk; ++i) {
            const Address chunk = m_header->cellChunks[i / CellsPerChunk].load(std::memory_order_acquire);
            if (!chunk)
                break;
            auto *cells = at<Cell[CellsPerChunk]>(chunk);
            if (!cells)
                return 0;
            Cell &cell = (*cells)[i % CellsPerChunk];
            std::uint64_t identity = cell.identity.load();
            if (Cell::Kind(identity & 0xff) != Cell::Free || ((identity & ForBells) && kind != Cell::Bell))
                continue;
            // the claim names the claimant, so that nothing is lost when he dies in here
            if (!cell.identity.compare_exchange_strong(identity, cellIdentity(cellGeneration(identity) + 1, kind, m_self & 0xffff)))
                continue;
            AIO_FAULT_POINT("arena.cell.claimed");
            initialiseCell(cell);
            cell.holders[slotIndex(m_self) / 64].fetch_or(holderBit(slotIndex(m_self)));
            m_header->cellHint.store(i + 1);
            return chunk + Address(i % CellsPerChunk * (sizeof(Cell) / UnitBytes));
        }
        if (!wrapped && m_header->cellsFreed.exchange(0) > 0)
            wrapped = true;
        else if (!addCellChunk())
            return 0;
        else
            wrapped = false;
    }
}

void RawArena::publishCell(Address address) noexcept
{
    auto *cell = at<Cell>(address);
    const std::uint64_t identity = cell->identity.load();
    cell->identity.store(cellIdentity(cellGeneration(identity), kindOf(*cell)) | Published);
}

std::uint64_t RawArena::handleOf(Address address) noexcept
{
    return std::uint64_t(cellGeneration(at<Cell>(address)->identity.load())) << 32 | address;
}

bool RawArena::isCell(Address address) noexcept
{
    for (auto &entry : m_header->cellChunks) {
        const Address chunk = entry.load(std::memory_order_acquire);
        if (!chunk)
            return false;
        const Address offset = address - chunk;
        if (address >= chunk && offset < units(sizeof(Cell) * CellsPerChunk))
            return offset % (sizeof(Cell) / UnitBytes) == 0;
    }
    return false;
}

Cell *RawArena::attachCell(std::uint64_t handle, Cell::Kind kind) noexcept
{
    const auto address = Address(handle);
    auto *cell = isCell(address) ? at<Cell>(address) : nullptr;
    const std::uint64_t expected = cellIdentity(std::uint32_t(handle >> 32), kind) | Published;
    if (!cell || cell->identity.load() != expected)
        return nullptr;
    const std::lock_guard lock(m_holderMutex);
    bool had = false;
    return hold(*cell, expected, had) ? cell : nullptr;
}

bool RawArena::hold(Cell &cell, std::uint64_t identity, bool &had) noexcept
{
    if (!(identity & Published))
        return false;
    const unsigned slot = slotIndex(m_self);
    had = cell.holders[slot / 64].fetch_or(holderBit(slot)) & holderBit(slot);
    AIO_FAULT_POINT("arena.cell.attached");
    // Bit first, look second; who takes a cell away unpublishes it first and looks for bits second. One of the two sees
    // the other.
    if (cell.identity.load() == identity)
        return true;
    if (!had)
        cell.holders[slot / 64].fetch_and(~holderBit(slot));
    return false;
}

bool RawArena::dropHolder(Cell &cell, unsigned slot) noexcept
{
    const std::lock_guard lock(m_holderMutex);
    return drop(cell, slot);
}

bool RawArena::drop(Cell &cell, unsigned slot) noexcept
{
    cell.holders[slot / 64].fetch_and(~holderBit(slot));
    std::uint64_t identity = cell.identity.load();
    if (hasHolders(cell) || !(identity & Published))
        return false;
    const std::uint64_t closing = cellIdentity(cellGeneration(identity), kindOf(cell), m_self & 0xffff);
    if (!cell.identity.compare_exchange_strong(identity, closing))
        return false;
    AIO_FAULT_POINT("arena.cell.closing");
    if (hasHolders(cell)) {
        cell.identity.store(identity);
        return false;
    }
    return true;
}

void RawArena::freeCell(Cell &cell) noexcept
{
    AIO_FAULT_POINT("arena.cell.free");
    for (auto &bits : cell.holders)
        bits.store(0);
    const std::uint64_t bells = kindOf(cell) == Cell::Bell ? ForBells : 0;
    cell.identity.store(cellIdentity(cellGeneration(cell.identity.load()), Cell::Free) | bells);
    m_header->cellsFreed.fetch_add(1);
}

bool RawArena::isUnfinished(const Cell &cell, unsigned slot) noexcept
{
    const std::uint64_t identity = cell.identity.load();
    return !(identity & Published) && (identity >> 16 & 0xffff) == slot + 1;
}

bool RawArena::finishFor(Cell &cell, unsigned slot) noexcept
{
    const std::lock_guard lock(m_holderMutex);
    cell.holders[slot / 64].fetch_and(~holderBit(slot));
    if (!hasHolders(cell))
        return false;
    // somebody opened it just before the other began to take it away
    std::uint64_t identity = cell.identity.load();
    cell.identity.compare_exchange_strong(identity, cellIdentity(cellGeneration(identity), kindOf(cell)) | Published);
    return true;
}

// -- nodes

Address RawArena::createNodeChunk(Address bell, unsigned index) noexcept
{
    const auto take = [&](NodeChunk &chunk) {
        chunk.bell.store(bell, std::memory_order_relaxed);
        chunk.index = index;
        chunk.summary.store(0);
        for (auto &leaf : chunk.leaf)
            leaf.store(0);
    };
    for (auto &entry : m_header->nodeChunks) {
        Address address = entry.load(std::memory_order_acquire);
        if (address) {
            auto *chunk = at<NodeChunk>(address);
            Owner nobody = 0;
            if (!chunk || !chunk->owner.compare_exchange_strong(nobody, m_self))
                continue;
            take(*chunk);
            return address;
        }
        address = carve(units(sizeof(NodeChunk)));
        auto *chunk = address ? at<NodeChunk>(address) : nullptr;
        if (!chunk)
            return 0;
        chunk->owner.store(m_self);
        take(*chunk);
        Address none = 0;
        if (entry.compare_exchange_strong(none, address))
            return address;
        // lost the entry: the next one will do (the carved place is not lost, it goes there)
        for (auto *later = &entry + 1; later != std::end(m_header->nodeChunks); ++later) {
            none = 0;
            if (later->compare_exchange_strong(none, address))
                return address;
        }
        return 0;
    }
    return 0;
}

} // namespace aio_raw
