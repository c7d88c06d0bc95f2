// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawevent.h"

#include "platform/rawfault.h"

namespace aio_raw::RawEvent {
namespace {

std::uint32_t look(RawLot &, const Cell &cell, Address) noexcept { return isSet(cell); }

const bool s_registered = RawLot::registerKind(Cell::Event, {.serve = &serve, .look = &look});

} // namespace

void serve(RawLot &lot, Cell &cell, Address, bool repair) noexcept
{
    const std::uint64_t word = cell.word.load();
    // Who came after the last walk looked at the word itself once it stood in the inbox.
    const bool changed = (word & Raised) || cell.detail[ServedCount].load(std::memory_order_relaxed) != count(word);
    Address address = 0;
    for (Node *node = changed || repair ? lot.first(cell, 0, address) : nullptr; node;) {
        const Address here = address;
        Node *next = lot.next(*node, address);
        if ((word & Raised) || node->snapshot != count(word))
            lot.grantAndUnlink(cell, *node, here);
        node = next;
    }
    AIO_FAULT_POINT("event.served");
    cell.detail[ServedCount].store(count(word), std::memory_order_relaxed);
    if (lot.isEmpty(cell, 0))
        lot.clearWaiters(cell, 0);
    else if (!(word & Waiters))
        cell.word.fetch_or(Waiters);
}

} // namespace aio_raw::RawEvent
