// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "processtest.h"

#include <QCoroTimer>
#include <QLoggingCategory>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QThread>

#include <stdexcept>

using namespace std::chrono_literals;

static int add(int a, int b) { return a + b; }
static void sayNothing() {}
static QByteArray large(const QByteArray &bytes) { return bytes + bytes; }
static int eat(const QByteArray &bytes) { return int(bytes.size()); }
static void throwLogicError() { throw std::logic_error("grüße"); }
static void throwNumber() { throw 42; }
static void throwAioError() { throw AioException(AioError(AioError::AddressInUse, QStringLiteral("taken"))); }
static void throwBadAlloc() { throw std::bad_alloc(); }
static void exitWith(int code) { ::exit(code); }
static void raiseSignal(int number)
{
    ::signal(number, SIG_DFL);
    ::raise(number);
}
static void waitForEver()
{
    say("ready");
    for (;;)
        ::pause();
}
static void printLines()
{
    std::printf("one\ntwo\r\nrest");
    std::fflush(stdout);
    std::fprintf(stderr, "bad\n");
}
static QStringList whoAmI()
{
    const auto parent = AioProcessing::parentProcess();
    const AioProcessInfo self = AioProcessing::currentProcess();
    return {self.name, QString::number(self.pid), QString::fromLatin1(self.authKey.toHex()), parent ? parent->name : QString(),
            QString::number(parent ? parent->pid : 0), QString::number(QCoreApplication::arguments().size())};
}
static QString startGrandchild()
{
    AioProcess process(AioCall::to<&whoAmI>());
    process.start();
    process.join();
    return process.error() ? process.error().message : process.result().toStringList().constFirst();
}
static QCoro::Task<int> inEventLoop()
{
    QTimer timer;
    timer.start(1ms);
    const int before = 20;
    co_await qCoro(&timer).waitForTimeout();
    co_return before + 1;
}

class tst_AioProcess : public QObject
{
    Q_OBJECT

    static void checkEnd(AioProcess &process, const QSignalSpy &finished, int code, AioProcess::ExitReason reason)
    {
        QCOMPARE(finished.size(), 1);
        QCOMPARE(finished[0][0].toInt(), code);
        QCOMPARE(finished[0][1].value<AioProcess::ExitReason>(), reason);
        QCOMPARE(process.exitCode(), std::optional(code));
        QCOMPARE(process.exitReason(), reason);
        QVERIFY(!process.isAlive());
        QVERIFY(!AioProcessing::activeChildren().contains(&process));
    }

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    // MP-003, MP-007
    void resultArrives_data()
    {
        QTest::addColumn<bool>("blocking");
        QTest::newRow("blocking") << true;
        QTest::newRow("signal") << false;
    }
    void resultArrives()
    {
        QFETCH(bool, blocking);
        AioProcess process(AioCall::to<&add>(3, 4));
        QSignalSpy started(&process, &AioProcess::started);
        QSignalSpy finished(&process, &AioProcess::finished);
        QVERIFY(!process.isAlive());
        QVERIFY(!process.property("exitCode").isValid());
        EventLoopChecker loop;
        process.start();
        QVERIFY(process.isAlive());
        QVERIFY(process.pid() > 0);
        QVERIFY(AioProcessing::activeChildren().contains(&process));
        if (blocking) {
            QVERIFY(process.join());
        } else {
            QVERIFY(finished.wait());
            QVERIFY(loop.stayedAlive(100));
        }
        QCOMPARE(started.size(), 1);
        checkEnd(process, finished, 0, AioProcess::CleanExit);
        QCOMPARE(process.result(), QVariant(7));
        QCOMPARE(process.property("exitCode"), QVariant(0));
        QVERIFY(!process.error());
        QVERIFY(process.join(QDeadlineTimer(0)));
    }

    void largeArgumentsAndResultsPass_data() { resultArrives_data(); }
    void largeArgumentsAndResultsPass()
    {
        QFETCH(bool, blocking);
        const QByteArray bytes(8 << 20, 'x');
        AioProcess process(AioCall::to<&large>(bytes));
        QSignalSpy finished(&process, &AioProcess::finished);
        process.start();
        QVERIFY(blocking ? process.join() : finished.wait(30000));
        QCOMPARE(process.result().toByteArray().size(), 2 * bytes.size());
    }

    void largeResultPassesWhileOutputIsRead()
    {
        AioProcess process(AioCall::to<&large>(QByteArray(4 << 20, 'y')));
        process.qprocess()->setProcessChannelMode(QProcess::SeparateChannels);
        process.start();
        QVERIFY(process.join());
        QCOMPARE(process.result().toByteArray().size(), 8 << 20);
    }

    void workerRunsWhileThisThreadDoesNotListen()
    {
        const QByteArray bytes(4 << 20, 'z');
        AioProcess process(AioCall::to<&add>(1, 2));
        AioProcess withMuch(AioCall::to<&eat>(bytes));
        process.setStartTimeout(1ms);
        process.start();
        withMuch.start();
        QVERIFY(PidWatch(process.pid()).endsWithin(10000));
        QVERIFY(PidWatch(withMuch.pid()).endsWithin(10000));
        QVERIFY(process.join());    // neither limit nor result is lost
        QVERIFY(withMuch.join());
        QCOMPARE(process.result(), QVariant(3));
        QCOMPARE(withMuch.result(), QVariant(4 << 20));
    }

    void coroutineRunsInTheWorkersEventLoop()
    {
        AioProcess process(AioCall::to<&inEventLoop>());
        process.start();
        QVERIFY(process.join());
        QCOMPARE(process.result(), QVariant(21));
    }

    // MP-025
    void exceptionArrivesWithTypeAndText_data()
    {
        QTest::addColumn<AioCall>("call");
        QTest::addColumn<AioError::Code>("code");
        QTest::addColumn<QString>("type");
        QTest::addColumn<QString>("text");
        QTest::addColumn<AioProcess::ExitReason>("reason");
        QTest::newRow("std") << AioCall(AioCall::to<&throwLogicError>()) << AioError::RemoteError << "std::logic_error"
                             << QStringLiteral("grüße") << AioProcess::AbnormalExit;
        QTest::newRow("int") << AioCall(AioCall::to<&throwNumber>()) << AioError::RemoteError << "int"
                             << "throwNumber threw something that is no std::exception: a int" << AioProcess::AbnormalExit;
        QTest::newRow("aio") << AioCall(AioCall::to<&throwAioError>()) << AioError::AddressInUse << ""
                             << "taken" << AioProcess::AbnormalExit;
        QTest::newRow("memory") << AioCall(AioCall::to<&throwBadAlloc>()) << AioError::RemoteError << "std::bad_alloc"
                                << "std::bad_alloc" << AioProcess::OutOfMemory;
    }
    void exceptionArrivesWithTypeAndText()
    {
        QFETCH(AioCall, call);
        QFETCH(AioError::Code, code);
        QFETCH(QString, type);
        QFETCH(QString, text);
        QFETCH(AioProcess::ExitReason, reason);
        AioProcess process(call);
        QSignalSpy finished(&process, &AioProcess::finished);
        QSignalSpy failed(&process, &AioProcess::errorOccurred);
        process.start();
        QVERIFY(process.join());
        checkEnd(process, finished, 1, reason);
        QCOMPARE(failed.size(), 1);
        QCOMPARE(process.error().code, code);
        QCOMPARE(process.error().remoteType, type);
        QCOMPARE(process.error().message, text);
        QVERIFY(!process.result().isValid());
    }

    void exitCodesAndSignals_data()
    {
        QTest::addColumn<AioCall>("call");
        QTest::addColumn<int>("code");
        QTest::addColumn<AioProcess::ExitReason>("reason");
        QTest::addColumn<AioError::Code>("error");
        const auto row = [](const char *name, const AioCall &call, int code, AioProcess::ExitReason reason,
                            AioError::Code error = AioError::NoError) { QTest::newRow(name) << call << code << reason << error; };
        row("exit(0)", AioCall::to<&exitWith>(0), 0, AioProcess::CleanExit);
        row("exit(3)", AioCall::to<&exitWith>(3), 3, AioProcess::AbnormalExit);
        row("exit(256)", AioCall::to<&exitWith>(256), 0, AioProcess::CleanExit);
        row("exit(-1)", AioCall::to<&exitWith>(-1), 255, AioProcess::AbnormalExit);
        row("SIGSEGV", AioCall::to<&raiseSignal>(SIGSEGV), -SIGSEGV, AioProcess::Crashed, AioError::WorkerLost);
        row("SIGABRT", AioCall::to<&raiseSignal>(SIGABRT), -SIGABRT, AioProcess::Crashed, AioError::WorkerLost);
        row("SIGKILL", AioCall::to<&raiseSignal>(SIGKILL), -SIGKILL, AioProcess::Killed, AioError::WorkerLost);
        row("SIGTERM", AioCall::to<&raiseSignal>(SIGTERM), -SIGTERM, AioProcess::Killed, AioError::WorkerLost);
        row("void", AioCall::to<&sayNothing>(), 0, AioProcess::CleanExit);
    }
    void exitCodesAndSignals()
    {
        QFETCH(AioCall, call);
        QFETCH(int, code);
        QFETCH(AioProcess::ExitReason, reason);
        QFETCH(AioError::Code, error);
        AioProcess process(call);
        QSignalSpy finished(&process, &AioProcess::finished);
        process.start();
        QVERIFY(finished.wait(30000));
        checkEnd(process, finished, code, reason);
        QCOMPARE(process.error().code, error);
    }

    // MP-009
    void signalsEndAWaitingWorker_data()
    {
        QTest::addColumn<int>("number");
        QTest::newRow("terminate") << SIGTERM;
        QTest::newRow("kill") << SIGKILL;
        QTest::newRow("interrupt") << SIGINT;
    }
    void signalsEndAWaitingWorker()
    {
        QFETCH(int, number);
        AioProcess process(AioCall::to<&waitForEver>());
        QSignalSpy lines(&process, &AioProcess::outputLine);
        QSignalSpy finished(&process, &AioProcess::finished);
        process.start();
        QVERIFY(lines.wait(30000));
        EventLoopChecker loop;
        number == SIGTERM ? process.terminate() : number == SIGKILL ? process.kill() : process.interrupt();
        QVERIFY(finished.wait(30000));
        QVERIFY(loop.stayedAlive(100));
        checkEnd(process, finished, -number, AioProcess::Killed);
        QVERIFY(!process.error());
        process.kill();    // nothing after the end
    }

    void terminateReachesAStoppedWorker()
    {
        AioProcess process(AioCall::to<&waitForEver>());
        QSignalSpy lines(&process, &AioProcess::outputLine);
        process.start();
        QVERIFY(lines.wait(30000));
        ::kill(pid_t(process.pid()), SIGSTOP);
        QTRY_COMPARE(processState(process.pid()), 'T');
        process.terminate();
        QVERIFY(process.join(30s));
        QCOMPARE(process.exitCode(), std::optional(-SIGTERM));
    }

    void joinIsNeverEarly()
    {
        AioProcess process(AioCall::to<&waitForEver>());
        process.start();
        for (const auto limit : {0ms, 1ms, 20ms, 151ms}) {
            QElapsedTimer clock;
            clock.start();
            QVERIFY(!process.join(limit));
            QVERIFY(clock.nsecsElapsed() >= std::chrono::nanoseconds(limit).count());
        }
        QVERIFY(process.isAlive());
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(errorOf([&] { process.join(stop.get_token()); }).code, AioError::Cancelled);
        std::stop_source later;
        const std::unique_ptr<QThread> thread(QThread::create([&] { later.request_stop(); }));
        thread->start();
        QCOMPARE(errorOf([&] { process.join(later.get_token()); }).code, AioError::Cancelled);
        thread->wait();
        QVERIFY(process.isAlive());
    }

    void callTimeoutKills()
    {
        AioProcess process(AioCall::to<&waitForEver>().withTimeout(50ms));
        QSignalSpy finished(&process, &AioProcess::finished);
        process.start();
        QVERIFY(process.join());
        checkEnd(process, finished, -SIGKILL, AioProcess::Killed);
        QCOMPARE(process.error().code, AioError::TimedOut);
    }

    void outputArrivesInLines()
    {
        AioProcess process(AioCall::to<&printLines>());
        QSignalSpy lines(&process, &AioProcess::outputLine);
        QSignalSpy errors(&process, &AioProcess::errorLine);
        process.start();
        QVERIFY(process.join());
        QCOMPARE(lines.size(), 3);
        QCOMPARE(lines[0][0], QVariant(QByteArray("one")));
        QCOMPARE(lines[1][0], QVariant(QByteArray("two")));
        QCOMPARE(lines[2][0], QVariant(QByteArray("rest")));
        QCOMPARE(errors.size(), 1);
    }

    void programsRunToo()
    {
        QTemporaryDir directory;
        AioProcess process(QStringLiteral("sh"), {"-c", "pwd; echo $GREETING; exit 5"});
        process.setWorkingDirectory(directory.path());
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("GREETING", "hello");
        process.setEnvironment(environment);
        QSignalSpy lines(&process, &AioProcess::outputLine);
        QSignalSpy finished(&process, &AioProcess::finished);
        process.start();
        QVERIFY(process.join());
        checkEnd(process, finished, 5, AioProcess::AbnormalExit);
        QCOMPARE(lines.size(), 2);
        QCOMPARE(lines[1][0], QVariant(QByteArray("hello")));
        QVERIFY(!process.error());
    }

    void unreadOutputStaysInTheQProcess()
    {
        AioProcess process(QStringLiteral("echo"), {"hello"});
        QProcess *qprocess = process.qprocess();    // asked for before the start: its channels are wanted
        process.start();
        QVERIFY(process.join());
        QCOMPARE(qprocess->readAllStandardOutput(), "hello\n");
        QCOMPARE(errorOf([&] { static_cast<void>(process.coro_lines()); }).code, AioError::UsageError);
    }

    // MP-001, MP-007
    void workerKnowsWhoItIs()
    {
        AioProcess process(AioCall::to<&whoAmI>());
        process.setName(QStringLiteral("anna"));
        process.start();
        QVERIFY(process.join());
        const QStringList info = process.result().toStringList();
        QCOMPARE(info[0], QStringLiteral("anna"));
        QCOMPARE(info[1].toLongLong(), process.pid());
        QCOMPARE(info[2], QString::fromLatin1(AioProcessing::currentProcess().authKey.toHex()));
        QCOMPARE(info[2].size(), 64);
        QCOMPARE(info[3], QStringLiteral("MainProcess"));
        QCOMPARE(info[4].toLongLong(), QCoreApplication::applicationPid());
        QCOMPARE(info[5], QStringLiteral("1"));    // the private argument is gone
        QVERIFY(!AioProcessing::parentProcess());
    }

    void workersStartWorkers()
    {
        AioProcess process(AioCall::to<&startGrandchild>());
        process.setName(QStringLiteral("bert"));
        process.start();
        QVERIFY(process.join());
        QCOMPARE(process.result().toString(), QStringLiteral("bert:1"));
    }

    // MP-004
    void daemonsDoNot()
    {
        AioProcess process(AioCall::to<&startGrandchild>());
        process.setDaemon(true);
        process.start();
        QVERIFY(process.join());
        QCOMPARE(process.error().code, AioError::UsageError);
        QCOMPARE(errorOf([&] { process.setDaemon(false); }).code, AioError::UsageError);
    }

    // MP-015
    void usageErrorsSayWhatIsWrong()
    {
        AioProcess process(AioCall::to<&sayNothing>());
        QCOMPARE(errorOf([&] { process.join(); }).code, AioError::UsageError);
        QCOMPARE(errorOf([&] { process.kill(); }).code, AioError::UsageError);
        process.start();
        QCOMPARE(errorOf([&] { process.start(); }).code, AioError::UsageError);
        QCOMPARE(errorOf([&] { process.close(); }).code, AioError::UsageError);
        AioError elsewhere;
        const std::unique_ptr<QThread> thread(QThread::create([&] { elsewhere = errorOf([&] { process.join(); }); }));
        thread->start();
        thread->wait();
        QCOMPARE(elsewhere.code, AioError::UsageError);
        QVERIFY(process.join());
        QCOMPARE(errorOf([&] { process.start(); }).code, AioError::UsageError);
        process.close();
        process.close();
        QCOMPARE(errorOf([&] { process.join(); }).code, AioError::UsageError);
        QCOMPARE(process.exitCode(), std::optional(0));
        AioProcess empty((AioCall()));
        QCOMPARE(errorOf([&] { empty.start(); }).code, AioError::UsageError);
    }

    void processMayBeDeletedInEachOfItsSignals_data()
    {
        QTest::addColumn<QByteArray>("signal");
        for (const char *name : {"started()", "finished(int,AioProcess::ExitReason)", "aliveChanged()",
                                 "errorOccurred(AioError)", "outputLine(QByteArray)"})
            QTest::newRow(name) << QByteArray(name);
    }
    void processMayBeDeletedInEachOfItsSignals()
    {
        QFETCH(QByteArray, signal);
        const bool prints = signal.startsWith("outputLine");
        auto *process = new AioProcess(prints ? AioCall(AioCall::to<&printLines>()) : AioCall(AioCall::to<&throwLogicError>()));
        QSignalSpy destroyed(process, &QObject::destroyed);
        if (signal.startsWith("aliveChanged"))
            process->start();    // its second one, at the end, is meant
        connect(process, QByteArray('2' + signal).constData(), this, SLOT(deleteSender()));
        if (!signal.startsWith("aliveChanged"))
            process->start();
        QVERIFY(destroyed.wait(30000));
    }

public Q_SLOTS:
    void deleteSender() { delete sender(); }
};


AIO_TEST_MAIN(tst_AioProcess)
#include "tst_aioprocess.moc"
