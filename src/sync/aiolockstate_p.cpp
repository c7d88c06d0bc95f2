// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aiolockstate_p.h"

#include "base/aiologging_p.h"
#include "sync/rawlock.h"

namespace aio_detail {

using namespace aio_raw;

std::optional<qint64> abandonedBy(const OpenCell &open)
{
    const Cell &cell = open.cell();
    if (!(cell.word.load(std::memory_order_relaxed) & RawLock::Abandoned)) [[likely]]
        return std::nullopt;
    const auto pid = qint64(cell.detail[RawLock::DeadOwnerPid].load());
    qCWarning(lcAioSync, "lock %llx was held by process %lld when it died", open.handle(), pid);
    return pid;
}

RawRLock::Token threadToken()
{
    thread_local const RawRLock::Token number = RawRLock::newToken(0);
    return number;
}

RawRLock::Token threadToken(const OpenCell &cell)
{
    return std::uint64_t(cell.raw().arena().self()) << 32 | threadToken();
}

QString describeOwner(const OpenCell &open)
{
    const Owner owner = RawLock::owner(open.cell().word.load());
    if (!owner)
        return QStringLiteral("free");
    const auto since = Nanoseconds(open.cell().detail[RawLock::HeldSince].load(std::memory_order_relaxed));
    return QStringLiteral("locked by %1%2").arg(describeProcess(open.raw().arena(), owner),
                                                since ? QStringLiteral(" for about ") + describeTimeSince(since) : QString());
}

QString describeTimeSince(Nanoseconds time)
{
    return QStringLiteral("%1 s").arg(double(std::max<Nanoseconds>(0, now() - time)) / 1e9, 0, 'f', 1);
}

QString describeProcess(RawArena &arena, Owner owner)
{
    const ProcessSlot *slot = arena.slotOf(owner);
    if (!slot)
        return QStringLiteral("nobody known");
    const auto pid = QString::number(SlotState(slot->state.load()).pid);
    const auto name = QString::fromUtf8(slot->name, qsizetype(qstrnlen(slot->name, sizeof slot->name)));
    return name.isEmpty() ? pid : QStringLiteral("%1 (%2)").arg(pid, name);
}

} // namespace aio_detail
