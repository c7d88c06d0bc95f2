// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioprocess.h>

#include "platform/rawoom.h"
#include "process/aioforkedchild_p.h"
#include "process/aioinput_p.h"
#include "process/aiolines_p.h"
#include "process/aiolocalwait_p.h"
#include "process/aiooutput_p.h"
#include "process/aiospawnedchild_p.h"
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
    static AioProcessPrivate &of(AioProcess &process) { return *process.d; }

    // -- from the face; \a operation is for the errors
    void requireUsable(const char *operation) const;
    void requireStarted(const char *operation) const;
    void start();
    bool join(const QDeadlineTimer &deadline, const std::stop_token &stop);
    /* Hears what has happened, without waiting. Whether the process has ended; throws Cancelled if a slot deleted it. */
    bool look();
    void signal(int number, const char *operation);
    void terminate();
    void openLines();
    QProcess *exposeProcess();
    /* A write that is under way or done; throws when there is nobody to write to. */
    std::shared_ptr<aio_detail::InputPipe::Write> beginWrite(const QByteArray &data, const char *operation);
    /* What has come of it, after a wait for it or instead of one. False: out of time, and nothing was written. */
    static bool endWrite(const QPointer<aio_detail::InputPipe> &input, aio_detail::InputPipe::Write &write, bool isCancelled);
    bool write(const QByteArray &data, const QDeadlineTimer &deadline, const std::stop_token &stop);
    void closeInput();
    [[noreturn]] void fail(AioError::Code code, const QString &text, const char *operation);

    AioProcess *const q;
    const bool isWorker;
    AioCall call;                              // until it has been sent
    const QString displayName;                 // of the function or program
    aio_detail::SpawnedChild *const spawned;   // a child of q; configured before the start, and used if QProcess starts it
    Phase phase = Idle;
    bool isClosed = false;
    bool isExposed = false;                    // somebody has asked for the QProcess before the start
    QString name;
    bool daemon = false;
    bool forwardsLog = false;
    qint64 pid = 0;
    std::optional<int> exitCode;
    AioProcess::ExitReason exitReason = AioProcess::Running;
    AioProcess::OnDestroy onDestroy = AioProcess::Kill;
    std::chrono::milliseconds startTimeout{10000};
    std::optional<AioContext::StartMethod> startMethod;    // instead of the context's
    std::chrono::milliseconds gracePeriod{5000};
    AioContext *context = nullptr;
    AioError error;
    QVariant result;
    const std::shared_ptr<Outcome> outcome = std::make_shared<Outcome>();
    const std::shared_ptr<aio_detail::LocalWaits> starts = std::make_shared<aio_detail::LocalWaits>();
    const std::shared_ptr<aio_detail::LocalWaits> joins = std::make_shared<aio_detail::LocalWaits>();
    std::shared_ptr<aio_detail::LineBuffer> lines;
    aio_detail::InputPipe *input = nullptr;    // a child of q, as the two below; null: there is none

private:
    /* The ends for the child of what is opened for a start. */
    struct Ends
    {
        Ends() = default;
        ~Ends();
        Q_DISABLE_COPY_MOVE(Ends)

        aio_detail::WorkerArgument worker;
        int input = -1;
        int output = -1;
        int errors = -1;
    };

    AioProcessPrivate(AioProcess *process, const AioCall &call, const QString &program, const QStringList &arguments);
    void adopt(aio_detail::Child *newChild);
    void keepLines();
    QByteArray makeFrames();
    void startWorker();
    void startProgram();
    void openBriefing(Ends &ends);
    void openChannels(Ends &ends);
    [[noreturn]] void failToOpen(int number);
    bool startForked(Ends &ends);
    bool startSpawned(const Ends &ends);
    void watch();

    void onExecuted();
    void onReady();
    void onFailed(const AioError &why);
    void onErrorArrived(const AioError &arrived);
    void onEnded(int code, int signalNumber);
    void onOutputLine(const QByteArray &line);
    AioProcess::ExitReason reasonFor(int code, int signalNumber) const;
    void setLimit(const QDeadlineTimer &limit);
    void flushLines();

    AioError launchFailure(int code) const;
    void setError(const AioError &newError);
    void finish(int code, AioProcess::ExitReason reason, const AioError &newError);
    QString description() const;
    void checkLimits();
    void onLimit();
    /* Sleeps until something happens, at the longest until \a deadline, and deals with it. */
    void waitForNews(QDeadlineTimer deadline, int stopDescriptor);

    aio_detail::Child *m_child;                        // spawned, or a ForkedChild that is a child of q
    aio_detail::WorkerChannel *m_channel = nullptr;    // a child of q
    QTimer *m_limitTimer;                              // a child of q
    std::chrono::milliseconds m_callTimeout{-1};
    QDeadlineTimer m_limit = QDeadlineTimer::Forever;  // for the start, and then for the function
    QDeadlineTimer m_grace = QDeadlineTimer::Forever;  // from terminate() to the kill
    int m_lifeline = -1;
    bool m_isEndWanted = false;
    aio_raw::OomWatch m_memory;                        // since it runs
    aio_detail::OutputPipe *m_output = nullptr;
    aio_detail::OutputPipe *m_errors = nullptr;
};
