// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiopool.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QString>

#include <chrono>
#include <memory>
#include <optional>

/*
 * The seam between AioPool and what runs its tasks. The pool submits and cancels; the engine says what happens. It knows nothing of
 * futures, coroutines and result types, and the pool nothing of processes and memory: a worker is a number that names it to people.
 *
 * Implementations: LocalEngine (worker processes of this machine), InProcessEngine (threads, for tests). tests/auto/pool runs one suite
 * over both.
 */
namespace aio_detail {

inline constexpr qint64 NsPerMs = 1'000'000;

/*
 * What is submitted together: items of one function with the same options, one for apply(). Each is a task of its own: it is begun
 * once, fails alone, and is cancelled alone.
 */
struct PoolJob
{
    quint64 firstId = 0;             // item i is the task firstId + i
    quint32 count = 0;
    quint32 chunk = 1;               // how many are worth handing out together
    PoolArguments arguments;
    QByteArray function;             // its key
    bool isContextual = false;       // it takes an AioTaskContext
    int priority = 0;                // higher goes first
    int retries = 0;
    std::chrono::milliseconds timeout{-1};        // less than 0: none
    std::chrono::milliseconds softTimeout{-1};
    bool tellsStart = false;         // started() is wanted
    qint64 submittedAt = 0;          // nanoseconds of the monotonic clock
    std::shared_ptr<PoolReply> reply;             // the pool's
};
using PoolJobPtr = std::shared_ptr<const PoolJob>;

/* How long \a items waited, from submission to begin, and ran, on the average; nanoseconds. 0 items: not known. */
struct PoolTimes
{
    qint64 waited = 0;
    qint64 ran = 0;
    quint32 items = 0;
};

/* What the engine says. One call at a time, on a thread of the engine's, without any lock held. Each item ends once. */
class PoolEvents
{
public:
    virtual ~PoolEvents() = default;

    virtual void started(const PoolJobPtr &job, quint32 index, int attempt, qint64 worker) = 0;
    virtual void progressed(const PoolJobPtr &job, quint32 index, int value, int maximum, const QString &text) = 0;
    /* A line that the item logged, of which \a lost others came before this one and after the last. Null: there is no line, as at the end. */
    virtual void logged(const PoolJobPtr &job, quint32 index, const QString &line, qint64 lost) = 0;
    /* Items \a first to \a first + \a count - 1 have returned. */
    virtual void finished(const PoolJobPtr &job, quint32 first, quint32 count, const PoolResults &results, const PoolTimes &times,
                          qint64 worker) = 0;
    virtual void failed(const PoolJobPtr &job, quint32 index, const AioError &error) = 0;
    virtual void workerStarted(qint64 worker) = 0;
    /* It has ended; \a isExpected when the engine wanted that. */
    virtual void workerEnded(qint64 worker, AioProcess::ExitReason reason, bool isExpected) = 0;
    /* Counters of the engine have changed. */
    virtual void changed() = 0;
    /* It takes nothing any more; what was pending has failed. */
    virtual void broken(const AioError &error) = 0;
    /* After close() or terminate(): all is done and nothing of it is left. The last call. */
    virtual void ended() = 0;
};

struct PoolSettings
{
    int workers = 1;
    AioCall initializer;
    int maxTasks = 0;                              // of a worker; 0: no limit
    qint64 maxMemory = 0;                          // resident bytes; 0: no limit
    std::chrono::milliseconds idleTimeout{-1};     // less than 0: idle workers stay
    std::chrono::milliseconds cancelGrace{0};      // between asking a task to stop and ending its worker
};

struct PoolCounts
{
    int workers = 0;
    int busy = 0;
    qint64 pending = 0;       // items that have not begun
    qint64 running = 0;
};

/* Every function may be called on any thread, and none waits for anything that others do. */
class PoolEngine
{
public:
    virtual ~PoolEngine() = default;

    virtual void submit(const PoolJobPtr &job) = 0;
    /*
     * Items of \a job that are not begun never will be; of one that runs the worker is asked to stop it, or ended. Each of them
     * that has no outcome yet fails with \a error.
     */
    virtual void cancel(const PoolJobPtr &job, const AioError &error) = 0;
    /* Has \a worker die of what looks like an accident. False: there is none, or none that can be killed. */
    virtual bool killWorker(qint64 worker) = 0;
    /* For workers that start from now on; more or less of them at once. */
    virtual void configure(const PoolSettings &settings) = 0;
    /* Ends when everything submitted is done. */
    virtual void close() = 0;
    /* Ends now: what is pending fails with \a error. */
    virtual void terminate(const AioError &error) = 0;
    virtual PoolCounts counts() const = 0;
    /* What is known of each worker that there is. */
    virtual QList<AioWorkerStats> workers() const = 0;
    /* An object of the thread that events come from; it has an event loop. */
    virtual QObject *agent() const = 0;
};

AIOPROCESSING_EXPORT std::unique_ptr<PoolEngine> makeLocalEngine(const PoolSettings &settings, PoolEvents &events);
AIOPROCESSING_EXPORT std::unique_ptr<PoolEngine> makeInProcessEngine(const PoolSettings &settings, PoolEvents &events);

} // namespace aio_detail
