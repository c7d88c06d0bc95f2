// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedsync_p.h"

#include "sync/rawboundedsemaphore.h"
#include "sync/rawsemaphore.h"

#include <limits>

namespace aio_detail {

namespace {

int requireBetween(qlonglong number, qlonglong least, qlonglong most, const char *text)
{
    if (number < least || number > most)
        raise("ValueError", QLatin1StringView(text));
    return int(number);
}

} // namespace

// -- Semaphore

ManagedSemaphore::ManagedSemaphore(const ManagedCall &call)
    : m_semaphore(requireBetween(call.integer(0, "value", 1), 0, aio_raw::RawSemaphore::MaxValue, "semaphore initial value must be >= 0"))
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
    if (got && call->stop.stop_requested())
        m_semaphore.release();
    call->requireWanted();
    co_return got;
}

QVariant ManagedSemaphore::release(const ManagedCall &call)
{
    const qlonglong count = call.integer(0, "n", 1);
    const qlonglong room = qlonglong(aio_raw::RawSemaphore::MaxValue) - m_semaphore.value();
    m_semaphore.release(requireBetween(count, 0, room, "there would be too many permits, or less"));
    return {};
}

// -- BoundedSemaphore

ManagedBoundedSemaphore::ManagedBoundedSemaphore(const ManagedCall &call)
    : m_semaphore(requireBetween(call.integer(0, "value", 1), 1, aio_raw::RawBoundedSemaphore::MaxPermits,
                                 "semaphore initial value must be > 0, and at most a million"))
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
    if (call->stop.stop_requested())
        m_semaphore.release();
    call->requireWanted();
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
      m_barrier(requireBetween(call.integer(0, "parties", 0), 1, 1 << 16, "parties must be between 1 and 65536"), actionFor(call))
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
    const QDeadlineTimer deadline = toDeadline(given.isNull() ? m_timeout : given);
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
