// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "pool/aiopoolengine_p.h"
#include "sync/aioremote_p.h"

#include <QThread>

#include <mutex>

namespace aio_detail {

class RemoteJobs;

/*
 * The pool of a manager, anywhere: submits to it, and asks it for news. What it does is that of one face; closing and terminating are about
 * the face's own tasks, and the pool goes on for others.
 */
class RemoteEngine final : public PoolEngine
{
public:
    RemoteEngine(std::shared_ptr<RemoteBackend> remote, PoolEvents &events);
    ~RemoteEngine() override;

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
    template<class F> void post(F function);

    QThread m_thread;
    QObject *const m_agent;
    const std::shared_ptr<RemoteJobs> m_jobs;
};

} // namespace aio_detail
