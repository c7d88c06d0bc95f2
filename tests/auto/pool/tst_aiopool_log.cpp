// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What tasks log: where it arrives, and that a flood of it is a burden to nobody.

#include "pooltest.h"

#include <csignal>
#include <unistd.h>

namespace {

constexpr int letters = 1000;       // of a line of a flood

int counts(AioTaskContext &task, int lines)
{
    for (int i = 0; i < lines; ++i)
        task.log(QString::number(i));
    return lines;
}

int countsAndThrows(AioTaskContext &task, int lines)
{
    counts(task, lines);
    throw std::runtime_error("enough");
}

int countsAndDies(AioTaskContext &task, int lines)
{
    counts(task, lines);
    ::kill(::getpid(), SIGKILL);
    return 0;
}

int countsAndWaits(AioTaskContext &task, AioEvent &leave, int lines)
{
    counts(task, lines);
    leave.wait();
    return lines;
}

int floods(AioTaskContext &task, int lines)
{
    for (int i = 0; i < lines; ++i)
        task.log(QStringLiteral("x").repeated(letters));
    return lines;
}

int floodsUntil(AioTaskContext &task, AioEvent &leave)
{
    int lines = 0;
    for (; lines < 10'000 || !leave.isSet(); ++lines)
        task.log(QStringLiteral("x").repeated(letters));
    return lines;
}

struct Line
{
    quint64 id;
    QString text;
    qint64 lost;
};

/* What a pool tells of lines and outcomes, in order: a line, or "done" or "failed". */
class Listener
{
public:
    explicit Listener(AioPool &pool)
    {
        QObject::connect(&pool, &AioPool::taskLogged, &m_context, [this](quint64 id, const QString &line, qint64 lost) {
            all.push_back({id, line, lost});
        });
        QObject::connect(&pool, &AioPool::taskFinished, &m_context, [this](quint64 id) { all.push_back({id, QStringLiteral("done"), 0}); });
        QObject::connect(&pool, &AioPool::taskFailed, &m_context, [this](quint64 id) { all.push_back({id, QStringLiteral("failed"), 0}); });
    }
    QStringList of(quint64 id) const
    {
        QStringList texts;
        for (const Line &line : all) {
            if (line.id == id)
                texts.append(line.text);
        }
        return texts;
    }
    qint64 lost() const
    {
        qint64 sum = 0;
        for (const Line &line : all)
            sum += line.lost;
        return sum;
    }
    qint64 longLines() const { return std::count_if(all.begin(), all.end(), [](const Line &line) { return line.text.size() == letters; }); }

    std::vector<Line> all;

private:
    QObject m_context;
};

QStringList expected(int lines, const QString &end)
{
    QStringList texts;
    for (int i = 0; i < lines; ++i)
        texts.append(QString::number(i));
    return texts << end;
}

} // namespace

class TestAioPoolLog : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void linesArriveWithTheirTaskBeforeItsOutcome()
    {
        AioPool pool(2);
        Listener listener(pool);
        const quint64 good = pool.submit(AioCall::to<&counts>(10));
        const quint64 bad = pool.submit(AioCall::to<&countsAndThrows>(5));
        const quint64 silent = pool.submit(AioCall::to<&counts>(0));
        QTRY_COMPARE(listener.all.size(), std::size_t(18));
        QCOMPARE(listener.of(good), expected(10, QStringLiteral("done")));
        QCOMPARE(listener.of(bad), expected(5, QStringLiteral("failed")));
        QCOMPARE(listener.of(silent), QStringList(QStringLiteral("done")));
        QCOMPARE(listener.lost(), 0);
    }

    void linesArriveWhileTheTaskRuns()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(1);
            AioEvent leave;
            Listener listener(pool);
            auto task = pool.coro_apply<&countsAndWaits>(leave, 3);
            while (listener.all.size() < 3)
                co_await AioTest::nextTurn();
            AIO_VERIFY(!task.isReady());
            leave.set();
            const int lines = co_await task;
            AIO_COMPARE(lines, 3);
            co_await pool.coro_close();
        });
    }

    void itemsOfAMapHaveTheirOwn()
    {
        AioPool pool(2);
        Listener listener(pool);
        QCOMPARE(pool.map<&counts>({3, 0, 2}), (QList<int>{3, 0, 2}));
        QTRY_COMPARE(listener.all.size(), std::size_t(8));
        quint64 first = listener.all[0].id;
        for (const Line &line : listener.all)
            first = std::min(first, line.id);
        QCOMPARE(listener.of(first), expected(3, QStringLiteral("done")));
        QCOMPARE(listener.of(first + 2), expected(2, QStringLiteral("done")));
    }

    void theLastWordsOfADeadWorkerArrive()
    {
        AioPool pool(1);
        pool.setHistory(5);
        Listener listener(pool);
        const quint64 id = pool.submit(AioCall::to<&countsAndDies>(4));
        QTRY_COMPARE(listener.all.size(), std::size_t(5));
        QCOMPARE(listener.of(id), expected(4, QStringLiteral("failed")));
        QCOMPARE(pool.taskHistory().value(0).log, expected(4, {}).mid(0, 4));
        QCOMPARE(pool.taskHistory().value(0).error.code, AioError::WorkerLost);
    }

    void theHistoryHasTheLastLines()
    {
        AioPool pool(1);
        pool.setHistory(5);
        pool.apply<&counts>(120);
        pool.apply<&floods>(10);
        QTRY_COMPARE(pool.taskHistory().size(), 2);
        const QList<AioTaskInfo> tasks = pool.taskHistory();
        QCOMPARE(tasks[0].logged, 120);
        QCOMPARE(tasks[0].log.size(), 50);
        QCOMPARE(tasks[0].log.first(), QStringLiteral("70"));
        QCOMPARE(tasks[0].log.last(), QStringLiteral("119"));
        QCOMPARE(tasks[1].logged, 10);
        QCOMPARE(tasks[1].log.size(), 4);       // with 4096 letters
    }

    // None of it is kept for later: a worker cannot log faster than others read.
    void aFloodIsCutAndCounted()
    {
        AioPool pool(1);
        pool.setHistory(1);
        Listener listener(pool);
        QCOMPARE(pool.apply<&floods>(100'000), 100'000);
        QTRY_VERIFY(!listener.all.empty() && listener.all.back().text == QStringLiteral("done"));
        QVERIFY(listener.lost() > 0);
        QVERIFY(listener.longLines() > 100);
        QCOMPARE(listener.longLines() + listener.lost(), 100'000);
        QCOMPARE(pool.taskHistory().value(0).logged, 100'000);
    }

    void linesDoNotWaitForALoopWithoutLimit()
    {
        AioPool pool(2);
        pool.setMaxTasksPerChild(1);        // each worker has a burst
        Listener listener(pool);
        const int tasks = 40;
        const int lines = 110;
        QCOMPARE(pool.map<&floods>(QList<int>(tasks, lines), 1), QList<int>(tasks, lines));
        QCOMPARE(listener.all.size(), std::size_t(0));
        const auto outcomes = [&] {
            return std::count_if(listener.all.begin(), listener.all.end(),
                                 [](const Line &line) { return line.text == QStringLiteral("done"); });
        };
        QTRY_COMPARE(outcomes(), tasks);
        QCOMPARE(listener.longLines() + listener.lost(), qint64(tasks) * lines);
        QVERIFY(listener.lost() > 0);
        QVERIFY2(listener.longLines() * 2 * letters <= 5 << 20, qPrintable(QString::number(listener.longLines())));
        listener.all.clear();               // and then it goes on
        pool.apply<&counts>(3);
        QTRY_COMPARE(listener.all.size(), std::size_t(4));
        QCOMPARE(listener.lost(), 0);
    }

    void aFloodDelaysNeitherTheLoopNorOtherTasks()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            pool.setHistory(10);
            Listener listener(pool);
            AioEvent leave;
            auto flood = pool.coro_apply<&floodsUntil>(leave);
            while (listener.all.empty())
                co_await AioTest::nextTurn();
            const QList<int> items(20'000, 21);
            const QList<int> results = co_await pool.coro_map<&twice>(items);
            AIO_COMPARE(results, QList<int>(20'000, 42));
            AIO_VERIFY(!flood.isReady());
            leave.set();
            const int lines = co_await flood;
            while (listener.longLines() + listener.lost() < lines)
                co_await AioTest::nextTurn();
            AIO_COMPARE(listener.longLines() + listener.lost(), qint64(lines));
            AIO_VERIFY(listener.lost() > 0);
            co_await pool.coro_close();
        });
    }

    void withoutAPoolTheyGoToTheLog()
    {
        QTest::ignoreMessage(QtInfoMsg, "0");
        QCOMPARE(AioCall::to<&counts>(1).run().toInt(), 1);
    }
};

AIO_TEST_MAIN(TestAioPoolLog)
#include "tst_aiopool_log.moc"
