// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Workers that the fork server forks: the same as spawned ones, whatever happens to the server.

#include "processtest.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiolock.h>

#include <QDir>
#include <QLoggingCategory>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QThread>

#include <algorithm>
#include <atomic>
#include <random>
#include <stdexcept>
#include <sys/stat.h>
#include <vector>

using namespace std::chrono_literals;

static int preloaded = 0;
static void preload()
{
    preloaded = int(::getpid());
    QRandomGenerator::global()->generate();    // what every worker would go on from
}
AIO_PRELOAD(preload)

static int add(int a, int b) { return a + b; }
static QList<int> whoWasPreloaded() { return {preloaded, int(::getppid()), int(::getpid())}; }
static quint64 randomNumber() { return QRandomGenerator::global()->generate64(); }
static int rollDice() { return ::rand(); }
static void throwLogicError() { throw std::logic_error("grüße"); }
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
static void waitForWord(const QString &path)
{
    QFile fifo(path);
    if (fifo.open(QIODevice::ReadOnly))
        fifo.readLine();
    ::exit(42);
}
static int threadCount()
{
    return int(QDir("/proc/self/task").entryList(QDir::Dirs | QDir::NoDotAndDotDot).size());
}
static QStringList surroundings()
{
    return {QDir::currentPath(), qEnvironmentVariable("TST_FORKSERVER"), QString::number(threadCount()),
            QCoreApplication::arguments().join(u' ')};
}
static void holdLock(AioLock &lock)
{
    lock.acquire();
    ::kill(::getpid(), SIGKILL);
}

class tst_ForkServer : public QObject
{
    Q_OBJECT

    // The children of this process, zombies included, but for those that are nobody's.
    QList<pid_t> children() const
    {
        QList<pid_t> pids;
        for (const QString &entry : QDir("/proc").entryList(QDir::Dirs)) {
            if (entry.toInt() > 0 && parentOf(entry.toInt()) == ::getpid() && !m_nobodys.contains(entry.toInt()))
                pids.append(entry.toInt());
        }
        return pids;
    }
    // A worker whose server is killed before it can tell its pid ends at once, but nobody knows it: it remains a zombie.
    void noteNobodys()
    {
        for (const pid_t pid : children()) {
            if (processState(pid) == 'Z')
                m_nobodys.insert(pid);
        }
    }
    QSet<pid_t> m_nobodys;

    // The fork server is the child that is no worker; 0: there is none.
    pid_t serverPid() const
    {
        for (const pid_t pid : children()) {
            QFile commandLine(QStringLiteral("/proc/%1/cmdline").arg(pid));
            if (commandLine.open(QIODevice::ReadOnly) && commandLine.readAll().contains("--aioprocessing-fork-server=")
                && !workers().contains(pid))
                return pid;
        }
        return 0;
    }
    static QList<qint64> workers()
    {
        QList<qint64> pids;
        for (const AioProcess *process : AioProcessing::activeChildren())
            pids.append(process->pid());
        return pids;
    }
    static pid_t parentOf(int pid)
    {
        QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
        if (!file.open(QIODevice::ReadOnly))
            return 0;
        const QByteArray text = file.readAll();
        return text.mid(text.lastIndexOf(')') + 2).split(' ').value(1).toInt();
    }
    static QVariant resultOf(const AioCall &call)
    {
        AioProcess process(call);
        process.start();
        process.join();
        return process.result();
    }
    static void startAndListen(AioProcess &process)
    {
        QSignalSpy lines(&process, &AioProcess::outputLine);
        process.start();
        QVERIFY(lines.wait(30000));
        QCOMPARE(lines[0][0].toByteArray(), "ready");
    }

private Q_SLOTS:
    void initTestCase()
    {
        QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false"));
        AioContext::defaultContext()->setStartMethod(AioContext::ForkServer);
    }
    void cleanupTestCase()
    {
        noteNobodys();
        for (const pid_t pid : std::as_const(m_nobodys))
            ::waitpid(pid, nullptr, WNOHANG);
    }

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
        qint64 pidWhenStarted = 0;
        connect(&process, &AioProcess::started, this, [&] { pidWhenStarted = process.pid(); });
        EventLoopChecker loop;
        process.start();
        QVERIFY(process.isAlive());
        QVERIFY(!process.qprocess());
        if (blocking) {
            QVERIFY(process.join());
        } else {
            QVERIFY(finished.wait());
            QVERIFY(loop.stayedAlive(100));
        }
        QCOMPARE(started.size(), 1);
        QCOMPARE(finished.size(), 1);
        QCOMPARE(process.result(), QVariant(7));
        QCOMPARE(process.exitReason(), AioProcess::CleanExit);
        QCOMPARE(process.exitCode(), std::optional(0));
        QVERIFY(pidWhenStarted > 0);
        QCOMPARE(process.pid(), pidWhenStarted);
    }

    void coroutineFormWorks()
    {
        const auto sum = []() -> QCoro::Task<int> {
            AioProcess process(AioCall::to<&add>(20, 3));
            co_await process.coro_start();
            co_await process.coro_join();
            co_return process.result().toInt();
        };
        EventLoopChecker loop;
        QCOMPARE(AioProcessing::waitBlocking(sum()), 23);
        QVERIFY(loop.stayedAlive(100));
    }

    void preloadRunsOnceAndWorkersAreChildrenOfThisProcess()
    {
        const auto first = resultOf(AioCall::to<&whoWasPreloaded>()).value<QList<int>>();
        const auto second = resultOf(AioCall::to<&whoWasPreloaded>()).value<QList<int>>();
        QCOMPARE(first[0], second[0]);
        QCOMPARE(first[0], int(serverPid()));
        QCOMPARE(first[1], int(::getpid()));
        QVERIFY(first[2] != second[2]);
        QCOMPARE(preloaded, 0);
    }

    void randomGeneratorsDiffer()
    {
        QSet<quint64> numbers;
        QSet<int> dice;
        for (int i = 0; i < 10; ++i) {
            numbers.insert(resultOf(AioCall::to<&randomNumber>()).toULongLong());
            dice.insert(resultOf(AioCall::to<&rollDice>()).toInt());
        }
        QCOMPARE(numbers.size(), 10);
        QCOMPARE(dice.size(), 10);
    }

    void surroundingsAreThoseOfTheMoment()
    {
        QTemporaryDir directory;
        const QString before = QDir::currentPath();
        qputenv("TST_FORKSERVER", "first");
        QStringList found = resultOf(AioCall::to<&surroundings>()).toStringList();
        QCOMPARE(found[0], before);
        QCOMPARE(found[1], "first");
        QCOMPARE(found[2], "1");
        QCOMPARE(found[3], QCoreApplication::applicationFilePath());
        qputenv("TST_FORKSERVER", "second");
        QVERIFY(QDir::setCurrent(directory.path()));
        found = resultOf(AioCall::to<&surroundings>()).toStringList();
        QVERIFY(QDir::setCurrent(before));
        QCOMPARE(found[0], QDir(directory.path()).canonicalPath());
        QCOMPARE(found[1], "second");
        AioProcess process(AioCall::to<&surroundings>());
        process.setWorkingDirectory(directory.path());
        process.start();
        QVERIFY(process.join());
        QCOMPARE(process.result().toStringList()[0], QDir(directory.path()).canonicalPath());
    }

    void outputAndErrorsArrive()
    {
        AioProcess process(AioCall::to<&throwLogicError>());
        process.start();
        QVERIFY(process.join());
        QCOMPARE(process.error().code, AioError::RemoteError);
        QCOMPARE(process.error().message, QStringLiteral("grüße"));
        QCOMPARE(process.exitReason(), AioProcess::AbnormalExit);
        AioProcess speaker(AioCall::to<&waitForEver>());
        startAndListen(speaker);
    }

    void endsAreReported_data()
    {
        QTest::addColumn<AioCall>("call");
        QTest::addColumn<int>("code");
        QTest::addColumn<AioProcess::ExitReason>("reason");
        QTest::newRow("exit(3)") << AioCall(AioCall::to<&exitWith>(3)) << 3 << AioProcess::AbnormalExit;
        QTest::newRow("exit(0)") << AioCall(AioCall::to<&exitWith>(0)) << 0 << AioProcess::CleanExit;
        QTest::newRow("SIGSEGV") << AioCall(AioCall::to<&raiseSignal>(SIGSEGV)) << -SIGSEGV << AioProcess::Crashed;
        QTest::newRow("SIGKILL") << AioCall(AioCall::to<&raiseSignal>(SIGKILL)) << -SIGKILL << AioProcess::Killed;
    }
    void endsAreReported()
    {
        QFETCH(AioCall, call);
        QFETCH(int, code);
        QFETCH(AioProcess::ExitReason, reason);
        AioProcess process(call);
        QSignalSpy finished(&process, &AioProcess::finished);
        process.start();
        QVERIFY(finished.wait(30000));
        QCOMPARE(finished.size(), 1);
        QCOMPARE(process.exitCode(), std::optional(code));
        QCOMPARE(process.exitReason(), reason);
    }

    void signalsReachTheWorker()
    {
        AioProcess running(AioCall::to<&waitForEver>());
        startAndListen(running);
        running.terminate();
        QVERIFY(running.join(30s));
        QCOMPARE(running.exitCode(), std::optional(-SIGTERM));
        AioProcess interrupted(AioCall::to<&waitForEver>());
        startAndListen(interrupted);
        interrupted.interrupt();
        QVERIFY(interrupted.join(30s));
        QCOMPARE(interrupted.exitCode(), std::optional(-SIGINT));
        AioProcess early(AioCall::to<&waitForEver>());    // before anybody knows its pid
        early.start();
        early.kill();
        QVERIFY(early.join(30s));
        QCOMPARE(early.exitCode(), std::optional(-SIGKILL));
        QCOMPARE(early.exitReason(), AioProcess::Killed);
    }

    void lockOfAKilledWorkerComesBack()
    {
        AioLock lock;
        AioProcess process(AioCall::to<&holdLock>(lock));
        process.start();
        QVERIFY(process.join());
        QVERIFY(lock.acquire(30s));
        QVERIFY(lock.wasAbandoned());
        lock.release();
    }

    // MP-022
    void serverThatIsKilledIsReplacedAndExitCodesStayKnown_data()
    {
        QTest::addColumn<int>("number");
        QTest::newRow("SIGKILL") << SIGKILL;
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
    }
    void serverThatIsKilledIsReplacedAndExitCodesStayKnown()
    {
        QFETCH(int, number);
        QTemporaryDir directory;
        const QString path = directory.filePath("fifo");
        QCOMPARE(::mkfifo(QFile::encodeName(path).constData(), 0600), 0);
        AioProcess running(AioCall::to<&waitForWord>(path));
        QSignalSpy started(&running, &AioProcess::started);
        running.start();
        QVERIFY(started.wait(30000));
        const pid_t server = serverPid();
        QVERIFY(server > 0);
        ::kill(server, number);
        if (number != SIGINT)
            QTRY_COMPARE(processState(server), 'Z');
        QCOMPARE(resultOf(AioCall::to<&add>(1, 2)), QVariant(3));
        QCOMPARE(serverPid() == server, number == SIGINT);
        QVERIFY(running.isAlive());
        QFile fifo(path);
        QVERIFY(fifo.open(QIODevice::WriteOnly));
        fifo.write("go\n");
        fifo.close();
        QVERIFY(running.join(30s));
        QCOMPARE(running.exitCode(), std::optional(42));
    }

    void stoppedServerFailsTheStartAndIsReplaced()
    {
        QCOMPARE(resultOf(AioCall::to<&add>(1, 2)), QVariant(3));
        const pid_t server = serverPid();
        ::kill(server, SIGSTOP);
        QTRY_COMPARE(processState(server), 'T');
        AioProcess process(AioCall::to<&add>(1, 2));
        process.setStartTimeout(200ms);
        QSignalSpy finished(&process, &AioProcess::finished);
        EventLoopChecker loop;
        process.start();
        QVERIFY(finished.wait(30000));
        QVERIFY(loop.stayedAlive(100));
        QCOMPARE(process.exitReason(), AioProcess::LaunchFailed);
        QCOMPARE(resultOf(AioCall::to<&add>(1, 2)), QVariant(3));
        QVERIFY(serverPid() != server);
    }

    void detachedProgramsLeaveNoZombie()
    {
        QCOMPARE(resultOf(AioCall::to<&add>(1, 2)), QVariant(3));
        qint64 pid = 0;
        QVERIFY(QProcess::startDetached(QStringLiteral("true"), {}, QString(), &pid));
        QTRY_VERIFY(processState(pid) == 'Z' || processState(pid) == 0);
        QCOMPARE(resultOf(AioCall::to<&add>(1, 2)), QVariant(3));
        QTRY_COMPARE(children(), QList<pid_t>{serverPid()});
    }

    // Only while it asks for workers this process is the parent of orphans: nobody would take note of their ends.
    void whatOtherProgramsLeaveIsNotOurs()
    {
        QCOMPARE(resultOf(AioCall::to<&add>(1, 2)), QVariant(3));
        QProcess shell;
        shell.start(QStringLiteral("sh"), {QStringLiteral("-c"), QStringLiteral("sleep 1000 & echo $!")});
        QVERIFY(shell.waitForReadyRead(30000));
        const int left = shell.readLine().trimmed().toInt();
        QVERIFY(left > 0);
        shell.waitForFinished();
        QTRY_VERIFY(parentOf(left) != shell.processId());
        const pid_t parent = parentOf(left);
        ::kill(left, SIGKILL);
        QVERIFY(parent != ::getpid());
    }

    void burstWithAServerThatIsKilled_data()
    {
        QTest::addColumn<int>("seed");
        const int count = AioTest::isSanitized() ? 3 : 20;     // a fork takes fifty times as long there
        for (int seed = 1; seed <= count; ++seed)
            QTest::addRow("seed %d", seed) << seed;
    }
    void burstWithAServerThatIsKilled()
    {
        QFETCH(int, seed);
        std::minstd_rand random{unsigned(seed)};
        std::vector<std::unique_ptr<AioProcess>> all;
        int finished = 0;
        QSet<qint64> killed;        // a worker looks like the server until its AioProcess has heard of it
        EventLoopChecker loop;
        for (int i = 0; i < 200; ++i) {
            all.push_back(std::make_unique<AioProcess>(AioCall::to<&add>(i, 1)));
            connect(all.back().get(), &AioProcess::finished, this, [&] { ++finished; });
            all.back()->start();
            if (random() % 40 == 0) {
                const pid_t server = serverPid();
                if (server > 0) {
                    ::kill(server, SIGKILL);
                    killed.insert(server);
                }
            }
            if (i % 8 == 0)
                QCoreApplication::processEvents();
        }
        QTRY_COMPARE_WITH_TIMEOUT(finished, 200, 60000);
        int failed = 0;
        for (int i = 0; i < 200; ++i) {
            const AioProcess &process = *all[size_t(i)];
            if (process.exitReason() == AioProcess::CleanExit) {
                QCOMPARE(process.result(), QVariant(i + 1));
            } else {
                if (!killed.contains(process.pid()))
                    QCOMPARE(process.exitReason(), AioProcess::LaunchFailed);
                QVERIFY(process.error());
                ++failed;
            }
        }
        qInfo() << failed << "of 200 could not be launched";
        QCOMPARE(AioProcessing::activeChildren().size(), 0);
        QTRY_VERIFY(std::ranges::all_of(children(), [this](pid_t pid) { return pid == serverPid() || processState(pid) == 'Z'; }));
        const auto before = m_nobodys.size();
        noteNobodys();
        QVERIFY(m_nobodys.size() - before <= killed.size());
    }

    void destructorLeavesNothing()
    {
        for (int i = 0; i < 20; ++i) {
            AioProcess process(AioCall::to<&waitForEver>());
            process.start();
            if (i % 2)
                QTRY_VERIFY(process.pid() > 0);
        }
        QTRY_COMPARE(children(), QList<pid_t>{serverPid()});
    }

    void severalThreadsStart()
    {
        std::atomic<int> correct = 0;
        std::vector<std::unique_ptr<QThread>> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back(QThread::create([&, i] {
                for (int k = 0; k < 10; ++k)
                    correct += resultOf(AioCall::to<&add>(i, k)) == QVariant(i + k);
            }));
            threads.back()->start();
        }
        for (const auto &thread : threads)
            QVERIFY(thread->wait(60000));
        QCOMPARE(correct.load(), 40);
    }

    void manyStartsLeaveNothing()
    {
        resultOf(AioCall::to<&add>(1, 2));
        const auto descriptors = [] {
            return QDir("/proc/self/fd").entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System).size();
        };
        for (int i = 0; i < 50; ++i)
            QCOMPARE(resultOf(AioCall::to<&add>(i, 2)), QVariant(i + 2));
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        const auto before = descriptors();
        const int threads = threadCount();
        const qint64 memory = residentKiB();
        const int count = AioTest::isSanitized() ? 100 : 1000;      // a fork takes fifty times as long there
        for (int i = 0; i < count; ++i)
            QCOMPARE(resultOf(AioCall::to<&add>(i, 2)), QVariant(i + 2));
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCOMPARE(descriptors(), before);
        QCOMPARE(threadCount(), threads);
        QVERIFY2(residentKiB() - memory < 1024, qPrintable(QString::number(residentKiB() - memory)));
        QCOMPARE(children(), QList<pid_t>{serverPid()});
    }
};

AIO_TEST_MAIN(tst_ForkServer)
#include "tst_forkserver.moc"
