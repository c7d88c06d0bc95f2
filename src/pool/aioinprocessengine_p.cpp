// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aioinprocessengine_p.h"

#include "codec/rawbytes.h"
#include "platform/rawclock.h"
#include "process/aiocaught_p.h"

#include <algorithm>
#include <chrono>

namespace aio_detail {

namespace {


AioError refused()
{
    return AioError(AioError::Closed, QStringLiteral("the engine is not running any more"));
}

} // namespace

/* One thread, and what it does. */
class InProcessEngine::Worker final : public TaskHost
{
public:
    Worker(InProcessEngine &owner, qint64 name) : engine(owner), number(name) {}

    quint64 taskId() const override { return running.job->firstId + running.first; }
    int attempt() const override { return running.attempt; }
    void setProgress(int value, int maximum, const QString &text) override
    {
        const std::lock_guard lock(engine.m_mutex);
        if (isGivenUp)
            return;
        PoolNews news;
        news.kind = PoolNews::Progressed;
        news.job = running.job;
        news.first = running.first;
        news.value = value;
        news.maximum = maximum;
        news.text = text;
        engine.m_news.push_back(std::move(news));
        engine.wake();
    }
    void log(const QString &line) override
    {
        const QString text = line.isNull() ? QStringLiteral("") : line.left(LineAllowance::LongestLine);
        const std::lock_guard lock(engine.m_mutex);
        if (!isGivenUp && lines.takes(text, aio_raw::now()))
            tellLine(text);
    }
    /* With the engine's mutex. */
    void tellLine(const QString &line)
    {
        PoolNews news;
        news.kind = PoolNews::Logged;
        news.job = running.job;
        news.first = running.first;
        news.text = line;
        news.lost = lines.takeLost();
        engine.m_news.push_back(std::move(news));
        engine.wake();
    }
    bool isStopWanted() const override { return stop.stop_requested(); }
    std::stop_token stopToken() override { return stop.get_token(); }

    /* Of the thread: those of the job that runs; null for none. */
    BoundArguments *boundOf(const PoolBoundPtr &bound)
    {
        if (!bound) {
            m_bound.reset();
        } else if (!m_bound || m_boundOf.owner_before(bound) || bound.owner_before(m_boundOf)) {
            m_bound.emplace(bound->bytes);
            m_boundOf = bound;
        }
        return m_bound ? &*m_bound : nullptr;
    }

    InProcessEngine &engine;
    const qint64 number;
    // with the engine's mutex
    PoolRange running;             // its job is null: it is idle
    qint64 beganAt = 0;
    qint64 giveUpAt = INT64_MAX;
    AioError giveUpError;
    bool isSoftTold = false;
    bool isGivenUp = false;
    std::stop_source stop;
    LineAllowance lines;

private:
    std::optional<BoundArguments> m_bound;
    std::weak_ptr<const PoolBound> m_boundOf;
};

std::unique_ptr<PoolEngine> makeInProcessEngine(const PoolSettings &settings, PoolEvents &events)
{
    return std::make_unique<InProcessEngine>(settings, events);
}

InProcessEngine::InProcessEngine(const PoolSettings &settings, PoolEvents &events)
    : m_events(events), m_agent(new QObject), m_settings(settings)
{
    m_agent->moveToThread(&m_thread);
    QObject::connect(&m_thread, &QThread::finished, m_agent, &QObject::deleteLater);
    m_thread.start();
    QMetaObject::invokeMethod(m_agent, [this] {
        m_timer = new QTimer(m_agent);
        m_timer->setTimerType(Qt::PreciseTimer);
        m_timer->setSingleShot(true);
        QObject::connect(m_timer, &QTimer::timeout, m_agent, [this] { look(); });
    });
}

InProcessEngine::~InProcessEngine()
{
    terminate(makeError(AioError::Cancelled, QStringLiteral("the engine was destroyed"), QStringLiteral("AioPool::~AioPool")));
    {
        const std::lock_guard lock(m_mutex);
        m_isDestroyed = true;
        m_condition.notify_all();
    }
    for (std::thread &thread : m_threads)
        thread.join();
    QMetaObject::invokeMethod(m_agent, [this] {
        look();
        m_thread.quit();
    });
    m_thread.wait();
}

// -- any thread

void InProcessEngine::submit(const PoolJobPtr &job)
{
    const std::lock_guard lock(m_mutex);
    PoolRange range;
    range.job = job;
    range.count = job->count;
    if (m_isClosed)
        fail(range, refused());
    else
        m_queue.append(range);
    wantWorkers();
    m_condition.notify_all();
    wake();
}

void InProcessEngine::cancel(const PoolJobPtr &job, const AioError &error)
{
    const std::lock_guard lock(m_mutex);
    for (const PoolRange &range : m_queue.takeAll(job))
        fail(range, error);
    for (const auto &worker : m_workers) {
        if (worker->running.job != job)
            continue;
        worker->stop.request_stop();
        worker->giveUpError = error;
        worker->giveUpAt = job->isContextual ? aio_raw::now() + m_settings.cancelGrace.count() * NsPerMs : 0;
    }
    wake();
}

void InProcessEngine::configure(const PoolSettings &settings)
{
    const std::lock_guard lock(m_mutex);
    m_settings = settings;
    wantWorkers();
    m_condition.notify_all();
}

void InProcessEngine::close()
{
    const std::lock_guard lock(m_mutex);
    m_isClosed = true;
    m_condition.notify_all();
    wake();
}

void InProcessEngine::terminate(const AioError &error)
{
    const std::lock_guard lock(m_mutex);
    if (m_isTerminated)
        return;
    m_isTerminated = m_isClosed = true;
    for (const PoolRange &range : m_queue.takeAll())
        fail(range, error);
    for (const auto &worker : m_workers) {
        worker->stop.request_stop();
        worker->giveUpError = error;
        worker->giveUpAt = 0;
    }
    m_condition.notify_all();
    wake();
}

PoolCounts InProcessEngine::counts() const
{
    const std::lock_guard lock(m_mutex);
    PoolCounts counts;
    counts.workers = int(m_workers.size());
    counts.pending = m_queue.items();
    for (const auto &worker : m_workers)
        counts.busy += worker->running.job ? 1 : 0;
    counts.running = counts.busy;
    return counts;
}

QList<AioWorkerStats> InProcessEngine::workers() const
{
    const std::lock_guard lock(m_mutex);
    QList<AioWorkerStats> all;
    for (const auto &worker : m_workers) {
        AioWorkerStats stats;
        stats.pid = worker->number;
        stats.busy = bool(worker->running.job);
        all.append(stats);
    }
    return all;
}

// -- with the mutex

void InProcessEngine::wake()
{
    if (!std::exchange(m_isPosted, true))
        QMetaObject::invokeMethod(m_agent, [this] { look(); }, Qt::QueuedConnection);
}

void InProcessEngine::wantWorkers()
{
    qint64 idle = 0;
    for (const auto &worker : m_workers)
        idle += worker->running.job ? 0 : 1;
    while (!m_isTerminated && m_queue.items() > idle && int(m_workers.size()) < m_settings.workers) {
        const auto worker = std::make_shared<Worker>(*this, ++m_numbers);
        m_workers.push_back(worker);
        m_threads.emplace_back([this, worker] { work(*worker); });
        PoolNews news;
        news.kind = PoolNews::WorkerStarted;
        news.worker = worker->number;
        m_news.push_back(std::move(news));
        ++idle;
    }
}

void InProcessEngine::fail(const PoolRange &range, const AioError &error)
{
    for (quint32 i = 0; i < range.count; ++i) {
        PoolNews news;
        news.kind = PoolNews::Failed;
        news.job = range.job;
        news.first = range.first + i;
        news.error = error;
        m_news.push_back(std::move(news));
    }
}

void InProcessEngine::giveUp(Worker &worker, const AioError &error)
{
    worker.isGivenUp = true;
    fail(worker.running, error);
    PoolNews news;
    news.kind = PoolNews::WorkerEnded;
    news.worker = worker.number;
    news.value = int(AioProcess::Killed);
    news.isExpected = true;
    m_news.push_back(std::move(news));
    std::erase_if(m_workers, [&](const auto &other) { return other.get() == &worker; });
    wantWorkers();
}

// -- the threads of workers

void InProcessEngine::work(Worker &worker)
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_condition.wait(lock, [&] {
            return !m_queue.isEmpty() || m_isClosed || worker.isGivenUp || int(m_workers.size()) > m_settings.workers;
        });
        if (worker.isGivenUp)
            return;
        if (m_queue.isEmpty() || int(m_workers.size()) > m_settings.workers)
            break;
        worker.running = m_queue.take(1);
        worker.stop = std::stop_source();
        worker.giveUpAt = INT64_MAX;
        worker.isSoftTold = false;
        worker.beganAt = aio_raw::now();
        const PoolRange range = worker.running;
        if (range.job->tellsStart) {
            PoolNews news;
            news.kind = PoolNews::Started;
            news.job = range.job;
            news.first = range.first;
            news.count = quint32(range.attempt);
            news.worker = worker.number;
            m_news.push_back(std::move(news));
        }
        if (range.job->timeout.count() >= 0 || range.job->softTimeout.count() >= 0 || range.job->tellsStart)
            wake();
        lock.unlock();
        runOne(worker, range);
        lock.lock();
    }
    PoolNews news;
    news.kind = PoolNews::WorkerEnded;
    news.worker = worker.number;
    news.value = int(AioProcess::CleanExit);
    news.isExpected = true;
    m_news.push_back(std::move(news));
    std::erase_if(m_workers, [&](const auto &other) { return other.get() == &worker; });
    wake();
}

void InProcessEngine::runOne(Worker &worker, const PoolRange &range)
{
    const PoolJob &job = *range.job;
    std::shared_ptr<const PoolTarget> target;
    {
        const std::lock_guard lock(m_mutex);
        std::shared_ptr<const PoolTarget> &known = m_targets[job.function];
        if (!known)
            known = std::make_shared<PoolTarget>(job.function);
        target = known;
    }
    PoolNews news;
    news.kind = PoolNews::Finished;
    news.job = range.job;
    news.first = range.first;
    news.worker = worker.number;
    TaskHost::current() = &worker;
    try {
        const QByteArrayView arguments = job.arguments.slice(range.first, 1);
        BoundArguments *bound = worker.boundOf(job.arguments.bound());
        if (job.arguments.isPacked()) {
            news.results.bytes.resize(qsizetype(target->packed().resultBytes));
            const QByteArray whole = bound ? bound->bytes() + arguments.toByteArray() : arguments.toByteArray();
            target->runPacked(whole.constData(), whole.size(), news.results.bytes.data());
        } else {
            TaskScratch scratch;
            target->run(scratch, bound ? bound->values() : QVariantList(), arguments.sliced(4));
            char size[4];
            aio_raw::storeLittle(scratch.buffer.isNull() ? quint32(scratch.result.size()) : PoolResults::IsBuffer, size);
            news.results.bytes = QByteArray(size, sizeof size) + scratch.result;
            if (!scratch.buffer.isNull())
                news.results.buffers.append(scratch.buffer);
        }
    } catch (...) {
        news.kind = PoolNews::Failed;
        news.error = errorOfCurrentException(target->name());
    }
    TaskHost::current() = nullptr;
    const std::lock_guard lock(m_mutex);
    const qint64 now = aio_raw::now();
    news.times = PoolTimes{worker.beganAt - job.submittedAt, now - worker.beganAt, 1};
    if (!worker.isGivenUp && worker.lines.hasLost())
        worker.tellLine(QString());
    worker.running = PoolRange();
    if (!worker.isGivenUp)
        m_news.push_back(std::move(news));
    wake();
}

// -- the agent's thread

void InProcessEngine::look()
{
    if (m_hasEnded)
        return;
    std::vector<PoolNews> all;
    bool isOver = false;
    qint64 next = INT64_MAX;
    {
        const std::lock_guard lock(m_mutex);
        m_isPosted = false;
        const qint64 now = aio_raw::now();
        const auto workers = m_workers;
        for (const auto &worker : workers) {
            if (!worker->running.job)
                continue;
            const PoolJob &job = *worker->running.job;
            const auto due = [&](std::chrono::milliseconds limit) {
                return limit.count() < 0 ? INT64_MAX : worker->beganAt + limit.count() * NsPerMs;
            };
            const qint64 soft = worker->isSoftTold ? INT64_MAX : due(job.softTimeout);
            const qint64 hard = due(job.timeout);
            if (now >= soft) {
                worker->isSoftTold = true;
                worker->stop.request_stop();
            }
            if (now >= hard && worker->giveUpAt == INT64_MAX) {
                worker->giveUpAt = now;
                worker->giveUpError = makeError(
                    AioError::TimedOut,
                    QStringLiteral("task %1 did not return within %2 ms").arg(worker->taskId()).arg(job.timeout.count()),
                    QStringLiteral("AioCall::withTimeout"));
            }
            if (now >= worker->giveUpAt)
                giveUp(*worker, worker->giveUpError);
            else
                next = std::min({next, now < soft ? soft : INT64_MAX, hard, worker->giveUpAt});
        }
        all.swap(m_news);
        isOver = m_isClosed && m_queue.isEmpty() && m_workers.empty();
    }
    tellNews(all, m_events);
    if (isOver) {
        m_hasEnded = true;
        m_timer->stop();
        m_events.ended();
    } else if (next != INT64_MAX) {
        m_timer->start(std::chrono::milliseconds(std::max<qint64>((next - aio_raw::now() + NsPerMs - 1) / NsPerMs, 0)));
    }
}

} // namespace aio_detail
