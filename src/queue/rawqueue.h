// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawwait.h"

/*
 * A queue of messages, first in first out, any number of producers and consumers.
 *
 * Positions count from 0 for ever. Position p is slot p % 256 of ring chunk p / 256; a directory finds the chunk. Chunks
 * are mapped and unmapped under the cell's guard, once in 256 messages; the memory for one is taken before, by the producer
 * that needs it. Everything else is one swap of the slot's control word:
 *
 *   Empty -> Writing(producer) -> Full -> Consumed                          small messages, which lie in their slot
 *   Empty -> Writing(producer) -> Full -> Reading(consumer) -> Consumed     larger ones, in a block that was filled before
 *
 * each together with the number of the chunk and a mark of the queue, so that a swap prepared for an earlier use of the memory
 * fails. A message is acknowledged by the store of Full. A small one is copied first and then taken by the swap to Consumed; a
 * larger one is there until the store of Consumed. When a process has died, Writing becomes Consumed (the message never was),
 * and Reading becomes Full again (nobody has seen it).
 *
 * head, next and tail are hints that anybody may advance: everything before head is consumed, everything before next is at least
 * being read, so a reader that is stopped costs the others nothing. "late" says that something before next may be full all the
 * same: a reader has given it back.
 *
 * In a joinable queue a message goes from its slot into a record (rawunfinished.h) and stays there until it is finished.
 *
 * The cell's word: waiters of role 0 are getters, of role 1 putters; then ShutDownBit and the others below.
 */
namespace aio_raw {

struct RingSlot
{
    enum State : std::uint64_t { Empty, Writing, Full, Reading, Consumed };
    static constexpr std::size_t InlineBytes = 48;

    std::atomic<std::uint64_t> control;         // {chunk number : 32, state : 6, claimant, or mark of the queue : 26}
    std::atomic<std::uint64_t> what;            // {block : 32, size : 32}; block 0: the message lies here
    std::atomic<std::uint64_t> words[InlineBytes / 8];
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
    std::uint32_t mark;                         // of this queue, by chance
    std::uint64_t firstMapped;                  // under the guard
    std::atomic<std::uint64_t> offered;         // {owner : 32, address : 32} of memory for the next chunk; 0: none
    std::atomic<Address> mapping;               // the chunk that is about to be mapped
    std::atomic<Address> unfinished;            // the first chunk of records (rawunfinished.h)
    std::uint32_t policy;                       // RawQueue::Policy
    std::uint32_t reserved;
    std::atomic<std::uint64_t> lost;            // messages that nobody has finished before he died
    alignas(UnitBytes) std::atomic<std::uint64_t> tail;
    alignas(UnitBytes) std::atomic<std::uint64_t> head;
    std::atomic<std::uint64_t> next;
    std::atomic<std::uint64_t> late;
    alignas(UnitBytes) std::atomic<std::uint64_t> abandoned;    // messages whose producer died before Full
    std::atomic<std::uint64_t> returned;        // not 0: there may be a record that was given back
    std::atomic<std::uint64_t> tickets;         // orders the records
    std::atomic<std::uint64_t> revivals;        // counts messages that were given back
    alignas(UnitBytes) Entry directory[1];      // [directorySize]
};

struct UnfinishedRecord;

namespace RawQueue {

inline constexpr std::uint64_t Getters = 1;
inline constexpr std::uint64_t Putters = 2;
inline constexpr std::uint64_t ShutDownBit = 4;
/* All who wait for a message are about to look. While that is so, who puts one need not tell anybody. */
inline constexpr std::uint64_t AllInvited = 8;
/* Somebody has watched this queue. Stays: until then nobody needs to look for watchers among those who wait. */
inline constexpr std::uint64_t Watched = 16;
inline constexpr std::uint64_t MaxItems = std::uint64_t(1) << 24;
/* Chunks that may be mapped beside those that hold messages: for the claims of stopped processes. */
inline constexpr std::uint64_t SpareChunks = 14;
inline constexpr std::uint64_t DefaultMaxItems = (4096 - SpareChunks - 2) * RingBody::SlotsPerChunk;
inline constexpr std::size_t ChunkBytes = RingBody::SlotsPerChunk * sizeof(RingSlot);

enum Detail { BodyAddress = 0 };

/* What somebody waits for, in his node: getters, watchers of items and of the size in role 0, the others in role 1. */
enum Wish : std::uint32_t { ToGet, ToPut, ToJoin, ToWatch, ToSeeChange };

/* What becomes of a message that was got: nothing; or it is unfinished until taskDone(), and when its consumer dies before, is ... */
enum Policy : std::uint32_t { Plain, CountAsLost, Redeliver };

/* NeedsChunk: memory for the ring is out; get ChunkBytes, offer() them, and put again. */
enum class Outcome { Pending, Done, ShutDown, NoMemory, NeedsChunk };

/* A queue for \a maxItems messages (0: DefaultMaxItems), not published yet; 0: memory is out. */
Address create(RawLot &lot, std::uint64_t maxItems, Policy policy = Plain) noexcept;

/* How many messages are there that nobody has claimed yet. */
std::uint64_t size(RawLot &lot, const Cell &cell) noexcept;
std::uint64_t maxItems(RawLot &lot, const Cell &cell) noexcept;
inline bool isShutDown(const Cell &cell) noexcept { return cell.word.load() & ShutDownBit; }
/* Everybody: putters get ShutDown; getters the rest of the messages (none if \a immediate), then ShutDown. */
void shutDown(RawLot &lot, Cell &cell, Address address, bool immediate) noexcept;
/* Finishes the message that this process got before all others that it has not finished. False: there is none. */
bool taskDone(RawLot &lot, Cell &cell, Address address) noexcept;
/* How many messages of the dead were given up. */
std::uint64_t lost(RawLot &lot, const Cell &cell) noexcept;
/* Gives the queue \a block, of this process, for its ring. */
void offer(RawLot &lot, Cell &cell, const Block &block) noexcept;

class Put final : public RawOperation
{
public:
    /* The bytes are taken over at once. */
    Put(RawLot &lot, Address cell, const char *data, std::size_t size) noexcept;
    /* The message is the first \a size bytes of \a block, which belongs to this process. */
    Put(RawLot &lot, Address cell, const Block &block, std::size_t size) noexcept;
    ~Put() override;
    bool attempt() noexcept override;
    void describe(Node &node) noexcept override;
    bool passesOn() const noexcept override { return true; }
    Outcome outcome() const noexcept { return m_outcome; }
    /* After NeedsChunk: from the beginning. */
    void again() noexcept { m_outcome = Outcome::Pending; }

private:
    Outcome tryPut() noexcept;
    Outcome claim(RingBody &body, std::uint64_t &position, RingSlot *&slot) noexcept;

    Block m_block;
    std::uint32_t m_size;
    std::uint64_t m_words[RingSlot::InlineBytes / 8];
    Outcome m_outcome = Outcome::Pending;
};

class Get : public RawOperation
{
public:
    using RawOperation::RawOperation;
    ~Get() override { giveBack(); }
    bool attempt() noexcept override;
    void describe(Node &node) noexcept override;
    void beforeLook() noexcept override { cell().word.fetch_and(~AllInvited); }
    bool passesOn() const noexcept override { return true; }
    Outcome outcome() const noexcept { return m_outcome; }

    /* The message that receive() kept has been received. */
    void finish() noexcept;
    bool isKeeping() const noexcept { return m_isKeeping; }
    /* How often this message was got, this time included; more than once after the death of a consumer. */
    std::uint32_t attempts() const noexcept { return m_attempts; }
    /* The message needs no taskDone(). */
    void finishTask() noexcept;
    /* Keeps what \a other has kept. */
    void takeOver(Get &other) noexcept;

protected:
    /*
     * Takes the message out of shared memory, which others may write to. False: it is kept, and \a data stays, until finish();
     * for blocks only.
     */
    virtual bool receive(const char *data, std::size_t size, bool isBlock) noexcept = 0;
    /* What is kept and not finished goes back to the queue. */
    void giveBack() noexcept;

private:
    Outcome tryGet() noexcept;
    Outcome takeInline(RingSlot &slot, std::uint64_t control, std::uint64_t position, std::uint64_t what) noexcept;
    Outcome takeBlock(RingSlot &slot, std::uint64_t control, std::uint64_t position, std::uint64_t what) noexcept;
    Outcome takeUnfinished(RingBody &body, RingSlot &slot, std::uint64_t control, std::uint64_t position) noexcept;
    void receiveUnfinished(UnfinishedRecord &record) noexcept;
    void consumed(std::uint64_t position) noexcept;

    Outcome m_outcome = Outcome::Pending;
    bool m_isKeeping = false;
    std::uint32_t m_attempts = 1;
    RingSlot *m_slot = nullptr;                 // of the message that is kept
    UnfinishedRecord *m_record = nullptr;       // of a message of a joinable queue
    std::uint64_t m_position = 0;
    Block m_block;
};

/* Done when every message that was put is finished. */
class Join final : public RawOperation
{
public:
    Join(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell, 1) {}
    bool attempt() noexcept override;
    void describe(Node &node) noexcept override;
};

} // namespace RawQueue
} // namespace aio_raw
