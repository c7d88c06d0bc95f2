// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aiochild_p.h"
#include "process/aioforkserver_p.h"
#include "process/aiowatched_p.h"
#include "process/rawforkserver.h"

#include <optional>

namespace aio_detail {

/* A worker that the fork server forks. This process is its parent. */
class ForkedChild : public Child
{
    Q_OBJECT
public:
    using Child::Child;
    ~ForkedChild() override;

    /* Asks for it. False: there is no fork server that takes the request; then \a request stays the caller's. */
    bool start(aio_raw::ForkRequest &request);

    qint64 pid() const override { return m_pid; }
    bool isRunning() const override { return m_state == Asked || m_state == Forked; }
    void signal(int number) override;
    void giveUp() override;
    int descriptor() const override;
    void look(const QDeadlineTimer &deadline) override;
    bool waitForEnd(const QDeadlineTimer &deadline) override;

private:
    enum State { Idle, Asked, Forked, Ended };

    bool ask();
    void hearAnswer();
    void watch(qint64 pid);
    void askAgain();
    void hearEnd();
    void fail(AioError::Code code, const QString &text);

    State m_state = Idle;
    aio_raw::ForkRequest m_request;    // kept until it is answered
    bool m_isAskedAgain = false;
    int m_server = 0;                  // the one that was asked
    WatchedDescriptor m_answer;
    std::optional<Adoption> m_adoption;    // until it is answered
    WatchedDescriptor m_process;
    qint64 m_pid = 0;
    int m_pendingSignal = 0;
};

} // namespace aio_detail
