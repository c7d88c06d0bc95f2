// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The part of AioProcessPrivate that brings a process up.

#include "process/aioprocessstart_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawlifeline.h"
#include "platform/rawprocess.h"
#include "platform/rawsystem.h"
#include "process/aiobootstrap_p.h"
#include "process/aiocallcodec_p.h"
#include "process/aiochildren_p.h"
#include "process/aioprocess_p.h"
#include "process/aioworkermain_p.h"
#include "process/rawchannel.h"
#include "shm/aiocontext_p.h"

#include <aioprocessing/aiocontext.h>

#include <QCoreApplication>
#include <QFile>
#include <QMetaMethod>

#include <cerrno>
#include <sys/stat.h>

namespace aio_detail {

QString workerProgram()
{
    if (!aio_raw::programLink())
        return QCoreApplication::applicationFilePath();
    const QString link = QString::fromLatin1(aio_raw::programLink());
    const QString target = QFile::symLinkTarget(link);
    struct stat running{};
    struct stat there{};
    const bool isSame = ::stat(aio_raw::programLink(), &running) == 0
        && ::stat(QFile::encodeName(target).constData(), &there) == 0 && running.st_dev == there.st_dev
        && running.st_ino == there.st_ino;
    return isSame ? target : link;
}

void handOver(QProcess &process, const WorkerArgument &argument)
{
    const auto modifier = process.childProcessModifier();
    process.setChildProcessModifier([argument, modifier] {
        // In the child, where nothing but system calls is allowed, on a stack of 4096 bytes.
        aio_raw::keepOnExec(argument.channel);
        aio_raw::keepOnExec(argument.briefing);
        aio_raw::keepOnExec(argument.lifeline);
        aio_raw::armLifeline(argument.lifeline);
        if (modifier)
            modifier();
    });
#if QT_VERSION >= QT_VERSION_CHECK(6, 6, 0)
    QProcess::UnixProcessParameters parameters = process.unixProcessParameters();
    parameters.flags |= QProcess::UnixProcessFlag::UseVFork;
    process.setUnixProcessParameters(parameters);
#endif
}

} // namespace aio_detail

using namespace aio_detail;

void AioProcessPrivate::start()
{
    refuseUnenteredWorker();
    requireUsable("AioProcess::start");
    if (phase != Idle) {
        fail(AioError::UsageError, QStringLiteral("a process can be started once: make another AioProcess"),
             "AioProcess::start");
    }
    if (isWorker)
        startWorker();
    else
        startProgram();
}

void AioProcessPrivate::startProgram()
{
    phase = Starting;
    const QPointer<AioProcess> self(q);
    process->start();
    if (self && phase != Ended)
        watch();
}

void AioProcessPrivate::startWorker()
{
    if (call.isNull())
        fail(AioError::UsageError, QStringLiteral("there is no function to run: the AioCall is empty"), "AioProcess::start");
    if (AioProcessing::currentProcess().daemon) {
        fail(AioError::UsageError, QStringLiteral("a daemon may not start workers of its own, since nobody would wait for them"),
             "AioProcess::start");
    }
    const QString program = workerProgram();
    if (program.isEmpty()) {
        fail(AioError::UsageError, QStringLiteral("on this system only Qt knows what program this is: make the QCoreApplication first"),
             "AioProcess::start");
    }
    QByteArray frames = makeFrames();
    aio_raw::SocketPair channel;
    aio_raw::SocketPair lifeline;
    int briefing = -1;
    if (!aio_raw::openSocketPair(channel) || !aio_raw::openSocketPair(lifeline)
        || (briefing = aio_raw::openMemory(frames.constData(), size_t(frames.size()))) < 0) {
        const int number = errno;
        wipe(frames);
        for (int *end : {&channel.parent, &channel.worker, &lifeline.parent, &lifeline.worker})
            aio_raw::closeDescriptor(*end);
        fail(codeOfErrno(number),
             withErrnoText(QStringLiteral("no descriptors or memory to brief a worker with"), number), "AioProcess::start");
    }
    wipe(frames);

    static const QMetaMethod outputLine = QMetaMethod::fromSignal(&AioProcess::outputLine);
    static const QMetaMethod errorLine = QMetaMethod::fromSignal(&AioProcess::errorLine);
    const bool wantsOutput = lines || q->isSignalConnected(outputLine);
    const bool wantsErrors = q->isSignalConnected(errorLine);
    if (isForwarded() && (wantsOutput || wantsErrors)) {
        process->setProcessChannelMode(wantsOutput && wantsErrors ? QProcess::SeparateChannels
                                           : wantsOutput          ? QProcess::ForwardedErrorChannel
                                                                  : QProcess::ForwardedOutputChannel);
    }
    WorkerArgument argument;
    argument.channel = channel.worker;
    argument.lifeline = lifeline.worker;
    argument.briefing = briefing;
    process->setProgram(program);
    process->setArguments({QString::fromLatin1(argument.toText())});
    handOver(*process, argument);

    m_lifeline = lifeline.parent;
    m_channel = new WorkerChannel(channel.parent, q);
    QObject::connect(m_channel, &WorkerChannel::ready, q, [this] { onReady(); });
    QObject::connect(m_channel, &WorkerChannel::resultArrived, q, [this](const QVariant &value) { result = value; });
    QObject::connect(m_channel, &WorkerChannel::errorArrived, q, [this](const AioError &e) { onErrorArrived(e); });
    QObject::connect(m_channel, &WorkerChannel::violated, q, [this](const AioError &e) {
        const QPointer<AioProcess> self(q);
        onErrorArrived(e);
        if (self)
            process->kill();
    });
    phase = Starting;
    const QPointer<AioProcess> self(q);
    process->start();
    aio_raw::closeDescriptor(channel.worker);
    aio_raw::closeDescriptor(lifeline.worker);
    aio_raw::closeDescriptor(briefing);
    if (!self || phase == Ended)
        return;
    setLimit(QDeadlineTimer(startTimeout));
    watch();    // what the worker says is heard from the event loop, never in here
}

QByteArray AioProcessPrivate::makeFrames()
{
    Bootstrap bootstrap;
    try {
        bootstrap.context = contextBootstrap();
        context = AioContext::defaultContext();
    } catch (const AioException &e) {
        setError(e.error());
        throw;
    }
    bootstrap.parent = AioProcessing::currentProcess();
    bootstrap.self.name = name;
    bootstrap.self.daemon = daemon;
    bootstrap.self.authKey = bootstrap.parent.authKey;

    QByteArray hello;
    QByteArray body;
    QByteArray frames;
    AioError failure = encodeBootstrap(bootstrap, hello);
    if (!failure)
        failure = encodeCall(call, body);
    if (!failure
        && (!appendFrame(frames, aio_raw::FrameType::Hello, hello)
            || !appendFrame(frames, aio_raw::FrameType::Call, body))) {
        failure = makeError(AioError::TooLarge,
                            QStringLiteral("the arguments of %1 have %2 bytes and the limit is 1 GiB: send them in parts "
                                           "through a queue").arg(call.displayName()).arg(body.size()),
                            QStringLiteral("AioProcess::start"), name);
    }
    wipe(hello);
    wipe(body);
    if (failure) {
        setError(failure);
        throw AioException(failure);
    }
    return frames;
}

void AioProcessPrivate::watch()
{
    pid = process->processId();
    m_pidDescriptor = aio_raw::openChild(std::int32_t(pid));
    addChild(q);
    Q_EMIT q->aliveChanged();
}
