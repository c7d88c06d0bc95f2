// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiopool.h>

#include "base/aiologging_p.h"
#include "pool/aiopoolcore_p.h"
#include "pool/aioremoteengine_p.h"

#include <QDebug>
#include <QElapsedTimer>
#include <QPointer>
#include <QTimer>

#include <chrono>
#include <mutex>

using namespace aio_detail;

class AioPoolPrivate
{
public:
    // Those of submit(), so that they can be cancelled.
    std::mutex mutex;
    QHash<quint64, std::weak_ptr<PoolReply>> submitted;
    AioHandle handle;
};

namespace {

void requireAtLeast(qint64 least, qint64 value, const char *what, const char *operation)
{
    if (value < least) {
        throwError(AioError::UsageError,
                   QStringLiteral("%1 must be at least %2, and is %3").arg(QLatin1StringView(what)).arg(least).arg(value),
                   QLatin1StringView(operation));
    }
}

std::shared_ptr<PoolCore> makeCore(int processes)
{
    requireAtLeast(1, processes, "the number of processes", "AioPool::AioPool");
    const auto core = std::make_shared<PoolCore>();
    core->configure([processes](PoolSettings &settings) {
        settings.workers = processes;
        settings.cancelGrace = std::chrono::seconds(1);
    });
    return core;
}

std::shared_ptr<PoolCore> makeCore(const std::shared_ptr<RemoteBackend> &remote)
{
    const auto maker = [remote](const PoolSettings &, PoolEvents &events) { return std::make_unique<RemoteEngine>(remote, events); };
    const auto core = std::make_shared<PoolCore>(maker, false);
    core->configure([&](PoolSettings &settings) {
        settings.workers = std::max(remote->detail().toInt(), 1);
        settings.cancelGrace = std::chrono::seconds(1);
    });
    return core;
}

QCoro::Task<> awaitReply(std::shared_ptr<PoolReply> reply, std::stop_token stop, const char *operation)
{
    if (!reply->isDone()) {
        Wakeup wakeup(operation);
        const PoolWait wait(reply, wakeup.trigger(), stop);
        co_await wakeup.done();
    }
    reply->requireSuccess();
}

QCoro::Task<bool> awaitEnd(std::shared_ptr<PoolReply> reply, QDeadlineTimer deadline, std::stop_token stop)
{
    const char *const operation = "AioPool::coro_join";
    if (!reply->isDone() && !deadline.hasExpired()) {
        Wakeup wakeup(operation);
        const PoolWait wait(reply, wakeup.trigger(), stop);
        QTimer timer;
        if (!deadline.isForever()) {
            timer.setTimerType(Qt::PreciseTimer);
            timer.setSingleShot(true);
            timer.callOnTimeout([&timer, deadline, trigger = wakeup.trigger()] {
                if (deadline.hasExpired())
                    trigger();
                else
                    timer.start(1);
            });
            timer.start(std::chrono::ceil<std::chrono::milliseconds>(deadline.remainingTimeAsDuration()));
        }
        co_await wakeup.done();
    }
    const bool hasEnded = reply->isDone();
    if (hasEnded)
        reply->requireSuccess();
    co_return hasEnded;
}

} // namespace

AioPool::AioPool(QObject *parent) : AioPool(AioProcessing::cpuCount(), parent) { }

AioPool::AioPool(int processes, QObject *parent)
    : QObject(parent), m_core(makeCore(processes)), d(std::make_unique<AioPoolPrivate>())
{
    m_core->setListener(this);
}

AioPool::AioPool(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : QObject(parent), m_core(makeCore(remote)), d(std::make_unique<AioPoolPrivate>())
{
    d->handle = remote->handle();
    m_core->setListener(this);
}

AioHandle AioPool::handle() const
{
    return d->handle;
}

AioPool::~AioPool()
{
    const PoolCounts counts = m_core->counts();
    if (const qint64 left = counts.pending + counts.running; left > 0 && m_core->isRunning())
        qCWarning(lcAioPool) << "an AioPool is destroyed that still has" << left << "tasks to do: they are cancelled";
    m_core->end();
}

// -- settings

int AioPool::processes() const
{
    return m_core->settings().workers;
}

void AioPool::setProcesses(int processes)
{
    requireAtLeast(1, processes, "the number of processes", "AioPool::setProcesses");
    if (processes == this->processes())
        return;
    m_core->configure([processes](PoolSettings &settings) { settings.workers = processes; });
    Q_EMIT processesChanged();
}

void AioPool::setInitializer(const AioCall &initializer)
{
    m_core->configure([&](PoolSettings &settings) { settings.initializer = initializer; });
}

void AioPool::setMaxTasksPerChild(int count)
{
    requireAtLeast(1, count, "the number of tasks of a worker", "AioPool::setMaxTasksPerChild");
    m_core->configure([count](PoolSettings &settings) { settings.maxTasks = count; });
}

void AioPool::setMaxMemoryPerChild(qint64 bytes)
{
    requireAtLeast(1, bytes, "the memory of a worker", "AioPool::setMaxMemoryPerChild");
    m_core->configure([bytes](PoolSettings &settings) { settings.maxMemory = bytes; });
}

void AioPool::setIdleTimeout(std::chrono::milliseconds time)
{
    m_core->configure([time](PoolSettings &settings) { settings.idleTimeout = time; });
}

std::chrono::milliseconds AioPool::cancelGrace() const
{
    return m_core->settings().cancelGrace;
}

void AioPool::setCancelGrace(std::chrono::milliseconds time)
{
    m_core->configure([time](PoolSettings &settings) { settings.cancelGrace = time; });
}

// -- tasks

QVariant AioPool::apply(const AioCall &call, std::stop_token stop)
{
    const auto reply = startCall<ResultsReply<QVariant>>(call);
    reply->wait(stop, "AioPool::apply");
    return reply->takeOne();
}

QCoro::Task<QVariant> AioPool::coro_apply(const AioCall &call, std::stop_token stop)
{
    return resultOfReply<QVariant>(startCall<ResultsReply<QVariant>>(call), std::move(stop), "AioPool::coro_apply");
}

QFuture<QVariant> AioPool::applyAsync(const AioCall &call)
{
    return futureOf<QVariant>(startCall<FutureReply<QVariant>>(call));
}

quint64 AioPool::submit(const AioCall &call)
{
    const auto reply = startCall<ResultsReply<QVariant>>(call);
    const quint64 id = reply->firstId();
    if (id == 0)
        reply->requireSuccess();
    const std::lock_guard lock(d->mutex);
    d->submitted.insert(id, reply);
    if (d->submitted.size() % 1024 == 0)
        d->submitted.removeIf([](auto it) { return it.value().expired(); });
    return id;
}

bool AioPool::cancel(quint64 id)
{
    std::shared_ptr<PoolReply> reply;
    {
        const std::lock_guard lock(d->mutex);
        reply = d->submitted.take(id).lock();
    }
    return reply && reply->cancel();
}

bool AioPool::killWorker(qint64 pid)
{
    return m_core->killWorker(pid);
}

QVariantList AioPool::map(const AioCall &call, const QVariantList &items, int chunkSize)
{
    const auto reply = startMap<ResultsReply<QVariant>>(call, items, chunkSize);
    reply->wait({}, "AioPool::map");
    return reply->takeAll();
}

QVariantList AioPool::map(const QString &function, const QVariantList &items, int chunkSize)
{
    return map(AioCall::named(function), items, chunkSize);
}

QCoro::Task<QVariantList> AioPool::coro_map(const AioCall &call, const QVariantList &items, int chunkSize, std::stop_token stop)
{
    return resultsOfReply<QVariant>(startMap<ResultsReply<QVariant>>(call, items, chunkSize), std::move(stop), "AioPool::coro_map");
}

QCoro::Task<QVariantList> AioPool::coro_map(const QString &function, const QVariantList &items, int chunkSize, std::stop_token stop)
{
    return coro_map(AioCall::named(function), items, chunkSize, std::move(stop));
}

QFuture<QVariant> AioPool::mapAsync(const AioCall &call, const QVariantList &items, int chunkSize)
{
    return futureOf<QVariant>(startMap<FutureReply<QVariant>>(call, items, chunkSize));
}

QCoro::Task<> AioPool::coro_submitReady(std::stop_token stop)
{
    return awaitReply(m_core->ready(), std::move(stop), "AioPool::coro_submitReady");
}

// -- the end

void AioPool::close()
{
    m_core->close();
}

void AioPool::terminate()
{
    m_core->terminate();
}

bool AioPool::join(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto ended = m_core->whenEnded(isRunning(), "AioPool::join");
    return ended->waitUntil(deadline, stop, "AioPool::join");
}

QCoro::Task<bool> AioPool::coro_join(QDeadlineTimer deadline, std::stop_token stop)
{
    return awaitEnd(m_core->whenEnded(isRunning(), "AioPool::coro_join"), deadline, std::move(stop));
}

QCoro::Task<> AioPool::coro_close()
{
    close();
    return awaitReply(m_core->whenEnded(false, "AioPool::coro_close"), {}, "AioPool::coro_close");
}

// -- what it does

int AioPool::activeWorkers() const
{
    return m_core->counts().workers;
}

qint64 AioPool::pendingTasks() const
{
    return m_core->counts().pending;
}

qint64 AioPool::runningTasks() const
{
    return m_core->counts().running;
}

qint64 AioPool::completedTasks() const
{
    return m_core->completed();
}

qint64 AioPool::failedTasks() const
{
    return m_core->failedCount();
}

double AioPool::progress() const
{
    return m_core->progress();
}

bool AioPool::isRunning() const
{
    return m_core->isRunning();
}

AioPoolStats AioPool::stats() const
{
    return m_core->stats();
}

int AioPool::history() const
{
    return m_core->history.capacity();
}

void AioPool::setHistory(int tasks)
{
    requireAtLeast(0, tasks, "the number of tasks in the history", "AioPool::setHistory");
    m_core->history.setCapacity(tasks);
}

QList<AioTaskInfo> AioPool::taskHistory(quint64 *since, int most) const
{
    quint64 all = 0;
    return m_core->history.changedSince(since ? *since : all, most);
}

// -- signals

void AioPool::connectNotify(const QMetaMethod &)
{
    // whichever it was: connections are rare
    const auto flag = [this](auto signal, PoolNotice::Kind kind) {
        return isSignalConnected(QMetaMethod::fromSignal(signal)) ? quint32(kind) : 0;
    };
    quint32 wanted = flag(&AioPool::taskStarted, PoolNotice::TaskStarted) | flag(&AioPool::taskProgress, PoolNotice::TaskProgress)
        | flag(&AioPool::taskLogged, PoolNotice::TaskLog) | flag(&AioPool::taskFinished, PoolNotice::TaskFinished)
        | flag(&AioPool::taskFailed, PoolNotice::TaskFailed)
        | flag(&AioPool::workerStarted, PoolNotice::WorkerStarted) | flag(&AioPool::workerLost, PoolNotice::WorkerLost)
        | flag(&AioPool::drained, PoolNotice::Drained) | flag(&AioPool::errorOccurred, PoolNotice::Error)
        | flag(&AioPool::activeWorkersChanged, PoolNotice::Workers) | flag(&AioPool::tasksChanged, PoolNotice::Tasks)
        | flag(&AioPool::runningChanged, PoolNotice::Running);
    m_core->wanted = wanted;
}

// Qt may hold a mutex of this object's signals now, so they cannot be asked for.
void AioPool::disconnectNotify(const QMetaMethod &signal)
{
    QMetaObject::invokeMethod(this, [this, signal] { connectNotify(signal); }, Qt::QueuedConnection);
}

void AioPool::emitNotices()
{
    constexpr qint64 budgetMs = 2;    // the loop has other things to do
    QElapsedTimer clock;
    clock.start();
    const QPointer<AioPool> self(this);
    std::deque<PoolNotice> notices = m_core->takeNotices();
    while (!notices.empty()) {
        const PoolNotice notice = std::move(notices.front());
        notices.pop_front();
        switch (notice.kind) {
        case PoolNotice::TaskStarted:
            Q_EMIT taskStarted(notice.id);
            break;
        case PoolNotice::TaskProgress:
            Q_EMIT taskProgress(notice.id, notice.value, notice.maximum, notice.text);
            break;
        case PoolNotice::TaskLog:
            Q_EMIT taskLogged(notice.id, notice.text, notice.lost);
            break;
        case PoolNotice::TaskFinished:
            Q_EMIT taskFinished(notice.id, notice.result);
            break;
        case PoolNotice::TaskFailed:
            Q_EMIT taskFailed(notice.id, notice.error);
            break;
        case PoolNotice::WorkerStarted:
            Q_EMIT workerStarted(qint64(notice.id));
            break;
        case PoolNotice::WorkerLost:
            Q_EMIT workerLost(qint64(notice.id), AioProcess::ExitReason(notice.value));
            break;
        case PoolNotice::Drained:
            Q_EMIT drained();
            break;
        case PoolNotice::Error:
            Q_EMIT errorOccurred(notice.error);
            break;
        case PoolNotice::Workers:
            Q_EMIT activeWorkersChanged();
            break;
        case PoolNotice::Tasks:
            Q_EMIT tasksChanged();
            break;
        case PoolNotice::Running:
            Q_EMIT runningChanged();
            break;
        }
        if (!self)
            return;
        if (clock.elapsed() >= budgetMs && !notices.empty()) {
            m_core->putBack(std::move(notices));
            return;
        }
    }
}
