// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// LocalEngine, what its own thread does: workers begin and end, and are watched.

#include "base/aiologging_p.h"
#include "platform/rawclock.h"
#include "pool/aiolocalengine_p.h"
#include "process/aioprocess_p.h"

#include <aioprocessing/aiotask.h>

#include <QDebug>

#include <algorithm>
#include <chrono>

namespace aio_detail {

namespace {

constexpr quint32 fewItems = 2;                     // with no more it rings for each outcome
constexpr qint64 lookInterval = NsPerMs;
constexpr qint64 slowAfter = 2 * NsPerMs;     // then what it has not begun goes to those that are idle
constexpr qint64 leavingTime = 10'000 * NsPerMs;   // for a worker that was told to end
constexpr qint64 intensityTime = 10'000 * NsPerMs;
constexpr std::size_t intensity = 5;                // deaths in that time
constexpr int quarantineAfter = 3;                  // workers that one task killed

} // namespace

void LocalEngine::begin()
{
    m_timer = new QTimer(m_agent);
    m_timer->setTimerType(Qt::PreciseTimer);
    m_timer->setSingleShot(true);
    QObject::connect(m_timer, &QTimer::timeout, m_agent, [this] { look(); });
    AioProcessing::spawn(listen());
}

QCoro::Task<> LocalEngine::listen()
{
    const std::stop_token stop = m_stop.get_token();
    try {
        for (;;) {
            co_await m_news->coro_wait(stop);
            look();
        }
    } catch (const AioException &) {
        look();    // it is to end
    }
}

void LocalEngine::startWorkers()
{
    for (;;) {
        PoolSettings settings;
        {
            const std::lock_guard lock(m_mutex);
            m_isStartPosted = false;
            if (m_toStart <= 0)
                return;
            settings = m_settings;
        }
        AioProcess *process = nullptr;
        bool isListed = false;
        try {
            auto made = std::make_unique<LocalWorker>();
            process = new AioProcess(made->call(*m_news, settings), m_agent);
            AioProcessPrivate::of(*process).startMethod = AioContext::ForkServer;
            made->process = process;
            QObject::connect(process, &AioProcess::finished, m_agent, [this, process] { onEnded(process); }, Qt::QueuedConnection);
            QObject::connect(process, &AioProcess::started, m_agent, [this] { look(); }, Qt::QueuedConnection);    // its pid is known now
            {
                const std::lock_guard lock(m_mutex);
                if (m_toStart <= 0) {       // terminated meanwhile
                    process->deleteLater();
                    return;
                }
                --m_toStart;                // at once with the next line: whoever counts must not miss it
                m_workers.push_back(std::move(made));
                isListed = true;
            }
            process->start();
        } catch (const AioException &e) {
            const std::lock_guard lock(m_mutex);
            if (isListed)
                std::erase_if(m_workers, [process](const auto &worker) { return worker->process == process; });
            else
                m_toStart = std::max(m_toStart - 1, 0);
            if (process)
                process->deleteLater();
            if (!mayDie(e.error().message))
                break;
            wantWorkers();      // as after a death
        }
    }
    look();
}

void LocalEngine::onEnded(const AioProcess *process)
{
    {
        const std::lock_guard lock(m_mutex);
        const auto place = std::find_if(m_workers.begin(), m_workers.end(), [&](const auto &other) { return other->process == process; });
        if (place == m_workers.end())
            return;
        LocalWorker *worker = place->get();
        worker->number = worker->process->pid();
        drain(*worker);
        std::vector<PoolRange> back;
        const std::optional<PoolRange> lost = worker->remains(back);
        const bool isExpected = worker->state == LocalWorker::Leaving || worker->state == LocalWorker::Dying;
        if (m_endedBy) {
            for (const PoolRange &range : back)
                failRange(range, m_endedBy);
        } else {
            requeue(std::move(back));
        }
        if (lost)
            settleLost(*worker, *lost);
        PoolNews news;
        news.kind = PoolNews::WorkerEnded;
        news.worker = worker->number;
        news.value = int(worker->process->exitReason());
        news.isExpected = isExpected && !(lost && worker->state == LocalWorker::Leaving);
        m_pendingNews.push_back(std::move(news));
        if (lost)
            m_deaths.clear();    // it had begun a task
        else if (!isExpected && worker->doom != LocalWorker::KilledByUser)
            mayDie(worker->process->error().message);
        worker->process->deleteLater();
        m_gone.push_back(std::move(*place));
        m_workers.erase(place);
        dispatch();
    }
    look();
}

// Counts the death of a worker that had not begun a task. False: that was one too many.
bool LocalEngine::mayDie(const QString &text)
{
    const qint64 now = aio_raw::now();
    m_deaths.push_back(now);
    while (now - m_deaths.front() > intensityTime)
        m_deaths.pop_front();
    if (m_deaths.size() < intensity || m_brokenBy)
        return !m_brokenBy;
    breakPool(makeError(AioError::BrokenPool,
                        QStringLiteral("%1 workers in a row ended before they had begun a task, so that no more are started. The last: %2")
                            .arg(m_deaths.size()).arg(text.isEmpty() ? QStringLiteral("it was killed") : text),
                        QStringLiteral("AioPool::start")));
    return false;
}

void LocalEngine::breakPool(const AioError &error)
{
    m_brokenBy = error;
    if (!m_endedBy)
        m_endedBy = error;
    m_tellsBroken = true;
    m_toStart = 0;
    m_isClosed = true;
    for (const auto &worker : m_workers)
        takeBack(*worker);      // what it runs goes on
    for (const PoolRange &range : m_queue.takeAll())
        failRange(range, error);
    for (const auto &worker : m_workers) {
        if (worker->isIdle() && worker->state == LocalWorker::Ready)
            worker->sendExit();
    }
}

AioError LocalEngine::lostError(const LocalWorker &worker, const PoolRange &lost, bool isQuarantined) const
{
    const AioProcess &process = *worker.process;
    const int code = process.exitCode().value_or(0);
    QString how;
    switch (process.exitReason()) {
    case AioProcess::OutOfMemory:
        how = QStringLiteral("was killed for want of memory: give it less to do at once, or use fewer workers");
        break;
    case AioProcess::Killed:
    case AioProcess::Crashed:
        how = QStringLiteral("was ended by signal %1 (%2)").arg(-code).arg(QString::fromLocal8Bit(::strsignal(-code)));
        break;
    default:
        how = QStringLiteral("ended with exit code %1; a task returns or throws, and does not call exit()").arg(code);
        break;
    }
    QString text = QStringLiteral("task %1 of the pool is lost: its worker (pid %2) %3").arg(lost.job->firstId + lost.first)
                       .arg(worker.number).arg(how);
    if (isQuarantined)
        text += QStringLiteral(". It has ended %1 workers now and is not tried again").arg(lost.attempt);
    return makeError(AioError::WorkerLost, text, QStringLiteral("AioPool::apply"), QString::number(lost.job->firstId + lost.first), code);
}

void LocalEngine::settleLost(LocalWorker &worker, const PoolRange &lost)
{
    switch (worker.doom) {
    case LocalWorker::TaskTimedOut:
    case LocalWorker::TaskCancelled:
    case LocalWorker::PoolTerminated:
        failRange(lost, worker.doom == LocalWorker::PoolTerminated ? m_endedBy : worker.doomError);
        return;
    case LocalWorker::NoDoom:
    case LocalWorker::Misbehaved:
    case LocalWorker::KilledByUser:
        break;
    }
    const bool wantsRetry = lost.attempt <= lost.job->retries;
    const bool isQuarantined = wantsRetry && lost.attempt >= quarantineAfter;
    if (wantsRetry && !isQuarantined && !m_endedBy) {
        PoolRange again = lost;
        ++again.attempt;
        m_queue.prepend(again);
    } else {
        failRange(lost, lostError(worker, lost, isQuarantined));
    }
}

void LocalEngine::drain(LocalWorker &worker)
{
    const std::size_t before = m_pendingNews.size();
    const bool wasStarting = worker.state == LocalWorker::Starting;
    if (!worker.drain(m_pendingNews)) {
        worker.doom = LocalWorker::Misbehaved;
        worker.killAt = 0;
        qCWarning(lcAioPool) << "worker" << worker.number << "of the pool wrote what makes no sense, and is killed";
    }
    if (wasStarting && worker.state == LocalWorker::Ready && worker.process) {
        worker.number = worker.process->pid();
        for (std::size_t i = before; i < m_pendingNews.size(); ++i)
            m_pendingNews[i].worker = worker.number;
    }
    learnFrom(before);
}

// How long the items of functions take, and that workers do begin tasks.
void LocalEngine::learnFrom(std::size_t firstNews)
{
    for (std::size_t i = firstNews; i < m_pendingNews.size(); ++i) {
        const PoolNews &news = m_pendingNews[i];
        if (news.kind != PoolNews::Finished && news.kind != PoolNews::Failed)
            continue;
        m_deaths.clear();
        if (news.times.items == 0)
            continue;
        qint64 &known = m_runTimes[numberOf(*news.job)];
        const qint64 ran = std::max<qint64>(news.times.ran, 1);
        known = known == 0 || ran > 2 * known ? ran : (3 * known + ran) / 4;    // slow ones count at once
    }
}

void LocalEngine::checkLimits(LocalWorker &worker, qint64 now)
{
    if (worker.doom != LocalWorker::NoDoom || worker.flying.empty())
        return;
    const PoolJob &job = *worker.flying.front().job;
    if (job.timeout.count() < 0 && job.softTimeout.count() < 0)
        return;
    const qint64 began = worker.isRunning() ? worker.beganAt() : now;
    if (job.softTimeout.count() >= 0 && !worker.isSoftTold) {
        const qint64 due = began + nanoseconds(job.softTimeout);
        if (now >= due && worker.isRunning()) {
            worker.isSoftTold = true;
            worker.wantStop();
        } else {
            m_nextLook = std::min(m_nextLook, due);
        }
    }
    if (job.timeout.count() < 0)
        return;
    const qint64 due = began + nanoseconds(job.timeout);
    if (now < due || !worker.isRunning()) {
        m_nextLook = std::min(m_nextLook, std::max(due, now + NsPerMs / 4));
        return;
    }
    takeBack(worker);    // from here on it can begin nothing else
    const PoolRange &running = worker.flying.front();
    const AioError error = makeError(AioError::TimedOut,
                                     QStringLiteral("task %1 of the pool did not return within %2 ms, and its worker (pid %3) is killed")
                                         .arg(job.firstId + running.first).arg(job.timeout.count()).arg(worker.number),
                                     QStringLiteral("AioCall::withTimeout"), QString::number(job.firstId + running.first));
    doomRunning(worker, LocalWorker::TaskTimedOut, error, 0);
}

// Whether it is time for it to go.
void LocalEngine::checkLife(LocalWorker &worker, qint64 now)
{
    if (worker.state == LocalWorker::Ready && worker.doom == LocalWorker::NoDoom) {
        const bool isTooLarge = m_settings.maxMemory > 0 && worker.memory() > m_settings.maxMemory;
        const bool isUnused = worker.isIdle() && m_settings.idleTimeout.count() >= 0;
        const qint64 idleEnd = isUnused ? worker.lastNews + nanoseconds(m_settings.idleTimeout) : 0;
        const bool isDone = m_isClosed && worker.isIdle() && m_queue.isEmpty();
        if (isTooLarge)
            takeBack(worker);
        if (isTooLarge || isDone || (isUnused && now >= idleEnd))
            worker.sendExit();
        else if (isUnused)
            m_nextLook = std::min(m_nextLook, idleEnd);
    }
    if (worker.state == LocalWorker::Starting && m_isClosed && m_queue.isEmpty() && worker.isIdle())
        worker.sendExit();
    if (worker.state == LocalWorker::Leaving && worker.isIdle() && worker.killAt == INT64_MAX)
        worker.killAt = now + leavingTime;
    if (worker.killAt == INT64_MAX || worker.state == LocalWorker::Dying)
        return;
    if (now < worker.killAt) {
        m_nextLook = std::min(m_nextLook, worker.killAt);
    } else if (worker.process && worker.process->isAlive()) {
        worker.state = LocalWorker::Dying;
        worker.process->kill();
    }
}

// What a slow worker has not begun goes to those that have nothing to do.
void LocalEngine::shareWork(qint64 now)
{
    if (!m_queue.isEmpty())
        return;
    const bool isAnyIdle = std::any_of(m_workers.begin(), m_workers.end(),
                                       [](const auto &worker) { return worker->takesTasks() && worker->isIdle(); });
    if (!isAnyIdle)
        return;
    for (const auto &worker : m_workers) {
        if (worker->itemsFlying() < 2)
            continue;
        const qint64 slowAt = worker->lastNews + slowAfter;
        if (now >= slowAt)
            takeBack(*worker);
        else
            m_nextLook = std::min(m_nextLook, slowAt);
    }
}

bool LocalEngine::isOver() const
{
    return m_isClosed && m_workers.empty() && m_queue.isEmpty() && m_toStart == 0;
}

void LocalEngine::look()
{
    if (m_hasEnded)
        return;
    bool isOverNow = false;
    {
        const std::lock_guard lock(m_mutex);
        m_news->clear();
        m_gone.clear();
        m_nextLook = INT64_MAX;
        const std::size_t before = m_pendingNews.size();
        for (const auto &worker : m_workers) {
            if (worker->number == 0 && worker->process)
                worker->number = worker->process->pid();
            worker->flush();
            drain(*worker);
        }
        const qint64 now = aio_raw::now();
        dispatch();
        shareWork(now);
        dispatch();
        const bool isBusy = m_pendingNews.size() > before;
        m_nextLook = INT64_MAX;
        for (const auto &worker : m_workers) {
            checkLimits(*worker, now);
            checkLife(*worker, now);
            const bool isAwaited = !isBusy || worker->itemsFlying() <= fewItems;
            if (isAwaited != worker->isAwaited()) {
                worker->setAwaited(isAwaited);
                if (isAwaited)
                    drain(*worker);    // it may have looked before it was told
            }
            if (!isAwaited)
                m_nextLook = std::min(m_nextLook, now + lookInterval);
        }
        shareWork(now);
        dispatch();
        isOverNow = isOver();
    }
    deliver();
    if (isOverNow)
        finish();
    else
        schedule();
}

void LocalEngine::schedule()
{
    qint64 next;
    {
        const std::lock_guard lock(m_mutex);
        next = m_nextLook;
    }
    if (next == INT64_MAX) {
        m_timer->stop();
        return;
    }
    const qint64 left = std::max<qint64>(next - aio_raw::now(), 0);
    m_timer->start(std::chrono::milliseconds(std::min<qint64>((left + NsPerMs - 1) / NsPerMs, 24 * 3600 * 1000)));
}

void LocalEngine::deliver()
{
    std::vector<PoolNews> all;
    bool tellsBroken = false;
    AioError brokenBy;
    {
        const std::lock_guard lock(m_mutex);
        all.swap(m_pendingNews);
        tellsBroken = std::exchange(m_tellsBroken, false);
        brokenBy = m_brokenBy;
    }
    if (tellsBroken)
        m_events.broken(brokenBy);
    tellNews(all, m_events);
    const std::lock_guard lock(m_mutex);
    for (const auto &worker : m_workers)
        worker->forgetBounds();
}

void LocalEngine::finish()
{
    m_hasEnded = true;
    m_timer->stop();
    {
        const std::lock_guard lock(m_mutex);
        m_gone.clear();
    }
    m_events.ended();
    if (m_stop.stop_requested())
        m_thread.quit();
}

} // namespace aio_detail
