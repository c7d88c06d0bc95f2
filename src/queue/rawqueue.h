// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawwait.h"

/*
 * A queue of messages, first in first out, any number of producers and consumers.
 *
 * Positions count from 0 for ever. Position p is slot p % 256 of ring chunk p / 256; a directory finds the chunk. Chunks
 * are mapped and unmapped under the cell's guard, once in 256 messages, and stay with their queue; everything else is one
 * swap of the slot's control word:
 *
 *   Empty -> Writing(producer) -> Full -> Reading(consumer) -> Consumed
 *
 * each together with the number of the chunk, so that a swap prepared for an earlier use of the memory fails. A message is
 * acknowledged by the store of Full and consumed by the store of Consumed. When a process has died, Writing becomes
 * Consumed (the message never was), and Reading becomes Full again (nobody has seen it). head and tail are hints that
 * anybody may advance. A small message lies in its slot, a larger one in a block of its own that was filled before the
 * slot was claimed; so no slot is claimed longer than it takes to copy 48 bytes, or for a reader to copy its message.
 *
 * The cell's word: waiters of role 0 are getters, of role 1 putters; bit 2: shut down.
 */
namespace aio_raw {

struct RingSlot
{
    enum State : std::uint64_t { Empty, Writing, Full, Reading, Consumed };
    enum Place : std::uint32_t { Inline, InBlock };

    std::atomic<std::uint64_t> control;         // {chunk number : 32, state : 6, claimant : 26}
    std::uint32_t size;
    std::uint32_t place;
    union {
        char bytes[48];
        std::uint64_t reference;
    };
};
static_assert(sizeof(RingSlot) == UnitBytes);

struct RingBody
{
    static constexpr unsigned SlotsPerChunk = 256;
    struct Entry
    {
        std::atomic<std::uint64_t> chunk;       // {chunk number : 32, address of its slots : 32}; 0: not mapped
    };

    std::uint64_t maxItems;
    std::uint32_t directorySize;                // a power of two
    std::atomic<std::uint32_t> outOfMemory;     // the next chunk could not be mapped
    std::uint64_t firstMapped;                  // under the guard, as the two below
    std::uint32_t spareCount;
    Address spare[6];
    std::uint32_t reserved;
    alignas(UnitBytes) std::atomic<std::uint64_t> tail;
    alignas(UnitBytes) std::atomic<std::uint64_t> head;
    alignas(UnitBytes) std::atomic<std::uint64_t> abandoned;    // messages whose producer died before Full
    alignas(UnitBytes) Entry directory[1];      // [directorySize]
};

namespace RawQueue {

inline constexpr std::uint64_t Getters = 1;
inline constexpr std::uint64_t Putters = 2;
inline constexpr std::uint64_t ShutDownBit = 4;
inline constexpr std::uint64_t MaxItems = std::uint64_t(1) << 24;
inline constexpr std::uint64_t DefaultMaxItems = std::uint64_t(1) << 20;

enum Detail { BodyReference = 0 };

enum class Outcome { Pending, Done, ShutDown, NoMemory };

/* A queue for \a maxItems messages (0: DefaultMaxItems), not published yet; 0: memory is out. */
Address create(RawLot &lot, std::uint64_t maxItems) noexcept;

std::uint64_t size(RawLot &lot, const Cell &cell) noexcept;
std::uint64_t maxItems(RawLot &lot, const Cell &cell) noexcept;
inline bool isShutDown(const Cell &cell) noexcept { return cell.word.load() & ShutDownBit; }
/* Everybody: putters get ShutDown; getters the rest of the messages (none if \a immediate), then ShutDown. */
void shutDown(RawLot &lot, Cell &cell, Address address, bool immediate) noexcept;

class Put final : public RawOperation
{
public:
    /* The bytes are taken over at once. */
    Put(RawLot &lot, Address cell, const char *data, std::size_t size) noexcept;
    ~Put() override;
    bool attempt() noexcept override;
    bool passesOn() const noexcept override { return true; }
    Outcome outcome() const noexcept { return m_outcome; }

private:
    Outcome tryPut() noexcept;

    Block m_block;
    std::uint32_t m_size;
    char m_bytes[sizeof(RingSlot::bytes)];
    Outcome m_outcome = Outcome::Pending;
};

class Get : public RawOperation
{
public:
    using RawOperation::RawOperation;
    bool attempt() noexcept override;
    bool passesOn() const noexcept override { return true; }
    Outcome outcome() const noexcept { return m_outcome; }

protected:
    /* Takes the message out of shared memory, which others may write to. */
    virtual void receive(const char *data, std::size_t size) noexcept = 0;

private:
    Outcome tryGet() noexcept;

    Outcome m_outcome = Outcome::Pending;
};

} // namespace RawQueue
} // namespace aio_raw
