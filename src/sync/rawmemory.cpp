// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawmemory.h"

#include "platform/rawfault.h"

#include <utility>

namespace aio_raw {
namespace {

void serve(RawLot &lot, Cell &cell, Address, bool repair) noexcept
{
    for (unsigned role : {0u, 1u}) {
        if (lot.isEmpty(cell, role)) {
            if (cell.word.load() & waitersBit(role))
                lot.clearWaiters(cell, role);
            continue;
        }
        if (!(cell.word.load() & waitersBit(role)))
            cell.word.fetch_or(waitersBit(role));
        lot.inviteSome(cell, role, 1, repair);
        lot.inviteElsewhere(cell, role);
    }
}

const bool s_registered = RawLot::registerKind(Cell::Memory, {&serve, nullptr, nullptr, nullptr});

} // namespace

namespace RawMemory {

Reserve::Reserve(RawLot &lot, std::size_t bytes) noexcept
    : RawOperation(lot, RawLot::memoryAddress(), bytes <= LargestSmallBlock ? 0 : 1), m_bytes(bytes)
{ }

Reserve::~Reserve()
{
    if (m_block.data)
        m_lot.release(m_block, BlockOwner::process(m_lot.arena().self()));
}

bool Reserve::isBehindOthers() const noexcept
{
    return !m_isQueued && (cell().word.load(std::memory_order_relaxed) & waitersBit(role()));
}

void Reserve::describe(Node &) noexcept
{
    m_isQueued = true;
}

bool Reserve::attempt() noexcept
{
    if (m_outcome != Outcome::Pending)
        return true;
    if (isBehindOthers())
        return false;
    m_block = m_lot.slabs().allocate(m_bytes, RawSlabs::payloadOf(m_bytes));
    AIO_FAULT_POINT("memory.reserved");
    if (m_block.data)
        m_outcome = Outcome::Done;
    else if (!m_lot.slabs().couldFit(m_bytes))
        m_outcome = Outcome::TooLarge;
    else if (m_lot.slabs().hasMetAnother())
        m_lot.tellOfMemory();
    return m_outcome != Outcome::Pending;
}

Block Reserve::take() noexcept
{
    return std::exchange(m_block, Block());
}

} // namespace RawMemory
} // namespace aio_raw
