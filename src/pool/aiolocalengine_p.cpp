// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aiolocalengine_p.h"

#include "base/aiologging_p.h"
#include "platform/rawclock.h"
#include "platform/rawsystem.h"
#include "process/aioprocess_p.h"

#include <aioprocessing/aiotask.h>

#include <QDebug>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <csignal>
#include <limits>

namespace aio_detail {

namespace {

constexpr qint64 ahead = NsPerMs / 2;         // how much work a worker gets at once, if tasks are that short
constexpr quint32 mostAhead = 4096;                 // items
constexpr quint32 fewItems = 2;                     // with no more it rings for each outcome
constexpr qint64 lookInterval = NsPerMs;
constexpr qint64 slowAfter = 2 * NsPerMs;     // then what it has not begun goes to those that are idle
constexpr qint64 leavingTime = 10'000 * NsPerMs;   // for a worker that was told to end
constexpr qint64 intensityTime = 10'000 * NsPerMs;
constexpr std::size_t intensity = 5;                // deaths in that time
constexpr int quarantineAfter = 3;                  // workers that one task killed
constexpr qsizetype mostBytes = 256 * 1024;         // of arguments sent together, where several items are

qint64 nanoseconds(std::chrono::milliseconds time)
{
    return std::min<qint64>(time.count(), std::numeric_limits<qint64>::max() / (4 * NsPerMs)) * NsPerMs;
}

} // namespace

std::unique_ptr<PoolEngine> makeLocalEngine(const PoolSettings &settings, PoolEvents &events)
{
    return std::make_unique<LocalEngine>(settings, events);
}

LocalEngine::LocalEngine(const PoolSettings &settings, PoolEvents &events)
    : m_events(events), m_agent(new QObject), m_news(std::make_unique<AioEvent>()), m_settings(settings)
{
    m_thread.setObjectName(QStringLiteral("AioPool"));
    m_agent->moveToThread(&m_thread);
    QObject::connect(&m_thread, &QThread::finished, m_agent, &QObject::deleteLater);
    m_thread.start();
    QMetaObject::invokeMethod(m_agent, [this] { begin(); });
}

LocalEngine::~LocalEngine()
{
    terminate(makeError(AioError::Cancelled, QStringLiteral("the pool was destroyed"), QStringLiteral("AioPool::~AioPool")));
    QMetaObject::invokeMethod(m_agent, [this] {    // behind begin()
        m_stop.request_stop();
        if (m_hasEnded)
            m_thread.quit();                       // else look() does
    });
    m_thread.wait();
}

// -- any thread

void LocalEngine::submit(const PoolJobPtr &job)
{
    const std::lock_guard lock(m_mutex);
    PoolRange range;
    range.job = job;
    range.count = job->count;
    if (m_isClosed) {
        failRange(range, m_endedBy ? m_endedBy : AioError(AioError::Closed, QStringLiteral("the pool is not running any more")));
        m_news->set();
        return;
    }
    m_queue.append(range);
    for (const auto &worker : m_workers) {    // what goes after it and has not begun waits here again
        if (worker->itemsFlying() > 1 && worker->flying.back().job->priority < job->priority)
            takeBack(*worker);
    }
    dispatch();
    if (job->timeout.count() >= 0 || job->softTimeout.count() >= 0)
        m_news->set();    // somebody must look at the clock
}

void LocalEngine::cancel(const PoolJobPtr &job, const AioError &error)
{
    const std::lock_guard lock(m_mutex);
    for (const auto &worker : m_workers) {
        const bool hasSome = std::any_of(worker->flying.begin(), worker->flying.end(), [&](const PoolRange &r) { return r.job == job; });
        if (!hasSome)
            continue;
        takeBack(*worker);
        if (worker->isRunning() && worker->flying.front().job == job && worker->doom == LocalWorker::NoDoom)
            doomRunning(*worker, LocalWorker::TaskCancelled, error,
                        job->isContextual ? aio_raw::now() + nanoseconds(m_settings.cancelGrace) : 0);
    }
    for (const PoolRange &range : m_queue.takeAll(job))
        failRange(range, error);
    dispatch();
    m_news->set();
}

bool LocalEngine::killWorker(qint64 number)
{
    const std::lock_guard lock(m_mutex);
    const auto place = std::find_if(m_workers.begin(), m_workers.end(), [number](const auto &worker) { return worker->number == number; });
    if (number == 0 || place == m_workers.end() || (*place)->doom != LocalWorker::NoDoom)
        return false;
    LocalWorker &worker = **place;
    worker.doom = LocalWorker::KilledByUser;
    QMetaObject::invokeMethod(m_agent, [process = worker.process] {
        if (process && process->isAlive())
            process->kill();
    }, Qt::QueuedConnection);
    return true;
}

void LocalEngine::configure(const PoolSettings &settings)
{
    const std::lock_guard lock(m_mutex);
    m_settings = settings;
    retireSpareWorkers();
    dispatch();
    m_news->set();
}

void LocalEngine::close()
{
    const std::lock_guard lock(m_mutex);
    m_isClosed = true;
    m_news->set();
}

void LocalEngine::terminate(const AioError &error)
{
    const std::lock_guard lock(m_mutex);
    if (m_isTerminated)
        return;
    m_isTerminated = true;
    m_isClosed = true;
    m_endedBy = error;
    m_toStart = 0;
    for (const PoolRange &range : m_queue.takeAll())
        failRange(range, error);
    for (const auto &worker : m_workers) {
        worker->doom = LocalWorker::PoolTerminated;
        worker->doomError = error;
        worker->killAt = 0;
    }
    m_news->set();
}

PoolCounts LocalEngine::counts() const
{
    const std::lock_guard lock(m_mutex);
    PoolCounts counts;
    counts.workers = int(m_workers.size());
    counts.pending = m_queue.items();
    for (const auto &worker : m_workers) {
        const qint64 running = worker->isRunning() ? 1 : 0;
        counts.busy += worker->isIdle() ? 0 : 1;
        counts.running += running;
        counts.pending += worker->itemsFlying() - running;
    }
    return counts;
}

QList<AioWorkerStats> LocalEngine::workers() const
{
    QList<AioWorkerStats> all;
    {
        const std::lock_guard lock(m_mutex);
        const qint64 now = aio_raw::now();
        for (const auto &worker : m_workers)
            all.append(worker->stats(now));
    }
    for (AioWorkerStats &worker : all) {
        if (worker.memory == 0 && worker.pid != 0)      // it does not look itself
            worker.memory = aio_raw::residentBytes(worker.pid);
    }
    return all;
}

// -- handing out

quint32 LocalEngine::numberOf(const PoolJob &job)
{
    const auto known = m_numbers.constFind(job.function);
    if (known != m_numbers.constEnd())
        return *known;
    const quint32 number = quint32(m_functions.size());
    m_numbers.insert(job.function, number);
    m_functions.push_back(job.function);
    m_runTimes.push_back(0);
    return number;
}

LocalWorker *LocalEngine::chooseWorker() const
{
    LocalWorker *best = nullptr;
    for (const auto &worker : m_workers) {
        if (worker->takesTasks() && (!best || worker->itemsFlying() < best->itemsFlying()))
            best = worker.get();
    }
    return best;
}

// How many items of \a range, which is the first in the queue, \a worker is to get now.
quint32 LocalEngine::shareFor(const LocalWorker &worker, const PoolRange &range) const
{
    const auto known = m_numbers.constFind(range.job->function);
    const qint64 runTime = known != m_numbers.constEnd() ? m_runTimes[*known] : 0;
    const quint32 many = runTime > 0 ? quint32(std::clamp<qint64>(ahead / runTime, 1, mostAhead)) : 1;
    quint32 share = std::max(range.job->chunk, many);
    if (worker.itemsFlying() > share)     // what runs, and as much again
        return 0;
    if (share > range.job->chunk) {
        const qint64 fair = (m_queue.items() + qint64(2 * m_workers.size()) - 1) / qint64(2 * m_workers.size());
        share = std::max<quint32>(range.job->chunk, quint32(std::min<qint64>(share, fair)));
    }
    if (m_settings.maxTasks > 0)
        share = quint32(std::clamp<qint64>(m_settings.maxTasks - worker.handed, 0, share));
    share = std::min(share, range.count);
    while (share > 1 && range.job->arguments.slice(range.first, share).size() > mostBytes)
        share = (share + 1) / 2;
    return share;
}

void LocalEngine::dispatch()
{
    while (!m_queue.isEmpty()) {
        LocalWorker *worker = chooseWorker();
        const quint32 share = worker ? shareFor(*worker, m_queue.first()) : 0;
        if (share == 0)
            break;
        const PoolRange range = m_queue.take(share);
        worker->send(range, numberOf(*range.job), m_functions);
        if (m_settings.maxTasks > 0 && worker->handed >= m_settings.maxTasks)
            worker->sendExit();
    }
    wantWorkers();
}

void LocalEngine::wantWorkers()
{
    if (m_isTerminated || m_brokenBy)
        return;
    int alive = 0;
    int starting = m_toStart;
    qint64 waiting = m_queue.items();
    for (const auto &worker : m_workers) {
        const bool isThere = worker->state == LocalWorker::Ready || worker->state == LocalWorker::Starting;
        alive += isThere && worker->doom == LocalWorker::NoDoom;
        starting += worker->state == LocalWorker::Starting;
        waiting += worker->itemsFlying() > 1 ? worker->itemsFlying() - 1 : 0;    // behind the one that runs
    }
    const qint64 more = std::min<qint64>(m_settings.workers - alive - m_toStart, waiting - starting);
    if (more <= 0)
        return;
    m_toStart += int(more);
    if (!std::exchange(m_isStartPosted, true))
        QMetaObject::invokeMethod(m_agent, [this] { startWorkers(); }, Qt::QueuedConnection);
}

void LocalEngine::retireSpareWorkers()
{
    int spare = -m_settings.workers;
    for (const auto &worker : m_workers)
        spare += worker->state == LocalWorker::Ready && worker->doom == LocalWorker::NoDoom;
    for (const bool wantsIdle : {true, false}) {
        for (const auto &worker : m_workers) {
            if (spare <= 0)
                return;
            if (worker->state != LocalWorker::Ready || worker->doom != LocalWorker::NoDoom || worker->isIdle() != wantsIdle)
                continue;
            takeBack(*worker);
            worker->sendExit();
            --spare;
        }
    }
}

void LocalEngine::takeBack(LocalWorker &worker)
{
    std::vector<PoolRange> back;
    worker.takeBack(back);
    requeue(std::move(back));
}

void LocalEngine::requeue(std::vector<PoolRange> &&back)
{
    for (auto range = back.rbegin(); range != back.rend(); ++range)
        m_queue.prepend(*range);
}

void LocalEngine::failRange(const PoolRange &range, const AioError &error)
{
    for (quint32 i = 0; i < range.count; ++i) {
        PoolNews news;
        news.kind = PoolNews::Failed;
        news.job = range.job;
        news.first = range.first + i;
        news.error = error;
        m_pendingNews.push_back(std::move(news));
    }
}

void LocalEngine::doomRunning(LocalWorker &worker, LocalWorker::Doom doom, const AioError &error, qint64 killAt)
{
    worker.doom = doom;
    worker.doomError = error;
    worker.killAt = killAt;
    worker.wantStop();
}

// -- the engine's thread

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
            --m_toStart;
            settings = m_settings;
        }
        AioProcess *process = nullptr;
        try {
            auto made = std::make_unique<LocalWorker>();
            process = new AioProcess(made->call(*m_news, settings), m_agent);
            AioProcessPrivate::of(*process).startMethod = AioContext::ForkServer;
            made->process = process;
            QObject::connect(process, &AioProcess::finished, m_agent, [this, process] { onEnded(process); }, Qt::QueuedConnection);
            QObject::connect(process, &AioProcess::started, m_agent, [this] { look(); }, Qt::QueuedConnection);    // its pid is known now
            {
                const std::lock_guard lock(m_mutex);
                m_workers.push_back(std::move(made));
            }
            process->start();
        } catch (const AioException &e) {
            const std::lock_guard lock(m_mutex);
            if (process) {
                std::erase_if(m_workers, [process](const auto &worker) { return worker->process == process; });
                process->deleteLater();
            }
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
