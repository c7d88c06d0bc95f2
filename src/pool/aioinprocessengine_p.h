// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "pool/aiopoolengine_p.h"
#include "pool/aiopoolqueue_p.h"
#include "pool/aiopooltarget_p.h"
#include "pool/aiotaskhost_p.h"
#include "pool/aiotasklines_p.h"

#include <QHash>
#include <QThread>
#include <QTimer>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace aio_detail {

/*
 * Workers that are threads of this process, for tests of what stands above the seam. A thread cannot be killed: a task that is
 * cancelled or too slow has its outcome at once, its thread is left alone until it returns, and another one takes its place.
 */
class InProcessEngine final : public PoolEngine
{
public:
    InProcessEngine(const PoolSettings &settings, PoolEvents &events);
    ~InProcessEngine() override;

    void submit(const PoolJobPtr &job) override;
    void cancel(const PoolJobPtr &job, const AioError &error) override;
    bool killWorker(qint64) override { return false; }
    void configure(const PoolSettings &settings) override;
    void close() override;
    void terminate(const AioError &error) override;
    PoolCounts counts() const override;
    QList<AioWorkerStats> workers() const override;
    QObject *agent() const override { return m_agent; }

private:
    class Worker;

    void wake();
    void wantWorkers();
    void work(Worker &worker);
    void runOne(Worker &worker, const PoolRange &range);
    void giveUp(Worker &worker, const AioError &error);
    void fail(const PoolRange &range, const AioError &error);
    void look();

    PoolEvents &m_events;
    QThread m_thread;
    QObject *const m_agent;
    QTimer *m_timer = nullptr;        // a child of the agent
    bool m_hasEnded = false;          // the agent's thread only

    mutable std::mutex m_mutex;       // of what follows
    std::condition_variable m_condition;
    PoolSettings m_settings;
    PoolQueue m_queue;
    std::vector<std::shared_ptr<Worker>> m_workers;
    std::vector<std::thread> m_threads;       // of all that were ever started
    std::vector<PoolNews> m_news;
    QHash<QByteArray, std::shared_ptr<const PoolTarget>> m_targets;
    qint64 m_numbers = 0;
    bool m_isPosted = false;
    bool m_isClosed = false;
    bool m_isTerminated = false;
    bool m_isDestroyed = false;
};

} // namespace aio_detail
