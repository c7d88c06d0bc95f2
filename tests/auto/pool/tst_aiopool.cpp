// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What a pool does as long as nothing goes wrong: every form of apply, map and imap, and the end.

#include "pooltest.h"

#include <QFutureWatcher>
#include <QThread>

#include <numeric>
#include <ranges>
#include <span>
#include <thread>

using namespace std::chrono_literals;

namespace {

int s_calls = 0;

int countCalls() { return ++s_calls; }
int add(int a, int b) { return a + b; }
void nothing() { }
void discard(int) { }
QString join(int number, const QString &text) { return QString::number(number) + text; }
QByteArray bytes(qsizetype size) { return QByteArray(size, 'x'); }
qsizetype sizeOf(const QByteArray &data) { return data.size(); }
QCoro::Task<int> later(int value)
{
    const int result = value + 1;
    co_await AioTest::nextTurn();
    co_return result;
}
int takeLock(AioLock &lock, int value)
{
    const AioLocker locker(lock);
    return value;
}
int failing(int value)
{
    if (value % 3 == 0)
        throw std::runtime_error("bad luck");
    return value;
}
QVariant anything(const QVariant &value) { return value; }
int scaled(int factor, int value) { return factor * value; }
double weighted(double weight, int value) { return weight + value; }
bool isOdd(int value) { return value % 2 == 1; }

} // namespace

AIO_FUNCTION(twice)
AIO_FUNCTION(anything)
AIO_FUNCTION(scaled)
AIO_FUNCTION(weighted)
AIO_FUNCTION(isOdd)
AIO_FUNCTION(discard)
AIO_FUNCTION(failing)

class TestAioPool : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-079
    void applyRunsInAnotherProcess()
    {
        AioPool pool(2);
        QVERIFY(pool.apply<&ownPid>() != ownPid());
        QCOMPARE(pool.apply<&twice>(21), 42);
        QCOMPARE(pool.apply<&add>(1, 2), 3);
        QCOMPARE(pool.apply<&greet>(QStringLiteral("you"), 2), QStringLiteral("hello you hello you"));
        pool.apply<&nothing>();
        pool.apply<&discard>(1);
        QCOMPARE(pool.apply<[](int x) { return x + 1; }>(1), 2);
        QCOMPARE(pool.apply<&later>(1), 2);
        QCOMPARE(pool.apply(AioCall::to<&add>(3, 4).withTimeout(60s)), 7);
        QCOMPARE(pool.apply(AioCall::named(QStringLiteral("twice"), 4)), QVariant(8));
    }

    void aioObjectsCanBeArguments()
    {
        AioPool pool(2);
        AioLock lock;
        QCOMPARE(pool.apply<&takeLock>(lock, 5), 5);
        AioQueue queue;
        AioEvent leave;
        auto future = pool.applyAsync<&waitForLeave>(queue, leave, 3);
        QCOMPARE(queue.get<int>(), 3);
        leave.set();
        QCOMPARE(future.result(), 3);
    }

    void stateStaysInTheWorker()
    {
        AioPool pool(1);
        for (int i = 1; i <= 5; ++i)
            QCOMPARE(pool.apply<&countCalls>(), i);
        QCOMPARE(s_calls, 0);
    }

    void coroutinesResumeHere()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            const int sum = co_await pool.coro_apply<&add>(2, 3);
            AIO_COMPARE(sum, 5);
            const QString text = co_await pool.coro_apply<&greet>(QStringLiteral("you"), 1);
            AIO_COMPARE(text, QStringLiteral("hello you"));
            co_await pool.coro_apply<&nothing>();
            const int typed = co_await pool.coro_apply(AioCall::to<&add>(1, 1));
            AIO_COMPARE(typed, 2);
            const QVariant named = co_await pool.coro_apply(AioCall::named(QStringLiteral("twice"), 2));
            AIO_COMPARE(named, QVariant(4));
            AIO_COMPARE(QThread::currentThread(), QCoreApplication::instance()->thread());
            QList<int> items(1000);
            std::iota(items.begin(), items.end(), 0);
            const QList<int> doubled = co_await pool.coro_map<&twice>(items);
            AIO_COMPARE(doubled.size(), 1000);
            AIO_COMPARE(doubled[999], 1998);
            co_await pool.coro_close();
        });
    }

    // MP-088, MP-083
    void futuresBringResults()
    {
        AioPool pool(2);
        auto one = pool.applyAsync<&twice>(4);
        QCOMPARE(one.result(), 8);
        auto nothingFuture = pool.applyAsync<&nothing>();
        nothingFuture.waitForFinished();
        auto many = pool.mapAsync<&twice>(QList<int>{1, 2, 3});
        QCOMPARE(many.results(), (QList<int>{2, 4, 6}));
        QCOMPARE(many.progressMaximum(), 3);
        QCOMPARE(many.progressValue(), 3);
        auto bad = pool.applyAsync<&failing>(3);
        QCOMPARE(errorOf([&] { bad.waitForFinished(); }).code, AioError::RemoteError);
        auto named = pool.applyAsync(AioCall::named(QStringLiteral("twice"), 2));
        QCOMPARE(named.result(), QVariant(4));
        int seen = 0;
        QObject context;
        auto chain = pool.applyAsync<&twice>(4).then(&context, [&](int value) { seen = value; });
        QTRY_COMPARE(seen, 8);
    }

    // MP-080
    void mapKeepsTheOrder()
    {
        AioPool pool(3);
        for (const int count : {10, 100, 10'000}) {
            QList<int> items(count);
            std::iota(items.begin(), items.end(), 0);
            for (const int chunk : {0, 1, 20}) {
                const QList<int> results = pool.map<&twice>(items, chunk);
                QCOMPARE(results.size(), count);
                for (int i = 0; i < count; ++i)
                    QCOMPARE(results[i], 2 * i);
            }
        }
        QStringList names;
        for (int i = 0; i < 500; ++i)
            names.append(QString::number(i));
        const QStringList texts = pool.map<[](const QString &s) { return s + QLatin1Char('!'); }>(names);
        QCOMPARE(texts.size(), 500);
        QCOMPARE(texts[499], QStringLiteral("499!"));
        pool.map<&discard>(QList<int>{1, 2, 3});
    }

    void mapTakesEveryKindOfRange()
    {
        AioPool pool(2);
        const QList<int> expected{2, 4, 6};
        QCOMPARE(pool.map<&twice>({1, 2, 3}), expected);
        std::vector<int> vector{1, 2, 3};
        QCOMPARE(pool.map<&twice>(vector), expected);
        QCOMPARE(pool.map<&twice>(std::span<const int>(vector)), expected);
        QCOMPARE(pool.map<&twice>(std::views::iota(1, 4)), expected);
        QCOMPARE(pool.map<&twice>(vector | std::views::transform([](int x) { return x; })), expected);
        QCOMPARE(pool.map<&twice>(QSet<int>{3}), QList<int>{6});
        const auto generate = []() -> QCoro::Generator<int> {
            for (int i = 1; i < 4; ++i)
                co_yield i;
        };
        QCOMPARE(pool.map<&twice>(generate()), expected);
        // a range of another type than the parameter
        QCOMPARE(pool.map<&twice>(QList<short>{1, 2, 3}), expected);
    }

    // MP-081, MP-082
    void starmapUnpacks()
    {
        AioPool pool(2);
        const QList<std::pair<int, int>> pairs{{1, 2}, {3, 4}};
        QCOMPARE(pool.starmap<&add>(pairs), (QList<int>{3, 7}));
        QCOMPARE(pool.starmapAsync<&add>(pairs, 1).results(), (QList<int>{3, 7}));
        const QList<std::tuple<int, QString>> tuples{{1, QStringLiteral("a")}, {2, QStringLiteral("b")}};
        QCOMPARE(pool.starmap<&join>(tuples), (QStringList{QStringLiteral("1a"), QStringLiteral("2b")}));
        const QMap<int, int> map{{1, 5}};
        QCOMPARE(pool.starmap<&add>(map.asKeyValueRange()), QList<int>{6});
        AioTest::run([&]() -> QCoro::Task<> {
            const QList<int> sums = co_await pool.coro_starmap<&add>(pairs);
            AIO_COMPARE(sums, (QList<int>{3, 7}));
        });
    }

    void mapByName()
    {
        AioPool pool(2);
        QVariantList items{1, 2, 3};
        QCOMPARE(pool.map(QStringLiteral("twice"), items), (QVariantList{2, 4, 6}));
        QCOMPARE(pool.map(AioCall::named(QStringLiteral("scaled"), 10), items, 1), (QVariantList{10, 20, 30}));
        QCOMPARE(pool.mapAsync(AioCall::named(QStringLiteral("scaled"), 10), items).results(), (QVariantList{10, 20, 30}));
        const QVariantList mixed{1, QStringLiteral("a"), QVariant(), 2.5};
        QCOMPARE(pool.map(QStringLiteral("anything"), mixed), mixed);
    }

    // Numbers go as they are where they have the very types of the function, and nobody can tell.
    void mapByNameOfNumbersAndOfWhatFits()
    {
        AioPool pool(2);
        QSignalSpy finished(&pool, &AioPool::taskFinished);
        const auto call = AioCall::named(QStringLiteral("weighted"), 0.5);
        const QVariantList expected{1.5, 2.5};
        QCOMPARE(pool.map(call, {1, 2}), expected);
        QCOMPARE(pool.map(call, {1, 2}).value(0).metaType(), QMetaType::fromType<double>());
        QCOMPARE(pool.map(call, {1, 2LL}), expected);                                              // one must be converted
        QCOMPARE(pool.map(call.withArguments({1}), {1, 2}), (QVariantList{2.0, 3.0}));             // the bound one must
        QCOMPARE(pool.mapAsync(call, {1, 2}).results(), expected);
        QCOMPARE(pool.map(QStringLiteral("isOdd"), {1, 2, 3}), (QVariantList{true, false, true}));
        QCOMPARE(pool.map(QStringLiteral("discard"), {1, 2}), (QVariantList{QVariant(), QVariant()}));
        QTRY_COMPARE(finished.size(), 15);
        QCOMPARE(finished[0][1].metaType(), QMetaType::fromType<double>());
        QCOMPARE(errorOf([&] { pool.map(call, {1, QStringLiteral("x")}); }).code, AioError::TypeMismatch);
        QCOMPARE(errorOf([&] { pool.map(QStringLiteral("scaled"), {1}); }).code, AioError::UsageError);
        QCOMPARE(errorOf([&] { pool.map(QStringLiteral("failing"), {1, 3}); }).message, QStringLiteral("bad luck"));
        AioTest::run([&]() -> QCoro::Task<> {
            QVariantList items;
            for (int i = 0; i < 5000; ++i)
                items.append(i);
            const QVariantList results = co_await pool.coro_map(QStringLiteral("isOdd"), items, 1);
            for (int i = 0; i < 5000; ++i)
                AIO_COMPARE(results[i].toBool(), i % 2 == 1);
        });
    }

    // MP-086, MP-096
    void nothingGivesNothing()
    {
        AioPool pool(2);
        QCOMPARE(pool.map<&twice>(QList<int>()), QList<int>());
        QCOMPARE(pool.map<&twice>(QList<int>(), 1), QList<int>());
        QCOMPARE(pool.mapAsync<&twice>(QList<int>()).results(), QList<int>());
        AioTest::run([&]() -> QCoro::Task<> {
            int count = 0;
            QCORO_FOREACH(const int value, pool.coro_imap<&twice>(QList<int>())) {
                Q_UNUSED(value)
                ++count;
            }
            QCORO_FOREACH(const int value, pool.coro_imapUnordered<&twice>(QList<int>())) {
                Q_UNUSED(value)
                ++count;
            }
            AIO_COMPARE(count, 0);
        });
        QCOMPARE(pool.activeWorkers(), 0);
    }

    // MP-090, MP-092
    void imapsYieldAsResultsCome()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            QList<int> items(1000);
            std::iota(items.begin(), items.end(), 0);
            for (const int chunk : {1, 100}) {
                int next = 0;
                QCORO_FOREACH(const int value, pool.coro_imap<&twice>(items, chunk)) {
                    AIO_COMPARE(value, 2 * next);
                    ++next;
                }
                AIO_COMPARE(next, 1000);
                QSet<int> seen;
                QCORO_FOREACH(const int value, pool.coro_imapUnordered<&twice>(items, chunk))
                    seen.insert(value);
                AIO_COMPARE(seen.size(), 1000);
            }
            co_await pool.coro_close();
        });
    }

    void imapReadsNotFarAhead()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            int taken = 0;
            auto items = std::views::iota(0, 1000) | std::views::transform([&taken](int i) { ++taken; return i; });
            auto results = pool.coro_imap<&twice>(items);
            auto it = co_await results.begin();
            AIO_COMPARE(*it, 0);
            AIO_VERIFY2(taken <= 9, qPrintable(QString::number(taken)));
        });
    }

    void imapEndsAtAnErrorOrGoesOn()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            const QList<int> items{1, 2, 3, 4};
            QList<int> seen;
            AioError::Code code = AioError::NoError;
            try {
                QCORO_FOREACH(const int value, pool.coro_imap<&failing>(items))
                    seen.append(value);
            } catch (const AioException &e) {
                code = e.code();
            }
            AIO_COMPARE(code, AioError::RemoteError);
            AIO_COMPARE(seen, (QList<int>{1, 2}));
            int good = 0;
            int bad = 0;
            QCORO_FOREACH(const AioResult<int> &result, pool.coro_imapResults<&failing>(items))
                ++(result ? good : bad);
            AIO_COMPARE(good, 3);
            AIO_COMPARE(bad, 1);
            co_await pool.coro_close();
        });
    }

    void imapEndsWithThePool()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            QList<int> items(100'000);
            std::iota(items.begin(), items.end(), 0);
            int seen = 0;
            AioError::Code code = AioError::NoError;
            try {
                QCORO_FOREACH(const AioResult<int> &result, pool.coro_imapResults<&twice>(items)) {
                    if (result && ++seen == 3)
                        pool.terminate();
                }
            } catch (const AioException &e) {
                code = e.code();
            }
            AIO_COMPARE(code, AioError::Closed);
            AIO_VERIFY(seen >= 3 && seen < 100);
        });
    }

    void argumentsAndResultsOfAnySize()
    {
        AioPool pool(2);
        for (const qsizetype size : {0, 1, 65'500, 65'536, 200'000, 20'000'000}) {
            QCOMPARE(pool.apply<&sizeOf>(QByteArray(size, 'a')), size);
            QCOMPARE(pool.apply<&bytes>(size).size(), size);
        }
        QList<QByteArray> many(50, QByteArray(100'000, 'b'));
        QCOMPARE(pool.map<&sizeOf>(many), QList<qsizetype>(50, 100'000));
        QCOMPARE(pool.map<&bytes>(QList<qsizetype>(50, 300'000)).size(), 50);
    }

    void blockingFormsNeedNoEventLoop()
    {
        AioPool pool(2);
        QList<int> results(4);
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 4; ++i) {
                threads.emplace_back([&, i] {
                    int sum = 0;
                    for (int j = 0; j < 50; ++j)
                        sum += pool.apply<&twice>(j);
                    results[i] = sum;
                });
            }
        }
        QCOMPARE(results, QList<int>(4, 2450));
    }

    void submitAndSignals()
    {
        AioPool pool(2);
        QSignalSpy started(&pool, &AioPool::taskStarted);
        QSignalSpy finished(&pool, &AioPool::taskFinished);
        QSignalSpy failed(&pool, &AioPool::taskFailed);
        QSignalSpy drained(&pool, &AioPool::drained);
        QSignalSpy workers(&pool, &AioPool::workerStarted);
        const quint64 good = pool.submit(AioCall::to<&twice>(4));
        const quint64 bad = pool.submit(AioCall::to<&failing>(3));
        QVERIFY(good != 0 && bad != 0 && good != bad);
        QTRY_VERIFY(drained.size() >= 1 && finished.size() == 1 && failed.size() == 1);
        QCOMPARE(started.size(), 2);
        QCOMPARE(finished[0][0].toULongLong(), good);
        QCOMPARE(finished[0][1], QVariant(8));
        QCOMPARE(failed[0][0].toULongLong(), bad);
        QCOMPARE(failed[0][1].value<AioError>().code, AioError::RemoteError);
        QTRY_VERIFY(workers.size() >= 1);
        QCOMPARE(pool.completedTasks(), 1);
        QCOMPARE(pool.failedTasks(), 1);
        QCOMPARE(pool.progress(), 1.0);
    }

    // MP-094
    void workersStartWhenNeeded()
    {
        AioPool pool(3);
        QCOMPARE(pool.processes(), 3);
        QCOMPARE(pool.activeWorkers(), 0);
        AioQueue said;
        AioEvent leave;
        QList<QFuture<int>> futures;
        for (int i = 0; i < 3; ++i)
            futures.append(pool.applyAsync<&waitForLeave>(said, leave, i));
        for (int i = 0; i < 3; ++i)
            said.get();
        QCOMPARE(pool.activeWorkers(), 3);
        QCOMPARE(pool.runningTasks(), 3);
        leave.set();
        for (auto &future : futures)
            future.waitForFinished();
        for (const int bad : {0, -1})
            QCOMPARE(errorOf([&] { AioPool none(bad); }).code, AioError::UsageError);
    }

    void closeLetsFinish()
    {
        AioPool pool(2);
        QList<QFuture<int>> futures;
        for (int i = 0; i < 20; ++i)
            futures.append(pool.applyAsync<&twice>(i));
        QCOMPARE(errorOf([&] { pool.join(); }).code, AioError::UsageError);
        pool.close();
        pool.close();
        QVERIFY(!pool.isRunning());
        QVERIFY(pool.join());
        for (int i = 0; i < 20; ++i)
            QCOMPARE(futures[i].result(), 2 * i);
        QCOMPARE(pool.activeWorkers(), 0);
        QCOMPARE(errorOf([&] { pool.apply<&twice>(1); }).code, AioError::Closed);
        QCOMPARE(errorOf([&] { pool.map<&twice>({1}); }).code, AioError::Closed);
        QCOMPARE(errorOf([&] { pool.submit(AioCall::to<&twice>(1)); }).code, AioError::Closed);
    }

    // MP-097, MP-102, NEW-021, AIO-023
    void terminateCancelsWhatIsPending()
    {
        AioPool pool(2);
        AioQueue said;
        AioEvent leave;
        QList<QFuture<int>> futures;
        for (int i = 0; i < 10; ++i)
            futures.append(pool.applyAsync<&waitForLeave>(said, leave, i));
        said.get();
        pool.terminate();
        QVERIFY(pool.join());
        for (auto &future : futures) {
            future.waitForFinished();
            QVERIFY(future.isCanceled());
        }
        QCOMPARE(errorOf([&] { pool.apply<&twice>(1); }).code, AioError::Closed);
    }

    void joinTakesADeadline()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(1);
            AioQueue said;
            AioEvent leave;
            auto future = pool.applyAsync<&waitForLeave>(said, leave, 1);
            co_await said.coro_get();
            pool.close();
            AIO_VERIFY(!pool.join(20ms));
            const bool early = co_await pool.coro_join(20ms);
            AIO_VERIFY(!early);
            leave.set();
            const bool ended = co_await pool.coro_join();
            AIO_VERIFY(ended);
            AIO_VERIFY(pool.join());
            AioPool unused(1);
            co_await unused.coro_close();
        });
    }

    // MP-103
    void destroyingARunningPoolCancels()
    {
        AioQueue said;
        AioEvent leave;
        QFuture<int> future;
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("an AioPool is destroyed that still has 1 tasks to do")));
        {
            AioPool pool(1);
            future = pool.applyAsync<&waitForLeave>(said, leave, 1);
            said.get();
        }
        future.waitForFinished();
        QVERIFY(future.isCanceled());
    }

    void submitReadyHoldsBack()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            AioQueue said;
            AioEvent leave;
            QList<QFuture<int>> futures;
            for (int i = 0; i < 6; ++i) {
                co_await pool.coro_submitReady();
                futures.append(pool.applyAsync<&waitForLeave>(said, leave, i));
            }
            co_await said.coro_get();
            co_await said.coro_get();
            bool isReady = false;
            auto wait = [](AioPool &of, bool &ready) -> QCoro::Task<> {
                co_await of.coro_submitReady();
                ready = true;
            };
            auto waiting = wait(pool, isReady);
            co_await AioTest::nextTurn();
            AIO_VERIFY(!isReady);
            leave.set();
            co_await waiting;
            AIO_VERIFY(isReady);
            co_await pool.coro_close();
        });
    }
};

AIO_TEST_MAIN(TestAioPool)
#include "tst_aiopool.moc"
