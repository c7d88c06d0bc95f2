// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Bad input and hostile surroundings: each ends in an AioError that says what to do, soon, and nothing is left.

#include "inventory.h"
#include "processtest.h"

#include <aioprocessing/aioevent.h>

#include <QDir>
#include <QLoggingCategory>
#include <QSignalSpy>
#include <QTemporaryFile>

#include <fcntl.h>
#include <sys/socket.h>

using namespace std::chrono_literals;

constexpr const char *childMode = "TST_AIOPROCESS_CHILD_MODE";

struct NoOperators { int x = 0; };
Q_DECLARE_METATYPE(NoOperators)

struct Unknown    // its metatype is registered by the one function that the worker does not use
{
    friend bool operator==(const Unknown &, const Unknown &) = default;
    friend QDataStream &operator<<(QDataStream &s, const Unknown &) { return s; }
    friend QDataStream &operator>>(QDataStream &s, Unknown &) { return s; }
};

static int add(int a, int b) { return a + b; }
static QVariant unserializable() { return QVariant::fromValue(NoOperators()); }
static QList<QByteArray> surroundings(const QString &)
{
    QFile commandLine(QStringLiteral("/proc/self/cmdline"));
    QFile environment(QStringLiteral("/proc/self/environ"));
    commandLine.open(QIODevice::ReadOnly);
    environment.open(QIODevice::ReadOnly);
    return {commandLine.readAll(), environment.readAll()};
}
static QStringList descriptors()
{
    QStringList targets;
    for (const QString &name : QDir("/proc/self/fd").entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot)) {
        if (name.toInt() > STDERR_FILENO)
            targets << QFile::symLinkTarget(QStringLiteral("/proc/self/fd/") + name).section(u'/', -1);
    }
    return targets;
}
// The same as whole paths.
static QStringList openPaths() { return AioTest::openDescriptors(); }
static void writeGarbage(const QByteArray &bytes)
{
    for (const QString &name : QDir("/proc/self/fd").entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot)) {
        const int descriptor = name.toInt();
        sockaddr_storage address;
        socklen_t size = sizeof address;
        if (descriptor > STDERR_FILENO && ::getsockname(descriptor, reinterpret_cast<sockaddr *>(&address), &size) == 0)
            ::send(descriptor, bytes.constData(), size_t(bytes.size()), MSG_NOSIGNAL);
    }
    for (;;)
        ::pause();
}

AIO_FUNCTION(add)

// In a worker that is told so, main() is one that does not know of workers.
static int forgetfulMain(int argc, char **argv)
{
    const QByteArray mode = qgetenv(childMode);
    if (mode.isEmpty())
        return -1;
    if (mode == "exit")
        return 7;
    if (mode == "crash")
        ::abort();
    while (mode == "sleep")
        ::pause();
    QCoreApplication app(argc, argv);
    if (mode == "recursive") {
        AioProcess process(AioCall::to<&add>(1, 2));
        process.start();
        process.join();
        return 0;
    }
    return app.exec();    // "event loop"
}

class tst_AioProcessInput : public QObject
{
    Q_OBJECT

    // Runs \a process to its end, with an event loop or without; checks that it fails to launch in time, once.
    static void checkLaunchFails(AioProcess &process, bool blocking, AioError::Code code, int limit = 1000)
    {
        QSignalSpy finished(&process, &AioProcess::finished);
        QSignalSpy failed(&process, &AioProcess::errorOccurred);
        QElapsedTimer clock;
        clock.start();
        EventLoopChecker loop;
        process.start();
        if (blocking) {
            QVERIFY(process.join(30s));
        } else {
            QTRY_VERIFY_WITH_TIMEOUT(!process.isAlive(), 30000);
            QVERIFY(loop.stayedAlive(100));
        }
        QVERIFY2(clock.elapsed() < limit, qPrintable(QString::number(clock.elapsed())));
        QCOMPARE(finished.size(), 1);
        QCOMPARE(failed.size(), 1);
        QCOMPARE(process.exitReason(), AioProcess::LaunchFailed);
        QCOMPARE(process.error().code, code);
        QVERIFY(hasNoChild());
    }
    static void blockingAndNot()
    {
        QTest::addColumn<bool>("blocking");
        QTest::newRow("blocking") << true;
        QTest::newRow("event loop") << false;
    }

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void missingProgram_data() { blockingAndNot(); }
    void missingProgram()
    {
        QFETCH(bool, blocking);
        AioProcess process(QStringLiteral("/nonexistent/program"));
        checkLaunchFails(process, blocking, AioError::NotFound);
        QCOMPARE(process.exitCode(), std::optional(127));
        QVERIFY(process.error().message.contains(QLatin1String("/nonexistent/program")));
    }

    void programThatMayNotBeExecuted()
    {
        QTemporaryFile file;
        QVERIFY(file.open());
        AioProcess process(file.fileName());
        checkLaunchFails(process, true, AioError::PermissionDenied);
    }

    void mainWithoutRunWorker_data()
    {
        QTest::addColumn<QByteArray>("mode");
        QTest::addColumn<bool>("blocking");
        QTest::addColumn<AioError::Code>("code");
        for (const bool blocking : {true, false}) {
            const char *how = blocking ? "blocking" : "event loop";
            QTest::addRow("returns, %s", how) << QByteArray("exit") << blocking << AioError::UsageError;
            QTest::addRow("crashes, %s", how) << QByteArray("crash") << blocking << AioError::WorkerLost;
            QTest::addRow("starts itself, %s", how) << QByteArray("recursive") << blocking << AioError::UsageError;
            QTest::addRow("runs its event loop, %s", how) << QByteArray("event loop") << blocking << AioError::UsageError;
            QTest::addRow("sleeps, %s", how) << QByteArray("sleep") << blocking << AioError::UsageError;
        }
    }
    void mainWithoutRunWorker()
    {
        QFETCH(QByteArray, mode);
        QFETCH(bool, blocking);
        QFETCH(AioError::Code, code);
        AioProcess process(AioCall::to<&add>(1, 2));
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(childMode, QString::fromLatin1(mode));
        process.setEnvironment(environment);
        if (mode == "sleep")
            process.setStartTimeout(500ms);     // nothing else tells it from a slow start
        checkLaunchFails(process, blocking, code);
        QVERIFY2(process.error().message.contains(QLatin1String("runWorker")), qPrintable(process.error().message));
    }

    void badCalls_data()
    {
        QTest::addColumn<AioCall>("call");
        QTest::addColumn<AioError::Code>("code");
        QTest::addColumn<QString>("text");
        QTest::newRow("unknown function") << AioCall::named("nobody") << AioError::NotFound << "AIO_FUNCTION(nobody)";
        QTest::newRow("too few") << AioCall::named("add", 1) << AioError::UsageError << "add(int, int) expects 2 arguments and got 1";
        QTest::newRow("too many") << AioCall::named("add", 1, 2, 3) << AioError::UsageError << "got 3";
        QTest::newRow("wrong type") << AioCall::named("add", 1, "two") << AioError::TypeMismatch << "must be int and is QString";
        QTest::newRow("result") << AioCall(AioCall::to<&unserializable>()) << AioError::Unserializable << "NoOperators";
    }
    void badCalls()
    {
        QFETCH(AioCall, call);
        QFETCH(AioError::Code, code);
        QFETCH(QString, text);
        AioProcess process(call);
        QSignalSpy finished(&process, &AioProcess::finished);
        QElapsedTimer clock;
        clock.start();
        process.start();
        QVERIFY(finished.wait(30000));
        QVERIFY2(clock.elapsed() < 1000, qPrintable(QString::number(clock.elapsed())));
        QCOMPARE(finished.size(), 1);
        QCOMPARE(process.exitCode(), std::optional(1));
        QCOMPARE(process.error().code, code);
        QVERIFY2(process.error().message.contains(text), qPrintable(process.error().message));
        QVERIFY(hasNoChild());
    }

    void typeThatTheWorkerDoesNotKnow()
    {
        qRegisterMetaType<Unknown>();
        AioProcess process(AioCall::named("add", QVariant::fromValue(Unknown()), 1));
        process.start();
        QVERIFY(process.join(30s));
        QCOMPARE(process.error().code, AioError::Unserializable);
        QVERIFY(process.error().message.contains(QLatin1String("qRegisterMetaType<Unknown>")));
        QCOMPARE(process.exitCode(), std::optional(1));
    }

    void argumentsThatCannotBeSentStartNothing()
    {
        AioProcess process(AioCall::named("add").withArguments({QVariant::fromValue(NoOperators()), 1}));
        const AioError error = errorOf([&] { process.start(); });
        QCOMPARE(error.code, AioError::Unserializable);
        QVERIFY(!process.isAlive());
        QCOMPARE(process.pid(), 0);
    }

    void workerThatSendsGarbageIsKilled_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("text") << QByteArray("this is no frame");
        QTest::newRow("second ready") << QByteArray::fromHex("0000000010010ca1");
        QTest::newRow("frame of a parent") << QByteArray::fromHex("0000000001010ca1");
        QTest::newRow("longer than allowed") << QByteArray::fromHex("ffffffff11010ca1");
        QTest::newRow("other version") << QByteArray::fromHex("0000000011ff0ca1");
        QTest::newRow("result that is none") << QByteArray::fromHex("0100000011010ca1ff") + QByteArray::fromHex("0000000011010ca1");
    }
    void workerThatSendsGarbageIsKilled()
    {
        QFETCH(QByteArray, bytes);
        AioProcess process(AioCall::to<&writeGarbage>(bytes));
        process.start();
        QVERIFY(process.join(30s));
        QCOMPARE(process.error().code, AioError::ProtocolError);
        QCOMPARE(process.exitReason(), AioProcess::Killed);
    }

    void secretsAreNotInCommandLineOrEnvironment()
    {
        AioProcess process(AioCall::to<&surroundings>("s3cret-argument"));
        process.start();
        QVERIFY(process.join(30s));
        const auto texts = process.result().value<QList<QByteArray>>();
        QCOMPARE(texts.size(), 2);
        const QByteArray key = AioProcessing::currentProcess().authKey;
        QCOMPARE(key.size(), 32);
        for (const QByteArray &text : texts) {
            QVERIFY(!text.isEmpty());
            for (const QByteArray &secret : {key, key.toHex(), key.toBase64(), QByteArray("s3cret")})
                QVERIFY(!text.contains(secret));
        }
        const QList<QByteArray> arguments = texts[0].split('\0');
        QCOMPARE(arguments.size(), 3);    // the program, one argument, and the end of the text
        QVERIFY(arguments[1].startsWith("--aioprocessing-worker="));
    }

    void noOtherDescriptorIsInherited()
    {
        AioProcess others[3] = {AioProcess(QStringLiteral("sleep"), {"100"}), AioProcess(QStringLiteral("cat")),
                                AioProcess(AioCall::to<&writeGarbage>(QByteArray()))};
        for (AioProcess &other : others)
            other.start();
        AioProcess process(AioCall::to<&descriptors>());
        process.start();
        QVERIFY(process.join(30s));
        QStringList targets = process.result().toStringList();
        for (const QString &name : QDir("/proc/self/fd").entryList(QDir::AllEntries | QDir::System | QDir::NoDotAndDotDot)) {
            const int flags = ::fcntl(name.toInt(), F_GETFD);
            if (flags >= 0 && !(flags & FD_CLOEXEC))    // whoever started this test gave it that
                targets.removeAll(QFile::symLinkTarget(QStringLiteral("/proc/self/fd/") + name).section(u'/', -1));
        }
        QCOMPARE(targets.filter(QStringLiteral("socket:")).size(), 2);    // the channel and the lifeline
        QCOMPARE(targets.filter(QStringLiteral("pipe:")).size(), 0);
        QCOMPARE(targets.filter(QStringLiteral("pidfd")).size(), 0);
        QCOMPARE(targets.filter(QStringLiteral("briefing")).size(), 0);    // read and closed
        for (AioProcess &other : others) {
            other.kill();
            QVERIFY(other.join(30s));
        }
    }

    // What shows that this process lives, and what its loop hears by, would do so for ever if a child had it.
    void nothingOfTheRuntimeDirectoryIsInherited()
    {
        const QString directory = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR");
        AioEvent event;
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = event.coro_wait();
            AIO_VERIFY(!waiting.isReady());
            AIO_VERIFY(!AioTest::openDescriptors().filter(directory).isEmpty());
            AioProcess worker(AioCall::to<&openPaths>());
            AioProcess program(QStringLiteral("sh"), {QStringLiteral("-c"), QStringLiteral("ls -l /proc/$$/fd; echo listed")});
            QSignalSpy lines(&program, &AioProcess::outputLine);
            for (AioProcess *process : {&worker, &program}) {
                process->start();
                const bool joined = co_await process->coro_join(30s);
                AIO_VERIFY(joined);
            }
            AIO_COMPARE(worker.result().toStringList().filter(directory), QStringList());
            QByteArray output;
            for (const QVariantList &line : lines)
                output += line.first().toByteArray() + '\n';
            AIO_VERIFY2(output.contains("listed") && !output.contains(QFile::encodeName(directory)), output.constData());
            QProcess other;         // not even one of ours
            other.start(QStringLiteral("sh"), {QStringLiteral("-c"), QStringLiteral("ls -l /proc/$$/fd; echo listed")});
            AIO_VERIFY(other.waitForFinished());
            const QByteArray listed = other.readAllStandardOutput();
            AIO_VERIFY2(listed.contains("listed") && !listed.contains(QFile::encodeName(directory)), listed.constData());
            event.set();
            co_await waiting;
        }, AioTest::LoopMayBlock);
    }

    void privateArgumentByHandIsRefused_data()
    {
        QTest::addColumn<QString>("argument");
        QTest::newRow("closed descriptors") << "--aioprocessing-worker=900:901:902";
        QTest::newRow("a terminal or file") << "--aioprocessing-worker=0:1:2";
    }
    void privateArgumentByHandIsRefused()
    {
        QFETCH(QString, argument);
        QProcess process;
        process.start(QCoreApplication::applicationFilePath(), {argument});
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("not by hand"));
    }
};

PROCESS_TEST_MAIN(tst_AioProcessInput, forgetfulMain)
#include "tst_aioprocess_input.moc"
