// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioprocess_p.h"

#include "base/aioerrno_p.h"
#include "base/aiologging_p.h"
#include "platform/rawprocess.h"
#include "process/aiochildren_p.h"
#include "process/aioidentity_p.h"
#include "process/aioworkermain_p.h"
#include "process/rawchannel.h"
#include "sync/aiomonitor_p.h"

#include <QMetaMethod>
#include <QThread>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>

using namespace aio_detail;

AioProcessPrivate::AioProcessPrivate(AioProcess *owner, const AioCall &target)
    : AioProcessPrivate(owner, target, QString(), QStringList())
{
    spawned->process()->setProcessChannelMode(QProcess::ForwardedChannels);
    spawned->process()->setStandardInputFile(QProcess::nullDevice());
}

AioProcessPrivate::AioProcessPrivate(AioProcess *owner, const QString &program, const QStringList &arguments)
    : AioProcessPrivate(owner, AioCall(), program, arguments)
{
    spawned->process()->setProgram(program);
    spawned->process()->setArguments(arguments);
}

AioProcessPrivate::AioProcessPrivate(AioProcess *owner, const AioCall &target, const QString &program, const QStringList &)
    : q(owner), isWorker(program.isNull()), call(target), displayName(isWorker ? target.displayName() : program),
      spawned(new SpawnedChild(owner)), m_limitTimer(new QTimer(owner))
{
    name = nextProcessName();
    daemon = AioProcessing::currentProcess().daemon;
    m_limitTimer->setTimerType(Qt::PreciseTimer);
    m_limitTimer->setSingleShot(true);
    QObject::connect(m_limitTimer, &QTimer::timeout, q, [this] { checkLimits(); });
    adopt(spawned);
}

void AioProcessPrivate::adopt(Child *newChild)
{
    m_child = newChild;
    QObject::connect(newChild, &Child::executed, q, [this] { onExecuted(); });
    QObject::connect(newChild, &Child::failed, q, [this](const AioError &why) { onFailed(why); });
    QObject::connect(newChild, &Child::ended, q, [this](int code, int signalNumber) { onEnded(code, signalNumber); });
}

AioProcessPrivate::~AioProcessPrivate()
{
    removeChild(q);
    starts->cancelAll();
    joins->cancelAll();
    if (lines)
        lines->cancel();
    if (input)
        input->cancel();
    QObject::disconnect(m_limitTimer, nullptr, q, nullptr);
    QObject::disconnect(m_child, nullptr, q, nullptr);
    m_child->setParent(nullptr);
    std::unique_ptr<Child> owned(m_child);
    if (phase == Starting || phase == Running)
        abandon(std::move(owned), std::exchange(m_lifeline, -1), onDestroy, gracePeriod);
    aio_raw::closeDescriptor(m_lifeline);
}

// -- what users ask for

void AioProcessPrivate::fail(AioError::Code code, const QString &text, const char *operation)
{
    const AioError newError = makeError(code, text, QLatin1StringView(operation), name);
    setError(newError);
    throw AioException(newError);
}

void AioProcessPrivate::requireUsable(const char *operation) const
{
    const auto refuse = [&](const QString &text) {
        throwError(AioError::UsageError, text, QLatin1StringView(operation), name);
    };
    if (QThread::currentThread() != q->thread())
        refuse(QStringLiteral("an AioProcess belongs to its thread, as a QProcess does, and was used on another one"));
    if (isClosed)
        refuse(QStringLiteral("this AioProcess was closed"));
}

void AioProcessPrivate::requireStarted(const char *operation) const
{
    requireUsable(operation);
    if (phase == Idle) {
        throwError(AioError::UsageError, QStringLiteral("the process was not started yet: call start() first"),
                   QLatin1StringView(operation), name);
    }
}

bool AioProcessPrivate::look()
{
    const QPointer<AioProcess> self(q);
    for (qint64 before = -1; phase != Ended && before != pid;) {
        before = pid;    // known only now? Then its end may be there as well
        waitForNews(QDeadlineTimer(0), -1);
        if (!self) {
            throwError(AioError::Cancelled, QStringLiteral("the AioProcess was destroyed by a slot"),
                       QStringLiteral("AioProcess::join"));
        }
    }
    return phase == Ended;
}

void AioProcessPrivate::signal(int number, const char *operation)
{
    requireStarted(operation);
    if (phase == Ended || !m_child->isRunning())
        return;
    m_isEndWanted = true;
    m_child->signal(number);
    if (number != SIGKILL)
        m_child->signal(SIGCONT);
}

void AioProcessPrivate::terminate()
{
    signal(SIGTERM, "AioProcess::terminate");
    if (phase == Ended || gracePeriod.count() < 0 || !m_grace.isForever())
        return;
    m_grace.setRemainingTime(gracePeriod, Qt::PreciseTimer);
    checkLimits();
}

void AioProcessPrivate::openLines()
{
    requireUsable("AioProcess::coro_lines");
    if (phase != Idle && !m_output) {
        fail(AioError::UsageError,
             isWorker ? QStringLiteral("standard output is this process's own: call coro_lines() before start()")
                      : QStringLiteral("standard output goes to qprocess(), which was asked for before start(): call "
                                       "coro_lines() before start()"),
             "AioProcess::coro_lines");
    }
    keepLines();
    if (phase == Ended)
        lines->end();
}

void AioProcessPrivate::keepLines()
{
    if (lines)
        return;
    lines = std::make_shared<LineBuffer>();
    lines->onSpace = [this] {
        if (m_output)
            m_output->setPaused(false);
    };
}

QProcess *AioProcessPrivate::exposeProcess()
{
    if (m_child != spawned)
        return nullptr;
    if (phase == Idle)
        isExposed = true;
    return spawned->process();
}

// -- what happens to the process

void AioProcessPrivate::onExecuted()
{
    if (std::exchange(pid, m_child->pid()) != m_child->pid()) {
        const QPointer<AioProcess> self(q);
        Q_EMIT q->aliveChanged();
        if (!self)
            return;
    }
    if (!isWorker)
        onReady();    // a worker says itself when it is ready
}

void AioProcessPrivate::onReady()
{
    const QPointer<AioProcess> self(q);
    if (pid == 0)
        m_child->look(QDeadlineTimer(0));    // its pid is known by now, and comes first
    if (!self || phase != Starting)
        return;
    phase = Running;
    aio_raw::watchOom(std::int32_t(pid), m_memory);
    setLimit(isWorker && m_callTimeout.count() >= 0 ? QDeadlineTimer(m_callTimeout) : QDeadlineTimer(QDeadlineTimer::Forever));
    starts->completeAll();
    Q_EMIT q->started();
}

void AioProcessPrivate::onErrorArrived(const AioError &arrived)
{
    if (phase == Starting)
        outcome->launchFailed = true;    // it ends by itself now; the limit for its start sees to it if it does not
    setError(arrived);
}

void AioProcessPrivate::onFailed(const AioError &why)
{
    if (phase != Starting)
        return;
    outcome->launchFailed = true;
    AioError own = why;
    own.key = name;
    finish(127, AioProcess::LaunchFailed, own);
}

void AioProcessPrivate::onEnded(int code, int signalNumber)
{
    if (phase != Starting && phase != Running)
        return;
    const QPointer<AioProcess> self(q);
    Monitor::noteEnd(pid);
    if (m_channel)
        m_channel->pump();    // what the worker said last
    if (self)
        flushLines();
    if (!self)
        return;
    const int exit = signalNumber ? -signalNumber : code;
    if (phase == Starting && !m_isEndWanted) {
        outcome->launchFailed = true;
        finish(exit, AioProcess::LaunchFailed, error ? AioError() : launchFailure(exit));
        return;
    }
    const AioProcess::ExitReason reason = reasonFor(code, signalNumber);
    AioError newError;
    if (signalNumber && !m_isEndWanted && !error) {
        const QString how = reason == AioProcess::OutOfMemory
            ? QStringLiteral("the kernel, since its memory cgroup or the machine had no more memory")
            : QStringLiteral("signal %1 (%2)").arg(signalNumber).arg(QString::fromLocal8Bit(::strsignal(signalNumber)));
        newError = makeError(AioError::WorkerLost, QStringLiteral("%1 was ended by %2").arg(description(), how),
                             QStringLiteral("AioProcess::start"), name);
    }
    finish(exit, reason, newError);
}

AioProcess::ExitReason AioProcessPrivate::reasonFor(int code, int signalNumber) const
{
    switch (signalNumber) {
    case 0:
        if (code && error.remoteType == QLatin1StringView("std::bad_alloc"))
            return AioProcess::OutOfMemory;
        return code ? AioProcess::AbnormalExit : AioProcess::CleanExit;
    case SIGKILL:
        if (!m_isEndWanted && error.code != AioError::TimedOut && aio_raw::hasOomKill(m_memory))
            return AioProcess::OutOfMemory;
        return AioProcess::Killed;
    case SIGTERM:
    case SIGINT:
    case SIGHUP:
        return AioProcess::Killed;
    default:
        return AioProcess::Crashed;
    }
}

AioError AioProcessPrivate::launchFailure(int code) const
{
    const QString end = code < 0 ? QStringLiteral("was ended by signal %1").arg(-code)
                                 : QStringLiteral("ended with exit code %1").arg(code);
    const QString text = QStringLiteral("%1 %2 before it began with its function. Usually the program does not know that it "
                                        "is a worker: %3").arg(description(), end, adviceForMain());
    return makeError(code < 0 ? AioError::WorkerLost : AioError::UsageError, text, QStringLiteral("AioProcess::start"), name);
}

void AioProcessPrivate::setError(const AioError &newError)
{
    error = newError;
    outcome->error = newError;
    Q_EMIT q->errorOccurred(newError);
}

void AioProcessPrivate::finish(int code, AioProcess::ExitReason reason, const AioError &newError)
{
    phase = Ended;
    exitCode = code;
    exitReason = reason;
    m_limit = m_grace = QDeadlineTimer(QDeadlineTimer::Forever);
    m_limitTimer->stop();
    aio_raw::closeDescriptor(m_lifeline);
    if (input)
        input->lose();
    removeChild(q);
    const QPointer<AioProcess> self(q);
    if (newError)
        setError(newError);
    if (!self)
        return;
    if (lines)
        lines->end();
    starts->completeAll();
    joins->completeAll();
    qCDebug(lcAioProcess) << name << "ended:" << reason << code;
    Q_EMIT q->aliveChanged();
    if (self)
        Q_EMIT q->finished(code, reason);
}

// -- limits of time

void AioProcessPrivate::setLimit(const QDeadlineTimer &limit)
{
    m_limit = limit;
    checkLimits();
}

void AioProcessPrivate::checkLimits()
{
    using namespace std::chrono;
    const QPointer<AioProcess> self(q);
    if (m_grace.hasExpired()) {
        m_grace = QDeadlineTimer::Forever;
        m_child->signal(SIGKILL);
    }
    if (m_limit.hasExpired())
        onLimit();
    if (!self || phase == Ended)
        return;
    const QDeadlineTimer next = std::min(m_limit, m_grace);
    if (next.isForever())
        m_limitTimer->stop();
    else
        m_limitTimer->start(std::min<milliseconds>(ceil<milliseconds>(next.remainingTimeAsDuration()), hours(24)));
}

void AioProcessPrivate::onLimit()
{
    const QPointer<AioProcess> self(q);
    const Phase before = phase;
    if (m_channel)
        m_channel->pump();    // this thread may have been busy while the worker kept its limit
    if (!self || phase != before || phase == Ended)
        return;
    m_limit = QDeadlineTimer::Forever;
    if (m_channel && m_channel->isDone())
        return;
    if (phase == Starting) {
        outcome->launchFailed = true;
        if (!error) {
            setError(makeError(AioError::UsageError,
                               QStringLiteral("%1 did not begin with its function within %2 ms and is killed. Usually the "
                                              "program does not know that it is a worker: %3. If it only is slow, see "
                                              "setStartTimeout()")
                                   .arg(description()).arg(startTimeout.count()).arg(adviceForMain()),
                               QStringLiteral("AioProcess::start"), name));
        }
        if (self) {
            aio_raw::closeDescriptor(m_lifeline);    // which kills it, whether its pid is known or not
            m_child->giveUp();
        }
        return;
    }
    setError(makeError(AioError::TimedOut,
                       QStringLiteral("%1 did not return within %2 ms and is killed")
                           .arg(description()).arg(m_callTimeout.count()),
                       QStringLiteral("AioCall::withTimeout"), name));
    if (self)
        m_child->signal(SIGKILL);
}

// -- lines

void AioProcessPrivate::onOutputLine(const QByteArray &line)
{
    static const QMetaMethod outputLine = QMetaMethod::fromSignal(&AioProcess::outputLine);
    if (!isWorker && !q->isSignalConnected(outputLine))
        keepLines();
    if (lines) {
        lines->append(line);
        if (lines->isFull())
            m_output->setPaused(true);
    }
    Q_EMIT q->outputLine(line);
}

void AioProcessPrivate::flushLines()
{
    const QPointer<AioProcess> self(q);
    if (m_output)
        m_output->finish();
    if (self && m_errors)
        m_errors->finish();
}

QString AioProcessPrivate::description() const
{
    return isWorker ? QStringLiteral("worker %1 (pid %2, function %3)").arg(name).arg(pid).arg(displayName)
                    : QStringLiteral("process %1 (pid %2, program %3)").arg(name).arg(pid).arg(displayName);
}
