// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiopool.h>

#include "base/aioapplicationend_p.h"
#include "pool/aiopoolengine_p.h"
#include "pool/aiotaskhistory_p.h"

#include <QHash>
#include <QMetaMethod>
#include <QPointer>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace aio_detail {

/* What a slot of the pool is to hear of. */
struct PoolNotice
{
    enum Kind : quint32 {
        TaskStarted = 1, TaskProgress = 2, TaskFinished = 4, TaskFailed = 8, WorkerStarted = 16, WorkerLost = 32, Drained = 64,
        Error = 128, Workers = 256, Tasks = 512, Running = 1024, TaskLog = 2048
    };
    Kind kind;
    quint64 id = 0;
    int value = 0;
    int maximum = 0;
    QString text;
    qint64 lost = 0;
    QVariant result;
    AioError error;
};

/*
 * The part of a pool that threads share: it takes submissions, has them done by its engine, and hands outcomes to replies and notices
 * to the pool object. Lives as long as somebody uses it, as a generator may after the pool is gone.
 */
class PoolCore final : public PoolEvents, public std::enable_shared_from_this<PoolCore>
{
public:
    using EngineMaker = std::function<std::unique_ptr<PoolEngine>(const PoolSettings &, PoolEvents &)>;

    /* \a isLocal: its tasks are run by this program. */
    explicit PoolCore(const EngineMaker &maker = &makeLocalEngine, bool isLocal = true);
    ~PoolCore() override;

    // -- any thread
    void submit(std::shared_ptr<PoolJob> job, const std::shared_ptr<PoolReply> &reply);
    void cancel(const PoolJobPtr &job, const AioError &error);
    bool killWorker(qint64 worker);
    bool isOwnThread() const;
    /* Null: there is no engine yet, or none any more. The caller holds the pool. */
    QObject *agent() const;
    PoolSettings settings() const;
    /* Changes the settings and tells the engine. */
    template<class Change>
    void configure(Change change)
    {
        const std::lock_guard lock(m_mutex);
        change(m_settings);
        if (m_engine)
            m_engine->configure(m_settings);
    }
    void close();
    void terminate();
    /* Terminates, and waits for the end of the engine's threads. The pool object hears nothing any more. */
    void end();
    PoolCounts counts() const;
    AioPoolStats stats() const;
    bool isRunning() const { return m_state == Running; }
    /* Replies that are done when there is room for more, and when all has ended. */
    std::shared_ptr<PoolReply> ready();
    /* The latter throws UsageError for \a operation if \a isRunning. */
    std::shared_ptr<PoolReply> whenEnded(bool isRunning, const char *operation);
    qint64 completed() const { return m_completed; }
    qint64 failedCount() const { return m_failed; }
    double progress() const;
    int chunkFor(qsizetype count) const;
    /* Whether what this process knows of functions is true where they run. */
    bool runsThisProgram() const;

    // -- the pool object
    void setListener(AioPool *pool) { m_listener = pool; }
    /* Which kinds of notices somebody listens to. */
    std::atomic<quint32> wanted = 0;
    std::deque<PoolNotice> takeNotices();
    TaskHistory history;
    /* Puts \a rest before what has come since. */
    void putBack(std::deque<PoolNotice> &&rest);

    // -- the engine
    void started(const PoolJobPtr &job, quint32 index, int attempt, qint64 worker) override;
    void progressed(const PoolJobPtr &job, quint32 index, int value, int maximum, const QString &text) override;
    void logged(const PoolJobPtr &job, quint32 index, const QString &line, qint64 lost) override;
    void finished(const PoolJobPtr &job, quint32 first, quint32 count, const PoolResults &results, const PoolTimes &times,
                  qint64 worker) override;
    void failed(const PoolJobPtr &job, quint32 index, const AioError &error) override;
    void workerStarted(qint64 worker) override;
    void workerEnded(qint64 worker, AioProcess::ExitReason reason, bool isExpected) override;
    void changed() override;
    void broken(const AioError &error) override;
    void ended() override;

    /* Why nothing more is taken; NoError: it is. */
    AioError refused() const;

private:
    enum State { Running, Closed, Terminated, Broken };

    bool wants(PoolNotice::Kind kind) const { return wanted.load(std::memory_order_relaxed) & kind; }
    void notify(PoolNotice &&notice);
    /* The same for a kind of which one is enough. */
    void notifyOnce(PoolNotice::Kind kind);
    void post();
    void tellLostLines(quint64 first, quint32 count);
    void settle(quint32 items);
    AioError refusal() const;
    /* One task runs in each worker, and two wait for it. */
    bool hasRoom() const { return m_outstanding < 3 * m_settings.workers; }

    const EngineMaker m_makeEngine;
    const bool m_isLocal;
    mutable std::mutex m_mutex;              // of what follows
    std::unique_ptr<PoolEngine> m_engine;
    PoolSettings m_settings;
    AioError m_brokenBy;
    std::vector<std::shared_ptr<PoolReply>> m_readyWaits;
    std::vector<std::shared_ptr<PoolReply>> m_endWaits;
    bool m_hasEnded = false;
    AioPoolStats m_stats;
    std::atomic<State> m_state = Running;

    std::atomic<quint64> m_nextId = 1;
    std::atomic<qint64> m_outstanding = 0;
    std::atomic<qint64> m_batch = 0;         // all tasks since there was nothing to do
    std::atomic<qint64> m_completed = 0;
    std::atomic<qint64> m_failed = 0;

    QHash<quint64, qint64> m_lostLines;      // of tasks, since nobody took them in time; the engine's thread only

    std::mutex m_noticeMutex;                // of what follows
    std::deque<PoolNotice> m_notices;
    qint64 m_lineBytes = 0;                  // of the lines among them
    quint32 m_onceNotices = 0;
    bool m_isPosted = false;
    AioPool *m_listener = nullptr;
    const ApplicationEnd m_applicationEnd{[this] { end(); }};
};

} // namespace aio_detail
