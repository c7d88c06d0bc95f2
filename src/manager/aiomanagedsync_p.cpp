// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedsync_p.h"

#include <limits>

namespace aio_detail {

namespace {

// What the object itself says of numbers that are too small or large is said by it.
int toInt(const ManagedCall &call, int index, const char *name, qlonglong otherwise)
{
    const qlonglong number = call.integer(index, name, otherwise);
    if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max())
        raise("OverflowError", QStringLiteral("'%1' is too large").arg(QLatin1StringView(name)));
    return int(number);
}

} // namespace

// -- Semaphore

ManagedSemaphore::ManagedSemaphore(const ManagedCall &call)
    : m_semaphore(toInt(call, 0, "value", 1))
{
}

const ManagedSemaphore::Methods &ManagedSemaphore::methods()
{
    using S = ManagedSemaphore;
    static const Methods all{{QStringLiteral("acquire"), later(&S::acquire)},
                             {QStringLiteral("release"), now(&S::release)},
                             {QStringLiteral("#value"), now(&S::permits)}};
    return all;
}

QCoro::Task<QVariant> ManagedSemaphore::acquire(std::shared_ptr<const ManagedCall> call)
{
    const bool got = co_await m_semaphore.coro_acquire(call->blocking(0, "blocking"), call->stop);
    if (got && !call->isWanted()) {
        m_semaphore.release();
        throw AioException(cancelledCall(call->method));
    }
    co_return got;
}

QVariant ManagedSemaphore::release(const ManagedCall &call)
{
    m_semaphore.release(toInt(call, 0, "n", 1));
    return {};
}

// -- BoundedSemaphore

ManagedBoundedSemaphore::ManagedBoundedSemaphore(const ManagedCall &call)
    : m_semaphore(toInt(call, 0, "value", 1))
{
}

const ManagedBoundedSemaphore::Methods &ManagedBoundedSemaphore::methods()
{
    using S = ManagedBoundedSemaphore;
    static const Methods all{{QStringLiteral("acquire"), later(&S::acquire)},
                             {QStringLiteral("release"), now(&S::release)},
                             {QStringLiteral("#value"), now(&S::permits)},
                             {QStringLiteral("#initial"), now(&S::initialPermits)}};
    return all;
}

QCoro::Task<QVariant> ManagedBoundedSemaphore::acquire(std::shared_ptr<const ManagedCall> call)
{
    const bool got = co_await m_semaphore.coro_acquire(call->blocking(0, "blocking"), call->stop);
    if (!got)
        co_return false;
    if (!call->isWanted()) {
        m_semaphore.release();
        throw AioException(cancelledCall(call->method));
    }
    ++m_taken[call->caller->number];
    co_return true;
}

QVariant ManagedBoundedSemaphore::release(const ManagedCall &call)
{
    if (m_semaphore.value() >= m_semaphore.initialValue())
        raise("ValueError", QStringLiteral("Semaphore released too many times"));
    // the caller's own first; any may be released by anybody
    auto entry = m_taken.find(call.caller->number);
    if (entry == m_taken.end())
        entry = m_taken.begin();
    if (entry != m_taken.end() && --*entry == 0)
        m_taken.erase(entry);
    m_semaphore.release();
    return {};
}

void ManagedBoundedSemaphore::forget(const ManagerCaller &caller)
{
    for (int left = m_taken.take(caller.number); left > 0; --left)
        m_semaphore.release();
}

// -- Event

const ManagedEvent::Methods &ManagedEvent::methods()
{
    using E = ManagedEvent;
    static const Methods all{{QStringLiteral("is_set"), now(&E::isSet)},
                             {QStringLiteral("set"), now(&E::set)},
                             {QStringLiteral("clear"), now(&E::clear)},
                             {QStringLiteral("wait"), later(&E::wait)}};
    return all;
}

QVariant ManagedEvent::set(const ManagedCall &)
{
    m_event.set();
    return {};
}

QVariant ManagedEvent::clear(const ManagedCall &)
{
    m_event.clear();
    return {};
}

QCoro::Task<QVariant> ManagedEvent::wait(std::shared_ptr<const ManagedCall> call)
{
    const bool isSet = co_await m_event.coro_wait(call->timeout(0), call->stop);
    co_return isSet;
}

// -- Barrier

// One of a program of this library; whatever else there is cannot be called.
AioCall actionFor(const ManagedCall &call)
{
    const QVariant action = call.argument(1, "action");
    if (!action.isNull() && action.metaType() != QMetaType::fromType<AioCall>())
        raise("TypeError", QStringLiteral("a barrier takes no action here: no function of a Python program is ever called"));
    return action.value<AioCall>();
}

ManagedBarrier::ManagedBarrier(const ManagedCall &call)
    : m_timeout(call.argument(2, "timeout")),
      m_barrier(toInt(call, 0, "parties", 0), actionFor(call))
{
}

const ManagedBarrier::Methods &ManagedBarrier::methods()
{
    using B = ManagedBarrier;
    static const Methods all{{QStringLiteral("__getattribute__"), now(&B::attribute)},
                             {QStringLiteral("wait"), later(&B::wait)},
                             {QStringLiteral("abort"), now(&B::abort)},
                             {QStringLiteral("reset"), now(&B::reset)}};
    return all;
}

QVariant ManagedBarrier::attribute(const ManagedCall &call)
{
    const QString name = call.required(0, "name").toString();
    if (name == QLatin1StringView("parties"))
        return m_barrier.parties();
    if (name == QLatin1StringView("n_waiting"))
        return m_barrier.waiting();
    if (name == QLatin1StringView("broken"))
        return m_barrier.isBroken();
    raise("AttributeError", QStringLiteral("'Barrier' object has no attribute '%1'").arg(name));
}

QCoro::Task<QVariant> ManagedBarrier::wait(std::shared_ptr<const ManagedCall> call)
{
    const QVariant given = call->argument(0, "timeout");
    QDeadlineTimer deadline = toDeadline(given.isNull() ? m_timeout : given);
    if (deadline.hasExpired())      // who comes is counted, and breaks it
        deadline = QDeadlineTimer(1, Qt::PreciseTimer);
    std::optional<int> index;
    AioError error;
    try {
        index = co_await m_barrier.coro_wait(deadline, call->stop);
    } catch (const AioException &e) {
        error = e.error();
    }
    if (call->caller->isGone && !index)
        m_barrier.abort();
    if (error)
        throw AioException(error);
    if (!index) {
        AioError late = pythonError("threading.BrokenBarrierError", QString());
        if (call->caller->isNative && !given.isNull())
            late.code = AioError::TimedOut;
        throw AioException(late);
    }
    co_return *index;
}

QVariant ManagedBarrier::abort(const ManagedCall &)
{
    m_barrier.abort();
    return {};
}

QVariant ManagedBarrier::reset(const ManagedCall &)
{
    m_barrier.reset();
    return {};
}

} // namespace aio_detail
