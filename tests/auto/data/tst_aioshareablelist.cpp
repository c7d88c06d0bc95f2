// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "../sync/synctest.h"

#include <aioprocessing/aioarray.h>
#include <aioprocessing/aioshareablelist.h>

using namespace std::chrono_literals;

namespace {

void changeAll(AioShareableList &list)
{
    list.set(0, 43);
    list.set(1, -0.5);
    list.set(2, QStringLiteral("Grüße"));
    list.set(3, QByteArray("\0\xff\0", 3));
    list.set(4, false);
    list.set(5, 7);
}

QString textOf(QChar letter) { return QString(100, letter); }

// Always whole: a hundred times the same letter.
void writeAllTheTime(AioShareableList &list, AioQueue &said)
{
    AioTest::say(said, "writes");
    for (int i = 0;; ++i)
        list.set(0, textOf(QChar(u'a' + i % 26)));
}

void writeOnce(AioShareableList &list)
{
    const AioLocker locker(list.lock());
    list.set(0, textOf(u'b'));
}

void countUp(AioShareableList &list, int times)
{
    for (int i = 0; i < times; ++i) {
        const AioLocker locker(list.lock());
        list.set(0, list.at(0).toInt() + 1);
    }
}

AioError errorOf(const std::function<void()> &call)
{
    try {
        call();
    } catch (const AioException &e) {
        return e.error();
    }
    return {};
}

} // namespace

class TestAioShareableList : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void valuesAreThereAndHaveTheirTypes()
    {
        const QVariantList values{-42LL, 2.5, QStringLiteral("text"), QByteArray("by\0tes", 6), true, QVariant(), QString(), 1LL << 62};
        AioShareableList list(values);
        QCOMPARE(list.size(), values.size());
        QCOMPARE(list.toList(), values);
        for (int i = 0; i < values.size(); ++i)
            QCOMPARE(list.at(i).typeId(), values[i].typeId());
        QCOMPARE(AioShareableList(QVariantList{1, 2u, short(3), 1.5f}).toList(), (QVariantList{1LL, 2LL, 3LL, 1.5}));
        QVERIFY(AioShareableList(QVariantList()).isEmpty());
    }
    void roomIsThatOfTheFirstValue()
    {
        AioShareableList list({QStringLiteral("1234567"), QStringLiteral("12345678"), 1});
        QCOMPARE(list.room(0), 8);
        QCOMPARE(list.room(1), 16);
        list.set(0, QStringLiteral("12345678"));
        const AioError error = errorOf([&] { list.set(0, QStringLiteral("123456789")); });
        QCOMPARE(error.code, AioError::TooLarge);
        QCOMPARE(list.at(0).toString(), QStringLiteral("12345678"));
        list.set(0, 3.5);                                   // any type may follow
        list.set(2, QStringLiteral("words"));
        QCOMPARE(list.toList(), (QVariantList{3.5, QStringLiteral("12345678"), QStringLiteral("words")}));
    }
    void searching()
    {
        AioShareableList list({1, 2, 1, true, 1.0, QStringLiteral("1"), QByteArray("1")});
        QCOMPARE(list.indexOf(1), 0);
        QCOMPARE(list.indexOf(1, 1), 2);
        QCOMPARE(list.count(1), 2);
        QCOMPARE(list.indexOf(true), 3);
        QCOMPARE(list.indexOf(QStringLiteral("1")), 5);
        QVERIFY(!list.contains(QVariant()));
        QCOMPARE(list.indexOf(3), -1);
    }
    void misuse()
    {
        AioShareableList list({1});
        QCOMPARE(errorOf([&] { list.at(1); }).code, AioError::UsageError);
        QCOMPARE(errorOf([&] { list.set(-1, 1); }).code, AioError::UsageError);
        QCOMPARE(errorOf([&] { list.set(0, QDate(2026, 1, 1)); }).code, AioError::Unserializable);
        QCOMPARE(errorOf([&] { list.set(0, ~quint64(0)); }).code, AioError::Unserializable);
        QCOMPARE(errorOf([&] { AioShareableList(QVariantList{QVariantMap()}); }).code, AioError::Unserializable);
        QCOMPARE(list.at(0), QVariant(1LL));
        QCOMPARE(errorOf([&] { AioArray<int> other(list.handle()); }).code, AioError::TypeMismatch);
        AioArray<int> array(3);
        QCOMPARE(errorOf([&] { AioShareableList other(array.handle()); }).code, AioError::TypeMismatch);
    }
    void anotherProcessChangesIt()
    {
        AioShareableList list({42, 0.5, QStringLiteral("a longer text"), QByteArray("12345"), true, QVariant()});
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&changeAll>(list));
            co_await worker.coro_start();
            co_await worker.coro_join();
            const QVariantList wanted{43LL, -0.5, QStringLiteral("Grüße"), QByteArray("\0\xff\0", 3), false, 7LL};
            AIO_COMPARE(list.toList(), wanted);
        });
    }
    void countingWithTheLock()
    {
        AioShareableList list({0});
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess first(AioCall::to<&countUp>(list, 2000));
            AioProcess second(AioCall::to<&countUp>(list, 2000));
            co_await first.coro_start();
            co_await second.coro_start();
            co_await first.coro_join();
            co_await second.coro_join();
            AIO_COMPARE(list.at(0).toInt(), 4000);
        });
    }
    // Read all the time, by two threads, while the writer writes, and after he was killed at any instruction.
    void neverHalf()
    {
        AioShareableList list({textOf(u'a')});
        const auto isWhole = [&list] {
            const QString text = list.at(0).toString();
            return text == textOf(text.at(0));
        };
        for (int round = 0; round < 5; ++round) {
            AioQueue said;
            AioProcess writer(AioCall::to<&writeAllTheTime>(list, said));
            writer.start();
            said.get();
            std::atomic<int> torn = 0;
            const auto read = [&] {
                for (int i = 0; i < 20'000; ++i)
                    torn += !isWhole();
            };
            std::thread other(read);
            read();
            other.join();
            writer.kill();
            writer.join();
            QCOMPARE(torn.load(), 0);
            QVERIFY(isWhole());
        }
    }
    void writerDiesBeforeItCounts()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        AioShareableList list({textOf(u'a')});
        AioProcess writer(AioCall::to<&writeOnce>(list));
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("AIO_FAULT"), QStringLiteral("list.written:1:kill"));
        writer.setEnvironment(environment);
        writer.start();
        writer.join();
        QCOMPARE(writer.exitReason(), AioProcess::Killed);
        QCOMPARE(list.at(0).toString(), textOf(u'a'));
        QVERIFY(list.lock().acquire(QDeadlineTimer(60'000)));
        QVERIFY(list.lock().wasAbandoned());
        list.set(0, textOf(u'c'));
        list.lock().release();
        QCOMPARE(list.at(0).toString(), textOf(u'c'));
    }
};

AIO_TEST_MAIN(TestAioShareableList)
#include "tst_aioshareablelist.moc"
