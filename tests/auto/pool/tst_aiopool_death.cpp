// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What becomes of tasks when workers die, hang or are asked to stop, and of those that cannot be sent, run or read.

#include "pooltest.h"

#include <aioprocessing/aiobuffer.h>

#include <QDataStream>
#include <QFile>
#include <QFutureWatcher>
#include <QTemporaryDir>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <numeric>
#include <sys/resource.h>
#include <unistd.h>

using namespace std::chrono_literals;

// A type that only the parent can write.
struct OneWay
{
    int value = 0;
    friend QDataStream &operator<<(QDataStream &s, const OneWay &v) { return s << v.value; }
    friend QDataStream &operator>>(QDataStream &s, OneWay &v)
    {
        s >> v.value;
        if (v.value == 13)
            s.setStatus(QDataStream::ReadCorruptData);
        return s;
    }
};
Q_DECLARE_METATYPE(OneWay)

// Goes off in one of the five places that a value of a task comes through.
struct Bomb
{
    enum Place { ArgumentWrite, ArgumentRead, Run, ResultWrite, ResultRead };

    Bomb() = default;
    Bomb(int place, int kind) : where(place), how(kind) {}

    void at(int writeOrRead) const
    {
        if (where != writeOrRead)
            return;
        if (how == 1)
            ::_exit(9);
        if (how == 2)
            ::raise(SIGKILL);
        throw std::runtime_error("bang");
    }
    friend QDataStream &operator<<(QDataStream &s, const Bomb &bomb)
    {
        bomb.at(bomb.isResult ? ResultWrite : ArgumentWrite);
        return s << bomb.where << bomb.how << bomb.isResult;
    }
    friend QDataStream &operator>>(QDataStream &s, Bomb &bomb)
    {
        s >> bomb.where >> bomb.how >> bomb.isResult;
        bomb.at(bomb.isResult ? ResultRead : ArgumentRead);
        return s;
    }

    int where = -1;
    int how = 0;
    bool isResult = false;
};
Q_DECLARE_METATYPE(Bomb)

namespace {

enum Death { Signal, Segfault, ExitZero, ExitThree, Abort, DeathCount };

void noCore()
{
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
}

[[noreturn]] void die(int death)
{
    noCore();
    switch (death) {
    case Signal:
        ::raise(SIGKILL);
        break;
    case Segfault:
        ::signal(SIGSEGV, SIG_DFL);
        ::raise(SIGSEGV);
        break;
    case ExitZero:
        ::_exit(0);
    case ExitThree:
        ::_exit(3);
    default:
        break;
    }
    std::abort();
}

int dieBy(int death) { die(death); }
int identity(int value) { return value; }

// Writes a line that says it was run, and dies if it is to.
int witnessed(const QString &file, int dying, int value)
{
    const QByteArray line = QByteArray::number(value) + '\n';
    const int out = ::open(QFile::encodeName(file).constData(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (::write(out, line.constData(), size_t(line.size())) != line.size())
        std::abort();
    ::close(out);
    if (dying > 0 && value % dying == 0)
        die(value / dying % DeathCount);
    return value;
}

int dieOnFirstAttempts(AioTaskContext &task, int deaths)
{
    if (task.attempt() <= deaths)
        die(Signal);
    return task.attempt();
}

int hang()
{
    for (;;)
        ::pause();
}

int hangIfZero(int value)
{
    return value == 0 ? hang() : value;
}

Bomb pass(Bomb bomb)
{
    bomb.at(Bomb::Run);
    bomb.isResult = true;
    return bomb;
}
int throwAio() { throw AioException(AioError(AioError::TooLarge, QStringLiteral("much too large"))); }
int throwInt() { throw 7; }
int throwStd() { throw std::invalid_argument("not this"); }
int exitHere() { std::exit(5); }
OneWay oneWay(int value) { return OneWay{value}; }
int takeOneWay(const OneWay &value) { return value.value; }
QVariant unregistered()
{
    struct Local { int x; };
    return QVariant::fromValue(std::make_shared<Local>());
}
void initializerThatThrows() { throw std::runtime_error("no licence"); }
void initializerThatDies() { die(Abort); }
int s_initialized = 0;
void initialize(int value) { s_initialized = value; }
int initialized() { return s_initialized; }

int stopsWhenAsked(AioTaskContext &task, AioQueue &said)
{
    said.put(qint64(task.taskId()));
    AioEvent never;
    try {
        never.wait(task.stopToken());
    } catch (const AioException &) {
        said.put(task.isCancelRequested() ? QStringLiteral("asked") : QStringLiteral("not asked"));
    }
    return 1;
}
int tellsProgress(AioTaskContext &task, AioQueue &said, AioEvent &leave)
{
    task.setProgress(3, 10, QStringLiteral("three"));
    said.put(1);
    leave.wait();
    for (int i = 4; i <= 10; ++i)
        task.setProgress(i, 10);
    return task.attempt();
}
int growBy(int mebibytes)
{
    static QByteArray kept;
    kept = QByteArray(qsizetype(mebibytes) << 20, 'x');
    return int(ownPid());
}

const QRegularExpression anything(QStringLiteral(".*"));

} // namespace

AIO_FUNCTION(twice)

class TestAioPoolDeath : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // NEW-017, NEW-019, CF-003
    void taskOfADeadWorkerFailsAlone_data()
    {
        QTest::addColumn<int>("death");
        QTest::addColumn<QString>("text");
        QTest::newRow("SIGKILL") << int(Signal) << QStringLiteral("signal 9");
        QTest::newRow("SIGSEGV") << int(Segfault) << QStringLiteral("signal 11");
        QTest::newRow("_exit(0)") << int(ExitZero) << QStringLiteral("exit code 0");
        QTest::newRow("_exit(3)") << int(ExitThree) << QStringLiteral("exit code 3");
        QTest::newRow("abort") << int(Abort) << QStringLiteral("signal 6");
    }
    void taskOfADeadWorkerFailsAlone()
    {
        QFETCH(int, death);
        QFETCH(QString, text);
        AioPool pool(2);
        QSignalSpy lost(&pool, &AioPool::workerLost);
        auto before = pool.mapAsync<&identity>(QList<int>(100, 1), 1);
        auto dead = pool.applyAsync<&dieBy>(death);
        auto after = pool.mapAsync<&identity>(QList<int>(100, 2), 1);
        const AioError error = errorOf([&] { dead.waitForFinished(); });
        QCOMPARE(error.code, AioError::WorkerLost);
        QVERIFY2(error.message.contains(text), qPrintable(error.message));
        QVERIFY2(error.message.contains(QStringLiteral("pid ")), qPrintable(error.message));
        QCOMPARE(before.results(), QList<int>(100, 1));
        QCOMPARE(after.results(), QList<int>(100, 2));
        QCOMPARE(pool.apply<&twice>(4), 8);
        QTRY_COMPARE(lost.size(), 1);
        QVERIFY(lost[0][0].toLongLong() > 0);
        QCOMPARE(pool.failedTasks(), 1);
    }

    void standardExitIsALostWorker()
    {
        AioPool pool(1);
        QCOMPARE(errorOf([&] { pool.apply<&exitHere>(); }).code, AioError::WorkerLost);
        QCOMPARE(pool.apply<&twice>(4), 8);
    }

    void idleWorkersMayBeKilled()
    {
        AioPool pool(2);
        for (int i = 0; i < 20; ++i) {
            const qint64 pid = pool.apply<&ownPid>();
            QCOMPARE(::kill(pid_t(pid), SIGKILL), 0);
            QCOMPARE(pool.apply<&twice>(i), 2 * i);    // whether or not it is known yet that it is dead
        }
    }

    void whatADeadWorkerHadNotBegunGoesOn()
    {
        AioPool pool(1);
        QTemporaryDir directory;
        const QString file = directory.filePath(QStringLiteral("witness"));
        QList<std::tuple<QString, int, int>> items;
        for (int i = 1; i <= 200; ++i)
            items.append({file, 20, i});
        int good = 0;
        int lost = 0;
        AioTest::run([&]() -> QCoro::Task<> {
            auto futures = QList<QFuture<int>>();
            for (const auto &item : items)
                futures.append(std::apply([&](const auto &...a) { return pool.applyAsync<&witnessed>(a...); }, item));
            for (int i = 0; i < futures.size(); ++i) {
                try {
                    const int value = co_await futures[i];
                    AIO_COMPARE(value, i + 1);
                    ++good;
                } catch (const AioException &e) {
                    AIO_COMPARE(e.code(), AioError::WorkerLost);
                    AIO_COMPARE((i + 1) % 20, 0);
                    ++lost;
                }
            }
        });
        QCOMPARE(good, 190);
        QCOMPARE(lost, 10);
        verifyOnce(file, 200);
    }

    // The point of it all.
    void fiftyDeathsInAThousandTasks()
    {
        QTemporaryDir directory;
        const QString file = directory.filePath(QStringLiteral("witness"));
        AioPool pool(4);
        QList<QFuture<int>> futures;
        for (int i = 1; i <= 1000; ++i)
            futures.append(pool.applyAsync<&witnessed>(file, 20, i));
        int good = 0;
        int lost = 0;
        QMap<QString, int> reasons;
        for (int i = 1; i <= 1000; ++i) {
            const AioError error = errorOf([&] {
                if (resultOf(futures[i - 1]) == i)
                    ++good;
            });
            if (!error)
                continue;
            QCOMPARE(error.code, AioError::WorkerLost);
            QCOMPARE(i % 20, 0);
            ++lost;
            ++reasons[error.message.section(QStringLiteral(") "), 1)];
        }
        QCOMPARE(good, 950);
        QCOMPARE(lost, 50);
        QCOMPARE(reasons.size(), 5);
        verifyOnce(file, 1000);
        // at full strength
        AioQueue said;
        AioEvent leave;
        QList<QFuture<int>> last;
        for (int i = 0; i < 4; ++i)
            last.append(pool.applyAsync<&waitForLeave>(said, leave, i));
        for (int i = 0; i < 4; ++i)
            said.get();
        QTRY_COMPARE(pool.activeWorkers(), 4);
        leave.set();
        for (auto &future : last)
            future.waitForFinished();
    }

    void aMapLosesTheItemOnly()
    {
        AioPool pool(2);
        QTemporaryDir directory;
        const QString file = directory.filePath(QStringLiteral("witness"));
        QList<std::tuple<QString, int, int>> items;
        for (int i = 1; i <= 100; ++i)
            items.append({file, 50, i});
        QCOMPARE(errorOf([&] { pool.starmap<&witnessed>(items, 10); }).code, AioError::WorkerLost);
        verifyOnce(file, 100);
    }

    void retriesAreCounted()
    {
        AioPool pool(2);
        QCOMPARE(pool.apply(AioCall::to<&dieOnFirstAttempts>(1).withRetries(1)), 2);
        QCOMPARE(pool.apply(AioCall::to<&dieOnFirstAttempts>(2).withRetries(5)), 3);
        QCOMPARE(errorOf([&] { pool.apply(AioCall::to<&dieOnFirstAttempts>(2).withRetries(1)); }).code, AioError::WorkerLost);
        const AioError poison = errorOf([&] { pool.apply(AioCall::to<&dieOnFirstAttempts>(100).withRetries(50)); });
        QCOMPARE(poison.code, AioError::WorkerLost);
        QVERIFY2(poison.message.contains(QStringLiteral("3 workers")), qPrintable(poison.message));
        QCOMPARE(pool.apply<&twice>(4), 8);
    }

    // CF-015
    void initializersThatFailBreakThePool()
    {
        for (const AioCall &initializer : {AioCall(AioCall::to<&initializerThatThrows>()), AioCall(AioCall::to<&initializerThatDies>())}) {
            AioPool pool(2);
            QSignalSpy errors(&pool, &AioPool::errorOccurred);
            pool.setInitializer(initializer);
            auto many = pool.mapAsync<&twice>(QList<int>(20, 1), 1);
            const AioError error = errorOf([&] { many.waitForFinished(); });
            QCOMPARE(error.code, AioError::BrokenPool);
            QCOMPARE(errorOf([&] { pool.apply<&twice>(1); }).code, AioError::BrokenPool);
            QVERIFY(!pool.isRunning());
            QVERIFY(pool.join());
            QTRY_COMPARE(errors.size(), 1);
        }
    }

    void initializersRunInEachWorker()
    {
        AioPool pool(2);
        pool.setInitializer(AioCall::to<&initialize>(17));
        QCOMPARE(pool.apply<&initialized>(), 17);
    }

    void acceptedTasksKeepThePoolAlive()
    {
        AioPool pool(1);
        for (int i = 0; i < 12; ++i)
            QCOMPARE(errorOf([&] { pool.apply<&dieBy>(i % DeathCount); }).code, AioError::WorkerLost);
        QCOMPARE(pool.apply<&twice>(4), 8);
    }

    // -- limits of time

    void timeoutKillsTheWorkerOfTheTask()
    {
        AioPool pool(2);
        auto hanging = pool.applyAsync(AioCall::to<&hang>().withTimeout(50ms));
        QCOMPARE(pool.map<&twice>(QList<int>(50, 1), 1), QList<int>(50, 2));
        const AioError error = errorOf([&] { hanging.waitForFinished(); });
        QCOMPARE(error.code, AioError::TimedOut);
        QVERIFY2(error.message.contains(QStringLiteral("50 ms")), qPrintable(error.message));
        QCOMPARE(pool.apply(AioCall::to<&twice>(4).withTimeout(60s)), 8);
        QCOMPARE(errorOf([&] { pool.apply(AioCall::to<&hang>().withTimeout(0ms)); }).code, AioError::TimedOut);
    }

    void queuedTasksDoNotTimeOut()
    {
        AioPool pool(1);
        AioQueue said;
        AioEvent leave;
        auto first = pool.applyAsync<&waitForLeave>(said, leave, 1);
        said.get();
        auto second = pool.applyAsync(AioCall::to<&twice>(2).withTimeout(30s));
        auto third = pool.applyAsync(AioCall::to<&hang>().withTimeout(30ms));
        QTest::qWait(60);
        QVERIFY(!third.isFinished());
        leave.set();
        QCOMPARE(second.result(), 4);
        QCOMPARE(errorOf([&] { third.waitForFinished(); }).code, AioError::TimedOut);
    }

    void softTimeoutAsks()
    {
        AioPool pool(1);
        AioQueue said;
        QCOMPARE(pool.apply(AioCall::to<&stopsWhenAsked>(said).withSoftTimeout(20ms)), 1);
        said.get();
        QCOMPARE(said.get().toString(), QStringLiteral("asked"));
        QCOMPARE(pool.stats().workersLost, 0);
    }

    // -- cancelling

    void cancelledTasksThatWaitNeverRun()
    {
        AioPool pool(1);
        AioQueue said;
        AioEvent leave;
        QTemporaryDir directory;
        const QString file = directory.filePath(QStringLiteral("witness"));
        auto running = pool.applyAsync<&waitForLeave>(said, leave, 1);
        said.get();
        auto queued = pool.applyAsync<&witnessed>(file, 0, 1);
        auto other = pool.applyAsync<&witnessed>(file, 0, 2);
        queued.cancel();
        const quint64 id = pool.submit(AioCall::to<&witnessed>(file, 0, 3));
        QVERIFY(pool.cancel(id));
        QVERIFY(!pool.cancel(id));
        QTRY_COMPARE(pool.failedTasks(), 2);    // the cancel has arrived
        leave.set();
        QCOMPARE(other.result(), 2);
        QCOMPARE(running.result(), 1);
        QCOMPARE(linesOf(file), (QByteArrayList{"2"}));
    }

    void cancellingARunningTaskKillsItsWorkerOnly()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            AioQueue said;
            AioEvent leave;
            auto other = pool.applyAsync<&waitForLeave>(said, leave, 2);
            co_await said.coro_get();
            std::stop_source stop;
            AioEvent never;
            auto task = pool.coro_apply(AioCall::to<&waitForLeave>(said, never, 1), stop.get_token());
            co_await said.coro_get();
            stop.request_stop();
            const AioError::Code code = co_await AioTest::codeOf(std::move(task));
            AIO_COMPARE(code, AioError::Cancelled);
            const int eight = co_await pool.coro_apply<&twice>(4);
            AIO_COMPARE(eight, 8);
            leave.set();
            const int two = co_await other;
            AIO_COMPARE(two, 2);
            co_await pool.coro_close();
        });
    }

    void contextsHearOfTheCancelFirst()
    {
        AioPool pool(1);
        AioQueue said;
        const qint64 pid = pool.apply<&ownPid>();
        std::stop_source stop;
        AioTest::run([&]() -> QCoro::Task<> {
            pool.setCancelGrace(60s);
            auto task = pool.coro_apply(AioCall::to<&stopsWhenAsked>(said), stop.get_token());
            const QVariant id = co_await said.coro_get();
            AIO_VERIFY(id.toLongLong() > 0);
            stop.request_stop();
            const AioError::Code code = co_await AioTest::codeOf(std::move(task));
            AIO_COMPARE(code, AioError::Cancelled);
            const QVariant how = co_await said.coro_get();
            AIO_COMPARE(how.toString(), QStringLiteral("asked"));
        });
        QCOMPARE(pool.apply<&ownPid>(), pid);    // the worker lives
    }

    void mapsAreCancelledAsAWhole()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            std::stop_source stop;
            QList<int> items(1000, 1);
            items[0] = 0;
            auto task = pool.coro_map<&hangIfZero>(items, 1, stop.get_token());
            co_await AioTest::nextTurn();
            stop.request_stop();
            const AioError::Code code = co_await AioTest::codeOf(std::move(task));
            AIO_COMPARE(code, AioError::Cancelled);
            const int eight = co_await pool.coro_apply<&twice>(4);
            AIO_COMPARE(eight, 8);
            co_await pool.coro_close();
        });
    }

    // -- what cannot be sent, run or read

    void exceptionsArriveWithTypeAndText()
    {
        AioPool pool(1);
        AioError error = errorOf([&] { pool.apply<&throwStd>(); });
        QCOMPARE(error.code, AioError::RemoteError);
        QCOMPARE(error.remoteType, QStringLiteral("std::invalid_argument"));
        QCOMPARE(error.message, QStringLiteral("not this"));
        error = errorOf([&] { pool.apply<&throwAio>(); });
        QCOMPARE(error.code, AioError::TooLarge);
        QCOMPARE(error.message, QStringLiteral("much too large"));
        error = errorOf([&] { pool.apply<&throwInt>(); });
        QCOMPARE(error.code, AioError::RemoteError);
        QCOMPARE(error.remoteType, QStringLiteral("int"));
        error = errorOf([&] { pool.map<[](int x) { return x == 5 ? throw std::runtime_error("five") : x; }>(QList<int>{4, 5, 6}); });
        QCOMPARE(error.message, QStringLiteral("five"));
        QCOMPARE(pool.stats().workersLost, 0);
    }

    void badValuesFailTheirTaskOnly()
    {
        AioPool pool(1);
        const qint64 pid = pool.apply<&ownPid>();
        QCOMPARE(errorOf([&] { pool.apply<&unregistered>(); }).code, AioError::Unserializable);
        QCOMPARE(pool.apply<&oneWay>(12).value, 12);
        QVERIFY(errorOf([&] { pool.apply<&oneWay>(13); }));
        QVERIFY(errorOf([&] { pool.apply<&takeOneWay>(OneWay{13}); }));
        struct Local { int x; };
        const auto call = AioCall::named(QStringLiteral("twice")).withArguments({QVariant::fromValue(std::make_shared<Local>())});
        QCOMPARE(errorOf([&] { pool.apply(call); }).code, AioError::Unserializable);
        QCOMPARE(errorOf([&] { pool.apply(AioCall::named(QStringLiteral("none"))); }).code, AioError::NotFound);
        QCOMPARE(errorOf([&] { pool.apply(AioCall::named(QStringLiteral("twice"), QStringLiteral("x"))); }).code, AioError::TypeMismatch);
        QCOMPARE(errorOf([&] { pool.apply(AioCall::named(QStringLiteral("twice"))); }).code, AioError::UsageError);
        QCOMPARE(errorOf([&] { pool.apply(AioCall()); }).code, AioError::UsageError);
        QCOMPARE(errorOf([&] { pool.apply(AioCall::named(QStringLiteral("twice"), 1).withKeyword(QStringLiteral("k"), 1)); }).code,
                 AioError::UsageError);
        QCOMPARE(errorOf([&] { pool.map<&twice>(QList<int>{1}, -1); }).code, AioError::UsageError);
        QCOMPARE(errorOf([&] { pool.map(QStringLiteral("twice"), {1}, -1); }).code, AioError::UsageError);
        QCOMPARE(pool.apply<&ownPid>(), pid);
        QVERIFY(errorOf([&] { pool.setMaxTasksPerChild(0); }));
        QVERIFY(errorOf([&] { pool.setMaxMemoryPerChild(-1); }));
        QVERIFY(errorOf([&] { pool.setProcesses(0); }));
        AioTest::run([&]() -> QCoro::Task<> {
            AioError::Code code = AioError::NoError;
            try {
                QCORO_FOREACH(const int value, pool.coro_imap<&twice>(QList<int>{1}, 0))
                    Q_UNUSED(value)
            } catch (const AioException &e) {
                code = e.code();
            }
            AIO_COMPARE(code, AioError::UsageError);
        });
    }

    void continuationsMayNotBlockOnThePool()
    {
        AioPool pool(1);
        AioError::Code code = AioError::NoError;
        auto first = pool.applyAsync<&ownPid>();
        AioQueue said;
        AioEvent leave;
        auto held = pool.applyAsync<&waitForLeave>(said, leave, 1);
        auto then = held.then([&](int) {
            code = errorOf([&] { pool.apply<&twice>(1); }).code;
        });
        leave.set();
        then.waitForFinished();
        QCOMPARE(code, AioError::UsageError);
        first.waitForFinished();
    }

    // CF-003, and the crash positions of loky: where x how
    void crashesAtEveryPosition_data()
    {
        QTest::addColumn<int>("where");
        QTest::addColumn<int>("how");
        const char *places[] = {"argument is written", "argument is read", "task runs", "result is written", "result is read"};
        const char *kinds[] = {"throws", "exits", "is killed"};
        for (int where = 0; where < 5; ++where) {
            const bool isHere = where == 0 || where == 4;    // in this process, which only throws
            for (int how = 0; how < (isHere ? 1 : 3); ++how)
                QTest::addRow("%s: %s", places[where], kinds[how]) << where << how;
        }
    }
    void crashesAtEveryPosition()
    {
        QFETCH(int, where);
        QFETCH(int, how);
        AioPool pool(1);
        const Bomb bomb(where, how);
        const Bomb harmless;
        auto before = pool.applyAsync<&pass>(harmless);
        auto bad = pool.applyAsync<&pass>(bomb);
        auto after = pool.applyAsync<&pass>(harmless);
        const AioError error = errorOf([&] { bad.waitForFinished(); });
        const bool isRead = where == Bomb::ArgumentRead || where == Bomb::ResultRead;    // then the bytes are to blame
        const AioError::Code thrown = isRead ? AioError::ProtocolError : AioError::RemoteError;
        QCOMPARE(error.code, how == 0 ? thrown : AioError::WorkerLost);
        if (how == 0 && !isRead)
            QCOMPARE(error.message, QStringLiteral("bang"));
        before.waitForFinished();
        after.waitForFinished();
        QCOMPARE(before.result().where, -1);
        QCOMPARE(after.result().where, -1);
        QCOMPARE(pool.stats().workersLost, how == 0 ? 0 : 1);
    }

    // -- the life of workers

    // MP-106
    void workersEndAfterMaxTasks()
    {
        AioPool pool(2);
        pool.setMaxTasksPerChild(10);
        QHash<qint64, int> tasks;
        for (const qint64 pid : pool.map<[](int) { return qint64(ownPid()); }>(QList<int>(100, 1), 1))
            ++tasks[pid];
        QVERIFY(tasks.size() >= 10);
        for (const int count : std::as_const(tasks))
            QVERIFY(count <= 10);
        QCOMPARE(pool.stats().workersLost, 0);
    }

    void workersThatGrowAreReplaced()
    {
        AioPool pool(1);
        pool.setMaxMemoryPerChild(100 << 20);
        const int first = pool.apply<&growBy>(1);
        QCOMPARE(pool.apply<&growBy>(120), first);
        QVERIFY(pool.apply<&growBy>(1) != first);
        QCOMPARE(pool.stats().workersLost, 0);
    }

    void idleWorkersEnd()
    {
        AioPool pool(2);
        pool.setIdleTimeout(20ms);
        QCOMPARE(pool.apply<&twice>(1), 2);
        QTRY_COMPARE(pool.activeWorkers(), 0);
        QCOMPARE(pool.apply<&twice>(1), 2);
        QCOMPARE(pool.stats().workersLost, 0);
    }

    void poolsGrowAndShrink()
    {
        AioPool pool(1);
        QSignalSpy changed(&pool, &AioPool::processesChanged);
        AioQueue said;
        AioEvent leave;
        QList<QFuture<int>> futures;
        for (int i = 0; i < 4; ++i)
            futures.append(pool.applyAsync<&waitForLeave>(said, leave, i));
        said.get();
        pool.setProcesses(4);
        for (int i = 0; i < 3; ++i)
            said.get();
        QCOMPARE(pool.activeWorkers(), 4);
        pool.setProcesses(2);
        leave.set();
        for (int i = 0; i < 4; ++i)
            QCOMPARE(futures[i].result(), i);
        QTRY_COMPARE(pool.activeWorkers(), 2);
        QCOMPARE(pool.map<&twice>(QList<int>(100, 1), 1), QList<int>(100, 2));
        QCOMPARE(changed.size(), 2);
        QCOMPARE(pool.stats().workersLost, 0);
    }

    void prioritiesDecideWhoIsNext()
    {
        AioPool pool(1);
        AioQueue said;
        AioEvent leave;
        auto first = pool.applyAsync<&waitForLeave>(said, leave, 0);
        said.get();
        AioEvent open;
        open.set();
        QList<QFuture<int>> futures;
        for (int i = 1; i <= 3; ++i)
            futures.append(pool.applyAsync(AioCall::to<&waitForLeave>(said, open, i)));
        futures.append(pool.applyAsync(AioCall::to<&waitForLeave>(said, open, 10).withPriority(1)));
        futures.append(pool.applyAsync(AioCall::to<&waitForLeave>(said, open, 20).withPriority(2)));
        futures.append(pool.applyAsync(AioCall::to<&waitForLeave>(said, open, -1).withPriority(-1)));
        leave.set();
        for (auto &future : futures)
            future.waitForFinished();
        QList<int> order;
        for (int i = 0; i < 6; ++i)
            order.append(said.get<int>());
        QCOMPARE(order, (QList<int>{20, 10, 1, 2, 3, -1}));
    }

    // What a worker has got but not begun goes to one that has nothing to do.
    void slowTasksHoldUpNobody()
    {
        AioPool pool(2);
        AioQueue said;
        AioEvent leave;
        pool.map<&twice>(QList<int>(1000, 1), 1);
        auto slow = pool.applyAsync<&waitForLeave>(said, leave, 1);
        said.get();
        QList<QFuture<int>> quick;
        for (int i = 0; i < 100; ++i)
            quick.append(pool.applyAsync<&twice>(i));
        for (int i = 0; i < 100; ++i)
            QCOMPARE(quick[i].result(), 2 * i);
        QVERIFY(!slow.isFinished());
        leave.set();
        slow.waitForFinished();
    }

    void tasksTellTheirProgress()
    {
        AioPool pool(1);
        QSignalSpy progress(&pool, &AioPool::taskProgress);
        AioQueue said;
        AioEvent leave;
        const quint64 id = pool.submit(AioCall::to<&tellsProgress>(said, leave));
        said.get();
        QTRY_VERIFY(progress.size() >= 1);
        QCOMPARE(progress[0][0].toULongLong(), id);
        QCOMPARE(progress[0][1].toInt(), 3);
        QCOMPARE(progress[0][2].toInt(), 10);
        QCOMPARE(progress[0][3].toString(), QStringLiteral("three"));
        leave.set();
        QTRY_COMPARE(progress.last()[1].toInt(), 10);
    }

    void statsCount()
    {
        AioPool pool(2);
        pool.map<&twice>(QList<int>(1000, 1), 1);
        pool.map<&greet1>(QList<QString>(100, QStringLiteral("x")), 1);
        const AioPoolStats stats = pool.stats();
        QCOMPARE(stats.completed, 1100);
        QCOMPARE(stats.workers.size(), 2);
        QVERIFY(stats.runTime.count() > 0);
        QVERIFY(stats.runTime.percentile(50) <= stats.runTime.percentile(99));
        QString text;
        QDebug(&text) << stats;
        QVERIFY2(text.contains(QStringLiteral("1100 tasks done")), qPrintable(text));
    }

    // Nested pools: a task may have a pool of its own.
    void tasksMayHavePools()
    {
        AioPool pool(1);
        const int result = pool.apply<[](int value) {
            AioPool inner(1);
            return inner.apply<&twice>(value);
        }>(4);
        QCOMPARE(result, 8);
        pool.close();    // so that the worker ends its own fork server
        QVERIFY(pool.join());
    }

private:
    static QString greet1(const QString &name) { return name + name; }

    static QByteArrayList linesOf(const QString &file)
    {
        QFile in(file);
        if (!in.open(QIODevice::ReadOnly))
            return {};
        QByteArrayList lines = in.readAll().split('\n');
        lines.removeAll(QByteArray());
        return lines;
    }
    static void verifyOnce(const QString &file, int count)
    {
        const QByteArrayList lines = linesOf(file);
        QCOMPARE(lines.size(), count);
        QCOMPARE(QSet<QByteArray>(lines.begin(), lines.end()).size(), count);
    }
};

AIO_TEST_MAIN(TestAioPoolDeath)
#include "tst_aiopool_death.moc"
