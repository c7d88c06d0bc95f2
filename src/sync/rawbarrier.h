// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawwait.h"

/*
 * A meeting point for a number of parties. Who has arrived is known from the list of waiters alone, so a party that is
 * cancelled or dies has not arrived, whenever that happens. Its word:
 *
 *   {generation : 32, departures : 23, flags : 7, waiters : 2}
 *
 * Serving counts. Who leaves adds to the departures, so that a count which still had it does not stand. When enough have come it gives each its index; if there is an action it first grants to the last of them,
 * who does it and says so. Then one store of the word, a new generation, releases them all, and they are granted; whoever
 * serves after a death finds them by their stamps.
 */
namespace aio_raw::RawBarrier {

inline constexpr std::uint32_t MaxParties = 1u << 20;

enum Flag : std::uint64_t {
    Waiters = 1,
    Broken = 4,             // nobody passes until it is reset
    Failed = 8,             // those released last were released because it broke
    AbortWanted = 16,
    ResetWanted = 32,
    Acting = 64,            // somebody does the action
    ActionDone = 128,
    HasAction = 256,
};

// How the cell uses its details
enum Detail { Parties = 0, ActionReference = 1, ActionBytes = 2, TimeoutNs = 3, ActorTicket = 4 };

/* A barrier for \a parties, not published yet, whose action is described by \a action (may be empty); 0: memory is out. */
Address create(RawLot &lot, std::uint32_t parties, const char *action, std::size_t actionBytes, Nanoseconds timeout) noexcept;

std::uint32_t parties(const Cell &cell) noexcept;
bool isBroken(const Cell &cell) noexcept;
/* How long each party waits if it does not say; Never. */
Nanoseconds timeout(const Cell &cell) noexcept;
/* What create() was given. */
Block action(RawLot &lot, const Cell &cell, std::size_t &bytes) noexcept;

/* Breaks the barrier: who waits fails, and so does everybody until it is reset. */
void abort(RawLot &lot, Cell &cell, Address address) noexcept;
/* Whoever waits fails; then it is as new. */
void reset(RawLot &lot, Cell &cell, Address address) noexcept;

class Wait final : public RawOperation
{
public:
    enum Outcome { Pending, Passed, MustAct, IsBroken };

    Wait(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell) {}
    bool attempt() noexcept override;
    void accept(Node &node) noexcept override;
    /* Who must act and does not breaks the barrier, and so does who runs out of time. Who was cancelled had not come. */
    void decline() noexcept override;
    bool isDecided(Node &node) noexcept override;
    void withdraw(bool expired) noexcept override;

    Outcome outcome() const noexcept { return m_outcome; }
    /* 0 to parties - 1, each once; only if it passed or must act. */
    std::uint32_t index() const noexcept { return m_index; }
    /* Who must act has acted. Not \a done: the barrier breaks. */
    void acted(bool done) noexcept;

    bool lingers() const noexcept override { return true; }
    bool isRevocable() const noexcept override { return m_outcome == MustAct; }
    void describe(Node &) noexcept override { m_isQueued = true; }

private:
    bool m_isQueued = false;
    Outcome m_outcome = Pending;
    std::uint32_t m_index = 0;
    std::uint64_t m_ticket = 0;
};

} // namespace aio_raw::RawBarrier
