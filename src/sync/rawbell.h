// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "shm/rawarena.h"

/*
 * A doorbell: how a thread with an event loop hears of its waiters' turns. One for each such thread and arena.
 *
 * Three levels of bits (node in chunk, word of chunk, chunk of bell) say which waiters to look at, so that hearing costs
 * the same whatever the number of waiters. Only the thread itself writes "sleeping" (set it, full fence, look again,
 * sleep); ringers only read it and set all three bits whatever they find, so a ringer that is stopped or killed half way
 * silences no other ringer. After a death "rescan" says that the bits may lack one: look at every waiter.
 */
namespace aio_raw::RawBell {

// How a cell of kind Bell uses its details
enum Detail { Summary = 0, Sleeping = 4, Rescan = 5, Number = 6, BlockedAt = 7 };
inline constexpr unsigned MaxChunks = 4 * 64;

/* A bell of this process that is rung at its doorbell \a number (rawdoorbell.h); 0: memory is out. */
Address create(RawArena &arena, unsigned number) noexcept;

/* Marks the node's bits. True: the bell's thread sleeps, wake it with wake(). */
bool mark(RawArena &arena, const Node &node, Address address) noexcept;
void wake(RawArena &arena, Address bell) noexcept;

/* Announces that the thread will sleep. False: something has come, do not. */
bool prepareToSleep(Cell &bell) noexcept;
void wokenUp(Cell &bell) noexcept;

/* Calls \a chunk(index) for each chunk of the bell with marks, and clears them. */
template<class F> void takeChunks(Cell &bell, F chunk) noexcept
{
    for (unsigned word = 0; word < 4; ++word) {
        if (!bell.detail[Summary + word].load())
            continue;
        for (std::uint64_t bits = bell.detail[Summary + word].exchange(0); bits; bits &= bits - 1)
            chunk(word * 64 + unsigned(__builtin_ctzll(bits)));
    }
}

/* Calls \a node(index) for each marked node of the chunk, and clears the marks. */
template<class F> void takeNodes(NodeChunk &chunk, F node) noexcept
{
    constexpr std::uint64_t All = (std::uint64_t(1) << NodesPerChunk / 64) - 1;
    for (std::uint64_t words = chunk.summary.exchange(0) & All; words; words &= words - 1) {
        const auto word = unsigned(__builtin_ctzll(words));
        for (std::uint64_t bits = chunk.leaf[word].exchange(0); bits; bits &= bits - 1)
            node(word * 64 + unsigned(__builtin_ctzll(bits)));
    }
}

} // namespace aio_raw::RawBell
