// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "pool/aiolocalworker_p.h"
#include "pool/aiopoolengine_p.h"
#include "pool/aiopoolqueue_p.h"

#include <QHash>
#include <QThread>
#include <QTimer>

#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

namespace aio_detail {

/*
 * Worker processes of this machine. State is under one mutex, which is held for short; whoever submits hands the task to an idle worker
 * himself. A thread of its own starts workers, hears of their end, reads what they say, and calls PoolEvents.
 *
 * It looks at all workers when it is rung. A worker that has little to do rings for each outcome; one that has many small tasks rings when
 * it has no more or half of its memory is full, and is looked at every millisecond as long as that finds something.
 */
class LocalEngine final : public PoolEngine
{
public:
    LocalEngine(const PoolSettings &settings, PoolEvents &events);
    ~LocalEngine() override;

    void submit(const PoolJobPtr &job) override;
    void cancel(const PoolJobPtr &job, const AioError &error) override;
    bool killWorker(qint64 worker) override;
    void configure(const PoolSettings &settings) override;
    void close() override;
    void terminate(const AioError &error) override;
    PoolCounts counts() const override;
    QList<AioWorkerStats> workers() const override;
    QObject *agent() const override { return m_agent; }

private:
    // -- the engine's thread
    void begin();
    QCoro::Task<> listen();
    void look();
    void startWorkers();
    void onEnded(const AioProcess *process);
    void deliver();
    void finish();
    void schedule();

    static qint64 nanoseconds(std::chrono::milliseconds time);      // at most a quarter of what fits

    // -- with the mutex
    void dispatch();
    LocalWorker *chooseWorker() const;
    quint32 shareFor(const LocalWorker &worker, const PoolRange &range) const;
    quint32 numberOf(const PoolJob &job);
    void wantWorkers();
    void retireSpareWorkers();
    void takeBack(LocalWorker &worker);
    void requeue(std::vector<PoolRange> &&back);
    void failRange(const PoolRange &range, const AioError &error);
    void drain(LocalWorker &worker);
    void learnFrom(std::size_t firstNews);
    void checkLimits(LocalWorker &worker, qint64 now);
    void checkLife(LocalWorker &worker, qint64 now);
    void shareWork(qint64 now);
    void doomRunning(LocalWorker &worker, LocalWorker::Doom doom, const AioError &error, qint64 killAt);
    void breakPool(const AioError &error);
    bool mayDie(const QString &text);
    bool isOver() const;
    void settleLost(LocalWorker &worker, const PoolRange &lost);
    AioError lostError(const LocalWorker &worker, const PoolRange &lost, bool isQuarantined) const;

    PoolEvents &m_events;
    QThread m_thread;
    QObject *const m_agent;                 // lives in m_thread
    std::unique_ptr<AioEvent> m_news;
    std::stop_source m_stop;

    // the engine's thread only
    QTimer *m_timer = nullptr;              // a child of the agent
    bool m_hasEnded = false;

    mutable std::mutex m_mutex;             // of what follows
    PoolSettings m_settings;
    PoolQueue m_queue;
    std::vector<std::unique_ptr<LocalWorker>> m_workers;
    std::vector<std::unique_ptr<LocalWorker>> m_gone;
    QHash<QByteArray, quint32> m_numbers;   // of functions
    std::vector<QByteArray> m_functions;
    std::vector<qint64> m_runTimes;         // how long an item of each function takes, ns; 0: not known
    std::vector<PoolNews> m_pendingNews;
    int m_toStart = 0;
    bool m_isStartPosted = false;
    bool m_isClosed = false;
    bool m_isTerminated = false;
    AioError m_brokenBy;
    AioError m_endedBy;                     // it was terminated or is broken
    bool m_tellsBroken = false;
    std::deque<qint64> m_deaths;            // of workers that had not begun a task, since a task was begun
    qint64 m_nextLook = INT64_MAX;
};

} // namespace aio_detail
