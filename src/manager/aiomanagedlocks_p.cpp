// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedlocks_p.h"

#include "sync/aioobject_p.h"

#include <algorithm>
#include <limits>

namespace aio_detail {

using namespace aio_raw;

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
    const bool wasAbandoned = m_lock.wasAbandoned();
    if (call->stop.stop_requested())
        m_lock.release();
    call->requireWanted();
    m_holder = call->caller->number;
    co_return acquiredReply(*call, wasAbandoned);
}

void ManagedLock::release(const ManagedCall &)
{
    if (!m_lock.locked())
        throw AioException([] {
            AioError error = pythonError("RuntimeError", QStringLiteral("release unlocked lock"));
            error.code = AioError::UsageError;
            return error;
        }());
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
    const OpenCell &open = *AioObjectPrivate::of(&m_lock).cell;
    RawLock::abandon(open.raw(), open.cell(), open.address());
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

RawRLock::Token ManagedRLock::tokenOf(const ManagedOwner &owner)
{
    RawRLock::Token &token = m_tokens[owner];
    if (!token)
        token = RawRLock::newToken(AioObjectPrivate::of(&m_lock).cell->raw().arena().self());
    return token;
}

bool ManagedRLock::isHeldBy(const ManagedCall &call) const
{
    const auto found = m_tokens.find(ownerOf(call));
    return found != m_tokens.end() && RawRLock::isHeldBy(AioObjectPrivate::of(const_cast<AioRLock *>(&m_lock)).cell->cell(), found->second);
}

QCoro::Task<QVariant> ManagedRLock::acquire(std::shared_ptr<const ManagedCall> call)
{
    const RawRLock::Token token = tokenOf(ownerOf(*call));
    AioObjectPrivate &d = AioObjectPrivate::of(&m_lock);
    const auto done = [](const RawRLock::Acquire &) {};
    const bool got = co_await doLater<RawRLock::Acquire>(&m_lock, d, call->blocking(0, "blocking"), call->stop, "AioRLock::coro_acquire",
                                                         done, token);
    if (!got)
        co_return false;
    const bool wasAbandoned = m_lock.wasAbandoned();
    if (call->stop.stop_requested())
        RawRLock::release(d.cell->raw(), d.cell->cell(), d.cell->address(), token);
    call->requireWanted();
    co_return acquiredReply(*call, wasAbandoned);
}

void ManagedRLock::release(const ManagedCall &call)
{
    const OpenCell &open = *AioObjectPrivate::of(&m_lock).cell;
    const auto found = m_tokens.find(ownerOf(call));
    if (found == m_tokens.end() || !RawRLock::release(open.raw(), open.cell(), open.address(), found->second)) {
        AioError error = pythonError("RuntimeError", QStringLiteral("cannot release un-acquired lock"));
        error.code = AioError::UsageError;
        throw AioException(error);
    }
    if (!RawRLock::isHeldBy(open.cell(), found->second))
        m_tokens.erase(found);
}

QVariant ManagedRLock::releaseNow(const ManagedCall &call)
{
    release(call);
    return {};
}

void ManagedRLock::drop(RawRLock::Token token)
{
    const OpenCell &open = *AioObjectPrivate::of(&m_lock).cell;
    if (!RawRLock::isHeldBy(open.cell(), token))
        return;
    RawRLock::claim(open.cell(), 0, 0);
    RawLock::abandon(open.raw(), open.cell(), open.address());
}

void ManagedRLock::giveBack(const ManagerCaller &caller)
{
    auto entry = m_tokens.lower_bound({caller.number, 0});
    while (entry != m_tokens.end() && entry->first.first == caller.number) {
        drop(entry->second);
        entry = m_tokens.erase(entry);
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

QVariant ManagedCondition::release(const ManagedCall &call)
{
    m_lock->release(call);
    return {};
}

void ManagedCondition::requireHeld(const ManagedCall &call, const char *what) const
{
    if (m_lock->isHeldBy(call))
        return;
    AioError error = pythonError("RuntimeError", QStringLiteral("cannot %1 on un-acquired lock").arg(QLatin1StringView(what)));
    error.code = AioError::UsageError;
    throw AioException(error);
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
