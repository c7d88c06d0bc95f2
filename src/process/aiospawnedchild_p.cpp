// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiospawnedchild_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawlifeline.h"
#include "platform/rawprocess.h"
#include "process/rawchannel.h"

#include <QDir>
#include <QFileInfo>
#include <QPointer>
#include <QStandardPaths>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <unistd.h>

namespace aio_detail {

namespace {

// As far as its file tells: ENOENT, EACCES, or 0.
int whyNotExecutable(const QProcess &process)
{
    const QString program = process.program();
    if (!program.contains(QLatin1Char('/')))
        return QStandardPaths::findExecutable(program).isEmpty() ? ENOENT : 0;
    const QFileInfo file(QDir(process.workingDirectory()), program);
    return !file.exists() ? ENOENT : !file.isFile() || !file.isExecutable() ? EACCES : 0;
}

} // namespace

SpawnedChild::SpawnedChild(QObject *parent) : Child(parent), m_process(new QProcess(this))
{
    connect(m_process, &QProcess::started, this, &Child::executed);
    connect(m_process, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
        aio_raw::closeDescriptor(m_pidDescriptor);
        const bool isSignal = status == QProcess::CrashExit;
        Q_EMIT ended(isSignal ? 0 : code, isSignal ? code : 0);
    });
    connect(m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            fail(whyNotExecutable(*m_process),
                 QStringLiteral("%1 cannot be started: %2").arg(m_process->program(), m_process->errorString()));
    });
}

SpawnedChild::~SpawnedChild()
{
    QObject::disconnect(m_process, nullptr, this, nullptr);
    aio_raw::closeDescriptor(m_pidDescriptor);
}

void SpawnedChild::handOver(const Inheritance &inheritance)
{
    const auto modifier = m_process->childProcessModifier();
    m_process->setChildProcessModifier([inheritance, modifier] {
        // In the child, where nothing but system calls is allowed, on a stack of 4096 bytes.
        if (inheritance.worker) {
            aio_raw::keepOnExec(inheritance.worker->channel);
            aio_raw::keepOnExec(inheritance.worker->briefing);
            aio_raw::keepOnExec(inheritance.worker->lifeline);
            aio_raw::armLifeline(inheritance.worker->lifeline);
        }
        if (inheritance.input >= 0)
            ::dup2(inheritance.input, STDIN_FILENO);
        if (inheritance.output >= 0)
            ::dup2(inheritance.output, STDOUT_FILENO);
        if (inheritance.errors >= 0)
            ::dup2(inheritance.errors, STDERR_FILENO);
        if (modifier)
            modifier();
    });
#if QT_VERSION >= QT_VERSION_CHECK(6, 6, 0)
    QProcess::UnixProcessParameters parameters = m_process->unixProcessParameters();
    parameters.flags |= QProcess::UnixProcessFlag::UseVFork;
    m_process->setUnixProcessParameters(parameters);
#endif
}

void SpawnedChild::start(const Inheritance &inheritance)
{
    // asked first, not only when exec has failed: each time it does, Qt 6.4 loses a descriptor
    if (const int reason = whyNotExecutable(*m_process)) {
        fail(reason, withErrnoText(QStringLiteral("%1 cannot be started").arg(m_process->program()), reason));
        return;
    }
    handOver(inheritance);
    const QPointer<SpawnedChild> self(this);
    m_process->start();
    if (!self || !isRunning())
        return;
    m_pid = m_process->processId();
    m_pidDescriptor = aio_raw::openChild(std::int32_t(m_pid));
}

void SpawnedChild::fail(int reason, const QString &message)
{
    const auto code = reason == ENOENT ? AioError::NotFound : reason == EACCES ? AioError::PermissionDenied : AioError::UnknownError;
    Q_EMIT failed(makeError(code, message, QStringLiteral("AioProcess::start")));
}

void SpawnedChild::signal(int number)
{
    if (isRunning() && m_pid > 0)
        ::kill(pid_t(m_pid), number);
}

int SpawnedChild::descriptor() const
{
    // Output that QProcess reads must be read, or the child never ends; and only QProcess hears that exec failed.
    const bool isQuiet = m_process->processChannelMode() == QProcess::ForwardedChannels;
    return isQuiet && m_process->state() != QProcess::Starting ? m_pidDescriptor : -1;
}

void SpawnedChild::look(const QDeadlineTimer &deadline)
{
    const QPointer<SpawnedChild> self(this);
    if (m_process->state() == QProcess::Starting)
        m_process->waitForStarted(deadline.hasExpired() ? 0 : -1);    // it only waits for exec
    if (!self || !isRunning())
        return;
    pollfd entry{descriptor(), POLLIN, 0};
    if (entry.fd < 0)
        m_process->waitForFinished(pollTime(deadline));
    else if (::poll(&entry, 1, 0) > 0)
        m_process->waitForFinished(-1);    // it has ended: QProcess takes note
}

bool SpawnedChild::waitForEnd(const QDeadlineTimer &deadline)
{
    return !isRunning() || m_process->waitForFinished(pollTime(deadline)) || !isRunning();
}

} // namespace aio_detail
