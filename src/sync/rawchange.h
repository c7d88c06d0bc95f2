// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/rawwait.h"

#include <utility>

namespace aio_raw {

/*
 * Done when what people see of the cell (RawKind::look()) is not what it was, and takes nothing. Those who wait for that stand in role 1, and
 * whoever changes something of which nobody else need hear kicks the cell only if the word has the bit of that role. So it costs nothing
 * while nobody watches.
 */
class RawChange final : public RawOperation
{
public:
    RawChange(RawLot &lot, Address cell) noexcept : RawOperation(lot, cell, 1), m_seen(look()) {}
    bool attempt() noexcept override
    {
        const std::uint32_t before = std::exchange(m_seen, look());
        return before != m_seen;
    }
    void accept(Node &) noexcept override { m_seen = look(); }
    void describe(Node &node) noexcept override { node.snapshot = m_seen; }

private:
    std::uint32_t look() const noexcept
    {
        const auto look = RawLot::kind(RawArena::kindOf(cell())).look;
        return look ? look(m_lot, cell(), m_address) : 0;
    }

    std::uint32_t m_seen;
};

/* Kicks the cell for those who watch it, after a change that made its word (without the change) \a word. */
inline void tellOfChange(RawLot &lot, Cell &cell, Address address, std::uint64_t word) noexcept
{
    if (word & waitersBit(1)) [[unlikely]]
        lot.kick(cell, address);
}

} // namespace aio_raw
