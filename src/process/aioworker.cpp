// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioworker.h>

#include "platform/rawsystem.h"
#include "process/aiocaught_p.h"
#include "process/aiodump_p.h"
#include "process/aioforkserver_p.h"
#include "process/aioidentity_p.h"
#include "process/aioworkerlink_p.h"
#include "process/aioworkerlog_p.h"
#include "process/aioworkermain_p.h"
#include "process/rawchannel.h"
#include "shm/aiocontext_p.h"

#include <QCoreApplication>
#include <QFile>

#include <atomic>
#include <cstdio>
#include <memory>
#include <optional>
#include <unistd.h>
#include <vector>

namespace aio_detail {

namespace {

std::atomic<bool> workerEntered = false;

// Runs the call that comes through \a link, and returns the exit code of the process.
int serveCall(WorkerLink &link, Bootstrap &bootstrap)
{
    QString function;
    try {
        adoptContext(bootstrap.context);
        wipe(bootstrap.context);
        AioCall call;
        if (const AioError error = link.readCall(call))
            throw AioException(error);
        function = call.displayName();
        link.sendReady();
        const QVariant result = call.run();
        return link.sendResult(result) ? 1 : 0;
    } catch (...) {
        link.sendError(errorOfCurrentException(function));
        return 1;
    }
}

// Empty: it cannot be found out before there is an application object.
QList<QByteArray> commandLine()
{
    QList<QByteArray> texts;
    QFile file(QString::fromLatin1(aio_raw::commandLineFile()));
    if (aio_raw::commandLineFile() && file.open(QIODevice::ReadOnly))
        return file.readAll().split('\0');
    if (QCoreApplication::instance()) {
        for (const QString &text : QCoreApplication::arguments())
            texts << text.toLocal8Bit();
    }
    return texts;
}

} // namespace

QString adviceForMain()
{
    return QStringLiteral("main() must begin with \"if (AioProcessing::isWorker(argc, argv)) return "
                          "AioProcessing::runWorker(argc, argv);\", before any QCoreApplication");
}

void refuseUnenteredWorker()
{
    if (workerEntered)
        return;
    static const bool isPlainProcess = [] {
        const QList<QByteArray> texts = commandLine();
        std::vector<const char *> argv;
        for (const QByteArray &text : texts)
            argv.push_back(text.constData());
        const QString text = QStringLiteral("%1 was started as a worker and did not become one: %2")
                                 .arg(QString::fromLocal8Bit(texts.value(0)), adviceForMain());
        if (const auto argument = WorkerArgument::find(int(argv.size()), argv.data())) {
            WorkerLink link(*argument);
            if (!link.open())
                return true;
            link.sendError(makeError(AioError::UsageError, text, QStringLiteral("AioProcess::start")));
        } else {
            const auto server = ForkServerArgument::find(int(argv.size()), argv.data());
            if (!server || !aio_raw::isLocalSocket(server->control))
                return true;
            std::fprintf(stderr, "%s\n", qPrintable(text));    // who asks for workers hears that it ended
        }
        ::_exit(1);
    }();
    Q_UNUSED(isPlainProcess)
}

// A worker whose main() makes an application before it calls runWorker() is found out at once.
Q_COREAPP_STARTUP_FUNCTION(refuseUnenteredWorker)

} // namespace aio_detail

namespace AioProcessing {

bool isWorker(int argc, char **argv)
{
    return aio_detail::WorkerArgument::find(argc, argv) || aio_detail::ForkServerArgument::find(argc, argv);
}

int runWorker(int argc, char **argv)
{
    return runWorker(argc, argv, [](int &count, char **arguments) { return std::make_unique<QCoreApplication>(count, arguments); });
}

int runWorker(int argc, char **argv, const WorkerApplicationFactory &makeApplication)
{
    using namespace aio_detail;
    int index = 0;
    auto argument = WorkerArgument::find(argc, argv, &index);
    workerEntered = true;
    if (const auto server = ForkServerArgument::find(argc, argv, &index)) {
        aio_raw::ForkRequest request;
        if (!runForkServer(*server, request))
            return 1;
        argument = WorkerArgument{request.channel, request.lifeline, request.briefing};    // a worker from here on
    }
    WorkerLink link(argument.value_or(WorkerArgument()));
    if (!argument || !link.open()) {
        std::fprintf(stderr, "%s: this is no worker: workers are started by AioProcess, not by hand\n",
                     argc > 0 ? argv[0] : "?");
        return 1;
    }

    Bootstrap bootstrap;
    if (const AioError error = link.readBootstrap(bootstrap)) {
        link.sendError(error);
        return 1;
    }
    becomeWorker(bootstrap);
    dumpOnSignalIfWanted();

    std::vector<char *> plainArgv(argv, argv + argc);
    plainArgv.erase(plainArgv.begin() + index);
    plainArgv.push_back(nullptr);
    int plainArgc = argc - 1;
    int exitCode = 1;
    std::optional<LogForwarding> forwarding;
    if (bootstrap.forwardsLog)
        forwarding.emplace(link);
    {
        const std::unique_ptr<QCoreApplication> app = makeApplication(plainArgc, plainArgv.data());
        exitCode = serveCall(link, bootstrap);
    }
    leaveContexts();
    return exitCode;
}

} // namespace AioProcessing
