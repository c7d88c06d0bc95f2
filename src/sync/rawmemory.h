// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawwait.h"

/*
 * Waiting for memory. Who finds the arena's limit reached stands in the queue of the arena's memory cell, in that of role 0 for
 * a small block, of role 1 for a large one (rawslabs.h), until those before him have got theirs. Whoever gives a block back
 * kicks the cell. What has no room even in an empty arena does not wait.
 */
namespace aio_raw::RawMemory {

enum class Outcome { Pending, Done, TooLarge };

class Reserve final : public RawOperation
{
public:
    Reserve(RawLot &lot, std::size_t bytes) noexcept;
    ~Reserve() override;
    bool attempt() noexcept override;
    void describe(Node &node) noexcept override;
    bool passesOn() const noexcept override { return true; }

    Outcome outcome() const noexcept { return m_outcome; }
    /* The block, which belongs to this process and is the caller's from here on. */
    Block take() noexcept;

private:
    bool isBehindOthers() const noexcept;

    const std::size_t m_bytes;
    Block m_block;
    Outcome m_outcome = Outcome::Pending;
    bool m_isQueued = false;
};

} // namespace aio_raw::RawMemory
