// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aiochild_p.h"
#include "process/aioworkerlink_p.h"

#include <QProcess>

#include <optional>

namespace aio_detail {

/* What a program gets besides what QProcess gives it. The descriptors are the caller's, and -1 where there is none. */
struct Inheritance
{
    std::optional<WorkerArgument> worker;
    int input = -1;
    int output = -1;
    int errors = -1;
};

/* A child that QProcess starts: any program, or this one as a worker. */
class SpawnedChild : public Child
{
    Q_OBJECT
public:
    explicit SpawnedChild(QObject *parent);
    ~SpawnedChild() override;

    /* Configured by whoever starts the child. */
    QProcess *process() const { return m_process; }
    void start(const Inheritance &inheritance);

    qint64 pid() const override { return m_pid; }
    bool isRunning() const override { return m_process->state() != QProcess::NotRunning; }
    void signal(int number) override;
    int descriptor() const override;
    void look(const QDeadlineTimer &deadline) override;
    bool waitForEnd(const QDeadlineTimer &deadline) override;

private:
    void handOver(const Inheritance &inheritance);
    void fail(int reason, const QString &message);     // an errno, 0: not known

    QProcess *m_process;    // a child
    qint64 m_pid = 0;
    int m_pidDescriptor = -1;
};

} // namespace aio_detail
