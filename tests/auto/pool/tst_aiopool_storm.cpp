// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Many tasks, and everything that can go wrong with them at once; and workers that are killed at every place of their work. With
// AIO_TEST_DEEP set, ten times as much.

#include "pooltest.h"

#include <QFile>
#include <QTemporaryDir>

#include <QLoggingCategory>

#include <csignal>
#include <fcntl.h>
#include <numeric>
#include <thread>
#include <sys/resource.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

enum Fate { Returns, Dies, Hangs, Waits };

// One byte for each run, at the place of the task.
void witness(const QString &file, int id)
{
    const int out = ::open(QFile::encodeName(file).constData(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    const QByteArray line = QByteArray::number(id) + '\n';
    if (::write(out, line.constData(), size_t(line.size())) != line.size())
        ::abort();
    ::close(out);
}

int live(const QString &file, int id, int fate)
{
    witness(file, id);
    switch (fate) {
    case Dies:
        ::raise(id % 2 ? SIGKILL : SIGTERM);
        break;
    case Hangs:
        for (;;)
            ::pause();
    case Waits:
        ::usleep(200);
        break;
    default:
        break;
    }
    return id;
}

int runOnce(const QString &file, int id)
{
    witness(file, id);
    return id;
}

bool isDeep()
{
    return qEnvironmentVariableIsSet("AIO_TEST_DEEP");
}

/* How often each id was run. */
QHash<int, int> runs(const QString &file)
{
    QHash<int, int> counts;
    QFile in(file);
    if (in.open(QIODevice::ReadOnly)) {
        for (const QByteArray &line : in.readAll().split('\n')) {
            if (!line.isEmpty())
                ++counts[line.toInt()];
        }
    }
    return counts;
}

} // namespace

class TestAioPoolStorm : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false"));
        qputenv("QT_LOGGING_RULES", "aio.*=false");    // of the workers
    }

    // Two in a hundred die, one hangs until its time is over, one is cancelled.
    void everyFutureResolves()
    {
        const int count = isDeep() ? 100'000 : 4'000;
        QTemporaryDir directory;
        const QString file = directory.filePath(QStringLiteral("witness"));
        AioPool pool(4);
        QList<QFuture<int>> futures;
        futures.reserve(count);
        const auto fateOf = [](int id) {
            if (id % 100 == 3 || id % 100 == 56)
                return Dies;
            if (id % 100 == 77)
                return Hangs;
            return id % 10 == 0 ? Waits : Returns;
        };
        const auto isCancelled = [](int id) { return id % 100 == 90; };
        for (int id = 0; id < count; ++id) {
            futures.append(pool.applyAsync(AioCall::to<&live>(file, id, int(fateOf(id))).withTimeout(fateOf(id) == Hangs ? 20ms : 60s)));
            if (isCancelled(id))
                futures.last().cancel();
        }
        int good = 0;
        for (int id = 0; id < count; ++id) {
            AioError::Code code = AioError::NoError;
            try {
                futures[id].waitForFinished();
                if (!futures[id].isCanceled()) {
                    QCOMPARE(futures[id].result(), id);
                    ++good;
                }
            } catch (const AioException &e) {
                code = e.code();
            }
            AioError::Code expected = AioError::NoError;
            if (fateOf(id) == Dies)
                expected = AioError::WorkerLost;
            else if (fateOf(id) == Hangs)
                expected = AioError::TimedOut;
            QCOMPARE(code, expected);
        }
        QVERIFY(good >= count * 96 / 100);
        const QHash<int, int> counts = runs(file);
        for (auto it = counts.begin(); it != counts.end(); ++it)
            QCOMPARE(it.value(), 1);
        QVERIFY(counts.size() >= count * 99 / 100);
        QCOMPARE(pool.pendingTasks(), 0);
        pool.close();
        QVERIFY(pool.join());
    }

    // worker killed while it claims, runs, or writes the result
    void workersKilledAtTheirWork_data()
    {
        QTest::addColumn<QByteArray>("point");
        QTest::addColumn<bool>("losesTask");
        QTest::newRow("claim") << QByteArray("worker.claim") << false;
        QTest::newRow("claimed") << QByteArray("worker.claimed") << true;
        QTest::newRow("before the result") << QByteArray("worker.result.before") << true;
        QTest::newRow("after the result") << QByteArray("worker.result.after") << false;
    }
    void workersKilledAtTheirWork()
    {
#if defined(AIO_FAULT_POINTS)
        QFETCH(QByteArray, point);
        QFETCH(bool, losesTask);
        AioEvent warmUp;    // this process has read the variable
        warmUp.set();
        for (const int hit : {2, 3, 7}) {
            qputenv("AIO_FAULT", point + ':' + QByteArray::number(hit) + ":kill");
            QTemporaryDir directory;
            const QString file = directory.filePath(QStringLiteral("witness"));
            int lost = 0;
            {
                AioPool pool(2);
                QList<QFuture<int>> futures;
                for (int id = 0; id < 60; ++id)
                    futures.append(pool.applyAsync<&runOnce>(file, id));
                for (int id = 0; id < 60; ++id) {
                    const AioError error = errorOf([&] { QCOMPARE(resultOf(futures[id]), id); });
                    if (error)
                        QCOMPARE(error.code, AioError::WorkerLost);
                    lost += error ? 1 : 0;
                }
            }
            qunsetenv("AIO_FAULT");
            if (losesTask)
                QVERIFY(lost > 0 && lost <= 60 / hit + 1);
            else
                QCOMPARE(lost, 0);
            const QHash<int, int> counts = runs(file);
            for (auto it = counts.begin(); it != counts.end(); ++it)
                QCOMPARE(it.value(), 1);
            QVERIFY(counts.size() >= 60 - lost);
        }
#else
        QSKIP("built without fault points");
#endif
    }

    // The same at every fault point of the whole library that a worker comes to: each of them dies there, so the pool may break.
    void workersKilledAnywhere()
    {
#if defined(AIO_FAULT_POINTS)
        AioEvent warmUp;
        warmUp.set();
        for (int hit = 1; hit < 400; hit += isDeep() ? 1 : 13) {
            qputenv("AIO_FAULT", "*:" + QByteArray::number(hit) + ":kill");
            QTemporaryDir directory;
            const QString file = directory.filePath(QStringLiteral("witness"));
            {
                AioPool pool(2);
                QList<QFuture<int>> futures;
                for (int id = 0; id < 20; ++id)
                    futures.append(pool.applyAsync<&runOnce>(file, id));
                for (int id = 0; id < 20; ++id) {
                    const AioError error = errorOf([&] { QCOMPARE(resultOf(futures[id]), id); });
                    if (error)
                        QVERIFY2(error.code == AioError::WorkerLost || error.code == AioError::BrokenPool, qPrintable(error.message));
                }
            }
            qunsetenv("AIO_FAULT");
            const QHash<int, int> counts = runs(file);
            for (auto it = counts.begin(); it != counts.end(); ++it)
                QCOMPARE(it.value(), 1);
        }
#else
        QSKIP("built without fault points");
#endif
    }

    void theLoopStaysAlive()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            int changes = 0;
            QObject::connect(&pool, &AioPool::tasksChanged, &pool, [&] { ++changes; });
            QList<int> items(100'000);
            std::iota(items.begin(), items.end(), 0);
            for (const int chunk : {1, 0}) {
                const QList<int> results = co_await pool.coro_map<&twice>(items, chunk);
                AIO_COMPARE(results.size(), items.size());
                AIO_COMPARE(results.last(), 2 * items.last());
            }
            AIO_VERIFY(changes > 0);
            co_await pool.coro_close();
        });
    }

    // What is submitted, cancelled and thrown away from many threads at once.
    void manyThreads()
    {
        AioPool pool(3);
        std::atomic<int> done = 0;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 6; ++t) {
                threads.emplace_back([&, t] {
                    for (int i = 0; i < (isDeep() ? 3000 : 300); ++i) {
                        if (i % 3 == 0) {
                            done += pool.apply<&twice>(i) == 2 * i;
                        } else if (i % 3 == 1) {
                            auto future = pool.applyAsync<&twice>(i);
                            future.cancel();
                        } else {
                            std::stop_source stop;
                            if (t % 2)
                                stop.request_stop();
                            const AioError error = errorOf([&] { pool.apply(AioCall::to<&twice>(i), stop.get_token()); });
                            done += error.code == AioError::NoError || error.code == AioError::Cancelled;
                        }
                    }
                });
            }
        }
        QCOMPARE(done, 6 * (isDeep() ? 2000 : 200));
        pool.close();
        QVERIFY(pool.join());
        QCOMPARE(pool.pendingTasks(), 0);
    }
};

AIO_TEST_MAIN(TestAioPoolStorm)
#include "tst_aiopool_storm.moc"
