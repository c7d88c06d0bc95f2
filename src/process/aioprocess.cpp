// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioprocess.h>

#include "process/aioprocess_p.h"

#include <csignal>
#include <utility>

using aio_detail::LocalWait;

AioProcess::AioProcess(const AioCall &target, QObject *parent)
    : QObject(parent), d(std::make_unique<AioProcessPrivate>(this, target))
{
}

AioProcess::AioProcess(const QString &program, const QStringList &arguments, QObject *parent)
    : QObject(parent), d(std::make_unique<AioProcessPrivate>(this, program, arguments))
{
}

AioProcess::~AioProcess() = default;

QString AioProcess::name() const
{
    return d->name;
}

void AioProcess::setName(const QString &name)
{
    if (d->name == name)
        return;
    d->name = name;
    Q_EMIT nameChanged();
}

bool AioProcess::isDaemon() const
{
    return d->daemon;
}

void AioProcess::setDaemon(bool daemon)
{
    if (d->daemon == daemon)
        return;
    if (d->phase != AioProcessPrivate::Idle) {
        d->fail(AioError::UsageError, QStringLiteral("whether a process is a daemon is settled when it starts"),
                "AioProcess::setDaemon");
    }
    d->daemon = daemon;
    Q_EMIT daemonChanged();
}

qint64 AioProcess::pid() const
{
    return d->pid;
}

std::optional<int> AioProcess::exitCode() const
{
    return d->exitCode;
}

QVariant AioProcess::exitCodeVariant() const
{
    return d->exitCode ? QVariant(*d->exitCode) : QVariant();
}

AioProcess::ExitReason AioProcess::exitReason() const
{
    return d->exitReason;
}

bool AioProcess::isAlive() const
{
    return d->phase == AioProcessPrivate::Starting || d->phase == AioProcessPrivate::Running;
}

QVariant AioProcess::result() const
{
    return d->result;
}

AioError AioProcess::error() const
{
    return d->error;
}

AioContext *AioProcess::context() const
{
    return d->context;
}

QProcessEnvironment AioProcess::environment() const
{
    return d->spawned->process()->processEnvironment();
}

void AioProcess::setEnvironment(const QProcessEnvironment &environment)
{
    d->spawned->process()->setProcessEnvironment(environment);
    Q_EMIT environmentChanged();
}

QString AioProcess::workingDirectory() const
{
    return d->spawned->process()->workingDirectory();
}

void AioProcess::setWorkingDirectory(const QString &directory)
{
    if (directory == workingDirectory())
        return;
    d->spawned->process()->setWorkingDirectory(directory);
    Q_EMIT workingDirectoryChanged();
}

AioProcess::OnDestroy AioProcess::onDestroy() const
{
    return d->onDestroy;
}

void AioProcess::setOnDestroy(OnDestroy policy)
{
    if (d->onDestroy == policy)
        return;
    d->onDestroy = policy;
    Q_EMIT onDestroyChanged();
}

std::chrono::milliseconds AioProcess::startTimeout() const
{
    return d->startTimeout;
}

void AioProcess::setStartTimeout(std::chrono::milliseconds limit)
{
    d->startTimeout = limit;
}

std::chrono::milliseconds AioProcess::gracePeriod() const
{
    return d->gracePeriod;
}

void AioProcess::setGracePeriod(std::chrono::milliseconds period)
{
    d->gracePeriod = period;
}

void AioProcess::start()
{
    d->start();
}

bool AioProcess::join(QDeadlineTimer deadline, std::stop_token stop)
{
    return d->join(deadline, stop);
}

bool AioProcess::join(std::stop_token stop)
{
    return d->join(QDeadlineTimer::Forever, stop);
}

QCoro::Task<> AioProcess::coro_start(std::stop_token stop)
{
    const auto outcome = d->outcome;    // from the first suspension on this object may be gone
    d->start();
    if (d->phase == AioProcessPrivate::Starting) {
        LocalWait wait(d->starts, QDeadlineTimer::Forever, stop, "AioProcess::coro_start");
        const LocalWait::Outcome how = co_await wait.done();
        if (how == LocalWait::Cancelled) {
            aio_detail::throwError(AioError::Cancelled, QStringLiteral("the wait for the start of a process was cancelled"),
                                   QStringLiteral("AioProcess::coro_start"));
        }
    }
    if (outcome->launchFailed)
        throw AioException(outcome->error);
}

QCoro::Task<bool> AioProcess::coro_join(QDeadlineTimer deadline, std::stop_token stop)
{
    d->requireStarted("AioProcess::coro_join");
    bool hasEnded = d->look();
    if (!hasEnded && (stop.stop_requested() || !deadline.hasExpired())) {
        LocalWait wait(d->joins, deadline, stop, "AioProcess::coro_join");
        const LocalWait::Outcome how = co_await wait.done();    // from here on this object may be gone
        if (how == LocalWait::Cancelled) {
            aio_detail::throwError(AioError::Cancelled, QStringLiteral("the wait for the end of a process was cancelled"),
                                   QStringLiteral("AioProcess::coro_join"));
        }
        hasEnded = how == LocalWait::Completed;
    }
    co_return hasEnded;
}

QCoro::Task<bool> AioProcess::coro_join(std::stop_token stop)
{
    return coro_join(QDeadlineTimer::Forever, stop);
}

void AioProcess::terminate()
{
    d->terminate();
}

void AioProcess::kill()
{
    d->signal(SIGKILL, "AioProcess::kill");
}

void AioProcess::interrupt()
{
    d->signal(SIGINT, "AioProcess::interrupt");
}

void AioProcess::close()
{
    if (isAlive()) {
        d->fail(AioError::UsageError, QStringLiteral("a process that runs cannot be closed: join, terminate or kill it first"),
                "AioProcess::close");
    }
    d->isClosed = true;
}

QProcess *AioProcess::qprocess()
{
    return d->exposeProcess();
}

QCoro::AsyncGenerator<QByteArray> AioProcess::coro_lines()
{
    d->openLines();
    return aio_detail::LineBuffer::lines(d->lines);
}

bool AioProcess::write(const QByteArray &data, QDeadlineTimer deadline, std::stop_token stop)
{
    return d->write(data, deadline, stop);
}

bool AioProcess::write(const QByteArray &data, std::stop_token stop)
{
    return d->write(data, QDeadlineTimer::Forever, stop);
}

QCoro::Task<bool> AioProcess::coro_write(QByteArray data, QDeadlineTimer deadline, std::stop_token stop)
{
    const auto write = d->beginWrite(data, "AioProcess::coro_write");
    const QPointer<aio_detail::InputPipe> input = d->input;    // from the first suspension on this object may be gone
    LocalWait::Outcome how = stop.stop_requested() ? LocalWait::Cancelled : LocalWait::TimedOut;
    if (write->isPending() && !stop.stop_requested() && !deadline.hasExpired()) {
        LocalWait wait(write->waits, deadline, stop, "AioProcess::coro_write");
        how = co_await wait.done();
    }
    co_return AioProcessPrivate::endWrite(input, *write, how == LocalWait::Cancelled);
}

QCoro::Task<bool> AioProcess::coro_write(QByteArray data, std::stop_token stop)
{
    return coro_write(std::move(data), QDeadlineTimer::Forever, stop);
}

void AioProcess::closeInput()
{
    d->closeInput();
}
