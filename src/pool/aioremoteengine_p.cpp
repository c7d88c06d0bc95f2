// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aioremoteengine_p.h"

#include "pool/aioremotejob_p.h"

#include <aioprocessing/aiotask.h>

#include <algorithm>
#include <atomic>
#include <map>

namespace aio_detail {

namespace {

// Tells the faces of this process apart.
quint64 nextFace()
{
    static std::atomic<quint64> last = 0;
    return ++last;
}

} // namespace

/*
 * The jobs of a face, on the thread of its agent. Coroutines keep it, and may outlive the engine.
 */
class RemoteJobs : public std::enable_shared_from_this<RemoteJobs>
{
public:
    using Self = std::shared_ptr<RemoteJobs>;

    RemoteJobs(std::shared_ptr<RemoteBackend> remote, PoolEvents &events) : m_remote(std::move(remote)), m_events(&events) {}

    /* Until the thread ends, or the pool is lost. */
    static QCoro::Task<> listen(Self self);
    static QCoro::Task<> submit(Self self, PoolJobPtr job);
    void cancel(const PoolJobPtr &job, const AioError &error);
    void cancelAll(const AioError &error);
    void close();
    /* The engine goes: nothing is said any more. */
    void forget();
    void post(const char *method, const QVariantList &arguments);

    // -- any thread
    PoolCounts counts() const;
    QList<AioWorkerStats> workers() const;

private:
    struct Entry
    {
        PoolJobPtr job;
        std::vector<bool> isDone;       // of each item
        quint32 left = 0;
    };
    using Entries = std::map<quint64, Entry>;

    static QCoro::Task<RemoteResult> ask(Self self, RemoteCall call);
    QVariantList withFace(QVariantList arguments) const;
    void take(const QVariantList &told);
    void take(PoolNews &&news, quint64 number, std::vector<PoolNews> &all);
    void fail(Entries::iterator entry, const AioError &error);
    void lose(const AioError &error);
    void endIfDone();

    const std::shared_ptr<RemoteBackend> m_remote;
    const quint64 m_face = nextFace();
    PoolEvents *m_events;       // null: nobody listens any more
    std::stop_source m_stop;
    Entries m_entries;          // by number
    quint64 m_lastNumber = 0;
    AioError m_loss;
    bool m_isClosed = false;
    bool m_hasEnded = false;

    mutable std::mutex m_mutex;     // of what follows
    PoolCounts m_counts;
    QList<AioWorkerStats> m_workers;
};

QVariantList RemoteJobs::withFace(QVariantList arguments) const
{
    arguments.prepend(m_face);
    return arguments;
}

void RemoteJobs::post(const char *method, const QVariantList &arguments)
{
    if (!m_loss)
        m_remote->post(RemoteCall("AioPool::post", method, withFace(arguments)));
}

QCoro::Task<> RemoteJobs::submit(Self self, PoolJobPtr job)
{
    const quint64 number = ++self->m_lastNumber;
    self->m_entries.emplace(number, Entry{job, std::vector<bool>(job->count), job->count});
    {
        const std::lock_guard lock(self->m_mutex);
        self->m_counts.pending += job->count;
    }
    AioError error = self->m_loss;
    if (!error) {
        const RemoteCall call("AioPool::submit", "#submit", self->withFace(QVariantList{number} + toParts(*job)));
        const RemoteResult result = co_await ask(self, call);
        error = result.error;
    }
    const auto entry = self->m_entries.find(number);
    if (error && entry != self->m_entries.end())
        self->fail(entry, error);
}

// Throws nothing: the thread may end meanwhile.
QCoro::Task<RemoteResult> RemoteJobs::ask(Self self, RemoteCall call)
{
    RemoteResult result;
    try {
        result = co_await self->m_remote->callLater(std::move(call));
    } catch (const AioException &e) {
        result.error = e.error();
    }
    co_return result;
}

// One question after the other, each of which waits until there is something to tell.
QCoro::Task<> RemoteJobs::listen(Self self)
{
    AioError error;
    while (!error && !self->m_stop.stop_requested()) {
        RemoteCall call = RemoteCall("AioPool::listen", "#news", self->withFace({}))
                              .waiting(RemoteCall::Timeout, QDeadlineTimer(QDeadlineTimer::Forever), self->m_stop.get_token());
        const RemoteResult result = co_await ask(self, call);
        error = result.error;
        if (!error)
            self->take(result.value.toList());
    }
    self->lose(error);
}

// (workers of the settings, those that there are, those that are busy; their ids; the news)
void RemoteJobs::take(const QVariantList &told)
{
    std::vector<PoolNews> all;
    const QVariantList list = told.value(2).toList();
    for (const QVariant &parts : list) {
        quint64 number = 0;
        PoolNews news = newsFromParts(parts.toList(), number);
        take(std::move(news), number, all);
    }
    const QVariantList counts = told.value(0).toList();
    const QVariantList pids = told.value(1).toList();
    {
        const std::lock_guard lock(m_mutex);
        m_counts.workers = counts.value(0).toInt();
        m_counts.busy = counts.value(1).toInt();
        m_workers.clear();
        for (const QVariant &pid : pids) {
            AioWorkerStats stats;
            stats.pid = pid.toLongLong();
            m_workers.append(stats);
        }
    }
    if (m_events)
        tellNews(all, *m_events);
    endIfDone();
}

void RemoteJobs::take(PoolNews &&news, quint64 number, std::vector<PoolNews> &all)
{
    if (news.kind == PoolNews::WorkerStarted || news.kind == PoolNews::WorkerEnded) {
        all.push_back(std::move(news));
        return;
    }
    const auto found = m_entries.find(number);
    if (found == m_entries.end())
        return;         // it was cancelled
    Entry &entry = found->second;
    news.job = entry.job;
    const quint32 items = news.kind == PoolNews::Finished ? news.count : 1;
    if (quint64(news.first) + items > entry.job->count)
        return;
    if (news.kind == PoolNews::Finished || news.kind == PoolNews::Failed) {
        const auto first = entry.isDone.begin() + news.first;
        if (std::find(first, first + items, true) != first + items)
            return;     // each item ends once
        std::fill(first, first + items, true);
        entry.left -= items;
        const std::lock_guard lock(m_mutex);
        m_counts.pending -= items;
    }
    all.push_back(std::move(news));
    if (entry.left == 0)
        m_entries.erase(found);
}

void RemoteJobs::fail(Entries::iterator entry, const AioError &error)
{
    const Entry failed = std::move(entry->second);
    m_entries.erase(entry);
    {
        const std::lock_guard lock(m_mutex);
        m_counts.pending -= failed.left;
    }
    for (quint32 i = 0; i < failed.job->count; ++i) {
        if (!failed.isDone[i] && m_events)
            m_events->failed(failed.job, i, error);
    }
    if (m_events)
        m_events->changed();
    endIfDone();
}

void RemoteJobs::cancel(const PoolJobPtr &job, const AioError &error)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const auto &entry) { return entry.second.job == job; });
    if (found == m_entries.end())
        return;
    post("#cancel", {found->first});
    fail(found, error);
}

void RemoteJobs::cancelAll(const AioError &error)
{
    m_isClosed = true;
    while (!m_entries.empty())
        cancel(m_entries.begin()->second.job, error);
    endIfDone();
}

void RemoteJobs::close()
{
    m_isClosed = true;
    endIfDone();
}

void RemoteJobs::endIfDone()
{
    if (!m_isClosed || !m_entries.empty() || std::exchange(m_hasEnded, true))
        return;
    m_stop.request_stop();
    post("#leave", {});
    if (m_events)
        m_events->ended();
}

void RemoteJobs::lose(const AioError &error)
{
    if (!error || m_stop.stop_requested())
        return;
    m_loss = error;
    if (m_events)
        m_events->broken(error);
    while (!m_entries.empty())
        fail(m_entries.begin(), error);
}

void RemoteJobs::forget()
{
    m_events = nullptr;
    cancelAll(AioError(AioError::Cancelled));
}

PoolCounts RemoteJobs::counts() const
{
    const std::lock_guard lock(m_mutex);
    PoolCounts counts = m_counts;       // pending: all of this face, of which as many run as there are busy workers at the most
    counts.running = std::min<qint64>(counts.busy, counts.pending);
    counts.pending -= counts.running;
    return counts;
}

QList<AioWorkerStats> RemoteJobs::workers() const
{
    const std::lock_guard lock(m_mutex);
    return m_workers;
}

// -- the engine

RemoteEngine::RemoteEngine(std::shared_ptr<RemoteBackend> remote, PoolEvents &events)
    : m_agent(new QObject), m_jobs(std::make_shared<RemoteJobs>(std::move(remote), events))
{
    m_thread.setObjectName(QStringLiteral("AioPool"));
    m_agent->moveToThread(&m_thread);
    QObject::connect(&m_thread, &QThread::finished, m_agent, &QObject::deleteLater);
    m_thread.start();
    QMetaObject::invokeMethod(m_agent, [jobs = m_jobs] { AioProcessing::spawn(RemoteJobs::listen(jobs)); });
}

RemoteEngine::~RemoteEngine()
{
    post([this](RemoteJobs &jobs) {
        jobs.forget();
        m_thread.quit();
    });
    m_thread.wait();
}

// Never at once: whoever calls may hold locks.
template<class F> void RemoteEngine::post(F function)
{
    QMetaObject::invokeMethod(m_agent, [jobs = m_jobs, function = std::move(function)] { function(*jobs); }, Qt::QueuedConnection);
}

void RemoteEngine::submit(const PoolJobPtr &job)
{
    post([job](RemoteJobs &jobs) { AioProcessing::spawn(RemoteJobs::submit(jobs.shared_from_this(), job)); });
}

void RemoteEngine::cancel(const PoolJobPtr &job, const AioError &error)
{
    post([job, error](RemoteJobs &jobs) { jobs.cancel(job, error); });
}

bool RemoteEngine::killWorker(qint64 worker)
{
    const QList<AioWorkerStats> known = m_jobs->workers();
    if (std::none_of(known.begin(), known.end(), [worker](const AioWorkerStats &stats) { return stats.pid == worker; }))
        return false;
    post([worker](RemoteJobs &jobs) { jobs.post("#kill", {worker}); });
    return true;
}

void RemoteEngine::configure(const PoolSettings &settings)
{
    post([settings](RemoteJobs &jobs) { jobs.post("#configure", toParts(settings)); });
}

void RemoteEngine::close()
{
    post([](RemoteJobs &jobs) { jobs.close(); });
}

void RemoteEngine::terminate(const AioError &error)
{
    post([error](RemoteJobs &jobs) { jobs.cancelAll(error); });
}

PoolCounts RemoteEngine::counts() const
{
    return m_jobs->counts();
}

QList<AioWorkerStats> RemoteEngine::workers() const
{
    return m_jobs->workers();
}

} // namespace aio_detail
