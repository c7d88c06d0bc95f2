// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioprocess.h>

#include "process/aiolines_p.h"
#include "process/aiolocalwait_p.h"
#include "process/aioworkerchannel_p.h"

#include <QDeadlineTimer>
#include <QPointer>
#include <QProcess>
#include <QTimer>

#include <memory>

/*
 * The life of one process: Idle, then start() makes it Starting; Running when the worker says ready or the program executes;
 * Ended once, by finish(). Everything happens on the object's thread, from its event loop or from join().
 */
class AioProcessPrivate
{
public:
    enum Phase { Idle, Starting, Running, Ended };

    // What coroutines look at after they were resumed, when the process may be gone.
    struct Outcome
    {
        bool launchFailed = false;
        AioError error;
    };

    AioProcessPrivate(AioProcess *process, const AioCall &call);
    AioProcessPrivate(AioProcess *process, const QString &program, const QStringList &arguments);
    ~AioProcessPrivate();

    // -- from the face; \a operation is for the errors
    void requireUsable(const char *operation) const;
    void requireStarted(const char *operation) const;
    void start();
    bool join(const QDeadlineTimer &deadline, const std::stop_token &stop);
    /* Hears what has happened, without waiting. Whether the process has ended; throws Cancelled if a slot deleted it. */
    bool look();
    void signal(int number, const char *operation);
    void openLines();
    [[noreturn]] void fail(AioError::Code code, const QString &text, const char *operation);

    AioProcess *const q;
    const bool isWorker;
    const AioCall call;
    QProcess *process;    // a child of q
    Phase phase = Idle;
    bool isClosed = false;
    QString name;
    bool daemon = false;
    qint64 pid = 0;
    std::optional<int> exitCode;
    AioProcess::ExitReason exitReason = AioProcess::Running;
    AioProcess::OnDestroy onDestroy = AioProcess::Kill;
    std::chrono::milliseconds startTimeout{10000};
    AioContext *context = nullptr;
    AioError error;
    QVariant result;
    const std::shared_ptr<Outcome> outcome = std::make_shared<Outcome>();
    const std::shared_ptr<aio_detail::LocalWaits> starts = std::make_shared<aio_detail::LocalWaits>();
    const std::shared_ptr<aio_detail::LocalWaits> joins = std::make_shared<aio_detail::LocalWaits>();
    std::shared_ptr<aio_detail::LineBuffer> lines;

private:
    void connectProcess();
    QByteArray makeFrames();
    void startWorker();
    void startProgram();
    void watch();

    void onExecuted();
    void onReady();
    void onLaunchError();
    void onErrorArrived(const AioError &arrived);
    void onFinished(int code, QProcess::ExitStatus status);
    void setLimit(const QDeadlineTimer &limit);
    void readOutput();
    void readErrors();
    void flushLines();

    AioError launchFailure(int code) const;
    void setError(const AioError &newError);
    void finish(int code, AioProcess::ExitReason reason, const AioError &newError);
    bool isForwarded() const;
    QString description() const;
    void checkLimit();
    /* Sleeps until something happens, at the longest until \a deadline, and deals with it. */
    void waitForNews(QDeadlineTimer deadline, int stopDescriptor);

    aio_detail::WorkerChannel *m_channel = nullptr;    // a child of q
    QTimer *m_limitTimer;                              // a child of q
    QDeadlineTimer m_limit = QDeadlineTimer::Forever;
    int m_lifeline = -1;
    int m_pidDescriptor = -1;
    bool m_isEndWanted = false;
    aio_detail::LineCutter m_output;
    aio_detail::LineCutter m_errors;
};
