// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aiowait_p.h"

#include "base/aiologging_p.h"

#include <aioprocessing/aioerror.h>

#include <QCoreApplication>
#include <QMutex>
#include <QMutexLocker>
#include <QSet>
#include <QThread>

namespace aio_detail {

using namespace aio_raw;

// -- WaitGroup

void WaitGroup::add(Wait *wait)
{
    const std::lock_guard lock(m_mutex);
    m_waits.insert(wait);
    if (m_closed)
        wait->cancel();
}

void WaitGroup::remove(Wait *wait)
{
    const std::lock_guard lock(m_mutex);
    m_waits.erase(wait);
}

void WaitGroup::close()
{
    const std::lock_guard life(m_life);
    const std::lock_guard lock(m_mutex);
    m_closed = true;
    for (Wait *wait : m_waits)
        wait->cancel();
}

Nanoseconds toNanoseconds(const QDeadlineTimer &deadline)
{
    return deadline.isForever() ? Never : now() + deadline.remainingTimeNSecs();
}

// -- Wait

Wait::Wait(Lot &lot, RawOperation &operation, std::shared_ptr<WaitGroup> group, const QDeadlineTimer &deadline,
           const std::stop_token &stop, const char *operationName)
    : m_lot(lot), m_operation(operation), m_group(std::move(group)), m_deadline(toNanoseconds(deadline))
{
    // what lingers must stand in the queue at once: its caller gives something up for it next
    const bool loopIsDue = !operation.lingers() && Doorbell::loopIsDue();
    if (stop.stop_requested())
        m_result = WaitResult::Cancelled;
    else if (!loopIsDue)
        tryNow();
    if (m_result)
        return;
    m_doorbell = &Doorbell::ofThread(operationName);
    if (loopIsDue)
        m_doorbell->resumeLater(*this);
    else
        begin();
    if (m_result)
        return;
    m_group->add(this);
    if (stop.stop_possible())
        m_stopCallback.emplace(stop, std::function<void()>([this] { cancel(); }));
}

Wait::~Wait()
{
    if (!m_doorbell)
        return;
    // a frame that is destroyed while it waits withdraws
    m_stopCallback.reset();
    m_group->remove(this);
    m_doorbell->remove(*this);
}

void Wait::cancel()
{
    if (!m_cancelled.exchange(true))
        m_doorbell->poke(this);
}

void Wait::tryNow()
{
    if (m_cancelled.load())
        m_result = WaitResult::Cancelled;
    else if (m_operation.attempt())
        m_result = WaitResult::Completed;
    else if (m_deadline != Never && m_deadline <= now() && !m_operation.lingers())     // such a one is done by those who wait, if at all
        m_result = WaitResult::TimedOut;
}

void Wait::begin()
{
    Monitor::instance().watchTheRest();
    RawNodePool *nodes = m_doorbell->nodes(m_lot);
    if (nodes)
        m_raw.emplace(m_operation, *nodes);
    if (!nodes || !m_raw->begin()) {
        m_result = WaitResult::NoMemory;
    } else if (m_raw->poll()) {
        m_result = WaitResult::Completed;
    } else {
        m_node = m_raw->node();
        m_doorbell->add(*this, m_node);
    }
}

void Wait::check(bool expired)
{
    if (m_cancelled.load()) {
        complete(m_raw && m_raw->end(false) ? WaitResult::Completed : WaitResult::Cancelled);
    } else if (m_raw && (m_raw->poll() || (expired && m_raw->end(true)))) {
        complete(WaitResult::Completed);
    } else if (expired) {
        complete(WaitResult::TimedOut);
    }
}

void Wait::complete(WaitResult result)
{
    m_result = result;
    m_doorbell->finish(*this);
}

void Wait::resume()
{
    if (!m_result)          // it let the event loop run first
        tryNow();
    if (!m_result)
        begin();
    if (!m_result)
        return;
    // In this order: after the callback is gone and the group has let go nobody pokes this wait any more.
    m_stopCallback.reset();
    m_group->remove(this);
    m_doorbell->remove(*this);
    m_doorbell = nullptr;
    if (const auto coroutine = std::exchange(m_coroutine, nullptr))
        coroutine.resume();
}

// -- the blocking form

namespace {

void warnOnGuiThread(const char *operationName)
{
    const auto *app = QCoreApplication::instance();
    if (!app || QThread::currentThread() != app->thread() || !app->inherits("QGuiApplication"))
        return;
    static QBasicMutex mutex;
    static QSet<QByteArray> warned;
    const QMutexLocker locker(&mutex);
    if (warned.contains(operationName))
        return;
    warned.insert(operationName);
    qCWarning(lcAioGui, "%s blocks the thread of the user interface; use its coroutine form, or a worker thread", operationName);
}

} // namespace

WaitResult blockFor(Lot &lot, RawOperation &operation, const QDeadlineTimer &deadline, std::stop_token stop, const char *operationName)
{
    if (stop.stop_requested())
        return WaitResult::Cancelled;
    if (operation.attempt())
        return WaitResult::Completed;
    if (deadline.hasExpired())
        return WaitResult::TimedOut;
    RawWait wait(operation, lot.blockingNodes());
    return blockIn(lot, operation, wait, deadline, std::move(stop), operationName);
}

WaitResult blockIn(Lot &lot, RawOperation &operation, RawWait &wait, const QDeadlineTimer &deadline, std::stop_token stop,
                   const char *operationName)
{
    warnOnGuiThread(operationName);
    Doorbell *doorbell = Doorbell::existing();
    if (doorbell)
        doorbell->setBlockedAt(lot, operation.address());
    RawWait::Result result;
    {
        const std::stop_callback callback(stop, [&wait] { wait.stop(); });
        result = wait.block(toNanoseconds(deadline));
    }
    if (doorbell) {
        doorbell->setBlockedAt(lot, 0);
        lot.raw().kick(operation.cell(), operation.address());
    }
    switch (result) {
    case RawWait::Completed:
        return WaitResult::Completed;
    case RawWait::TimedOut:
        return WaitResult::TimedOut;
    case RawWait::Stopped:
        return WaitResult::Cancelled;
    case RawWait::NoMemory:
        break;
    }
    return WaitResult::NoMemory;
}

AioError waitError(WaitResult result, const char *operationName, const QString &key)
{
    const QString operation = QString::fromLatin1(operationName);
    if (result == WaitResult::Cancelled)
        return makeError(AioError::Cancelled, QStringLiteral("%1 was cancelled").arg(operation), operation, key);
    return makeError(AioError::OutOfResources,
                     QStringLiteral("%1 needs shared memory and the context's limit is reached; free objects or messages, "
                                    "or raise AioContext::setMemoryLimit()").arg(operation), operation, key);
}

void throwWaitError(WaitResult result, const char *operationName, const QString &key)
{
    throw AioException(waitError(result, operationName, key));
}

} // namespace aio_detail
