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

QString holderWith(qint64 pid)
{
    return pid ? QStringLiteral("locked by %1").arg(pid) : QStringLiteral("locked by a Python program");
}

} // namespace

ManagedLockBase::PausePlace ManagedLockBase::pause(const ManagedCall &call)
{
    onPaused();
    return m_pauses.insert(m_pauses.end(), Pause{ownerOf(call), call.stop});
}

int ManagedLockBase::resume(PausePlace place, const ManagedCall &call)
{
    onResumed(call);
    const int released = place->released;
    m_pauses.erase(place);
    return released;
}

bool ManagedLockBase::endsPause(const ManagedCall &call)
{
    if (isHeldByOwner(call))
        return false;
    const auto isMeant = [owner = ownerOf(call)](const Pause &pause) { return pause.owner == owner && pause.stop.stop_requested(); };
    const auto pause = std::find_if(m_pauses.begin(), m_pauses.end(), isMeant);
    if (pause == m_pauses.end())
        return false;
    ++pause->released;
    return true;
}

void ManagedLockBase::releaseAll(const ManagedCall &call)
{
    while (isHeldByOwner(call))
        release(call);
}

bool ManagedLockBase::isPaused(const ManagedOwner &owner) const
{
    return std::any_of(m_pauses.begin(), m_pauses.end(), [&owner](const Pause &pause) { return pause.owner == owner; });
}

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
    if (!call->isWanted()) {
        m_lock.release();
        throw AioException(cancelledCall(call->method));
    }
    onResumed(*call);
    co_return reply;
}

void ManagedLock::onResumed(const ManagedCall &call)
{
    m_holder = ownerOf(call);
    m_holderPid = call.caller->pid;
}

QString ManagedLock::describeHolder() const
{
    return m_lock.locked() ? holderWith(m_holderPid) : QStringLiteral("free");
}

void ManagedLock::release(const ManagedCall &call)
{
    if (endsPause(call))
        return;
    if (!m_lock.locked())
        raiseMisuse(QStringLiteral("release unlocked lock"));
    m_holder = {};
    m_lock.release();
}

QVariant ManagedLock::releaseNow(const ManagedCall &call)
{
    release(call);
    return {};
}

void ManagedLock::giveBack(const ManagerCaller &caller)
{
    if (m_holder.first != caller.number)
        return;
    m_holder = {};
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
            return holderWith(holder.pid);
    }
    return QStringLiteral("free");
}

QString ManagedRLock::describe() const
{
    const int depth = m_lock.depth();
    return depth > 1 ? QStringLiteral("%1, %2 times").arg(describeHolder()).arg(depth) : describeHolder();
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
    if (got && !call->isWanted()) {
        RawRLock::release(d.cell->raw(), d.cell->cell(), d.cell->address(), token);
        got = false;
        error = cancelledCall(call->method);
    }
    if (!got)
        endUse(*call);
    if (error)
        throw AioException(error);
    co_return reply;
}

void ManagedRLock::release(const ManagedCall &call)
{
    if (endsPause(call))
        return;
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
        entry = isPaused(entry->first) ? std::next(entry) : m_holders.erase(entry);     // his wait has to take the lock once more
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
    if (!m_lock->endsPause(call))
        m_lock->release(asHolder(call));
    return {};
}

QString ManagedCondition::describe() const
{
    // the condition knows who waits, and of the lock only that the server has it
    return m_condition->describe().section(QStringLiteral(", its lock "), 0, 0) + QStringLiteral(", its lock ") + m_lock->describeHolder();
}

void ManagedCondition::requireHeld(const ManagedCall &call, const char *what) const
{
    if (!m_lock->isHeldBy(asHolder(call)))
        raiseMisuse(QStringLiteral("cannot %1 on un-acquired lock, which is %2").arg(QLatin1StringView(what), m_lock->describeHolder()));
}

QCoro::Task<QVariant> ManagedCondition::wait(std::shared_ptr<const ManagedCall> call)
{
    requireHeld(*call, "wait");
    const auto lock = m_lock;
    const ManagedCall holder = asHolder(*call);
    auto waiting = m_condition->coro_wait(call->timeout(0), call->stop);
    const auto pause = lock->pause(holder);
    bool notified = false;
    AioError error;
    try {
        notified = co_await waiting;
    } catch (const AioException &e) {
        error = e.error();
    }
    // whatever came of it, the lock is held again
    int released = lock->resume(pause, holder);
    if (!call->canBeAnswered()) {
        if (notified)
            m_condition->notify();      // another one shall have what was meant for one who has gone
        lock->releaseAll(holder);
    }
    for (; released > 0 && lock->isHeldBy(holder); --released)
        lock->release(holder);
    if (error)
        throw AioException(error);
    co_return notified;
}

QVariant ManagedCondition::notify(const ManagedCall &call)
{
    requireHeld(call, "notify");
    const qlonglong count = call.integer(0, "n", 1);
    if (count < 0 && call.caller->isNative)
        raiseMisuse(QStringLiteral("%1 waiters cannot be notified").arg(count));
    m_condition->notify(int(std::clamp<qlonglong>(count, 0, std::numeric_limits<int>::max())));
    return {};
}

QVariant ManagedCondition::notifyAll(const ManagedCall &call)
{
    requireHeld(call, "notify");
    m_condition->notifyAll();
    return {};
}

} // namespace aio_detail
