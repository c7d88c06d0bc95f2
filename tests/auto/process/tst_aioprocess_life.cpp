// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The life cycle of workers, spawned and forked alike: limits, reasons, what a worker is given.

#include "backend.h"
#include "processtest.h"
#include "timescale.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiolock.h>

#include <QLoggingCategory>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QThread>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <sys/stat.h>

using namespace std::chrono_literals;

class MarkedApplication : public QCoreApplication
{
    Q_OBJECT
public:
    using QCoreApplication::QCoreApplication;
};

// An argument that knows how many of it there are.
struct Counted
{
    static inline int alive = 0;
    Counted() { ++alive; }
    Counted(const Counted &) { ++alive; }
    Counted &operator=(const Counted &) = default;
    ~Counted() { --alive; }
    friend bool operator==(const Counted &, const Counted &) { return true; }
    friend QDataStream &operator<<(QDataStream &s, const Counted &) { return s << 1; }
    friend QDataStream &operator>>(QDataStream &s, Counted &) { int i; return s >> i; }
};

static void takeCounted(const Counted &) {}
static QString applicationClass() { return QString::fromLatin1(qApp->metaObject()->className()); }
static QString workerMode() { return qApp->arguments().value(1); }
static int add(int a, int b) { return a + b; }
static void waitForEver()
{
    say("ready");
    for (;;)
        ::pause();
}
static void ignoreSigterm()
{
    ::signal(SIGTERM, SIG_IGN);
    waitForEver();
}
static void eatMemory(AioLock &lock)
{
    lock.acquire();
    constexpr std::size_t step = 1 << 20;
    for (;;) {
        void *memory = ::mmap(nullptr, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            ::abort();
        std::memset(memory, 1, step);
    }
}
static void leaveAGrandchild()
{
    if (const pid_t pid = ::fork(); pid > 0)
        say(QByteArray::number(pid).constData());
    else
        for (;;)
            ::pause();
}
Q_LOGGING_CATEGORY(lcWork, "app.work", QtDebugMsg)
static void logLines()
{
    qCWarning(lcWork) << "careful" << 42;
    qDebug("plain");
    const std::unique_ptr<QThread> thread(QThread::create([] { qCInfo(lcWork, "from a thread"); }));
    thread->start();
    thread->wait();
}
static void logMuch()
{
    const QString text(10000, u'x');
    for (int i = 0; i < 200; ++i)
        qCWarning(lcWork).noquote() << text;
}
static void printAndReturn()
{
    std::printf("hello\n");
    std::fflush(stdout);
}

// -- a program in the middle that is in a memory cgroup, or has closed its standard streams

static AioContext::StartMethod methodOf(const char *text)
{
    return qstrcmp(text, "fork") == 0 ? AioContext::ForkServer : AioContext::Spawn;
}

static int middle(int argc, char **argv)
{
    if (argc < 4 || qstrcmp(argv[1], "--middle") != 0)
        return -1;
    QCoreApplication app(argc, argv);
    QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false"));
    AioContext::defaultContext()->setStartMethod(methodOf(argv[3]));
    if (qstrcmp(argv[2], "closed") == 0) {
        for (int stream = 0; stream <= 2; ++stream)
            ::close(stream);
        AioProcess process(AioCall::to<&printAndReturn>());
        process.start();
        return process.join(30s) && process.exitReason() == AioProcess::CleanExit ? 0 : 1;
    }
    QFile group(QString::fromLocal8Bit(argv[2]) + "/cgroup.procs");
    if (!group.open(QIODevice::WriteOnly | QIODevice::Unbuffered) || group.write(QByteArray::number(::getpid())) < 0)
        return 77;
    AioLock lock;
    AioProcess process(AioCall::to<&eatMemory>(lock));
    process.start();
    process.join();
    const bool abandoned = lock.tryAcquire() && lock.wasAbandoned();
    std::printf("%s\n%s\n", qPrintable(process.error().message), abandoned ? "abandoned" : "not abandoned");
    return process.exitReason();
}

class tst_AioProcessLife : public QObject
{
    Q_OBJECT

    static void startAndListen(AioProcess &process)
    {
        QSignalSpy lines(&process, &AioProcess::outputLine);
        process.start();
        QVERIFY(lines.wait(30000));
    }
    static void methods()
    {
        QTest::addColumn<bool>("forked");
        QTest::newRow("spawned") << false;
        QTest::newRow("forked") << true;
    }
    static void useMethod()
    {
        QFETCH(bool, forked);
        AioContext::defaultContext()->setStartMethod(forked ? AioContext::ForkServer : AioContext::Spawn);
    }
    static QVariant resultOf(const AioCall &call)
    {
        AioProcess process(call);
        process.start();
        process.join();
        return process.result();
    }

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void terminateKillsAfterTheGrace_data() { methods(); }
    void terminateKillsAfterTheGrace()
    {
        useMethod();
        for (const bool blocking : {true, false}) {
            AioProcess process(AioCall::to<&ignoreSigterm>());
            process.setGracePeriod(100ms);
            startAndListen(process);
            QSignalSpy finished(&process, &AioProcess::finished);
            EventLoopChecker loop;
            QElapsedTimer clock;
            clock.start();
            process.terminate();
            process.terminate();    // the grace is not prolonged
            if (blocking) {
                QVERIFY(process.join(30s));
            } else {
                QVERIFY(finished.wait(30000));
                QVERIFY(loop.stayedAlive(100));
            }
            QVERIFY(clock.elapsed() >= 100);
            QCOMPARE(process.exitCode(), std::optional(-SIGKILL));
            QCOMPARE(process.exitReason(), AioProcess::Killed);
            QVERIFY(!process.error());
        }
    }

    void terminateWithoutGraceLimitKillsNobody()
    {
        AioProcess process(AioCall::to<&ignoreSigterm>());
        process.setGracePeriod(-1ms);
        startAndListen(process);
        process.terminate();
        QVERIFY(!process.join(200ms));
    }

    void terminateReachesAStoppedWorker_data() { methods(); }
    void terminateReachesAStoppedWorker()
    {
        useMethod();
        AioProcess process(AioCall::to<&waitForEver>());
        startAndListen(process);
        ::kill(pid_t(process.pid()), SIGSTOP);
        QTRY_COMPARE(processState(process.pid()), 'T');
        process.terminate();
        QVERIFY(process.join(30s));
        QCOMPARE(process.exitCode(), std::optional(-SIGTERM));
    }

    void workerEndsAlthoughAGrandchildLives_data() { methods(); }
    void workerEndsAlthoughAGrandchildLives()
    {
        useMethod();
        AioProcess process(AioCall::to<&leaveAGrandchild>());
        QSignalSpy lines(&process, &AioProcess::outputLine);
        process.start();
        QVERIFY(process.join(30s));
        QCOMPARE(process.exitReason(), AioProcess::CleanExit);
        QCOMPARE(lines.size(), 1);
        const pid_t grandchild = lines[0][0].toByteArray().toInt();
        QVERIFY(processState(grandchild) != 0);
        ::kill(grandchild, SIGKILL);
        ::waitpid(grandchild, nullptr, 0);    // this process may be its parent by now
    }

    void applicationObjectIsTheFactorys_data() { methods(); }
    void applicationObjectIsTheFactorys()
    {
        useMethod();
        QCOMPARE(resultOf(AioCall::to<&applicationClass>()), QVariant("MarkedApplication"));
    }

    // MP-002
    void workerProgramCanBeSet_data() { methods(); }
    void workerProgramCanBeSet()
    {
        useMethod();
        QTemporaryDir directory;
        const QString link = directory.filePath("another name");
        QVERIFY(QFile::link(QCoreApplication::applicationFilePath(), link));
        AioContext *context = AioContext::defaultContext();
        context->setWorkerProgram(link, {"--as-worker"});
        const QVariant mode = resultOf(AioCall::to<&workerMode>());
        context->setWorkerProgram(QStringLiteral("/nonexistent/worker"));
        AioProcess missing(AioCall::to<&add>(1, 2));
        missing.start();
        QVERIFY(missing.join(30s));
        context->setWorkerProgram(QString());
        QCOMPARE(mode, QVariant("--as-worker"));
        QCOMPARE(missing.exitReason(), AioProcess::LaunchFailed);
        QCOMPARE(missing.error().code, AioError::NotFound);
        QCOMPARE(resultOf(AioCall::to<&add>(1, 2)), QVariant(3));
    }

    // MP-017
    void startLetsGoOfTheArguments_data() { methods(); }
    void startLetsGoOfTheArguments()
    {
        useMethod();
        AioProcess process(AioCall::to<&takeCounted>(Counted()));
        QCOMPARE(Counted::alive, 1);
        process.start();
        QCOMPARE(Counted::alive, 0);
        QVERIFY(process.join(30s));
        QCOMPARE(process.exitReason(), AioProcess::CleanExit);
    }

    // MP-020
    void parentWithClosedStreamsStartsWorkers_data() { methods(); }
    void parentWithClosedStreamsStartsWorkers()
    {
        QFETCH(bool, forked);
        QProcess parent;
        parent.start(QCoreApplication::applicationFilePath(), {"--middle", "closed", forked ? "fork" : "spawn"});
        QVERIFY(parent.waitForFinished(30000));
        QCOMPARE(parent.exitCode(), 0);
    }

    void outOfMemoryIsTold_data() { methods(); }
    void outOfMemoryIsTold()
    {
        if (!AioTest::hasLinuxBackend())
            QSKIP("this backend does not learn why the kernel killed a process");
        QFETCH(bool, forked);
        const QString group = QStringLiteral("/sys/fs/cgroup/memory/tst_aioprocess_life-%1").arg(::getpid());
        if (::mkdir(QFile::encodeName(group).constData(), 0755) != 0)
            QSKIP("needs a memory cgroup (version 1) that this user may divide");
        QFile limit(group + "/memory.limit_in_bytes");
        const char *most = AioTest::isSanitized() ? "400M" : "100M";      // with a sanitizer three idle processes have a hundred
        QVERIFY(limit.open(QIODevice::WriteOnly | QIODevice::Unbuffered) && limit.write(most) == 4);
        QProcess parent;
        parent.start(QCoreApplication::applicationFilePath(), {"--middle", group, forked ? "fork" : "spawn"});
        const bool ended = parent.waitForFinished(60000);
        QTRY_VERIFY(::rmdir(QFile::encodeName(group).constData()) == 0 || errno == ENOENT);
        QVERIFY(ended);
        QCOMPARE(parent.exitStatus(), QProcess::NormalExit);
        QCOMPARE(AioProcess::ExitReason(parent.exitCode()), AioProcess::OutOfMemory);
        const QByteArray output = parent.readAllStandardOutput();
        QVERIFY2(output.contains("memory") && output.contains("\nabandoned"), output.constData());
    }

    void logLinesArriveInTheirCategory_data() { methods(); }
    void logLinesArriveInTheirCategory()
    {
        useMethod();
        static QStringList lines;
        lines.clear();
        const QtMessageHandler before = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &context, const QString &text) {
            lines.append(QStringLiteral("%1 %2 %3").arg(int(type)).arg(QLatin1StringView(context.category), text));
        });
        const auto restore = qScopeGuard([&] { qInstallMessageHandler(before); });
        AioProcess process(AioCall::to<&logLines>());
        process.setName(QStringLiteral("anna"));
        process.setForwardsLog(true);
        QSignalSpy finished(&process, &AioProcess::finished);
        process.start();
        QVERIFY(finished.wait(30000));
        const QString who = QStringLiteral("anna (%1): ").arg(process.pid());
        const QStringList expected = {QStringLiteral("1 app.work ") + who + "careful 42",
                                      QStringLiteral("0 default ") + who + "plain",
                                      QStringLiteral("4 app.work ") + who + "from a thread"};
        QCOMPARE(lines, expected);
        QCOMPARE(process.exitReason(), AioProcess::CleanExit);
    }

    void workerDoesNotWaitForWhoDoesNotListenToItsLog()
    {
        AioContext::defaultContext()->setStartMethod(AioContext::Spawn);
        static int count = 0;
        count = 0;
        const QtMessageHandler before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &) { ++count; });
        const auto restore = qScopeGuard([&] { qInstallMessageHandler(before); });
        AioProcess process(AioCall::to<&logMuch>());
        process.setForwardsLog(true);
        process.start();
        QVERIFY(PidWatch(process.pid()).endsWithin(30000));
        QVERIFY(process.join(30s));
        QCOMPARE(process.exitReason(), AioProcess::CleanExit);
        QVERIFY(count > 0);
        QVERIFY(count < 200);
    }

    // MP-001, MP-011, MP-012
    void processesAreListedFromStartToEnd_data() { methods(); }
    void processesAreListedFromStartToEnd()
    {
        useMethod();
        QVERIFY(!AioProcessing::parentProcess());
        QCOMPARE(AioProcessing::currentProcess().pid, QCoreApplication::applicationPid());
        QVERIFY(AioProcessing::cpuCount() >= 1);
        AioProcess process(AioCall::to<&waitForEver>());
        QVERIFY(!AioProcessing::activeChildren().contains(&process));
        startAndListen(process);
        QVERIFY(AioProcessing::activeChildren().contains(&process));
        // MP-009
        QVERIFY(!process.join(0ms));
        process.terminate();
        QVERIFY(process.join(30s));
        QVERIFY(!AioProcessing::activeChildren().contains(&process));
    }
};

// main() with a factory: PROCESS_TEST_MAIN has none.
int main(int argc, char *argv[])
{
    const int code = middle(argc, argv);
    if (code >= 0)
        return code;
    if (AioProcessing::isWorker(argc, argv)) {
        return AioProcessing::runWorker(argc, argv, [](int &count, char **arguments) {
            return std::make_unique<MarkedApplication>(count, arguments);
        });
    }
    return AioTest::main<tst_AioProcessLife>(argc, argv);
}
#include "tst_aioprocess_life.moc"
