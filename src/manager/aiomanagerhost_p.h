// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagerport_p.h"

#include <memory>

namespace aio_detail {

/* A server that this process has started, somewhere. Destroying it ends the server at once. */
class ManagerHost
{
public:
    virtual ~ManagerHost() = default;
    /* In a thread of this process. Throws AioException. */
    static std::unique_ptr<ManagerHost> inThread(const ManagerAddress &where);
    /* In a worker process. Null: \a deadline passed. Throws AioException. */
    static std::unique_ptr<ManagerHost> inProcess(const ManagerAddress &where, const QDeadlineTimer &deadline);
    static QCoro::Task<std::unique_ptr<ManagerHost>> coro_inProcess(ManagerAddress where, QDeadlineTimer deadline, std::stop_token stop);

    virtual AioAddress address() const = 0;
    /* Waits for the end of a server that was told to end, and ends it if that takes too long. */
    virtual void wait() = 0;
    virtual QCoro::Task<> coro_wait() = 0;
    /* Whether it has ended by itself, or because a client has asked for it, before \a deadline. */
    virtual bool join(const QDeadlineTimer &deadline, const std::stop_token &stop) = 0;
    virtual QCoro::Task<bool> coro_join(QDeadlineTimer deadline, std::stop_token stop) = 0;
};

} // namespace aio_detail
