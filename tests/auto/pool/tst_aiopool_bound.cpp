// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Arguments that are the same for all tasks of a map: right in every form, sent once to each worker, and gone when the map is.

#include "pooltest.h"

#include "platform/rawfault.h"

#include <QDataStream>

#include <csignal>
#include <numeric>
#include <ranges>
#include <unistd.h>

// Counts how often it is written and read in this process, and how many there are.
struct Table
{
    enum Trouble { None, FailsToWrite, FailsToRead, KillsReader };

    Table() { ++s_alive; }
    explicit Table(const QByteArray &content, int trouble = None) : bytes(content), kind(trouble) { ++s_alive; }
    Table(const Table &other) : bytes(other.bytes), kind(other.kind) { ++s_alive; }
    Table &operator=(const Table &) = default;
    ~Table() { --s_alive; }

    friend QDataStream &operator<<(QDataStream &stream, const Table &table)
    {
        if (table.kind == FailsToWrite)
            throw std::runtime_error("not this one");
        ++s_written;
        return stream << table.bytes << table.kind;
    }
    friend QDataStream &operator>>(QDataStream &stream, Table &table)
    {
        ++s_read;
        stream >> table.bytes >> table.kind;
        if (table.kind == FailsToRead)
            stream.setStatus(QDataStream::ReadCorruptData);
        if (table.kind == KillsReader)
            ::kill(::getpid(), SIGKILL);
        return stream;
    }

    QByteArray bytes;
    int kind = None;

    static inline int s_written = 0;
    static inline int s_read = 0;
    static inline int s_alive = 0;
};
Q_DECLARE_METATYPE(Table)

namespace {

constexpr qsizetype mebibyte = 1 << 20;

int scaled(int factor, int value) { return factor * value; }
double weighted(double weight, int factor, int value) { return weight * factor + value; }
QString join(const QString &left, int number, const QString &right) { return left + QString::number(number) + right; }
int withLock(AioLock &lock, int value)
{
    const AioLocker locker(lock);
    return value;
}
int counted(AioTaskContext &task, int base, int value)
{
    return task.taskId() > 0 ? base + value : 0;
}
qsizetype sizeWith(const Table &table, int value) { return table.bytes.size() + value; }
int alive() { return Table::s_alive; }

/* How often the worker has read a table, and which one it is. */
QString reads(const Table &table, int)
{
    return QStringLiteral("%1:%2").arg(ownPid()).arg(table.bytes.isEmpty() ? -1 : Table::s_read);
}
int dieAtHundreds(const Table &table, int value)
{
    if (value % 100 == 99)
        ::kill(::getpid(), SIGKILL);
    return int(table.bytes.size()) + value;
}

/* How often this process sends bound arguments to a worker, from now on. */
class Sends
{
public:
    Sends() : m_isCounting(aio_raw::rawfault_arm("pool.bound:1000000:sleep:0")) {}
    ~Sends() { aio_raw::rawfault_arm(nullptr); }
    bool areAtMost(unsigned most) const
    {
        const unsigned hits = aio_raw::rawfault_hits();
        const bool are = !m_isCounting || (hits >= 1 && hits <= most);
        if (!are)
            qWarning("sent %u times", hits);
        return are;
    }

private:
    const bool m_isCounting;
};

const QList<int> numbers{1, 2, 3, 4};

} // namespace

AIO_FUNCTION(sizeWith)

class TestAioPoolBound : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void mapsTakeThem()
    {
        AioPool pool(2);
        const QList<int> tens{10, 20, 30, 40};
        QCOMPARE(pool.map<&scaled>(AioBound(10).each(numbers)), tens);
        QCOMPARE(pool.map<&scaled>(AioBound(10).each({1, 2, 3, 4}), 1), tens);
        QCOMPARE(pool.map<&scaled>(AioBound(short(10)).each(std::views::iota(1, 5))), tens);
        QCOMPARE(pool.map<&weighted>(AioBound(0.5, 10).each(QList<short>{1, 2})), (QList<double>{6, 7}));
        QCOMPARE(pool.map<&counted>(AioBound(5).each(numbers)), (QList<int>{6, 7, 8, 9}));
        const QStringList letters{QStringLiteral("a"), QStringLiteral("b")};
        const QStringList joined{QStringLiteral("x1a"), QStringLiteral("x1b")};
        QCOMPARE(pool.map<&join>(AioBound(QStringLiteral("x"), 1).each(letters)), joined);
        QCOMPARE(resultsOf(pool.mapAsync<&join>(AioBound(QStringLiteral("x"), 1).each(letters), 1)), joined);
        const QList<std::pair<int, QString>> pairs{{1, letters[0]}, {1, letters[1]}};
        QCOMPARE(pool.starmap<&join>(AioBound(QStringLiteral("x")).each(pairs)), joined);
        QCOMPARE(resultsOf(pool.starmapAsync<&join>(AioBound(QStringLiteral("x")).each(pairs))), joined);
        QCOMPARE(pool.starmap<&weighted>(AioBound(0.5).each(QList<std::pair<int, int>>{{10, 1}})), QList<double>{6});
        AioLock lock;
        QCOMPARE(pool.map<&withLock>(AioBound(lock).each(numbers)), numbers);
        QCOMPARE(pool.map<&scaled>(AioBound(10).each(QList<int>())), QList<int>());
        const AioBound kept(10);            // a value, for as many maps as one likes
        const auto items = kept.each(numbers);
        QCOMPARE(pool.map<&scaled>(items), tens);
        QCOMPARE(pool.map<&scaled>(items), tens);
    }

    void coroutinesAndGeneratorsTakeThem()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            const QList<int> tens = co_await pool.coro_map<&scaled>(AioBound(10).each(numbers));
            AIO_COMPARE(tens, (QList<int>{10, 20, 30, 40}));
            const QList<std::pair<int, QString>> pairs{{1, QStringLiteral("a")}};
            const QStringList joined = co_await pool.coro_starmap<&join>(AioBound(QStringLiteral("x")).each(pairs));
            AIO_COMPARE(joined, QStringList(QStringLiteral("x1a")));
            QList<int> seen;
            QCORO_FOREACH(const int value, pool.coro_imap<&scaled>(AioBound(10).each(numbers)))
                seen.append(value);
            AIO_COMPARE(seen, tens);
            int sum = 0;
            QCORO_FOREACH(const int value, pool.coro_imapUnordered<&scaled>(AioBound(10).each(numbers), 2))
                sum += value;
            AIO_COMPARE(sum, 100);
            AioLock lock;
            sum = 0;
            QCORO_FOREACH(const AioResult<int> &result, pool.coro_imapResults<&withLock>(AioBound(lock).each(numbers)))
                sum += result.value();
            QCORO_FOREACH(const AioResult<int> &result, pool.coro_imapUnorderedResults<&withLock>(AioBound(lock).each(numbers)))
                sum += result.value();
            AIO_COMPARE(sum, 20);
            co_await pool.coro_close();
        });
    }

    void eachWorkerGetsThemOnce_data()
    {
        QTest::addColumn<int>("form");
        QTest::newRow("map") << 0;
        QTest::newRow("map, item by item") << 1;
        QTest::newRow("mapAsync") << 2;
    }
    void eachWorkerGetsThemOnce()
    {
        QFETCH(int, form);
        AioPool pool(2);
        const auto bound = AioBound(Table(QByteArray(mebibyte, 'x'))).each(QList<int>(1000, 1));
        const Sends sends;
        Table::s_written = 0;
        const QStringList results = form < 2 ? pool.map<&reads>(bound, form) : resultsOf(pool.mapAsync<&reads>(bound));
        QCOMPARE(results.size(), 1000);
        QCOMPARE(Table::s_written, 1);
        QVERIFY(sends.areAtMost(2));
        QVERIFY2(areReadOnce(results), qPrintable(results.join(QLatin1Char(' '))));
    }

    void eachWorkerOfACoroutineGetsThemOnce_data()
    {
        QTest::addColumn<int>("chunk");     // 0: coro_map
        QTest::newRow("coro_map") << 0;
        QTest::newRow("coro_imap") << 1;
        QTest::newRow("coro_imap, chunks") << 10;
    }
    void eachWorkerOfACoroutineGetsThemOnce()
    {
        QFETCH(int, chunk);
        AioTest::run([chunk]() -> QCoro::Task<> {
            AioPool pool(2);
            const auto bound = AioBound(Table(QByteArray(mebibyte, 'x'))).each(QList<int>(1000, 1));
            const Sends sends;
            Table::s_written = 0;
            QStringList results;
            if (chunk == 0) {
                results = co_await pool.coro_map<&reads>(bound, 7);
            } else {
                QCORO_FOREACH(const QString &result, pool.coro_imap<&reads>(bound, chunk))
                    results.append(result);
            }
            AIO_COMPARE(results.size(), 1000);
            AIO_COMPARE(Table::s_written, 1);
            AIO_VERIFY(sends.areAtMost(2));
            AIO_VERIFY2(areReadOnce(results), qPrintable(results.join(QLatin1Char(' '))));
            co_await pool.coro_close();
        });
    }

    void byNameToo()
    {
        AioPool pool(2);
        const Sends sends;
        Table::s_written = 0;
        const AioCall call = AioCall::named(QStringLiteral("sizeWith"), Table(QByteArray(mebibyte, 'x')));
        QCOMPARE(pool.map(call, QVariantList(1000, 1), 1), QVariantList(1000, QVariant(mebibyte + 1)));
        QCOMPARE(Table::s_written, 1);
        QVERIFY(sends.areAtMost(2));
    }

    void mapsAtTheSameTimeHaveTheirOwn()
    {
        AioPool pool(2);
        const Sends sends;
        auto small = pool.mapAsync<&sizeWith>(AioBound(Table("small")).each(QList<int>(500, 0)), 1);
        auto large = pool.mapAsync<&sizeWith>(AioBound(Table(QByteArray(mebibyte, 'x'))).each(QList<int>(500, 0)), 1);
        for (int i = 0; i < 100; ++i)
            QCOMPARE(pool.apply<&twice>(i), 2 * i);
        QCOMPARE(resultsOf(small), QList<qsizetype>(500, 5));
        QCOMPARE(resultsOf(large), QList<qsizetype>(500, mebibyte));
        QVERIFY(sends.areAtMost(4));
    }

    void workersForgetThemAfterwards()
    {
        AioPool pool(1);
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(pool.map<&sizeWith>(AioBound(Table("five!")).each({1, 2})), (QList<qsizetype>{6, 7}));
            QTRY_COMPARE(pool.apply<&alive>(), 0);
        }
        QVERIFY(errorOf([&] { pool.map<&sizeWith>(AioBound(Table("five!", Table::FailsToRead)).each({1})); }));
        QTRY_COMPARE(pool.apply<&alive>(), 0);
    }

    void workersThatTakeThePlaceOfDeadOnesGetThemAgain()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            const Table table(QByteArray(mebibyte, 'x'));
            QList<int> items(1000);
            std::iota(items.begin(), items.end(), 0);
            const Sends sends;
            int index = 0;
            int lost = 0;
            QCORO_FOREACH(const AioResult<int> &result, pool.coro_imapResults<&dieAtHundreds>(AioBound(table).each(items), 3)) {
                if (index % 100 == 99) {
                    AIO_COMPARE(result.error().code, AioError::WorkerLost);
                    ++lost;
                } else {
                    AIO_VERIFY(bool(result));
                    AIO_COMPARE(result.value(), int(mebibyte) + index);
                }
                ++index;
            }
            AIO_COMPARE(index, 1000);
            AIO_COMPARE(lost, 10);
            AIO_VERIFY(sends.areAtMost(12));
            AioError::Code code = co_await AioTest::codeOf(pool.coro_map<&dieAtHundreds>(AioBound(table).each(items)));
            AIO_COMPARE(code, AioError::WorkerLost);
            AIO_VERIFY(pool.isRunning());
            co_await pool.coro_close();
        });
    }

    void whatCannotBeWrittenIsNotSent()
    {
        AioPool pool(1);
        const Table bad("x", Table::FailsToWrite);
        const AioError error = errorOf([&] { pool.map<&sizeWith>(AioBound(bad).each(numbers)); });
        QCOMPARE(error.code, AioError::RemoteError);
        QCOMPARE(error.message, QStringLiteral("not this one"));
        QCOMPARE(pool.activeWorkers(), 0);
        AioTest::run([&]() -> QCoro::Task<> {
            int failures = 0;
            QCORO_FOREACH(const AioResult<qsizetype> &result, pool.coro_imapResults<&sizeWith>(AioBound(bad).each(numbers)))
                failures += result ? 0 : 1;
            AIO_COMPARE(failures, 4);
        });
    }

    void whatCannotBeReadIsTheErrorOfEachItem()
    {
        AioPool pool(1);
        const qint64 pid = pool.apply<&ownPid>();
        const Table bad("x", Table::FailsToRead);
        AioTest::run([&]() -> QCoro::Task<> {
            int failures = 0;
            QCORO_FOREACH(const AioResult<qsizetype> &result, pool.coro_imapResults<&sizeWith>(AioBound(bad).each(numbers)))
                failures += result.error().code == AioError::ProtocolError ? 1 : 0;
            AIO_COMPARE(failures, 4);
        });
        const AioCall call = AioCall::named(QStringLiteral("sizeWith"), bad);
        QCOMPARE(errorOf([&] { pool.map(call, QVariantList{1, 2}); }).code, AioError::ProtocolError);
        QCOMPARE(pool.apply<&ownPid>(), pid);
    }

    void whoDiesOfReadingThemFailsOneItem()
    {
        AioPool pool(1);
        const Table bad("x", Table::KillsReader);
        AioTest::run([&]() -> QCoro::Task<> {
            int failures = 0;
            QCORO_FOREACH(const AioResult<qsizetype> &result, pool.coro_imapResults<&sizeWith>(AioBound(bad).each(numbers), 4))
                failures += result.error().code == AioError::WorkerLost ? 1 : 0;
            AIO_COMPARE(failures, 4);
        });
        QCOMPARE(pool.apply<&twice>(1), 2);
        QCOMPARE(pool.stats().workersLost, 4);
    }

private:
    static bool areReadOnce(const QStringList &results)
    {
        return std::all_of(results.begin(), results.end(), [](const QString &result) { return result.endsWith(QStringLiteral(":1")); });
    }
    template<class T>
    static QList<T> resultsOf(QFuture<T> future)
    {
        future.waitForFinished();
        return future.results();
    }
};

AIO_TEST_MAIN(TestAioPoolBound)
#include "tst_aiopool_bound.moc"
