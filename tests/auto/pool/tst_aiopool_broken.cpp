// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Workers that cannot start: after some of them the pool is broken, and says so to everybody who waits, however he does.

#include "pooltest.h"

#include <aioprocessing/aiocontext.h>

#include <QStandardPaths>

#include <cstdlib>

using namespace std::chrono_literals;

namespace {

constexpr int mostDeaths = 5;      // in ten seconds

void throws() { throw std::runtime_error("no licence"); }
void ends() { std::_Exit(3); }

/* Has workers of this process fail to start in one of several ways, as long as it lives. */
class Trouble
{
public:
    enum Kind { InitializerThrows, InitializerEnds, ProgramEnds, NoProgram };

    Trouble(AioPool &pool, int kind)
    {
        switch (kind) {
        case InitializerThrows:
            pool.setInitializer(AioCall::to<&throws>());
            break;
        case InitializerEnds:
            pool.setInitializer(AioCall::to<&ends>());
            break;
        case ProgramEnds:
            AioContext::defaultContext()->setWorkerProgram(QStandardPaths::findExecutable(QStringLiteral("true")));
            break;
        default:
            AioContext::defaultContext()->setWorkerProgram(QStringLiteral("/nonexistent/worker"));
        }
    }
    ~Trouble() { AioContext::defaultContext()->setWorkerProgram(QString()); }
};

template<class T>
AioError errorIn(QFuture<T> &future)
{
    return errorOf([&] { future.waitForFinished(); });
}

} // namespace

class TestAioPoolBroken : public QObject
{
    Q_OBJECT

    static void kinds()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("its initializer throws") << int(Trouble::InitializerThrows);
        QTest::newRow("its initializer ends it") << int(Trouble::InitializerEnds);
        QTest::newRow("its program ends at once") << int(Trouble::ProgramEnds);
        QTest::newRow("its program is missing") << int(Trouble::NoProgram);
    }

private Q_SLOTS:
    // CF-015
    void blockingCallsThrow_data() { kinds(); }
    void blockingCallsThrow()
    {
        QFETCH(int, kind);
        AioPool pool(2);
        const Trouble trouble(pool, kind);
        const AioError error = errorOf([&] { pool.apply<&twice>(1); });
        QCOMPARE(error.code, AioError::BrokenPool);
        QVERIFY2(error.message.startsWith(QStringLiteral("5 workers")), qPrintable(error.message));
        QVERIFY2(kind != Trouble::InitializerThrows || error.message.contains(QStringLiteral("no licence")), qPrintable(error.message));
        QVERIFY(!pool.isRunning());
        QCOMPARE(errorOf([&] { pool.map<&twice>({1, 2, 3}, 1); }).code, AioError::BrokenPool);
        QCOMPARE(errorOf([&] { pool.submit(AioCall::to<&twice>(1)); }).code, AioError::BrokenPool);
        QVERIFY(pool.join());
        QCOMPARE(pool.activeWorkers(), 0);
        QCOMPARE(pool.pendingTasks(), 0);
        QVERIFY(pool.stats().workersLost <= mostDeaths + 1);    // and the one that started beside the last of them
        QCOMPARE(pool.stats().completed, 0);
    }

    void mapsThrowToo_data() { kinds(); }
    void mapsThrowToo()
    {
        QFETCH(int, kind);
        AioPool pool(3);
        const Trouble trouble(pool, kind);
        QCOMPARE(errorOf([&] { pool.map<&twice>(QList<int>(100, 1), 1); }).code, AioError::BrokenPool);
        QCOMPARE(pool.failedTasks(), 100);
        QVERIFY(pool.join());
    }

    void coroutinesThrow_data() { kinds(); }
    void coroutinesThrow()
    {
        QFETCH(int, kind);
        AioTest::run([kind]() -> QCoro::Task<> {
            AioPool pool(2);
            const Trouble trouble(pool, kind);
            auto many = pool.coro_map<&twice>(QList<int>(100, 1), 1);
            auto ready = pool.coro_submitReady();
            auto one = pool.coro_apply<&twice>(1);
            AIO_VERIFY(!many.isReady() && !one.isReady() && !ready.isReady());
            const AioError::Code ofMany = co_await AioTest::codeOf(std::move(many));
            AIO_COMPARE(ofMany, AioError::BrokenPool);
            const AioError::Code ofOne = co_await AioTest::codeOf(std::move(one));
            AIO_COMPARE(ofOne, AioError::BrokenPool);
            const AioError::Code ofReady = co_await AioTest::codeOf(std::move(ready));
            AIO_COMPARE(ofReady, AioError::BrokenPool);
            const AioError::Code later = co_await AioTest::codeOf(pool.coro_apply<&twice>(1));
            AIO_COMPARE(later, AioError::BrokenPool);
            const bool hasEnded = co_await pool.coro_join();
            AIO_VERIFY(hasEnded);
        });
    }

    void generatorsEnd_data() { kinds(); }
    void generatorsEnd()
    {
        QFETCH(int, kind);
        AioTest::run([kind]() -> QCoro::Task<> {
            AioPool pool(2);
            const Trouble trouble(pool, kind);
            const QList<int> items(1000, 1);
            int failures = 0;
            AioError::Code code = AioError::NoError;
            try {
                QCORO_FOREACH(const AioResult<int> &result, pool.coro_imapResults<&twice>(items))
                    failures += result.error().code == AioError::BrokenPool ? 1 : 0;
            } catch (const AioException &e) {
                code = e.code();
            }
            AIO_COMPARE(code, AioError::BrokenPool);
            AIO_COMPARE(failures, 8);       // what was under way
        });
    }

    void futuresFail_data() { kinds(); }
    void futuresFail()
    {
        QFETCH(int, kind);
        AioPool pool(2);
        const Trouble trouble(pool, kind);
        QList<QFuture<int>> ones;
        for (int i = 0; i < 20; ++i)
            ones.append(pool.applyAsync<&twice>(i));
        auto many = pool.mapAsync<&twice>(QList<int>(100, 1), 7);
        for (QFuture<int> &one : ones)
            QCOMPARE(errorIn(one).code, AioError::BrokenPool);
        QCOMPARE(errorIn(many).code, AioError::BrokenPool);
        auto late = pool.applyAsync<&twice>(1);
        QVERIFY(late.isFinished());
        QCOMPARE(errorIn(late).code, AioError::BrokenPool);
        pool.terminate();
        QVERIFY(pool.join());
    }

    void signalsTellOnce_data() { kinds(); }
    void signalsTellOnce()
    {
        QFETCH(int, kind);
        AioPool pool(2);
        const Trouble trouble(pool, kind);
        QSignalSpy errors(&pool, &AioPool::errorOccurred);
        QSignalSpy failed(&pool, &AioPool::taskFailed);
        QSignalSpy running(&pool, &AioPool::runningChanged);
        QSignalSpy drained(&pool, &AioPool::drained);
        QSignalSpy started(&pool, &AioPool::taskStarted);
        QSet<quint64> ids;
        for (int i = 0; i < 10; ++i)
            ids.insert(pool.submit(AioCall::to<&twice>(i)));
        QTRY_COMPARE(drained.size(), 1);
        QCOMPARE(errors.size(), 1);
        QCOMPARE(errors[0][0].value<AioError>().code, AioError::BrokenPool);
        QCOMPARE(running.size(), 1);
        QCOMPARE(started.size(), 0);
        QCOMPARE(failed.size(), 10);
        for (const QList<QVariant> &failure : std::as_const(failed)) {
            QVERIFY(ids.remove(failure[0].toULongLong()));
            QCOMPARE(failure[1].value<AioError>().code, AioError::BrokenPool);
        }
    }

    // The worker that there is does what it has begun.
    void whatRunsIsDone()
    {
        AioPool pool(2);
        AioQueue said;
        AioEvent leave;
        auto running = pool.applyAsync<&waitForLeave>(said, leave, 7);
        QCOMPARE(said.get<int>(), 7);
        const Trouble trouble(pool, Trouble::InitializerThrows);
        QList<QFuture<int>> others;
        for (int i = 0; i < 5; ++i)
            others.append(pool.applyAsync<&waitForLeave>(said, leave, i));
        QTRY_VERIFY(!pool.isRunning());
        QVERIFY(!running.isFinished());
        QTRY_VERIFY(std::all_of(others.begin(), others.end(), [](const auto &future) { return future.isFinished(); }));
        for (QFuture<int> &other : others)
            QCOMPARE(errorIn(other).code, AioError::BrokenPool);
        leave.set();
        QCOMPARE(resultOf(running), 7);
        QVERIFY(pool.join());
        QVERIFY(said.isEmpty());        // none of the others has begun
    }

    void anotherPoolIsWhole()
    {
        {
            AioPool pool(2);
            const Trouble trouble(pool, Trouble::ProgramEnds);
            QCOMPARE(errorOf([&] { pool.apply<&twice>(1); }).code, AioError::BrokenPool);
        }
        AioPool pool(2);
        QCOMPARE(pool.apply<&twice>(1), 2);
    }
};

AIO_TEST_MAIN(TestAioPoolBroken)
#include "tst_aiopool_broken.moc"
