// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedlocks_p.h"

#include <algorithm>
#include <limits>

namespace aio_detail {

using namespace aio_raw;

QVariant acquiredReply(const ManagedCall &call, const OpenCell &lock)
{
    const bool wasAbandoned = lock.cell().word.load() & RawLock::Abandoned;
    if (!wasAbandoned || !call.caller->isNative)
        return true;
    return qlonglong(lock.cell().detail[RawLock::DeadOwnerPid].load());
}

void abandonFor(const ManagerCaller &caller, const OpenCell &lock)
{
    RawLock::abandon(lock.raw(), lock.cell(), lock.address());
    // whoever gets it is told on this thread, later
    lock.cell().detail[RawLock::DeadOwnerPid].store(std::uint64_t(caller.pid));
}

namespace {

[[noreturn]] void raiseMisuse(const QString &text)
{
    AioError error = pythonError("RuntimeError", text);
    error.code = AioError::UsageError;
    throw AioException(error);
}

} // namespace

// -- Lock

const ManagedLock::Methods &ManagedLock::methods()
{
    using L = ManagedLock;
    static const Methods all{{QStringLiteral("acquire"), later(&L::acquire)},
                             {QStringLiteral("release"), now(&L::releaseNow)},
                             {QStringLiteral("locked"), now(&L::isLocked)}};
    return all;
}

QCoro::Task<QVariant> ManagedLock::acquire(std::shared_ptr<const ManagedCall> call)
{
    const bool got = co_await m_lock.coro_acquire(call->blocking(0, "blocking"), call->stop);
    if (!got)
        co_return false;
    const QVariant reply = acquiredReply(*call, *AioObjectPrivate::of(&m_lock).cell);
    if (call->stop.stop_requested())
        m_lock.release();
    call->requireWanted();
    m_holder = call->caller->number;
    co_return reply;
}

void ManagedLock::release(const ManagedCall &)
{
    if (!m_lock.locked())
        raiseMisuse(QStringLiteral("release unlocked lock"));
    m_holder = 0;
    m_lock.release();
}

QVariant ManagedLock::releaseNow(const ManagedCall &call)
{
    release(call);
    return {};
}

void ManagedLock::giveBack(const ManagerCaller &caller)
{
    if (m_holder != caller.number)
        return;
    m_holder = 0;
    abandonFor(caller, *AioObjectPrivate::of(&m_lock).cell);
}

// -- RLock

const ManagedRLock::Methods &ManagedRLock::methods()
{
    using L = ManagedRLock;
    static const Methods all{{QStringLiteral("acquire"), later(&L::acquire)},
                             {QStringLiteral("release"), now(&L::releaseNow)},
                             {QStringLiteral("locked"), now(&L::isLocked)},
                             {QStringLiteral("#depth"), now(&L::depth)}};
    return all;
}

RawRLock::Token ManagedRLock::tokenOf(const ManagedCall &call)
{
    Holder &holder = m_holders[ownerOf(call)];
    if (!holder.token) {
        holder.token = RawRLock::newToken(open().raw().arena().self());
        holder.pid = call.caller->pid;
    }
    ++holder.uses;
    return holder.token;
}

void ManagedRLock::endUse(const ManagedCall &call)
{
    const auto found = m_holders.find(ownerOf(call));
    if (found != m_holders.end() && --found->second.uses == 0)
        m_holders.erase(found);
}

bool ManagedRLock::isHeldBy(const ManagedCall &call) const
{
    const auto found = m_holders.find(ownerOf(call));
    return found != m_holders.end() && RawRLock::isHeldBy(open().cell(), found->second.token);
}

quint64 ManagedRLock::holderWithin(const ManagedCall &call) const
{
    for (auto entry = m_holders.lower_bound({call.caller->number, 0}); entry != m_holders.end(); ++entry) {
        if (entry->first.first == call.caller->number && RawRLock::isHeldBy(open().cell(), entry->second.token))
            return entry->first.second;
    }
    return call.owner;
}

QString ManagedRLock::describeHolder() const
{
    for (const auto &[owner, holder] : m_holders) {
        if (RawRLock::isHeldBy(open().cell(), holder.token))
            return holder.pid ? QStringLiteral("locked by %1").arg(holder.pid) : QStringLiteral("locked by a Python program");
    }
    return QStringLiteral("free");
}

QCoro::Task<QVariant> ManagedRLock::acquire(std::shared_ptr<const ManagedCall> call)
{
    const RawRLock::Token token = tokenOf(*call);
    AioObjectPrivate &d = AioObjectPrivate::of(&m_lock);
    const auto done = [](const RawRLock::Acquire &) {};
    bool got = false;
    AioError error;
    try {
        got = co_await doLater<RawRLock::Acquire>(&m_lock, d, call->blocking(0, "blocking"), call->stop, "AioRLock::coro_acquire", done,
                                                  token);
    } catch (const AioException &e) {
        error = e.error();
    }
    const QVariant reply = got ? acquiredReply(*call, *d.cell) : QVariant(false);
    const bool isUnwanted = call->stop.stop_requested();
    if (got && isUnwanted)
        RawRLock::release(d.cell->raw(), d.cell->cell(), d.cell->address(), token);
    if (!got || isUnwanted)
        endUse(*call);
    if (error)
        throw AioException(error);
    call->requireWanted();
    co_return reply;
}

void ManagedRLock::release(const ManagedCall &call)
{
    const auto found = m_holders.find(ownerOf(call));
    const bool wasHeld = found != m_holders.end() && RawRLock::release(open().raw(), open().cell(), open().address(), found->second.token);
    if (!wasHeld)
        raiseMisuse(QStringLiteral("cannot release un-acquired lock, which is ") + describeHolder());
    endUse(call);
}

QVariant ManagedRLock::releaseNow(const ManagedCall &call)
{
    release(call);
    return {};
}

void ManagedRLock::giveBack(const ManagerCaller &caller)
{
    auto entry = m_holders.lower_bound({caller.number, 0});
    while (entry != m_holders.end() && entry->first.first == caller.number) {
        if (RawRLock::isHeldBy(open().cell(), entry->second.token)) {
            RawRLock::claim(open().cell(), 0, 0);
            abandonFor(caller, open());
        }
        entry = m_holders.erase(entry);
    }
}

// -- Condition

namespace {

std::shared_ptr<ManagedLockBase> lockFor(const ManagedCall &call)
{
    const QVariant given = call.argument(0, "lock");
    if (given.isNull())
        return std::make_shared<ManagedRLock>(call);
    const auto lock = std::dynamic_pointer_cast<ManagedLockBase>(given.value<ManagedReference>().object);
    if (!lock)
        raise("TypeError", QStringLiteral("a condition uses a lock of the same manager"));
    return lock;
}

} // namespace

ManagedCondition::ManagedCondition(const ManagedCall &call) : m_lock(lockFor(call)), m_condition(m_lock->makeCondition()) {}

const ManagedCondition::Methods &ManagedCondition::methods()
{
    using C = ManagedCondition;
    static const Methods all{{QStringLiteral("acquire"), later(&C::acquire)},
                             {QStringLiteral("release"), now(&C::release)},
                             {QStringLiteral("locked"), now(&C::isLocked)},
                             {QStringLiteral("wait"), later(&C::wait)},
                             {QStringLiteral("notify"), now(&C::notify)},
                             {QStringLiteral("notify_all"), now(&C::notifyAll)}};
    return all;
}

QCoro::Task<QVariant> ManagedCondition::acquire(std::shared_ptr<const ManagedCall> call)
{
    return m_lock->acquire(std::move(call));
}

ManagedCall ManagedCondition::asHolder(const ManagedCall &call) const
{
    ManagedCall same = call;
    same.owner = m_lock->holderWithin(call);
    return same;
}

QVariant ManagedCondition::release(const ManagedCall &call)
{
    m_lock->release(asHolder(call));
    return {};
}

void ManagedCondition::requireHeld(const ManagedCall &call, const char *what) const
{
    if (!m_lock->isHeldBy(asHolder(call)))
        raiseMisuse(QStringLiteral("cannot %1 on un-acquired lock").arg(QLatin1StringView(what)));
}

QCoro::Task<QVariant> ManagedCondition::wait(std::shared_ptr<const ManagedCall> call)
{
    requireHeld(*call, "wait");
    const auto lock = m_lock;
    auto waiting = m_condition->coro_wait(call->timeout(0), call->stop);
    lock->onGivenUp();
    bool notified = false;
    AioError error;
    try {
        notified = co_await waiting;
    } catch (const AioException &e) {
        error = e.error();
    }
    // whatever came of it, the lock is held again
    lock->onRegained(*call);
    if (call->caller->isGone)
        lock->giveBack(*call->caller);
    if (error)
        throw AioException(error);
    co_return notified;
}

QVariant ManagedCondition::notify(const ManagedCall &call)
{
    requireHeld(call, "notify");
    m_condition->notify(int(std::clamp<qlonglong>(call.integer(0, "n", 1), 0, std::numeric_limits<int>::max())));
    return {};
}

QVariant ManagedCondition::notifyAll(const ManagedCall &call)
{
    requireHeld(call, "notify");
    m_condition->notifyAll();
    return {};
}

} // namespace aio_detail
