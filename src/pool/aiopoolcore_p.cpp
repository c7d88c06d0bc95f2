// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aiopoolcore_p.h"

#include "base/aiologging_p.h"
#include "platform/rawclock.h"
#include "pool/aiotasklines_p.h"

#include <aioprocessing/aiocontext.h>

#include <QDebug>
#include <QThread>

#include <algorithm>

namespace aio_detail {

namespace {

constexpr qint64 mostLineBytes = 4 << 20;      // of lines that wait for the event loop of the pool object

QString submitOperation()
{
    return QStringLiteral("AioPool::submit");
}

} // namespace

PoolCore::PoolCore(const EngineMaker &maker, bool isLocal) : m_makeEngine(maker), m_isLocal(isLocal) { }
PoolCore::~PoolCore() = default;

// -- submissions

AioError PoolCore::refusal() const
{
    switch (m_state) {
    case Running:
        return {};
    case Broken:
        return m_brokenBy;
    case Closed:
    case Terminated:
        break;
    }
    return makeError(AioError::Closed, QStringLiteral("the pool is not running any more: it was closed or terminated"), submitOperation());
}

AioError PoolCore::refused() const
{
    if (m_state == Running)
        return {};
    const std::lock_guard lock(m_mutex);
    return refusal();
}

void PoolCore::submit(std::shared_ptr<PoolJob> job, const std::shared_ptr<PoolReply> &reply)
{
    AioError error = job->arguments.error();
    std::unique_lock lock(m_mutex);
    if (!error)
        error = refusal();
    if (error || job->count == 0) {
        lock.unlock();
        reply->end(error);
        return;
    }
    if (!m_engine) {
        try {
            m_engine = m_makeEngine(m_settings, *this);
        } catch (const AioException &e) {
            lock.unlock();
            reply->end(e.error());
            return;
        }
    }
    job->firstId = m_nextId.fetch_add(job->count);
    job->submittedAt = aio_raw::now();
    job->tellsStart = wants(PoolNotice::TaskStarted) || history.isOn();
    job->reply = reply;
    reply->begin(weak_from_this(), job);
    m_outstanding += job->count;
    m_batch += job->count;
    m_engine->submit(job);
}

void PoolCore::cancel(const PoolJobPtr &job, const AioError &error)
{
    const std::lock_guard lock(m_mutex);
    if (m_engine)
        m_engine->cancel(job, error);
}

bool PoolCore::killWorker(qint64 worker)
{
    const std::lock_guard lock(m_mutex);
    return m_engine && m_engine->killWorker(worker);
}

QObject *PoolCore::agent() const
{
    const std::lock_guard lock(m_mutex);
    return m_engine ? m_engine->agent() : nullptr;
}

bool PoolCore::isOwnThread() const
{
    const QObject *object = agent();
    return object && object->thread() == QThread::currentThread();
}

PoolSettings PoolCore::settings() const
{
    const std::lock_guard lock(m_mutex);
    return m_settings;
}

int PoolCore::chunkFor(qsizetype count) const
{
    const qsizetype parts = qsizetype(4) * settings().workers;
    return int(std::max<qsizetype>((count + parts - 1) / parts, 1));
}

bool PoolCore::runsThisProgram() const
{
    return m_isLocal && AioContext::defaultContext()->workerCommand().isEmpty();
}

void PoolCore::close()
{
    std::unique_lock lock(m_mutex);
    if (m_state != Running)
        return;
    m_state = Closed;
    if (m_engine) {
        m_engine->close();
        lock.unlock();
    } else {
        lock.unlock();
        ended();
    }
    notifyOnce(PoolNotice::Running);
    changed();
}

void PoolCore::terminate()
{
    std::unique_lock lock(m_mutex);
    if (m_state == Terminated)
        return;
    m_state = Terminated;
    if (m_engine) {
        m_engine->terminate(
            makeError(AioError::Cancelled, QStringLiteral("the pool was terminated"), QStringLiteral("AioPool::terminate")));
        lock.unlock();
    } else {
        lock.unlock();
        ended();
    }
    notifyOnce(PoolNotice::Running);
    changed();
}

void PoolCore::end()
{
    terminate();
    std::unique_ptr<PoolEngine> engine;
    {
        const std::lock_guard lock(m_mutex);
        engine.swap(m_engine);
    }
    engine.reset();
    const std::lock_guard lock(m_noticeMutex);
    m_listener = nullptr;
}

PoolCounts PoolCore::counts() const
{
    const std::lock_guard lock(m_mutex);
    return m_engine ? m_engine->counts() : PoolCounts();
}

AioPoolStats PoolCore::stats() const
{
    const std::lock_guard lock(m_mutex);
    AioPoolStats stats = m_stats;
    if (m_engine) {
        const PoolCounts now = m_engine->counts();
        stats.pending = now.pending;
        stats.running = now.running;
        stats.workers = m_engine->workers();
    }
    stats.completed = m_completed;
    stats.failed = m_failed;
    return stats;
}

double PoolCore::progress() const
{
    const qint64 all = m_batch;
    return all <= 0 ? 1.0 : 1.0 - double(std::clamp<qint64>(m_outstanding, 0, all)) / double(all);
}

std::shared_ptr<PoolReply> PoolCore::ready()
{
    const auto reply = std::make_shared<ResultsReply<void>>(1, false);
    AioError error;
    {
        const std::lock_guard lock(m_mutex);
        error = refusal();
        if (!error && !hasRoom()) {
            m_readyWaits.push_back(reply);
            return reply;
        }
    }
    reply->end(error);
    return reply;
}

std::shared_ptr<PoolReply> PoolCore::whenEnded(bool isRunning, const char *operation)
{
    if (isRunning) {
        throwError(AioError::UsageError, QStringLiteral("the pool is still running: close() or terminate() it first"),
                   QLatin1StringView(operation));
    }
    const auto reply = std::make_shared<ResultsReply<void>>(1, false);
    {
        const std::lock_guard lock(m_mutex);
        if (!m_hasEnded) {
            m_endWaits.push_back(reply);
            return reply;
        }
    }
    reply->end({});
    return reply;
}

// -- notices

void PoolCore::notify(PoolNotice &&notice)
{
    if (!wants(notice.kind))
        return;
    const std::lock_guard lock(m_noticeMutex);
    m_notices.push_back(std::move(notice));
    post();
}

void PoolCore::notifyOnce(PoolNotice::Kind kind)
{
    if (!wants(kind))
        return;
    const std::lock_guard lock(m_noticeMutex);
    if (m_onceNotices & kind)
        return;
    m_onceNotices |= kind;
    PoolNotice notice;
    notice.kind = kind;
    m_notices.push_back(std::move(notice));
    post();
}

void PoolCore::post()
{
    if (m_isPosted || !m_listener)
        return;
    m_isPosted = true;
    QMetaObject::invokeMethod(m_listener, "emitNotices", Qt::QueuedConnection);
}

std::deque<PoolNotice> PoolCore::takeNotices()
{
    const std::lock_guard lock(m_noticeMutex);
    m_isPosted = false;
    m_onceNotices = 0;
    m_lineBytes = 0;
    return std::exchange(m_notices, {});
}

void PoolCore::putBack(std::deque<PoolNotice> &&rest)
{
    const std::lock_guard lock(m_noticeMutex);
    for (auto notice = rest.rbegin(); notice != rest.rend(); ++notice) {
        m_lineBytes += notice->kind == PoolNotice::TaskLog ? costOfLine(notice->text) : 0;
        m_notices.push_front(std::move(*notice));
    }
    post();
}

// -- what the engine says

void PoolCore::started(const PoolJobPtr &job, quint32 index, int attempt, qint64 worker)
{
    if (history.isOn())
        history.started(*job, index, attempt, worker);
    PoolNotice notice;
    notice.kind = PoolNotice::TaskStarted;
    notice.id = job->firstId + index;
    notify(std::move(notice));
}

void PoolCore::progressed(const PoolJobPtr &job, quint32 index, int value, int maximum, const QString &text)
{
    if (history.isOn())
        history.progressed(*job, index, value, maximum, text);
    PoolNotice notice;
    notice.kind = PoolNotice::TaskProgress;
    notice.id = job->firstId + index;
    notice.value = value;
    notice.maximum = maximum;
    notice.text = text;
    notify(std::move(notice));
}

// Lines are all that a task can have too many of, so they do not wait for an event loop without a limit.
void PoolCore::logged(const PoolJobPtr &job, quint32 index, const QString &line, qint64 lost)
{
    if (history.isOn())
        history.logged(*job, index, line, lost);
    if (!wants(PoolNotice::TaskLog))
        return;
    PoolNotice notice;
    notice.kind = PoolNotice::TaskLog;
    notice.id = job->firstId + index;
    notice.text = line;
    const std::lock_guard lock(m_noticeMutex);
    if (m_lineBytes > mostLineBytes) {
        m_lostLines[notice.id] += lost + (line.isNull() ? 0 : 1);
        return;
    }
    notice.lost = lost + m_lostLines.take(notice.id);
    m_lineBytes += costOfLine(line);
    m_notices.push_back(std::move(notice));
    post();
}

// Before their outcomes.
void PoolCore::tellLostLines(quint64 first, quint32 count)
{
    if (m_lostLines.isEmpty()) [[likely]]
        return;
    m_lostLines.removeIf([&](auto lost) {
        if (lost.key() - first >= count)
            return false;
        PoolNotice notice;
        notice.kind = PoolNotice::TaskLog;
        notice.id = lost.key();
        notice.lost = lost.value();
        notify(std::move(notice));
        return true;
    });
}

void PoolCore::finished(const PoolJobPtr &job, quint32 first, quint32 count, const PoolResults &results, const PoolTimes &times,
                        qint64 worker)
{
    m_completed += count;
    if (times.items > 0) {
        const std::lock_guard lock(m_mutex);
        m_stats.waitTime.add(std::chrono::nanoseconds(times.waited), times.items);
        m_stats.runTime.add(std::chrono::nanoseconds(times.ran), times.items);
    }
    const std::shared_ptr<PoolReply> reply = job->reply;
    if (history.isOn())
        history.finished(*job, first, count, results, times, worker);
    tellLostLines(job->firstId + first, count);
    if (wants(PoolNotice::TaskFinished)) {
        const QVariantList values = reply->variants(count, results);
        for (quint32 i = 0; i < count; ++i) {
            PoolNotice notice;
            notice.kind = PoolNotice::TaskFinished;
            notice.id = job->firstId + first + i;
            notice.result = values.value(i);
            notify(std::move(notice));
        }
    }
    reply->accept(first, count, results);
    settle(count);
    reply->count(count);
}

void PoolCore::failed(const PoolJobPtr &job, quint32 index, const AioError &error)
{
    ++m_failed;
    if (history.isOn())
        history.failed(*job, index, error);
    tellLostLines(job->firstId + index, 1);
    PoolNotice notice;
    notice.kind = PoolNotice::TaskFailed;
    notice.id = job->firstId + index;
    notice.error = error;
    notify(std::move(notice));
    const std::shared_ptr<PoolReply> reply = job->reply;
    reply->fail(index, error);
    settle(1);
    reply->count(1);
}

void PoolCore::settle(quint32 items)
{
    if (m_outstanding.fetch_sub(items) != qint64(items))
        return;
    m_batch = 0;
    PoolNotice notice;
    notice.kind = PoolNotice::Drained;
    notify(std::move(notice));
}

void PoolCore::workerStarted(qint64 worker)
{
    {
        const std::lock_guard lock(m_mutex);
        ++m_stats.workersStarted;
    }
    PoolNotice notice;
    notice.kind = PoolNotice::WorkerStarted;
    notice.id = quint64(worker);
    notify(std::move(notice));
    notifyOnce(PoolNotice::Workers);
}

void PoolCore::workerEnded(qint64 worker, AioProcess::ExitReason reason, bool isExpected)
{
    notifyOnce(PoolNotice::Workers);
    if (isExpected)
        return;
    {
        const std::lock_guard lock(m_mutex);
        ++m_stats.workersLost;
    }
    PoolNotice notice;
    notice.kind = PoolNotice::WorkerLost;
    notice.id = quint64(worker);
    notice.value = int(reason);
    notify(std::move(notice));
}

void PoolCore::changed()
{
    notifyOnce(PoolNotice::Tasks);
    std::vector<std::shared_ptr<PoolReply>> waits;
    AioError error;
    {
        const std::lock_guard lock(m_mutex);
        if (m_readyWaits.empty())
            return;
        error = refusal();
        if (error || hasRoom())
            waits.swap(m_readyWaits);
    }
    for (const auto &wait : waits)
        wait->end(error);
}

void PoolCore::broken(const AioError &error)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_state == Running || m_state == Closed)
            m_state = Broken;
        m_brokenBy = error;
    }
    PoolNotice notice;
    notice.kind = PoolNotice::Error;
    notice.error = error;
    notify(std::move(notice));
    notifyOnce(PoolNotice::Running);
    changed();
}

void PoolCore::ended()
{
    std::vector<std::shared_ptr<PoolReply>> waits;
    {
        const std::lock_guard lock(m_mutex);
        m_hasEnded = true;
        waits.swap(m_endWaits);
    }
    notifyOnce(PoolNotice::Workers);
    for (const auto &wait : waits)
        wait->end({});
}

} // namespace aio_detail
