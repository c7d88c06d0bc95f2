// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/rawqueue.h"

namespace aio_raw::RawQueue {

/*
 * Looks, and takes nothing. In role 0: done when there is something to get, and again when that has changed; when the queue is shut
 * down and empty it is over. In role 1: done when there is a free place, or the queue is shut down.
 */
class Watch final : public RawOperation
{
public:
    Watch(RawLot &lot, Address cell, unsigned role) noexcept : RawOperation(lot, cell, role) {}
    bool attempt() noexcept override;
    void describe(Node &node) noexcept override;
    void beforeLook() noexcept override { cell().word.fetch_and(~AllInvited); }
    bool isOver() const noexcept { return m_isOver; }

private:
    /* What there is to get, as far as it can change. */
    struct Moment
    {
        std::uint64_t first = UINT64_MAX;
        std::uint64_t end = 0;
        std::uint64_t revivals = 0;
        std::uint64_t tickets = 0;
        friend bool operator==(const Moment &, const Moment &) = default;
    };

    Moment m_seen;
    bool m_isOver = false;
};

/* In role 0: done when the number of messages is not what it was, or the queue has been shut down. */
class Change final : public RawOperation
{
public:
    Change(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell), m_seen(look()) {}
    bool attempt() noexcept override;
    void describe(Node &node) noexcept override;
    void beforeLook() noexcept override { cell().word.fetch_and(~AllInvited); }

private:
    std::uint64_t look() const noexcept;

    std::uint64_t m_seen;
};

} // namespace aio_raw::RawQueue
