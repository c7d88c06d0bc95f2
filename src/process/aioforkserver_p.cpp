// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioforkserver_p.h"

#include "base/aioerrno_p.h"
#include "base/aiologging_p.h"
#include "platform/rawlifeline.h"
#include "platform/rawprocess.h"
#include "process/aioprivateargument_p.h"
#include "process/aioprocessstart_p.h"
#include "process/aioworkermain_p.h"
#include "process/rawchannel.h"
#include "shm/aiocontext_p.h"

#include <aioprocessing/aioworker.h>

#include <QCoreApplication>
#include <QMutexLocker>
#include <QRandomGenerator>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <unistd.h>
#include <utility>
#include <vector>

namespace aio_detail {

namespace {

constexpr const char *ServerRole = "fork-server";

QByteArrayList currentEnvironment()
{
    QByteArrayList all;
    for (char **entry = environ; entry && *entry; ++entry)
        all.append(*entry);
    return all;
}

std::vector<void (*)()> &preloads()
{
    static std::vector<void (*)()> functions;
    return functions;
}

// What was seeded before the fork would give every worker the same numbers.
void reseedRandomGenerators()
{
    quint32 seed[8];
    aio_raw::randomBytes(seed, sizeof seed);
    std::srand(seed[0]);
    ::srand48(long(seed[1]));
    // Qt does not let anybody seed the global generator, but it is a generator like any other.
    const QRandomGenerator fresh(seed);
    std::memcpy(static_cast<void *>(QRandomGenerator::global()), static_cast<const void *>(&fresh), sizeof fresh);
}

} // namespace

QByteArray ForkServerArgument::toText() const
{
    return privateArgument(ServerRole, {control, lifeline});
}

std::optional<ForkServerArgument> ForkServerArgument::find(int argc, const char *const *argv, int *index)
{
    const auto found = findPrivateArgument(argc, argv, ServerRole, 2, index);
    return found ? std::optional(ForkServerArgument{found->at(0), found->at(1)}) : std::nullopt;
}

// -- Adoption

namespace {

QMutex s_adoptionMutex;
int s_adoptions = 0;
bool s_adoptsAnyway = false;        // the application has said so

} // namespace

Adoption::Adoption()
{
    const QMutexLocker locker(&s_adoptionMutex);
    if (s_adoptions++ > 0)
        return;
    s_adoptsAnyway = aio_raw::adoptsOrphans();
    aio_raw::adoptOrphans(true);
}

Adoption::~Adoption()
{
    const QMutexLocker locker(&s_adoptionMutex);
    if (--s_adoptions == 0 && !s_adoptsAnyway)
        aio_raw::adoptOrphans(false);
}

// -- ForkServer

ForkServer &ForkServer::instance()
{
    static auto *server = new ForkServer;    // never destroyed: threads may use it until the very end
    return *server;
}

int ForkServer::request(const aio_raw::ForkRequest &request)
{
    const QMutexLocker locker(&m_mutex);
    aio_raw::reapDetached();
    const QByteArrayList command = workerCommand();
    if (m_control >= 0 && (command != m_command || currentEnvironment() != m_environment))
        end();
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (m_control < 0 && !start(command))
            return 0;
        const aio_raw::Sent sent = aio_raw::sendForkRequest(m_control, request);
        if (sent != aio_raw::Sent::Gone)
            return sent == aio_raw::Sent::Done ? m_pid : 0;
        qCInfo(lcAioProcess) << "the fork server" << m_pid << "has ended and is started again";
        end();
    }
    return 0;
}

bool ForkServer::start(const QByteArrayList &command)
{
    aio_raw::SocketPair control;
    aio_raw::SocketPair lifeline;
    int result = -ENOSYS;
    if (aio_raw::openSocketPair(control, aio_raw::SocketKind::Messages) && aio_raw::openSocketPair(lifeline)
        && aio_raw::adoptsOrphans()) {
        ForkServerArgument argument;
        argument.control = control.worker;
        argument.lifeline = lifeline.worker;
        QByteArrayList texts = command;
        texts.append(argument.toText());
        std::vector<char *> arguments;
        for (QByteArray &text : texts)
            arguments.push_back(text.data());
        arguments.push_back(nullptr);
        m_environment = currentEnvironment();
        result = aio_raw::startForkServer(arguments[0], arguments.data(), control.worker, lifeline.worker);
    } else {
        result = -errno;
    }
    aio_raw::closeDescriptor(control.worker);
    aio_raw::closeDescriptor(lifeline.worker);
    m_control = control.parent;
    m_lifeline = lifeline.parent;
    if (result < 0) {
        qCWarning(lcAioProcess).noquote()
            << withErrnoText(QStringLiteral("the fork server cannot be started, workers are spawned instead"), -result);
        aio_raw::closeDescriptor(m_control);
        aio_raw::closeDescriptor(m_lifeline);
        return false;
    }
    m_pid = result;
    m_command = command;
    qCDebug(lcAioProcess) << "the fork server has pid" << m_pid;
    return true;
}

void ForkServer::end()
{
    aio_raw::closeDescriptor(m_control);
    aio_raw::closeDescriptor(m_lifeline);
    if (m_pid > 0)
        aio_raw::endForkServer(std::exchange(m_pid, 0));
}

void ForkServer::giveUp(int pid)
{
    const QMutexLocker locker(&m_mutex);
    if (m_pid == pid)
        end();
}

void ForkServer::stop()
{
    const QMutexLocker locker(&m_mutex);
    end();
}

qint64 ForkServer::pid()
{
    const QMutexLocker locker(&m_mutex);
    return m_pid;
}

bool addPreload(void (*function)())
{
    preloads().push_back(function);
    return true;
}

bool runForkServer(const ForkServerArgument &argument, aio_raw::ForkRequest &request)
{
    const auto fail = [](const QString &why) {
        qCCritical(lcAioProcess).noquote() << QStringLiteral("the fork server cannot serve: %1").arg(why);
        return false;
    };
    for (const int descriptor : {argument.control, argument.lifeline}) {
        if (!aio_raw::isLocalSocket(descriptor) || !aio_raw::closeOnExec(descriptor))
            return fail(QStringLiteral("fork servers are started by this library, not by hand"));
    }
    if (!aio_raw::armLifeline(argument.lifeline) || aio_raw::isPeerGone(argument.lifeline))
        return false;
    try {
        for (void (*function)() : preloads())
            function();
    } catch (const std::exception &e) {
        return fail(QStringLiteral("a function of AIO_PRELOAD() threw: %1").arg(QString::fromLocal8Bit(e.what())));
    } catch (...) {
        return fail(QStringLiteral("a function of AIO_PRELOAD() threw"));
    }
    if (aio_raw::threadCount() > 1)
        return fail(QStringLiteral("AIO_PRELOAD() or a static initialiser started a thread, which no worker would have"));
    if (QCoreApplication::instance() || !Arena::all().isEmpty())
        return fail(QStringLiteral("AIO_PRELOAD() may make neither an application object nor objects in shared memory"));
    QRandomGenerator::global()->generate();    // made once here, seeded anew in each worker
    if (!aio_raw::serveForks(argument.control, argument.lifeline, request))
        return false;
    reseedRandomGenerators();
    return true;
}

} // namespace aio_detail
