// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The part of AioProcessPrivate that brings a process up.

#include "process/aioprocessstart_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawsystem.h"
#include "process/aiobootstrap_p.h"
#include "process/aiocallcodec_p.h"
#include "process/aiochildren_p.h"
#include "process/aioforkserver_p.h"
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
#include <unistd.h>
#include <utility>

namespace aio_detail {

namespace {

QString ownProgram()
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

} // namespace

QByteArrayList workerCommand()
{
    QStringList command = AioContext::defaultContext()->workerCommand();
    if (command.isEmpty())
        command.append(ownProgram());
    if (command.first().isEmpty()) {
        throwError(AioError::UsageError,
                   QStringLiteral("on this system only Qt knows what program this is: make the QCoreApplication first"),
                   QStringLiteral("AioProcess::start"));
    }
    QByteArrayList encoded;
    for (const QString &text : std::as_const(command))
        encoded.append(QFile::encodeName(text));
    return encoded;
}

} // namespace aio_detail

using namespace aio_detail;

AioProcessPrivate::Ends::~Ends()
{
    for (int *end : {&worker.channel, &worker.lifeline, &worker.briefing, &input, &output, &errors})
        aio_raw::closeDescriptor(*end);
}

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
    Ends ends;
    openChannels(ends);
    if (startSpawned(ends))
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
    Ends ends;
    openBriefing(ends);
    openChannels(ends);
    m_callTimeout = std::exchange(call, AioCall()).timeout();
    if (!startForked(ends) && !startSpawned(ends))
        return;
    setLimit(QDeadlineTimer(startTimeout));
    watch();    // what the worker says is heard from the event loop, never in here
}

// What the worker is told, and the channel on which it answers.
void AioProcessPrivate::openBriefing(Ends &ends)
{
    QByteArray frames = makeFrames();
    aio_raw::SocketPair channel;
    aio_raw::SocketPair lifeline;
    const bool isOpen = aio_raw::openSocketPair(channel) && aio_raw::openSocketPair(lifeline)
        && (ends.worker.briefing = aio_raw::openMemory(frames.constData(), size_t(frames.size()))) >= 0;
    const int number = errno;
    wipe(frames);
    ends.worker.channel = channel.worker;
    ends.worker.lifeline = lifeline.worker;
    if (!isOpen) {
        aio_raw::closeDescriptor(channel.parent);
        aio_raw::closeDescriptor(lifeline.parent);
        failToOpen(number);
    }
    m_lifeline = lifeline.parent;
    m_channel = new WorkerChannel(channel.parent, q);
    QObject::connect(m_channel, &WorkerChannel::ready, q, [this] { onReady(); });
    QObject::connect(m_channel, &WorkerChannel::resultArrived, q, [this](const QVariant &value) { result = value; });
    QObject::connect(m_channel, &WorkerChannel::errorArrived, q, [this](const AioError &e) { onErrorArrived(e); });
    QObject::connect(m_channel, &WorkerChannel::logged, q, [this](const LogLine &line) {
        logAgain(line, QStringLiteral("%1 (%2)").arg(name).arg(pid));
    });
    QObject::connect(m_channel, &WorkerChannel::violated, q, [this](const AioError &e) {
        const QPointer<AioProcess> self(q);
        onErrorArrived(e);
        if (self)
            m_child->signal(SIGKILL);
    });
}

// Pipes for what somebody listens to; a program has all three, unless its channels are wanted as the QProcess has them.
void AioProcessPrivate::openChannels(Ends &ends)
{
    static const QMetaMethod outputLine = QMetaMethod::fromSignal(&AioProcess::outputLine);
    static const QMetaMethod errorLine = QMetaMethod::fromSignal(&AioProcess::errorLine);
    const bool takesAll = !isWorker && !isExposed;
    if (takesAll || lines || q->isSignalConnected(outputLine)) {
        m_output = new OutputPipe(q);
        QObject::connect(m_output, &OutputPipe::line, q, [this](const QByteArray &line) { onOutputLine(line); });
    }
    if (takesAll || q->isSignalConnected(errorLine)) {
        m_errors = new OutputPipe(q);
        QObject::connect(m_errors, &OutputPipe::line, q, &AioProcess::errorLine);
    }
    if (takesAll) {
        input = new InputPipe(q);
        QObject::connect(input, &InputPipe::written, q, &AioProcess::written);
    }
    if ((m_output && !m_output->open(ends.output)) || (m_errors && !m_errors->open(ends.errors))
        || (input && !input->open(ends.input)))
        failToOpen(errno);
}

void AioProcessPrivate::failToOpen(int number)
{
    delete std::exchange(m_channel, nullptr);
    delete std::exchange(m_output, nullptr);
    delete std::exchange(m_errors, nullptr);
    delete std::exchange(input, nullptr);
    aio_raw::closeDescriptor(m_lifeline);
    fail(codeOfErrno(number), withErrnoText(QStringLiteral("no descriptors or memory for another process"), number),
         "AioProcess::start");
}

// True: the fork server was asked. False: the worker is to be spawned.
bool AioProcessPrivate::startForked(Ends &ends)
{
    if (startMethod.value_or(context->startMethod()) != AioContext::ForkServer || !aio_raw::hasForkServer()) {
        if (!startMethod)
            ForkServer::instance().stop();    // if there is one: it is wanted no more
        return false;
    }
    const QProcess *settings = spawned->process();
    if (isExposed || !settings->processEnvironment().inheritsFromParent())
        return false;
    const QString directory = settings->workingDirectory();
    aio_raw::ForkRequest request;
    request.channel = ends.worker.channel;
    request.lifeline = ends.worker.lifeline;
    request.briefing = ends.worker.briefing;
    request.directory = aio_raw::openWorkingDirectory(directory.isEmpty() ? "." : QFile::encodeName(directory).constData());
    request.output = aio_raw::duplicate(ends.output >= 0 ? ends.output : STDOUT_FILENO);
    request.errors = aio_raw::duplicate(ends.errors >= 0 ? ends.errors : STDERR_FILENO);
    auto child = std::make_unique<ForkedChild>(q);
    if (request.directory < 0 || request.output < 0 || request.errors < 0 || !child->start(request)) {
        for (int *copy : {&request.directory, &request.output, &request.errors})
            aio_raw::closeDescriptor(*copy);
        return false;
    }
    ends.worker = WorkerArgument();    // they are the child's now
    phase = Starting;
    adopt(child.release());
    return true;
}

// False: it has failed already, and finished() was emitted.
bool AioProcessPrivate::startSpawned(const Ends &ends)
{
    QProcess *process = spawned->process();
    Inheritance inheritance;
    inheritance.input = ends.input;
    inheritance.output = ends.output;
    inheritance.errors = ends.errors;
    if (isWorker) {
        QStringList command;
        for (const QByteArray &text : workerCommand())
            command.append(QFile::decodeName(text));
        process->setProgram(command.takeFirst());
        process->setArguments(command << QString::fromLatin1(ends.worker.toText()));
        inheritance.worker = ends.worker;
    }
    if (input)
        process->setStandardInputFile(QProcess::nullDevice());    // replaced by the pipe
    const QProcess::ProcessChannelMode mode = process->processChannelMode();
    if (m_output && m_errors)
        process->setProcessChannelMode(QProcess::ForwardedChannels);
    else if (m_output && mode == QProcess::MergedChannels)
        inheritance.errors = ends.output;
    else if (m_output && mode == QProcess::SeparateChannels)
        process->setProcessChannelMode(QProcess::ForwardedOutputChannel);
    else if (m_errors && mode == QProcess::SeparateChannels)
        process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    phase = Starting;
    const QPointer<AioProcess> self(q);
    spawned->start(inheritance);
    if (!self || phase == Ended)
        return false;
    pid = spawned->pid();
    return true;
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
    bootstrap.forwardsLog = forwardsLog;
    bootstrap.self.authKey = bootstrap.parent.authKey;
    bootstrap.keys = keyring();

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
    addChild(q);
    Q_EMIT q->aliveChanged();
}
