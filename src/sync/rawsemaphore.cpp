// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawsemaphore.h"

#include "platform/rawfault.h"

namespace aio_raw::RawSemaphore {
namespace {

std::uint32_t look(RawLot &, const Cell &cell, Address) noexcept { return value(cell.word.load()); }

const bool s_registered = RawLot::registerKind(Cell::Semaphore, {.serve = &serve, .look = &look});

// Ends the grant of \a tag if it still stands, and adds to the value.
void endGrant(Cell &cell, std::uint64_t tag, std::uint32_t add) noexcept
{
    std::uint64_t word = cell.word.load();
    while ((word & Given) && (word & GrantTagMask) == tag) {
        if (cell.word.compare_exchange_weak(word, (word & ~(Given | GrantTagMask)) + add * One))
            return;
    }
}

// Grants one permit to the head: of the value, or, by a releaser, one that never was in it. The word is the commit point;
// the head learns of it next.
bool handOver(RawLot &lot, Cell &cell, bool ofValue, Node &head, Address address) noexcept
{
    std::uint64_t word = cell.word.load();
    do {
        if ((word & Given) || (ofValue && value(word) == 0))
            return false;
    } while (!cell.word.compare_exchange_weak(word, (word | Given | grantTag(head)) - (ofValue ? One : 0)));
    AIO_FAULT_POINT("semaphore.given");
    if (lot.grant(head, address))
        return true;
    endGrant(cell, grantTag(head), ofValue);        // it has given up meanwhile
    return false;
}

} // namespace

void Acquire::accept(Node &node) noexcept
{
    endGrant(cell(), grantTag(node), 0);
}

void serve(RawLot &lot, Cell &cell, Address, bool repair) noexcept
{
    if (repair) {
        const std::uint64_t word = cell.word.load();
        if ((word & Given) && !lot.ringGrantee(cell, word & GrantTagMask))
            endGrant(cell, word & GrantTagMask, 1);
    }
    for (;;) {
        if (lot.isEmpty(cell, 0)) {
            lot.clearWaiters(cell, 0);
            return;
        }
        const std::uint64_t word = cell.word.load();
        if (!(word & Waiters)) {
            cell.word.fetch_or(Waiters);
            continue;
        }
        Address address;
        Node *head = lot.head(cell, 0, address);
        if (!head || value(word) == 0)
            return;
        const bool fair = !(word & Given) && now() - head->since > FairAfter;
        if (fair && handOver(lot, cell, true, *head, address))
            continue;
        lot.inviteSome(cell, 0, value(word), repair);
        return;
    }
}

bool release(RawLot &lot, Cell &cell, Address address, std::uint32_t count) noexcept
{
    std::uint64_t word = cell.word.load();
    if (count > MaxValue || value(word) > MaxValue - count)
        return false;
    // Who has waited long gets it directly, so that no stream of faster ones passes him by for ever.
    const bool fair = (word & Waiters) && !(word & Given) && now() - cell.headSince.load(std::memory_order_relaxed) > FairAfter;
    if (fair && count > 0 && lot.tryGuard(cell, address)) {
        Address headAddress;
        Node *head = lot.head(cell, 0, headAddress);
        count -= head && handOver(lot, cell, false, *head, headAddress);
        lot.unguard(cell);
        lot.kick(cell, address);        // whoever came while the guard was taken counts on it
    }
    word = cell.word.load();
    do {
        if (value(word) > MaxValue - count)
            return false;
    } while (!cell.word.compare_exchange_weak(word, word + count * One));
    AIO_FAULT_POINT("semaphore.released");
    if (word & (Waiters | Watchers))
        lot.kick(cell, address);
    return true;
}

} // namespace aio_raw::RawSemaphore
