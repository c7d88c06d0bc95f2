// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

/*
 * The memory between the scheduler of a pool and one of its workers: a stream of bytes each way, with one writer and one reader,
 * and the words that say what the worker is doing. All of it stays readable when the worker was killed at any instruction.
 *
 * Claims. Items are begun in the order in which they were sent. The claim word is {epoch : 32, begun : 32}. The worker begins an item
 * with one exchange of the word, which fails when the epoch is not that of the item's record. The scheduler takes back what has not
 * begun by raising the epoch, with one exchange as well; it learns from the old value how many had begun. So each item is either
 * begun by this worker or given to another one, never both. An item that has begun and whose outcome is not in the stream, complete,
 * when its worker has died was what it died of.
 */
namespace aio_raw {

inline constexpr std::uint32_t LaneMagic = 0x506f6f4c;
inline constexpr std::uint32_t LaneVersion = 2;

/* One direction. Both only grow; their difference is what is in the ring. */
struct StreamHead
{
    alignas(64) std::atomic<std::uint64_t> written;
    alignas(64) std::atomic<std::uint64_t> read;
};

struct LaneHead
{
    std::uint32_t magic;
    std::uint32_t version;
    std::uint32_t taskBytes;
    std::uint32_t resultBytes;
    alignas(64) std::atomic<std::uint64_t> claim;
    std::atomic<std::int64_t> beganAt;              // of the item begun last, where its record asks for it
    alignas(64) std::atomic<std::uint32_t> isAwaited;   // the scheduler wants to be rung for each outcome
    std::atomic<std::uint32_t> wantsRoom;           // the worker waits until there is room for its outcomes
    std::atomic<std::uint32_t> hasMore;             // the scheduler waits until there is room for more tasks
    std::atomic<std::uint64_t> stopWanted;          // how many had begun, with the one that is asked to stop
    std::atomic<std::int64_t> memory;               // resident bytes of the worker, when it last looked
    StreamHead tasks;
    StreamHead results;
};
static_assert(sizeof(LaneHead) % 64 == 0);

/* One end of a stream: its owner is the only one to write, or the only one to read. */
class LaneStream
{
public:
    LaneStream() = default;
    LaneStream(StreamHead &head, char *bytes, std::uint32_t size) noexcept : m_head(&head), m_bytes(bytes), m_size(size) {}

    // -- the writer's end
    std::size_t room() const noexcept;
    /* Appends as much of \a data as there is room for, and returns how much that is. The reader does not see it yet. */
    std::size_t append(const void *data, std::size_t size) noexcept;
    /* Shows the reader what was appended. */
    void commit() noexcept { m_head->written.store(m_at, std::memory_order_release); }

    // -- the reader's end. What the other side's counters claim is never more than the ring holds.
    std::size_t available() const noexcept;
    /* The bytes from \a offset on that lie in one piece, at most \a size. */
    const char *peek(std::size_t offset, std::size_t &size) const noexcept;
    void copy(std::size_t offset, void *to, std::size_t size) const noexcept;
    /* Gives \a size bytes back to the writer. */
    void skip(std::size_t size) noexcept
    {
        m_at += size;
        m_head->read.store(m_at, std::memory_order_release);
    }

    std::size_t size() const noexcept { return m_size; }

private:
    StreamHead *m_head = nullptr;
    char *m_bytes = nullptr;
    std::uint32_t m_size = 0;      // a power of two
    std::uint64_t m_at = 0;        // of this end
};

class Lane
{
public:
    static constexpr std::uint32_t TaskBytes = 64 * 1024;
    static constexpr std::uint32_t ResultBytes = 128 * 1024;
    static constexpr std::size_t bytes() noexcept { return sizeof(LaneHead) + TaskBytes + ResultBytes; }

    /* Makes a new lane of bytes() bytes, on a line boundary, at \a memory. */
    static void make(char *memory) noexcept;
    /* Whether there is one. */
    static bool isLane(const char *memory, std::size_t size) noexcept;

    explicit Lane(char *memory) noexcept;

    LaneHead &head() const noexcept { return *m_head; }
    LaneStream tasks;
    LaneStream results;

    static std::uint32_t epochOf(std::uint64_t claim) noexcept { return std::uint32_t(claim >> 32); }
    static std::uint32_t begunOf(std::uint64_t claim) noexcept { return std::uint32_t(claim); }

    /* The worker begins its next item, sent in \a epoch. False: it was taken back. */
    bool begin(std::uint32_t epoch) noexcept;
    /* The scheduler takes back what has not begun; how many had. What is sent from now on is of epoch(). */
    std::uint32_t takeBack() noexcept;
    std::uint32_t epoch() const noexcept { return epochOf(m_head->claim.load(std::memory_order_acquire)); }
    std::uint32_t begun() const noexcept { return begunOf(m_head->claim.load(std::memory_order_acquire)); }

private:
    LaneHead *m_head;
};

} // namespace aio_raw
