// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/rawbarrier.h"

#include "platform/rawfault.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace aio_raw::RawBarrier {
namespace {

// What a node's snapshot says beside an index.
constexpr std::uint32_t ForTheActor = 0xfffffffe;
constexpr std::uint32_t ForTheBroken = 0xffffffff;

constexpr std::uint64_t Wishes = AbortWanted | ResetWanted;
constexpr std::uint64_t Action = Acting | ActionDone;
constexpr std::uint64_t OneDeparture = 1 << 9;
constexpr std::uint64_t Departures = UINT32_MAX & ~(OneDeparture - 1);

// Who belongs to a generation has its stamp in invitedAt, which a barrier does not use otherwise; never 0.
constexpr std::int64_t stampOf(std::uint32_t generation) noexcept { return std::int64_t(1) << 32 | generation; }
constexpr std::uint32_t generation(std::uint64_t word) noexcept { return std::uint32_t(word >> 32); }

// A party that leaves looks at these without the guard.
std::atomic_ref<std::int64_t> stamp(const Node &node) noexcept { return std::atomic_ref(const_cast<Node &>(node).invitedAt); }
std::atomic_ref<std::uint32_t> place(Node &node) noexcept { return std::atomic_ref(node.snapshot); }

bool isReleased(const Node &node, std::uint64_t word) noexcept { return stamp(node).load() == stampOf(generation(word)); }

// \a visit gets the state that says so: what is decided by another look at it could take in who has left in between.
template<class F> void forEachWaiting(RawLot &lot, Cell &cell, F visit) noexcept
{
    Address address;
    for (Node *node = lot.first(cell, 0, address); node;) {
        const Address here = address;
        Node *next = lot.next(*node, address);
        const std::uint32_t state = node->state.load();
        if (Node::phase(state) == Node::Waiting)
            visit(*node, here, state);
        node = next;
    }
}

// Changes the word to what \a wanted makes of it. False: somebody has left since it was \a seen, so count again.
template<class F> bool changeUnlessLeft(Cell &cell, std::uint64_t seen, F wanted) noexcept
{
    std::uint64_t word = cell.word.load();
    do {
        if ((word ^ seen) & Departures)
            return false;
    } while (!cell.word.compare_exchange_weak(word, wanted(word)));
    return true;
}

// The one store that releases those who have the next generation's stamp. Others may set flags meanwhile: those that were not
// seen before are not among the ones to clear. Nothing if somebody has left since the word was \a seen.
void release(Cell &cell, std::uint64_t seen, std::uint64_t set, std::uint64_t clear) noexcept
{
    AIO_FAULT_POINT("barrier.release");
    const auto wanted = [=](std::uint64_t word) {
        return std::uint64_t(generation(word) + 1) << 32 | (((word & UINT32_MAX) & ~clear) | set);
    };
    changeUnlessLeft(cell, seen, wanted);
    AIO_FAULT_POINT("barrier.released");
}

void grantReleased(RawLot &lot, Cell &cell) noexcept
{
    const std::uint64_t word = cell.word.load();
    forEachWaiting(lot, cell, [&](Node &node, Address address, std::uint32_t) {
        if (!isReleased(node, word))
            return;
        if (word & Failed)
            place(node).store(ForTheBroken);
        lot.grantAndUnlink(cell, node, address);
        AIO_FAULT_POINT("barrier.granted");
    });
}

// Whether all have come. Then each knows its index, and \a last is the last of them.
bool isComplete(RawLot &lot, Cell &cell, Node *&last, Address &lastAddress) noexcept
{
    const std::int64_t next = stampOf(generation(cell.word.load()) + 1);
    const std::uint32_t wanted = parties(cell);
    std::uint32_t count = 0;
    forEachWaiting(lot, cell, [&](Node &node, Address address, std::uint32_t state) {
        const bool belongs = count < wanted && !(state & Node::Stopped);
        stamp(node).store(belongs ? next : 0);
        if (!belongs)
            return;
        place(node).store(count++);
        last = &node;
        lastAddress = address;
    });
    return count == wanted && last;
}

// Everybody who waits, and nobody who comes later. False: nobody waits.
bool stampAll(RawLot &lot, Cell &cell) noexcept
{
    const std::int64_t next = stampOf(generation(cell.word.load()) + 1);
    bool any = false;
    forEachWaiting(lot, cell, [&](Node &node, Address, std::uint32_t) {
        stamp(node).store(next);
        any = true;
    });
    return any;
}

// One step; false: there is none to be done.
bool step(RawLot &lot, Cell &cell) noexcept
{
    const std::uint64_t word = cell.word.load();
    if (word & (Broken | Wishes)) {
        if (!stampAll(lot, cell) && !(word & Wishes))
            return false;
        if (word & ResetWanted)
            release(cell, word, Failed, (word & Wishes) | Action | Broken);
        else
            release(cell, word, Failed | Broken, (word & Wishes) | Action);
        return true;
    }
    if (word & Acting) {
        if (word & ActionDone)
            release(cell, word, 0, Failed | Action);
        return word & ActionDone;
    }
    Node *last = nullptr;
    Address address = 0;
    if (!isComplete(lot, cell, last, address))
        return false;
    if (!(word & HasAction)) {
        release(cell, word, 0, Failed);
        return true;
    }
    cell.detail[ActorTicket].store(last->ticket.load());
    place(*last).store(ForTheActor);
    if (!changeUnlessLeft(cell, word, [](std::uint64_t now) { return now | Acting; }))
        return true;
    AIO_FAULT_POINT("barrier.acting");
    if (!lot.grant(*last, address))
        cell.word.fetch_and(~Acting);       // it has left
    return true;
}

// Whether the one that was to act, or is at it, still is there.
bool hasActor(RawLot &lot, Cell &cell) noexcept
{
    const std::uint64_t ticket = cell.detail[ActorTicket].load();
    return lot.ringGranted(cell, [ticket](const Node &node) { return node.ticket.load() == ticket; });
}

void serve(RawLot &lot, Cell &cell, Address, bool repair) noexcept
{
    if (repair && (cell.word.load() & Action) == Acting && !hasActor(lot, cell)) {
        // either it died (lost() has broken the barrier), or whoever appointed it died before he could tell it
        cell.word.fetch_and(~Acting);
    }
    do
        grantReleased(lot, cell);
    while (step(lot, cell));
    if (lot.isEmpty(cell, 0))
        lot.clearWaiters(cell, 0);
    else if (!(cell.word.load() & Waiters))
        cell.word.fetch_or(Waiters);
}

// A party has died: all the others wait in vain.
void lost(RawLot &, Cell &cell, const Node &node) noexcept
{
    const std::uint32_t phase = Node::phase(node.state.load());
    const std::uint64_t word = cell.word.load();
    const bool waits = phase == Node::Waiting && !isReleased(node, word);
    const bool acts = phase == Node::Granted && (word & Acting) && !(word & ActionDone)
                      && node.ticket.load() == cell.detail[ActorTicket].load();
    if (waits || acts)
        cell.word.fetch_or(AbortWanted);
}

void destroy(RawLot &lot, Cell &, Address address) noexcept
{
    lot.freeBlocksOf(address);
}

std::uint32_t look(RawLot &lot, const Cell &cell, Address address) noexcept
{
    return lot.countWaiting(address) | (isBroken(cell) ? 1u << 31 : 0);
}

const bool s_registered = RawLot::registerKind(Cell::Barrier, {.serve = &serve, .destroy = &destroy, .lost = &lost, .look = &look});

// \a instead: of a wish that has not been served yet.
void wish(RawLot &lot, Cell &cell, Address address, std::uint64_t what, std::uint64_t instead = 0) noexcept
{
    std::uint64_t word = cell.word.load();
    while (!cell.word.compare_exchange_weak(word, (word & ~instead) | what)) { }
    AIO_FAULT_POINT("barrier.wish");
    lot.kick(cell, address);
}

} // namespace

Address create(RawLot &lot, std::uint32_t parties, const char *action, std::size_t actionBytes, Nanoseconds timeout) noexcept
{
    const Address address = lot.arena().createCell(Cell::Barrier);
    if (!address)
        return 0;
    Cell &cell = *lot.arena().at<Cell>(address);
    cell.detail[Parties].store(parties);
    cell.detail[TimeoutNs].store(std::uint64_t(timeout));
    if (actionBytes > 0) {
        const Block block = lot.slabs().allocate(actionBytes);
        if (!block.data) {
            lot.arena().freeCell(cell);
            return 0;
        }
        std::memcpy(block.data, action, actionBytes);
        cell.detail[ActionReference].store(block.address);
        cell.detail[ActionBytes].store(actionBytes);
        block.owner->store(BlockOwner::object(address));
        cell.word.store(HasAction);
    }
    AIO_FAULT_POINT("barrier.created");
    return address;
}

std::uint32_t parties(const Cell &cell) noexcept
{
    return std::uint32_t(cell.detail[Parties].load(std::memory_order_relaxed));
}

bool isBroken(const Cell &cell) noexcept
{
    const std::uint64_t word = cell.word.load();
    return (word & (Broken | AbortWanted)) && !(word & ResetWanted);
}

Nanoseconds timeout(const Cell &cell) noexcept
{
    return Nanoseconds(cell.detail[TimeoutNs].load(std::memory_order_relaxed));
}

Block action(RawLot &lot, const Cell &cell, std::size_t &bytes) noexcept
{
    const Block block = lot.slabs().find(Address(cell.detail[ActionReference].load()));
    bytes = std::min<std::size_t>(cell.detail[ActionBytes].load(), block.bytes);
    return block;
}

void abort(RawLot &lot, Cell &cell, Address address) noexcept { wish(lot, cell, address, AbortWanted, ResetWanted); }
void reset(RawLot &lot, Cell &cell, Address address) noexcept { wish(lot, cell, address, ResetWanted); }

bool Wait::attempt() noexcept
{
    // Who alone is all parties passes like everybody else: by being counted. And who is queued may have been counted already,
    // whatever became of the barrier since: that is for the one who serves to say.
    if (!m_isQueued && isBroken(cell()))
        m_outcome = IsBroken;
    return m_outcome != Pending;
}

bool Wait::isDecided(Node &node) noexcept
{
    node.state.fetch_or(Node::Stopped);         // no count takes it in any more
    AIO_FAULT_POINT("barrier.leave");
    std::uint64_t word = cell().word.load();
    std::uint64_t wanted;
    do
        wanted = (word & ~Departures) | ((word + OneDeparture) & Departures);
    while (!cell().word.compare_exchange_weak(word, wanted));
    // a count that took it in has ended with the release that its stamp names, or does not stand
    const std::int64_t mine = stamp(node).load();
    return mine != 0 && std::int32_t(generation(word) - std::uint32_t(mine)) >= 0;
}

void Wait::accept(Node &node) noexcept
{
    // It may have been released and not been told yet: then it is the word that says how.
    const std::uint64_t word = cell().word.load();
    const bool failed = isReleased(node, word) && (word & Failed);
    const std::uint32_t snapshot = failed ? ForTheBroken : place(node).load();
    m_ticket = node.ticket.load();
    m_outcome = snapshot == ForTheBroken ? IsBroken : snapshot == ForTheActor ? MustAct : Passed;
    m_index = snapshot == ForTheActor ? parties(cell()) - 1 : snapshot;
}

void Wait::acted(bool done) noexcept
{
    std::uint64_t word = cell().word.load();
    do {
        // it may have been broken or reset meanwhile
        if (!(word & Acting) || cell().detail[ActorTicket].load() != m_ticket) {
            m_outcome = IsBroken;
            return;
        }
    } while (!cell().word.compare_exchange_weak(word, word | (done ? ActionDone : AbortWanted)));
    m_outcome = done ? Passed : IsBroken;
    AIO_FAULT_POINT("barrier.acted");
    m_lot.kick(cell(), m_address);
}

void Wait::decline() noexcept
{
    if (m_outcome == MustAct)
        acted(false);
}

void Wait::withdraw(bool expired) noexcept
{
    if (expired)
        wish(m_lot, cell(), m_address, AbortWanted);
}

} // namespace aio_raw::RawBarrier
