// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiolocalwait_p.h"

#include <aioprocessing/aioerror.h>

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QThread>

#include <algorithm>
#include <utility>

namespace aio_detail {

void LocalWaits::completeAll()
{
    for (LocalWait *wait : std::as_const(m_waits))
        wait->finish(LocalWait::Completed);
    m_observers.removeIf([](const std::weak_ptr<Observer> &observer) { return observer.expired(); });
    const auto observers = m_observers;     // who is told may add or go
    for (const auto &observer : observers) {
        if (const auto told = observer.lock())
            (*told)();
    }
}

std::shared_ptr<void> LocalWaits::observe(Observer told)
{
    const auto observer = std::make_shared<Observer>(std::move(told));
    m_observers.append(observer);
    return observer;
}

void LocalWaits::cancelAll()
{
    for (LocalWait *wait : std::as_const(m_waits))
        wait->finish(LocalWait::Cancelled);
}

LocalWait::LocalWait(const std::shared_ptr<LocalWaits> &group, const QDeadlineTimer &deadline,
                     const std::stop_token &stop, const char *operation)
    : m_group(group), m_deadline(deadline), m_timer(this)
{
    if (!QAbstractEventDispatcher::instance() || !QCoreApplication::instance()) {
        throwError(AioError::UsageError,
                   QStringLiteral("a coroutine needs a thread with an event loop to resume in; this thread has none: use the "
                                  "blocking form"),
                   QLatin1StringView(operation));
    }
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &LocalWait::onTimeout);
    connect(QThread::currentThread(), &QThread::finished, this, &LocalWait::endNow, Qt::DirectConnection);
    if (thread() == QCoreApplication::instance()->thread())
        connect(QCoreApplication::instance(), &QObject::destroyed, this, &LocalWait::endNow, Qt::DirectConnection);
    m_group->m_waits.append(this);
    if (!m_deadline.isForever())
        armTimer();
    if (stop.stop_possible()) {
        m_stopCallback.emplace(stop, [this] {    // on any thread; its destructor waits for it
            QMetaObject::invokeMethod(this, [this] { finish(Cancelled); }, Qt::QueuedConnection);
        });
    }
}

LocalWait::~LocalWait()
{
    m_stopCallback.reset();
    m_group->m_waits.removeOne(this);
}

void LocalWait::finish(Outcome outcome)
{
    if (m_outcome)
        return;
    m_outcome = outcome;
    m_timer.stop();
    QMetaObject::invokeMethod(this, &LocalWait::resume, Qt::QueuedConnection);
}

void LocalWait::armTimer()
{
    using namespace std::chrono;
    const auto left = ceil<milliseconds>(nanoseconds(std::max<qint64>(m_deadline.remainingTimeNSecs(), 0)));
    m_timer.start(std::min<milliseconds>(left, hours(24)));
}

void LocalWait::onTimeout()
{
    if (m_deadline.hasExpired())
        finish(TimedOut);
    else
        armTimer();
}

void LocalWait::resume()
{
    if (const auto coroutine = std::exchange(m_coroutine, nullptr))
        coroutine.resume();    // may destroy this
}

void LocalWait::endNow()
{
    if (!m_outcome)
        m_outcome = Cancelled;
    m_timer.stop();
    resume();
}

} // namespace aio_detail
