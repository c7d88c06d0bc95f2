// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiolocalwait_p.h"

#include <aioprocessing/aioerror.h>

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QPointer>
#include <QThread>

#include <algorithm>
#include <utility>

namespace aio_detail {

namespace {

constexpr int manyOperations = 64;
constexpr qsizetype bytesPerOperation = 4096;       // what takes as long as one more
constexpr qint64 turnTime = 2'000'000;              // ns
thread_local qsizetype t_operations = 0;            // without a wait
thread_local qint64 t_turnEnds = 0;

} // namespace

/* The waits of one thread: they end with it, or with the application. */
class LocalEnd : public QObject
{
public:
    static LocalEnd &ofThread()
    {
        if (!t_instance)
            t_instance = new LocalEnd;
        return *t_instance;
    }

    std::list<LocalWait *>::iterator enter(LocalWait *wait) { return m_waits.insert(m_waits.end(), wait); }
    void leave(std::list<LocalWait *>::iterator place)
    {
        m_waits.erase(place);
        if (m_isOver && m_waits.empty())
            delete this;
    }

private:
    LocalEnd()
    {
        connect(QThread::currentThread(), &QThread::finished, this, &LocalEnd::end, Qt::DirectConnection);
        if (thread() == QCoreApplication::instance()->thread())
            connect(QCoreApplication::instance(), &QObject::destroyed, this, &LocalEnd::end, Qt::DirectConnection);
    }

    void end()
    {
        for (;;) {
            const auto isSuspended = [](const LocalWait *wait) { return bool(wait->m_coroutine); };
            const auto suspended = std::find_if(m_waits.begin(), m_waits.end(), isSuspended);
            if (suspended == m_waits.end())
                break;
            (*suspended)->finishNow(LocalWait::Cancelled);
        }
        t_instance = nullptr;
        m_isOver = true;
        if (m_waits.empty())
            delete this;
    }

    std::list<LocalWait *> m_waits;
    bool m_isOver = false;
    static thread_local LocalEnd *t_instance;
};

thread_local LocalEnd *LocalEnd::t_instance = nullptr;

void LocalWaits::completeAll()
{
    for (LocalWait *wait : std::as_const(m_waits))
        wait->finish(LocalWait::Completed);
    tellObservers();
}

void LocalWaits::completeAllNow()
{
    if (m_waits.size() == 1 && m_observers.isEmpty())
        return m_waits.first()->finishNow(LocalWait::Completed);
    QList<QPointer<LocalWait>> waits;
    for (LocalWait *wait : std::as_const(m_waits))
        waits.append(wait);
    tellObservers();
    for (const QPointer<LocalWait> &wait : std::as_const(waits)) {
        if (wait)
            wait->finishNow(LocalWait::Completed);
    }
}

void LocalWaits::tellObservers()
{
    if (m_observers.isEmpty())
        return;
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

static LocalEnd &requireEnd(const char *operation)
{
    if (!QAbstractEventDispatcher::instance() || !QCoreApplication::instance()) {
        throwError(AioError::UsageError,
                   QStringLiteral("a coroutine needs a thread with an event loop to resume in; this thread has none: use the "
                                  "blocking form"),
                   QLatin1StringView(operation));
    }
    return LocalEnd::ofThread();
}

LocalWait::LocalWait(const std::shared_ptr<LocalWaits> &group, const QDeadlineTimer &deadline,
                     const std::stop_token &stop, const char *operation)
    : m_group(group), m_deadline(deadline), m_end(requireEnd(operation)), m_place(m_end.enter(this))
{
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
    m_end.leave(m_place);
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

void LocalWait::finishNow(Outcome outcome)
{
    if (!m_outcome)
        m_outcome = outcome;
    m_timer.stop();
    resume();
}

bool LocalWait::loopIsDue()
{
    const auto now = [] { return QDeadlineTimer::current().deadlineNSecs(); };
    if (t_operations == 0)
        t_turnEnds = now() + turnTime;
    ++t_operations;
    return t_operations > manyOperations && now() >= t_turnEnds && QAbstractEventDispatcher::instance();
}

void LocalWait::countBytes(qsizetype bytes)
{
    t_operations += bytes / bytesPerOperation;
}

void LocalWait::armTimer()
{
    using namespace std::chrono;
    const auto left = ceil<milliseconds>(nanoseconds(std::max<qint64>(m_deadline.remainingTimeNSecs(), 0)));
    m_timer.start(int(std::min<milliseconds>(left, hours(24)).count()), Qt::PreciseTimer, this);
}

void LocalWait::timerEvent(QTimerEvent *)
{
    m_timer.stop();
    if (m_deadline.hasExpired())
        finish(TimedOut);
    else
        armTimer();
}

void LocalWait::resume()
{
    t_operations = 0;
    if (const auto coroutine = std::exchange(m_coroutine, nullptr))
        coroutine.resume();    // may destroy this
}

} // namespace aio_detail
