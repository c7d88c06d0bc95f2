// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aiolocalengine_p.h"

#include "platform/rawclock.h"
#include "platform/rawsystem.h"

#include <algorithm>
#include <limits>

namespace aio_detail {

namespace {

constexpr qint64 ahead = NsPerMs / 2;         // how much work a worker gets at once, if tasks are that short
constexpr quint32 mostAhead = 4096;                 // items
constexpr qsizetype mostBytes = 256 * 1024;         // of arguments sent together, where several items are

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

qint64 LocalEngine::nanoseconds(std::chrono::milliseconds time)
{
    return std::min<qint64>(time.count(), std::numeric_limits<qint64>::max() / (4 * NsPerMs)) * NsPerMs;
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

} // namespace aio_detail
