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

#include <QFile>
#include <QMetaMethod>
#include <QStandardPaths>
#include <QThread>

#include <csignal>
#include <cstring>

using namespace aio_detail;

AioProcessPrivate::AioProcessPrivate(AioProcess *owner, const AioCall &target)
    : q(owner), isWorker(true), call(target), process(new QProcess(owner)), m_limitTimer(new QTimer(owner))
{
    process->setProcessChannelMode(QProcess::ForwardedChannels);
    process->setStandardInputFile(QProcess::nullDevice());
    connectProcess();
}

AioProcessPrivate::AioProcessPrivate(AioProcess *owner, const QString &program, const QStringList &arguments)
    : q(owner), isWorker(false), process(new QProcess(owner)), m_limitTimer(new QTimer(owner))
{
    process->setProgram(program);
    process->setArguments(arguments);
    connectProcess();
}

void AioProcessPrivate::connectProcess()
{
    name = nextProcessName();
    daemon = AioProcessing::currentProcess().daemon;
    m_limitTimer->setTimerType(Qt::PreciseTimer);
    m_limitTimer->setSingleShot(true);
    QObject::connect(m_limitTimer, &QTimer::timeout, q, [this] { checkLimit(); });
    QObject::connect(process, &QProcess::started, q, [this] { onExecuted(); });
    QObject::connect(process, &QProcess::finished, q,
                     [this](int code, QProcess::ExitStatus status) { onFinished(code, status); });
    QObject::connect(process, &QProcess::errorOccurred, q, [this](QProcess::ProcessError processError) {
        if (processError == QProcess::FailedToStart)
            onLaunchError();
    });
    QObject::connect(process, &QProcess::readyReadStandardOutput, q, [this] { readOutput(); });
    QObject::connect(process, &QProcess::readyReadStandardError, q, [this] { readErrors(); });
}

AioProcessPrivate::~AioProcessPrivate()
{
    removeChild(q);
    starts->cancelAll();
    joins->cancelAll();
    if (lines)
        lines->cancel();
    QObject::disconnect(process, nullptr, q, nullptr);
    QObject::disconnect(m_limitTimer, nullptr, q, nullptr);
    aio_raw::closeDescriptor(m_pidDescriptor);
    process->setParent(nullptr);
    std::unique_ptr<QProcess> owned(process);
    if (phase == Starting || phase == Running)
        abandon(std::move(owned), std::exchange(m_lifeline, -1), onDestroy);
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
    if (phase != Ended) {
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
    if (phase == Ended || process->state() == QProcess::NotRunning)
        return;
    m_isEndWanted = true;
    ::kill(pid_t(pid), number);
    if (number != SIGKILL)
        ::kill(pid_t(pid), SIGCONT);
}

void AioProcessPrivate::openLines()
{
    requireUsable("AioProcess::coro_lines");
    if (!lines)
        lines = std::make_shared<LineBuffer>();
    readOutput();
    if (phase == Ended) {
        flushLines();
        lines->end();
    }
}

// -- what happens to the process

void AioProcessPrivate::onExecuted()
{
    if (!isWorker)
        onReady();    // a worker says itself when it is ready
}

void AioProcessPrivate::onReady()
{
    if (phase != Starting)
        return;
    phase = Running;
    const std::chrono::milliseconds limit = isWorker ? call.timeout() : std::chrono::milliseconds(-1);
    setLimit(limit.count() < 0 ? QDeadlineTimer(QDeadlineTimer::Forever) : QDeadlineTimer(limit));
    starts->completeAll();
    Q_EMIT q->started();
}

void AioProcessPrivate::onErrorArrived(const AioError &arrived)
{
    if (phase == Starting)
        outcome->launchFailed = true;    // it ends by itself now; the limit for its start sees to it if it does not
    setError(arrived);
}

void AioProcessPrivate::onLaunchError()
{
    if (phase != Starting)
        return;
    const QString program = process->program();
    const bool isThere = !QStandardPaths::findExecutable(program).isEmpty();
    outcome->launchFailed = true;
    finish(127, AioProcess::LaunchFailed,
           makeError(isThere ? AioError::UnknownError : QFile::exists(program) ? AioError::PermissionDenied : AioError::NotFound,
                     QStringLiteral("%1 cannot be started: %2").arg(program, process->errorString()),
                     QStringLiteral("AioProcess::start"), name));
}

void AioProcessPrivate::onFinished(int code, QProcess::ExitStatus status)
{
    if (phase != Starting && phase != Running)
        return;
    const QPointer<AioProcess> self(q);
    if (m_channel)
        m_channel->pump();    // what the worker said last
    if (self)
        flushLines();
    if (!self)
        return;
    const int signalNumber = status == QProcess::CrashExit ? code : 0;
    const bool isEnded = signalNumber == SIGKILL || signalNumber == SIGTERM || signalNumber == SIGINT || signalNumber == SIGHUP;
    const int exit = signalNumber ? -signalNumber : code;
    if (phase == Starting && !m_isEndWanted) {
        outcome->launchFailed = true;
        finish(exit, AioProcess::LaunchFailed, error ? AioError() : launchFailure(exit));
        return;
    }
    AioError newError;
    if (signalNumber && !m_isEndWanted && !error) {
        newError = makeError(AioError::WorkerLost,
                             QStringLiteral("%1 was ended by signal %2 (%3)")
                                 .arg(description()).arg(signalNumber).arg(QString::fromLocal8Bit(::strsignal(signalNumber))),
                             QStringLiteral("AioProcess::start"), name);
    }
    finish(exit,
           isEnded                                                ? AioProcess::Killed
               : signalNumber                                     ? AioProcess::Crashed
               : code && error.remoteType == QLatin1StringView("std::bad_alloc") ? AioProcess::OutOfMemory
               : code                                             ? AioProcess::AbnormalExit
                                                                  : AioProcess::CleanExit,
           newError);
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
    setLimit(QDeadlineTimer::Forever);
    aio_raw::closeDescriptor(m_pidDescriptor);
    aio_raw::closeDescriptor(m_lifeline);
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
    checkLimit();
}

void AioProcessPrivate::checkLimit()
{
    using namespace std::chrono;
    if (m_limit.isForever()) {
        m_limitTimer->stop();
        return;
    }
    if (!m_limit.hasExpired()) {
        m_limitTimer->start(std::min<milliseconds>(ceil<milliseconds>(m_limit.remainingTimeAsDuration()), hours(24)));
        return;
    }
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
    } else if (phase == Running) {
        setError(makeError(AioError::TimedOut,
                           QStringLiteral("%1 did not return within %2 ms and is killed")
                               .arg(description()).arg(call.timeout().count()),
                           QStringLiteral("AioCall::withTimeout"), name));
    }
    if (self)
        process->kill();
}

// -- lines

void AioProcessPrivate::readOutput()
{
    static const QMetaMethod outputLine = QMetaMethod::fromSignal(&AioProcess::outputLine);
    if (!process->isOpen() || (!lines && !q->isSignalConnected(outputLine)))
        return;    // it stays in the QProcess
    const QPointer<AioProcess> self(q);
    const auto buffer = lines;
    m_output.add(process->readAllStandardOutput(), [&](const QByteArray &line) {
        if (buffer)
            buffer->append(line);
        if (self)
            Q_EMIT self->outputLine(line);
    });
}

void AioProcessPrivate::readErrors()
{
    static const QMetaMethod errorLine = QMetaMethod::fromSignal(&AioProcess::errorLine);
    if (!process->isOpen() || !q->isSignalConnected(errorLine))
        return;
    const QPointer<AioProcess> self(q);
    m_errors.add(process->readAllStandardError(), [&](const QByteArray &line) {
        if (self)
            Q_EMIT self->errorLine(line);
    });
}

void AioProcessPrivate::flushLines()
{
    const QPointer<AioProcess> self(q);
    const auto buffer = lines;
    readOutput();
    if (self)
        readErrors();
    if (self) {
        m_output.end([&](const QByteArray &line) {
            if (buffer)
                buffer->append(line);
            Q_EMIT q->outputLine(line);
        });
    }
    if (self)
        m_errors.end([&](const QByteArray &line) { Q_EMIT q->errorLine(line); });
}

bool AioProcessPrivate::isForwarded() const
{
    return process->processChannelMode() == QProcess::ForwardedChannels;
}

QString AioProcessPrivate::description() const
{
    return isWorker ? QStringLiteral("worker %1 (pid %2, function %3)").arg(name).arg(pid).arg(call.displayName())
                    : QStringLiteral("process %1 (pid %2, program %3)").arg(name).arg(pid).arg(process->program());
}
