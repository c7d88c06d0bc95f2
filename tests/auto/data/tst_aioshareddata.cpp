// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "../sync/synctest.h"

#include <aioprocessing/aioarray.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiovalue.h>

#include <cmath>
#include <numeric>

using namespace std::chrono_literals;

namespace {

struct Sample
{
    double time;
    qint32 channel[4];
    friend bool operator==(const Sample &, const Sample &) = default;
};

void setAll(AioValue<int> &i, AioValue<double> &d, AioValue<qint64> &q, AioValue<char> &c, AioValue<bool> &b, AioValue<Sample> &sample)
{
    i = -42;
    d = 2.5;
    q = qint64(1) << 40;
    c = 'x';
    b = true;
    const AioLocker locker(sample.lock());
    sample = Sample{1.5, {1, 2, 3, 4}};
}

void count(AioValue<int> &value, int times)
{
    for (int i = 0; i < times; ++i)
        value.update([](int n) { return n + 1; });
}

void sumUp(AioArray<double> &row)
{
    const AioLocker locker(row.lock());
    std::partial_sum(row.begin(), row.end(), row.begin());
}

// Both halves of a sample are always equal, as those see who hold the lock.
void keepHalvesEqual(AioValue<Sample> &sample, int rounds)
{
    for (int i = 0; i < rounds; ++i) {
        const AioLocker locker(sample.lock());
        const Sample before = sample;
        if (before.time != before.channel[3])
            std::abort();
        sample = Sample{before.time + 1, {0, 0, 0, before.channel[3] + 1}};
    }
}

void dieWithTheLock(AioArray<int> &array)
{
    array.lock().acquire();
    array[0] = 1;
    AioTest::die();
}

} // namespace

class TestAioSharedData : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-064, MP-065
    void valuesOfEachTypeAreSeenByAll()
    {
        AioValue<int> i(7);
        AioValue<double> d;
        AioValue<qint64> q;
        AioValue<char> c;
        AioValue<bool> b;
        AioValue<Sample> sample;
        QCOMPARE(int(i), 7);
        QCOMPARE(d.value(), 0.0);
        QCOMPARE(b.value(), false);
        static_assert(AioValue<int>::IsAtomic && AioValue<bool>::IsAtomic && !AioValue<Sample>::IsAtomic);
        AioProcess worker(AioCall::to<&setAll>(i, d, q, c, b, sample));
        worker.start();
        QVERIFY(worker.join());
        QCOMPARE(worker.exitCode(), std::optional<int>(0));
        QCOMPARE(i.value(), -42);
        QCOMPARE(d.value(), 2.5);
        QCOMPARE(q.value(), qint64(1) << 40);
        QCOMPARE(c.value(), 'x');
        QCOMPARE(b.value(), true);
        QVERIFY((sample.value() == Sample{1.5, {1, 2, 3, 4}}));
    }

    void updateLosesNoChange()
    {
        constexpr int Times = 20'000;
        AioValue<int> value(0);
        std::vector<std::unique_ptr<AioProcess>> workers;
        for (int n = 0; n < 3; ++n) {
            workers.push_back(std::make_unique<AioProcess>(AioCall::to<&count>(value, Times)));
            workers.back()->start();
        }
        count(value, Times);
        for (auto &worker : workers)
            QVERIFY(worker->join());
        QCOMPARE(value.value(), 4 * Times);
    }

    void largeValuesAreWholeUnderTheirLock()
    {
        AioValue<Sample> sample;
        AioProcess worker(AioCall::to<&keepHalvesEqual>(sample, 5000));
        worker.start();
        keepHalvesEqual(sample, 5000);
        QVERIFY(worker.join());
        QCOMPARE(worker.exitCode(), std::optional<int>(0));
        QCOMPARE(sample.value().time, 10'000.0);
    }

    // MP-067, MP-069
    void arraysAreSeenByAll()
    {
        const QList<double> numbers = {1, 2, 3, 4, 5};
        AioArray<double> row(numbers);
        QCOMPARE(row.size(), 5);
        QCOMPARE(row.toList(), numbers);
        AioProcess worker(AioCall::to<&sumUp>(row));
        worker.start();
        QVERIFY(worker.join());
        QCOMPARE(row.toList(), (QList<double>{1, 3, 6, 10, 15}));
        std::fill(row.span().begin() + 1, row.span().begin() + 3, 0.0);
        QCOMPARE(row.toList(), (QList<double>{1, 0, 0, 10, 15}));
        QCOMPARE(row.at(4), 15.0);

        AioArray<int> zeros(1000);
        QVERIFY(std::all_of(zeros.begin(), zeros.end(), [](int n) { return n == 0; }));
        zeros.fill(3);
        QCOMPARE(std::accumulate(zeros.begin(), zeros.end(), 0), 3000);
        AioArray<int> empty(0);
        QVERIFY(empty.isEmpty());
    }

    // MP-070
    void lockIsTheSameInAllProcesses()
    {
        AioValue<int> value(1);
        AioValue<int> same(value.handle());
        same = 2;
        QCOMPARE(value.value(), 2);
        QCOMPARE(same.handle(), value.handle());
        QCOMPARE(value.handle().kind(), AioHandle::Value);
        QVERIFY(value.lock().tryAcquire());
        QVERIFY(same.lock().locked());
        QVERIFY(AioTest::printed(same).contains(QLatin1String("locked")));
        value.lock().release();
        AioTest::run([&]() -> QCoro::Task<> {
            const AioLocker locker = co_await value.lock().coro_locker();
            const bool again = co_await same.lock().coro_acquire(5ms);
            AIO_VERIFY(!again);
        });
        QVERIFY(!same.lock().locked());
    }

    void heirIsToldOfADeadOwner()
    {
        AioArray<int> array(2);
        AioProcess worker(AioCall::to<&dieWithTheLock>(array));
        worker.start();
        QVERIFY(worker.join());
        QVERIFY(array.lock().acquire(5s));
        QVERIFY(array.lock().wasAbandoned());
        QCOMPARE(array[0], 1);
        array.lock().release();
    }

    void travelsThroughAQueue()
    {
        AioQueue queue;
        AioValue<int> value(5);
        queue.put(value);
        AioValue<int> same(queue.get<AioHandle>());
        same = 6;
        QCOMPARE(value.value(), 6);
    }

    void memoryComesBack()
    {
        AioContext small(QStringLiteral("small"));
        small.setMemoryLimit(64 * 1024 * 1024);
        for (int i = 0; i < 40; ++i) {
            AioArray<char> array(8 * 1024 * 1024, small);
            QVERIFY(std::all_of(array.begin(), array.end(), [](char c) { return c == 0; }));
            array.fill(1);
        }
        QCOMPARE(AioTest::codeThrownBy([&] { AioArray<char> tooLarge(100 * 1024 * 1024, small); }), AioError::TooLarge);
        std::vector<std::unique_ptr<AioArray<char>>> many;
        QCOMPARE(AioTest::codeThrownBy([&] {
            for (;;)
                many.push_back(std::make_unique<AioArray<char>>(8 * 1024 * 1024, small));
        }), AioError::OutOfResources);
        QVERIFY(many.size() >= 4);
        many.pop_back();
        AioArray<char> fits(8 * 1024 * 1024, small);
    }

    void wrongUseIsRefused()
    {
        QCOMPARE(AioTest::codeThrownBy([] { AioArray<int> array(-1); }), AioError::UsageError);
        AioArray<int> array(3);
        QCOMPARE(AioTest::codeThrownBy([&] { array.at(3); }), AioError::UsageError);
        QCOMPARE(AioTest::codeThrownBy([&] { array.at(-1); }), AioError::UsageError);
        QCOMPARE(AioTest::codeThrownBy([&] { AioArray<float> other(array.handle()); }), AioError::TypeMismatch);
        QCOMPARE(AioTest::codeThrownBy([&] { AioValue<int> value(array.handle()); }), AioError::TypeMismatch);
        AioLock plain;
        const AioHandle disguised(AioHandle::Array, plain.handle().context(), plain.handle().address());
        QCOMPARE(AioTest::codeThrownBy([&] { AioArray<int> none(disguised); }), AioError::TypeMismatch);
        AioHandle gone;
        {
            AioValue<int> value(1);
            gone = value.handle();
        }
        QCOMPARE(AioTest::codeThrownBy([&] { AioValue<int> value(gone); }), AioError::NotFound);
    }
};

AIO_TEST_MAIN(TestAioSharedData)
#include "tst_aioshareddata.moc"
