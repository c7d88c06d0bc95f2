// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Pools of managers, whose workers are those of the server: what tests/auto/pool says of AioPool, where a server comes in between. It is a
// thread of this process, or with AIO_TEST_HOST=process one of its own. Two runs, since who has a fork server inherits orphans.

#include "aiotest.h"
#include "inventory.h"

#include <aioprocessing/aiobuffer.h>
#include <aioprocessing/aiomanager.h>
#include <aioprocessing/aiopool.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>

#include <QSignalSpy>
#include <QTest>

#include <csignal>
#include <numeric>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

int squared(int number)
{
    return number * number;
}

QString joined(const QString &left, const QString &right)
{
    return left + right;
}

int failAt(int number)
{
    if (number == 3)
        throw std::runtime_error("three is not wanted");
    return number;
}

void failWithCode()
{
    throw AioException(AioError(AioError::PermissionDenied, QStringLiteral("not here")));
}

QString die(const QString &how)
{
    ::kill(::getpid(), SIGKILL);
    return how;
}

qint64 processId(const QString &)
{
    return ::getpid();
}

int holdUntil(AioEvent &begun, AioEvent &go)
{
    begun.set();
    go.wait();
    return 7;
}

AioBuffer filled(int size)
{
    AioBuffer buffer(size);
    std::fill_n(buffer.data(), size, 'b');
    return buffer;
}

int tellProgress(AioTaskContext &context, AioEvent &go)
{
    context.setProgress(1, 2, QStringLiteral("half"));
    context.log(QStringLiteral("half of it"));
    go.wait();
    return 1;
}

// A client that has tasks, and is killed.
void useForEver(const QString &address, AioEvent &begun, AioEvent &go)
{
    AioManager manager{AioAddress(address)};
    manager.connectToServer();
    auto *pool = manager.open<AioPool>(QStringLiteral("pool"));
    const auto held = pool->applyAsync<&holdUntil>(begun, go);
    const auto waiting = pool->applyAsync<&holdUntil>(begun, go);
    for (;;)
        std::this_thread::sleep_for(1h);
}

int useByName(const QString &address)
{
    AioManager manager{AioAddress(address)};
    manager.connectToServer();
    return manager.open<AioPool>(QStringLiteral("pool"))->apply(AioCall::named(QStringLiteral("cubed"), 3)).toInt();
}

int cubed(int number)
{
    return number * number * number;
}
AIO_FUNCTION(cubed)

} // namespace

class tst_ManagedPool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // nothing is left to watch, also when those were no children of this process
    void cleanup()
    {
        if (isProcess())
            QTRY_VERIFY_WITH_TIMEOUT(!AioTest::openDescriptors().contains(QStringLiteral("anon_inode:[pidfd]")), 20'000);
    }

    void everyForm()
    {
        AioManager manager;
        begin(manager);
        const std::unique_ptr<AioPool> pool(manager.createPool(2));
        QCOMPARE(pool->processes(), 2);
        QCOMPARE(pool->apply<&squared>(7), 49);
        QCOMPARE(pool->apply<&joined>(QStringLiteral("a"), QStringLiteral("b")), QStringLiteral("ab"));
        const QStringList letters{QStringLiteral("b"), QStringLiteral("c")};
        const QStringList expected{QStringLiteral("ab"), QStringLiteral("ac")};
        QCOMPARE(pool->map<&joined>(AioBound(QStringLiteral("a")).each(letters)), expected);
        QCOMPARE(pool->apply<&filled>(1000).view(), QByteArrayView(QByteArray(1000, 'b')));       // a copy: the workers are the server's
        QCOMPARE(pool->map<&filled>({1, 0, 3}).value(2).size(), 3);
        QCOMPARE((pool->map<[](int a, int b) { return a * b; }>(AioBound(3).each({1, 2}))), (QList<int>{3, 6}));
        QCOMPARE(pool->map<&squared>(QList<int>{1, 2, 3}), (QList<int>{1, 4, 9}));
        QCOMPARE(pool->apply(AioCall::named(QStringLiteral("cubed"), 2)).toInt(), 8);
        QCOMPARE(pool->map(QStringLiteral("cubed"), {1, 2}), (QVariantList{1, 8}));
        QFuture<int> future = pool->applyAsync<&squared>(3);
        future.waitForFinished();
        QCOMPARE(future.result(), 9);
        AioTest::run([&]() -> QCoro::Task<> {
            const int nine = co_await pool->coro_apply<&squared>(3);
            AIO_COMPARE(nine, 9);
            QList<int> numbers(1000);
            std::iota(numbers.begin(), numbers.end(), 0);
            const QList<int> squares = co_await pool->coro_map<&squared>(numbers);
            AIO_COMPARE(squares.size(), 1000);
            AIO_COMPARE(squares.last(), 999 * 999);
            const QList<std::pair<QString, QString>> pairs{{QStringLiteral("a"), QStringLiteral("b")}};
            const QStringList words = co_await pool->coro_starmap<&joined>(pairs);
            AIO_COMPARE(words, QStringList(QStringLiteral("ab")));
            int sum = 0;
            auto results = pool->coro_imap<&squared>(QList<int>{1, 2, 3, 4});
            auto it = co_await results.begin();
            while (it != results.end()) {
                sum += *it;
                co_await ++it;
            }
            AIO_COMPARE(sum, 30);
        });
        QSignalSpy finished(pool.get(), &AioPool::taskFinished);
        QSignalSpy started(pool.get(), &AioPool::taskStarted);
        const quint64 id = pool->submit(AioCall::to<&squared>(5));
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(finished[0][0].toULongLong(), id);
        QCOMPARE(finished[0][1].toInt(), 25);
        QCOMPARE(started.size(), 1);
        QVERIFY(pool->activeWorkers() > 0);
        QCOMPARE(pool->pendingTasks() + pool->runningTasks(), 0);
        AioTest::run([&]() -> QCoro::Task<> { co_await pool->coro_close(); });
        QCOMPARE(AioTest::codeThrownBy([&] { pool->apply<&squared>(7); }), AioError::Closed);
    }

    void errorsKeepTheirType()
    {
        AioManager manager;
        begin(manager);
        AioPool *pool = manager.createPool(1);
        AioError error;
        try {
            pool->map<&failAt>(QList<int>{1, 2, 3, 4});
        } catch (const AioException &e) {
            error = e.error();
        }
        QCOMPARE(error.code, AioError::RemoteError);
        QVERIFY2(error.message.contains(QLatin1String("three is not wanted")), qPrintable(error.message));
        QCOMPARE(AioTest::codeThrownBy([&] { pool->apply<&failWithCode>(); }), AioError::PermissionDenied);
        QCOMPARE(AioTest::codeThrownBy([&] { pool->apply(AioCall::named(QStringLiteral("no such function"))); }), AioError::NotFound);
        QCOMPARE(AioTest::codeThrownBy([&] { manager.createPool(100'000); }), AioError::UsageError);
        QSignalSpy lost(pool, &AioPool::workerLost);
        QCOMPARE(AioTest::codeThrownBy([&] { pool->apply<&die>(QStringLiteral("now")); }), AioError::WorkerLost);
        QTRY_COMPARE(lost.size(), 1);
        QCOMPARE(pool->apply<&squared>(2), 4);
    }

    void cancellingEndsATaskAtOnce()
    {
        AioManager manager;
        begin(manager);
        AioPool *pool = manager.createPool(1);
        AioEvent begun;
        AioEvent go;
        AioTest::run([&]() -> QCoro::Task<> {
            std::stop_source source;
            auto held = pool->coro_apply(AioCall::to<&holdUntil>(begun, go), source.get_token());
            auto waiting = pool->coro_apply(AioCall::to<&squared>(4));
            const bool isBegun = co_await begun.coro_wait(20s);
            AIO_VERIFY(isBegun);
            source.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(held)), AioError::Cancelled);
            const int result = co_await waiting;        // its worker was killed, and another one has come
            AIO_COMPARE(result, 16);
        });
    }

    void progressAndTimeLimits()
    {
        AioManager manager;
        begin(manager);
        AioPool *pool = manager.createPool(1);
        AioEvent go;
        QSignalSpy progress(pool, &AioPool::taskProgress);
        QSignalSpy logged(pool, &AioPool::taskLogged);
        QSignalSpy finished(pool, &AioPool::taskFinished);
        pool->submit(AioCall::to<&tellProgress>(go));
        QTRY_COMPARE(progress.size(), 1);
        QCOMPARE(progress[0][3].toString(), QStringLiteral("half"));
        QTRY_COMPARE(logged.size(), 1);
        QCOMPARE(logged[0][1].toString(), QStringLiteral("half of it"));
        go.set();
        QTRY_COMPARE(finished.size(), 1);
        go.clear();
        AioEvent begun;
        const AioCall slow = AioCall(AioCall::to<&holdUntil>(begun, go)).withTimeout(50ms);
        QCOMPARE(AioTest::codeThrownBy([&] { pool->apply(slow); }), AioError::TimedOut);
    }

    // one pool, several programs: each has its own tasks, and what one leaves behind is the others' again
    void tasksOfADeadClientEnd()
    {
        AioManager manager;
        begin(manager);
        AioPool *pool = manager.createPool(1);
        manager.publish(QStringLiteral("pool"), *pool);
        AioEvent begun;
        AioEvent go;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess client(AioCall::to<&useForEver>(manager.address().toString(), begun, go));
            client.start();
            const bool isBegun = co_await begun.coro_wait(20s);
            AIO_VERIFY(isBegun);
            auto mine = pool->coro_apply<&squared>(6);      // behind those of the client
            client.kill();
            const int result = co_await mine;
            AIO_COMPARE(result, 36);
            co_await client.coro_join();
        });
    }

    void anotherProcessOpensIt()
    {
        AioManager manager;
        begin(manager);
        AioPool *pool = manager.createPool(1);
        const qint64 worker = pool->apply<&processId>(QString());
        QVERIFY(worker != ::getpid());
        manager.publish(QStringLiteral("pool"), *pool);
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess client(AioCall::to<&useByName>(manager.address().toString()));
            client.start();
            co_await client.coro_join();
            AIO_COMPARE(client.result().toInt(), 27);
            auto *other = co_await manager.coro_open<AioPool>(QStringLiteral("pool"));
            AIO_COMPARE(other->processes(), 1);
            other->terminate();     // its own tasks
            const qint64 same = co_await pool->coro_apply<&processId>(QString());
            AIO_COMPARE(same, worker);
        });
        manager.publish(QStringLiteral("queue"), *manager.createQueue());
        QCOMPARE(AioTest::codeThrownBy([&] { manager.open<AioPool>(QStringLiteral("queue")); }), AioError::TypeMismatch);
    }

    void everythingFailsWhenTheManagerDies()
    {
        AioManager manager;
        begin(manager);
        AioPool *pool = manager.createPool(1);
        AioEvent begun;
        AioEvent go;
        AioTest::run([&]() -> QCoro::Task<> {
            std::vector<QCoro::Task<int>> tasks;
            for (int i = 0; i < 5; ++i)
                tasks.push_back(pool->coro_apply<&holdUntil>(begun, go));
            const bool isBegun = co_await begun.coro_wait(20s);
            AIO_VERIFY(isBegun);
            endServer(manager);
            for (QCoro::Task<int> &task : tasks)
                AIO_COMPARE(co_await AioTest::codeOf(std::move(task)), AioError::PeerDied);
            AIO_COMPARE(co_await AioTest::codeOf(pool->coro_apply<&squared>(1)), AioError::PeerDied);
        });
        QVERIFY(!pool->isRunning());
    }

private:
    static bool isProcess() { return qEnvironmentVariable("AIO_TEST_HOST") == QLatin1String("process"); }
    static void begin(AioManager &manager)
    {
        if (isProcess())
            QVERIFY(manager.start());
        else
            manager.serve();
    }
    static void endServer(const AioManager &manager)
    {
        if (isProcess()) {
            const QList<AioProcess *> children = AioProcessing::activeChildren();
            for (AioProcess *process : children)
                process->kill();
        } else {
            AioManager other(manager.address());
            other.connectToServer();
            other.shutDown();
        }
    }
};

AIO_TEST_MAIN(tst_ManagedPool)
#include "tst_managedpool.moc"
