// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Who outlives whom: parents that are killed, threads that end, AioProcess objects that are destroyed.

#include "backend.h"
#include "processtest.h"

#include <aioprocessing/aiocontext.h>

#include <QDir>
#include <QLoggingCategory>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QThread>

#include <atomic>
#include <fcntl.h>
#include <stdexcept>

using namespace std::chrono_literals;

static void sayPid() { say(QByteArray::number(::getpid()).constData()); }
static void waitForEver()
{
    sayPid();
    for (;;)
        ::pause();
}
static void computeForEver()
{
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    sayPid();
    for (std::atomic<unsigned> turns = 0;; ++turns) { }
}
static void ignoreSigterm()
{
    ::signal(SIGTERM, SIG_IGN);
    waitForEver();
}
static void endInto(const QString &path)
{
    static QByteArray target;
    target = path.toLocal8Bit();
    ::signal(SIGTERM, [](int) {
        const int descriptor = ::open(target.constData(), O_CREAT | O_WRONLY, 0600);
        ::close(descriptor);
        ::_exit(0);
    });
    waitForEver();
}
static void workAWhile(const QString &path)
{
    QThread::msleep(150);
    QFile file(path);
    file.open(QIODevice::WriteOnly);
}

// -- the program in the middle: this executable, started by the test, is the parent of a worker

static void endOnInterrupt(int)
{
    QCoreApplication::quit();
}

static int middle(int argc, char **argv)
{
    if (argc < 3 || qstrcmp(argv[1], "--middle") != 0)
        return -1;
    QCoreApplication app(argc, argv);
    const QByteArray mode = argv[2];
    if (argc > 3 && qstrcmp(argv[3], "fork") == 0)
        AioContext::defaultContext()->setStartMethod(AioContext::ForkServer);
    const AioCall call = mode == "computing" ? AioCall(AioCall::to<&computeForEver>())
        : mode == "ending" || mode == "exception" ? AioCall(AioCall::to<&workAWhile>(QString::fromLocal8Bit(argv[argc - 1])))
                                             : AioCall(AioCall::to<&waitForEver>());
    static AioProcess process(call);    // outlives the application object
    process.setDaemon(mode == "daemon");
    QObject::connect(&process, &AioProcess::started, &app, [&] {
        process.setProperty("begun", true);
        if (mode == "daemon" || mode == "ending")
            app.quit();
    });
    process.start();
    if (mode == "starting") {
        while (process.pid() == 0)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        say(QByteArray::number(process.pid()).constData());
    }
    if (mode == "interrupted")
        ::signal(SIGINT, endOnInterrupt);
    if (mode == "exception") {
        try {
            while (process.exitReason() == AioProcess::Running) {
                app.processEvents(QEventLoop::WaitForMoreEvents);
                if (process.property("begun").toBool())
                    throw std::runtime_error("the application has had enough");
            }
        } catch (const std::runtime_error &) {
            return 3;    // unwinds the application object
        }
    }
    return app.exec();
}

class tst_AioProcessDeath : public QObject
{
    Q_OBJECT

    // Waits for the first line of \a process, a pid.
    static qint64 readPid(QProcess &process)
    {
        while (!process.canReadLine()) {
            if (!process.waitForReadyRead(30000))
                return 0;
        }
        return process.readLine().trimmed().toLongLong();
    }
    static void methods()
    {
        QTest::addColumn<QString>("method");
        QTest::newRow("spawn") << "spawn";
        QTest::newRow("fork") << "fork";
    }
    // The child of \a parent that leads a process group of its own: its fork server.
    static qint64 serverOf(qint64 parent)
    {
        for (const QString &entry : QDir("/proc").entryList(QDir::Dirs)) {
            QFile file(QStringLiteral("/proc/%1/stat").arg(entry));
            if (entry.toInt() <= 0 || !file.open(QIODevice::ReadOnly))
                continue;
            const QByteArray text = file.readAll();
            const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
            if (fields.value(1).toLongLong() == parent && fields.value(2) == entry.toLatin1())
                return entry.toLongLong();
        }
        return 0;
    }
    // Starts \a process and waits for the pid that its function prints.
    static bool startAndListen(AioProcess &process)
    {
        QSignalSpy lines(&process, &AioProcess::outputLine);
        process.start();
        return lines.wait(30000) && lines[0][0].toByteArray().toLongLong() == process.pid();
    }

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void workerDiesWithAKilledParent_data()
    {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<bool>("stopWorker");
        QTest::addColumn<QString>("method");
        QTest::addColumn<bool>("withServer");    // the fork server is killed first
        for (const char *method : {"spawn", "fork", "fork with its server"}) {
            if (!AioTest::hasLinuxBackend() && qstrcmp(method, "spawn") != 0)
                continue;       // there is no fork server
            const QString name = QLatin1StringView(method).left(5).trimmed();
            const bool withServer = qstrlen(method) > 5;
            QTest::addRow("waiting, %s", method) << "waiting" << false << name << withServer;
            QTest::addRow("computing with every signal blocked, %s", method) << "computing" << false << name << withServer;
            QTest::addRow("stopped, %s", method) << "waiting" << true << name << withServer;
            QTest::addRow("just started, %s", method) << "starting" << false << name << withServer;
        }
    }
    void workerDiesWithAKilledParent()
    {
        QFETCH(QString, mode);
        QFETCH(bool, stopWorker);
        QFETCH(QString, method);
        QFETCH(bool, withServer);
        QProcess parent;
        parent.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        parent.start(QCoreApplication::applicationFilePath(), {"--middle", mode, method});
        const qint64 pid = readPid(parent);
        QVERIFY(pid > 0);
        const PidWatch worker(pid);
        QVERIFY(worker.isOpen());
        if (stopWorker) {
            ::kill(pid_t(pid), SIGSTOP);
            QTRY_COMPARE(processState(pid), 'T');
        }
        QVERIFY(!worker.endsWithin(0));
        const qint64 server = serverOf(parent.processId());
        QCOMPARE(server > 0, method == "fork");
        const PidWatch serverWatch(server > 0 ? server : parent.processId());
        if (withServer)
            ::kill(pid_t(server), SIGKILL);
        parent.kill();
        if (stopWorker && !AioTest::hasLinuxBackend())
            ::kill(pid_t(pid), SIGCONT);        // it does not see its parent's end before
        QVERIFY(worker.endsWithin(1000));
        QVERIFY(serverWatch.endsWithin(1000));
        QVERIFY(parent.waitForFinished());
    }

    void stoppedForkServerEndsWithAKilledParent()
    {
        if (!AioTest::hasLinuxBackend())
            QSKIP("this backend has no fork server");
        QProcess parent;
        parent.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        parent.start(QCoreApplication::applicationFilePath(), {"--middle", "waiting", "fork"});
        const PidWatch worker(readPid(parent));
        const qint64 server = serverOf(parent.processId());
        QVERIFY(server > 0);
        const PidWatch watch(server);
        ::kill(pid_t(server), SIGSTOP);
        QTRY_COMPARE(processState(server), 'T');
        parent.kill();
        QVERIFY(watch.endsWithin(1000));
        QVERIFY(worker.endsWithin(1000));
        QVERIFY(parent.waitForFinished());
    }

    void interruptedApplicationLeavesNothing_data() { methods(); }
    void interruptedApplicationLeavesNothing()
    {
        QFETCH(QString, method);
        for (const char *mode : {"waiting", "interrupted"}) {    // the latter has a handler that quits
            QProcess parent;
            parent.setProcessChannelMode(QProcess::ForwardedErrorChannel);
            parent.setChildProcessModifier([] { ::setpgid(0, 0); });
            parent.start(QCoreApplication::applicationFilePath(), {"--middle", QLatin1StringView(mode), method});
            const PidWatch worker(readPid(parent));
            const qint64 server = serverOf(parent.processId());
            const PidWatch serverWatch(server > 0 ? server : parent.processId());
            ::kill(-pid_t(parent.processId()), SIGINT);    // Ctrl-C goes to the whole group
            QVERIFY(worker.endsWithin(30000));
            QVERIFY(serverWatch.endsWithin(30000));
            QVERIFY(parent.waitForFinished(30000));
            QCOMPARE(parent.exitStatus() == QProcess::NormalExit, qstrcmp(mode, "interrupted") == 0);
        }
    }

    void workerIsWaitedForAlsoAfterAnException_data() { methods(); }
    void workerIsWaitedForAlsoAfterAnException()
    {
        QFETCH(QString, method);
        QTemporaryDir directory;
        const QString path = directory.filePath("done");
        QProcess parent;
        parent.start(QCoreApplication::applicationFilePath(), {"--middle", "exception", method, path});
        QVERIFY(parent.waitForFinished(30000));
        QCOMPARE(parent.exitCode(), 3);
        QVERIFY(QFile::exists(path));
    }

    void daemonIsTerminatedAtTheEndOfTheApplication()
    {
        QProcess parent;
        parent.start(QCoreApplication::applicationFilePath(), {"--middle", "daemon"});
        QElapsedTimer clock;
        clock.start();
        QVERIFY(parent.waitForFinished(30000));
        QCOMPARE(parent.exitStatus(), QProcess::NormalExit);
        const qint64 pid = readPid(parent);
        QVERIFY(pid == 0 || PidWatch(pid).endsWithin(1000));
    }

    void workerIsWaitedForAtTheEndOfTheApplication()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath("done");
        QProcess parent;
        parent.start(QCoreApplication::applicationFilePath(), {"--middle", "ending", path});
        QVERIFY(parent.waitForFinished(30000));
        QCOMPARE(parent.exitStatus(), QProcess::NormalExit);
        QVERIFY(QFile::exists(path));
    }

    void workerOutlivesTheThreadThatStartedIt_data() { methods(); }
    void workerOutlivesTheThreadThatStartedIt()
    {
        QFETCH(QString, method);
        AioContext::defaultContext()->setStartMethod(method == "fork" ? AioContext::ForkServer : AioContext::Spawn);
        const auto reset = qScopeGuard([] { AioContext::defaultContext()->setStartMethod(AioContext::Spawn); });
        AioProcess *process = nullptr;
        QThread *const home = QThread::currentThread();
        const std::unique_ptr<QThread> thread(QThread::create([&] {
            process = new AioProcess(AioCall::to<&waitForEver>());
            process->start();
            while (process->pid() == 0)
                process->join(1ms);
            process->moveToThread(home);
        }));
        thread->start();
        QVERIFY(thread->wait());
        const std::unique_ptr<AioProcess> owner(process);
        const PidWatch worker(process->pid());
        QVERIFY(!worker.endsWithin(300));    // a death would be noticed at once
        QTRY_VERIFY(processState(process->pid()) == 'S');
        EventLoopChecker loop;
        QSignalSpy finished(process, &AioProcess::finished);
        process->kill();
        QVERIFY(finished.wait(30000));
        QCOMPARE(process->exitCode(), std::optional(-SIGKILL));
        QVERIFY(loop.stayedAlive(100));
    }

    void destructorKills_data()
    {
        QTest::addColumn<AioCall>("call");
        QTest::newRow("waiting") << AioCall(AioCall::to<&waitForEver>());
        QTest::newRow("computing") << AioCall(AioCall::to<&computeForEver>());
        QTest::newRow("ignores SIGTERM") << AioCall(AioCall::to<&ignoreSigterm>());
    }
    void destructorKills()
    {
        QFETCH(AioCall, call);
        auto process = std::make_unique<AioProcess>(call);
        QVERIFY(startAndListen(*process));
        QSignalSpy finished(process.get(), &AioProcess::finished);
        const PidWatch worker(process->pid());
        QElapsedTimer clock;
        clock.start();
        process.reset();
        QVERIFY(clock.elapsed() < 400);
        QVERIFY(worker.endsWithin(1000));
        QCOMPARE(finished.size(), 0);
    }

    void destructorBeforeTheWorkerIsUp()
    {
        auto process = std::make_unique<AioProcess>(AioCall::to<&waitForEver>());
        process->start();
        const PidWatch worker(process->pid());
        process.reset();
        QVERIFY(worker.endsWithin(1000));
    }

    void destructorTerminatesIfToldSo()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath("terminated");
        auto process = std::make_unique<AioProcess>(AioCall::to<&endInto>(path));
        process->setOnDestroy(AioProcess::Terminate);
        QVERIFY(startAndListen(*process));
        const PidWatch worker(process->pid());
        process.reset();
        QVERIFY(worker.endsWithin(5000));
        QVERIFY(QFile::exists(path));
    }

    void destructorThatTerminatesNeverBlocksTheLoop()
    {
        auto process = std::make_unique<AioProcess>(AioCall::to<&ignoreSigterm>());
        process->setOnDestroy(AioProcess::Terminate);
        QVERIFY(startAndListen(*process));
        const PidWatch worker(process->pid());
        EventLoopChecker loop;
        process.reset();
        QVERIFY(!worker.endsWithin(0));    // it gets five seconds
        QTRY_VERIFY_WITH_TIMEOUT(worker.endsWithin(0), 15000);
        QVERIFY(loop.stayedAlive(100));
    }

    void destructorWaitsIfToldSo()
    {
        QElapsedTimer clock;
        clock.start();
        {
            AioProcess process(QStringLiteral("sleep"), {"0.2"});
            process.setOnDestroy(AioProcess::Wait);
            process.start();
        }
        QVERIFY(clock.elapsed() >= 200);
    }

    void nothingIsLeftOfManyProcesses()
    {
        const auto descriptors = [] {
            return QDir("/proc/self/fd").entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System).size();
        };
        QTRY_VERIFY(hasNoChild());    // of the tests before
        {
            AioProcess first(AioCall::to<&sayPid>());    // opens what the library keeps open
            first.start();
            QVERIFY(first.join());
        }
        QCoreApplication::processEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        const auto before = descriptors();
        for (int i = 0; i < 30; ++i) {
            AioProcess process(AioCall::to<&sayPid>());
            process.start();
            if (i % 3 == 0)
                continue;
            QVERIFY(process.join());
            QVERIFY(i % 3 == 1 || process.exitCode() == 0);
        }
        QCoreApplication::processEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCOMPARE(descriptors(), before);
        QCOMPARE(AioProcessing::activeChildren().size(), 0);
        QVERIFY(hasNoChild());
    }
};

PROCESS_TEST_MAIN(tst_AioProcessDeath, middle)
#include "tst_aioprocess_death.moc"
