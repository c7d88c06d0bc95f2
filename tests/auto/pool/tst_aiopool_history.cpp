// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What a pool tells those who look at it now and then, and what they may do to its workers.

#include "pooltest.h"

#include <stdexcept>

namespace {

int thrower(int value)
{
    throw std::runtime_error("no " + std::to_string(value));
}

QByteArray large(qsizetype size)
{
    return QByteArray(size, 'x');
}

QString stepwise(AioTaskContext &task, AioQueue &said, AioEvent &leave)
{
    task.setProgress(25, 100, QStringLiteral("a quarter"));
    said.put(ownPid());
    leave.wait();
    return QStringLiteral("done");
}

} // namespace

class TestAioPoolHistory : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void nothingIsKeptUnlessWanted()
    {
        AioPool pool(1);
        pool.apply<&twice>(1);
        QCOMPARE(pool.history(), 0);
        QVERIFY(pool.taskHistory().isEmpty());
        QCOMPARE(errorOf([&] { pool.setHistory(-1); }).code, AioError::UsageError);
    }

    void outcomesAreKept()
    {
        AioPool pool(1);
        pool.setHistory(10);
        QCOMPARE(pool.apply<&twice>(4), 8);
        QCOMPARE(errorOf([&] { pool.apply<&thrower>(7); }).code, AioError::RemoteError);
        pool.apply<&large>(100'000);
        QTRY_COMPARE(pool.taskHistory().size(), 3);
        const QList<AioTaskInfo> tasks = pool.taskHistory();
        QCOMPARE(tasks[0].state, AioTaskInfo::Finished);
        QCOMPARE(tasks[0].function, QStringLiteral("twice"));
        QCOMPARE(tasks[0].result.toInt(), 8);
        QVERIFY(tasks[0].worker > 0);
        QCOMPARE(tasks[1].state, AioTaskInfo::Failed);
        QVERIFY(tasks[1].error.message.contains(QStringLiteral("no 7")));
        QCOMPARE(tasks[2].state, AioTaskInfo::Finished);
        QVERIFY(!tasks[2].result.isValid());              // too large to be kept
        QVERIFY(tasks[0].order < tasks[1].order && tasks[1].order < tasks[2].order);
    }

    void whatRunsIsToldWithItsProgress()
    {
        AioQueue said;
        AioEvent leave;
        AioPool pool(1);
        pool.setHistory(2);
        QFuture<QString> future = pool.applyAsync<&stepwise>(said, leave);
        const qint64 pid = said.get().toLongLong();
        quint64 seen = 0;
        QTRY_COMPARE(pool.taskHistory(&seen).value(0).maximum, 100);
        const AioTaskInfo task = pool.taskHistory(&seen).value(0);       // again: it runs
        QCOMPARE(task.state, AioTaskInfo::Running);
        QCOMPARE(task.value, 25);
        QCOMPARE(task.text, QStringLiteral("a quarter"));
        QVERIFY(task.elapsed.count() > 0);
        QTRY_COMPARE(pool.stats().workers.value(0).pid, pid);
        const AioWorkerStats worker = pool.stats().workers.value(0);
        QCOMPARE(worker.task, task.id);
        QCOMPARE(worker.function, task.function);
        QVERIFY(worker.busy);
        QVERIFY(!AioTest::hasLinuxBackend() || worker.memory > 0);
        leave.set();
        QCOMPARE(resultOf(future), QStringLiteral("done"));
        QList<AioTaskInfo> changed;
        const auto look = [&] {
            if (changed.isEmpty() || changed[0].state == AioTaskInfo::Running)
                changed = pool.taskHistory(&seen);
            return changed.size() == 1 && changed[0].state == AioTaskInfo::Finished;
        };
        QTRY_VERIFY(look());
        QVERIFY(pool.taskHistory(&seen).isEmpty());       // once
        QCOMPARE(pool.taskHistory().size(), 1);           // but it is there
    }

    void whatEndedFirstIsForgottenFirst()
    {
        AioQueue said;
        AioEvent leave;
        AioPool pool(2);
        pool.setHistory(3);
        QFuture<QString> future = pool.applyAsync<&stepwise>(said, leave);
        said.get();
        quint64 seen = 0;
        QTRY_COMPARE(pool.taskHistory(&seen).size(), 1);
        const quint64 first = pool.taskHistory(&seen).value(0).order;
        pool.map<&twice>(QList<int>(100, 1));
        QTRY_COMPARE(pool.taskHistory().size(), 4);       // what runs does not count
        QCOMPARE(pool.taskHistory().value(0).order, first);
        leave.set();
        QCOMPARE(resultOf(future), QStringLiteral("done"));
        QTRY_COMPARE(pool.taskHistory().size(), 3);
        QCOMPARE(pool.taskHistory().value(0).order, first);      // it ended last
        pool.map<&twice>(QList<int>(3, 1));
        QTRY_VERIFY(pool.taskHistory().value(0).order > first);
        const QList<AioTaskInfo> changed = pool.taskHistory(&seen);
        QCOMPARE(changed.size(), 3);
        QVERIFY(changed[0].order != first);               // so who knows it as running hears of its end
        pool.setHistory(0);
        QVERIFY(pool.taskHistory().isEmpty());
    }

    void cancelledBeforeItBegan()
    {
        AioQueue said;
        AioEvent leave;
        AioPool pool(1);
        pool.setHistory(10);
        QFuture<QString> running = pool.applyAsync<&stepwise>(said, leave);
        said.get();
        QTRY_COMPARE(pool.taskHistory().size(), 1);
        const quint64 id = pool.submit(AioCall::to<&thrower>(1));
        QVERIFY(pool.cancel(id));
        QTRY_COMPARE(pool.taskHistory().size(), 2);
        QCOMPARE(pool.taskHistory().value(1).id, id);
        QCOMPARE(pool.taskHistory().value(1).state, AioTaskInfo::Cancelled);
        QCOMPARE(pool.taskHistory().value(1).worker, 0);
        leave.set();
        resultOf(running);
    }

    void killedWorkerIsLostAndReplaced()
    {
        AioQueue said;
        AioEvent leave;
        AioPool pool(1);
        QSignalSpy lost(&pool, &AioPool::workerLost);
        QVERIFY(!pool.killWorker(1));
        QFuture<QString> future = pool.applyAsync<&stepwise>(said, leave);
        const qint64 pid = said.get().toLongLong();
        bool isKilled = false;
        QTRY_VERIFY(isKilled || (isKilled = pool.killWorker(pid)));      // once the pool knows its number
        QVERIFY(!pool.killWorker(pid));
        QCOMPARE(errorOf([&] { resultOf(future); }).code, AioError::WorkerLost);
        QTRY_COMPARE(lost.size(), 1);
        QCOMPARE(lost[0][0].toLongLong(), pid);
        QVERIFY(pool.apply<&ownPid>() != pid);
    }

    void killingIdleWorkersBreaksNoPool()
    {
        AioPool pool(1);
        for (int i = 0; i < 8; ++i) {                     // five that die by themselves would
            const qint64 pid = pool.apply<&ownPid>();
            bool isKilled = false;
            QTRY_VERIFY(isKilled || (isKilled = pool.killWorker(pid)));
            QTRY_COMPARE(pool.activeWorkers(), 0);
        }
        QVERIFY(pool.isRunning());
        QCOMPARE(pool.apply<&twice>(1), 2);
    }

    void loopStaysAliveWhileSomebodyLooksAtAHundredThousand()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            pool.setHistory(10'000);
            quint64 seen = 0;
            quint64 last = 0;
            qsizetype told = 0;
            QTimer look;
            look.callOnTimeout([&] {
                for (const AioTaskInfo &task : pool.taskHistory(&seen)) {
                    last = std::max(last, task.order);
                    told += task.state == AioTaskInfo::Finished;
                }
            });
            look.start(20);
            const QList<int> items(100'000, 21);
            const QList<int> results = co_await pool.coro_map<&twice>(items);
            AIO_COMPARE(results.size(), items.size());
            AIO_VERIFY(results.back() == 42);
            for (const AioTaskInfo &task : pool.taskHistory(&seen))
                last = std::max(last, task.order);
            AIO_VERIFY(told <= items.size());
            AIO_COMPARE(last, quint64(items.size()));
            AIO_COMPARE(pool.taskHistory().size(), 10'000);
        });
    }
};

AIO_TEST_MAIN(TestAioPoolHistory)
#include "tst_aiopool_history.moc"
