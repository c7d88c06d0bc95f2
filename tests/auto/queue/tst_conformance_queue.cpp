// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What every queue does, wherever it is.

#include "aiotest.h"
#include "faces.h"

#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QDateTime>
#include <QPoint>
#include <QSignalSpy>
#include <QThread>

#include <csignal>
#include <thread>

using namespace std::chrono_literals;

static_assert(AioMessage<int> && AioMessage<QString> && AioMessage<const char (&)[4]> && !AioMessage<int *> && !AioMessage<AioQueue>);

namespace {

void produce(AioQueue &queue, int first, int count)
{
    for (int i = 0; i < count; ++i)
        queue.put(first + i);
}

void echo(AioQueue &in, AioQueue &out)
{
    for (;;) {
        try {
            out.put(in.get());
        } catch (const AioException &) {
            return;
        }
    }
}

void takeAndHang(AioQueue &queue, AioQueue &said)
{
    said.put(QStringLiteral("waiting"));
    queue.get();
    for (;;)
        QThread::sleep(1000);
}

} // namespace

class TestQueue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-027, MP-028, MP-030, MP-033
    void fillsAndEmpties()
    {
        const auto queue = AioTest::make<AioQueue>(3);
        QVERIFY(queue->isEmpty() && !queue->isFull());
        QCOMPARE(queue->maxSize(), 3);
        QVERIFY(!queue->tryGet());
        QVERIFY(queue->put(1));
        QVERIFY(queue->put(2, QDeadlineTimer(10)));
        QVERIFY(queue->tryPut(3));
        QVERIFY(queue->isFull());
        QCOMPARE(queue->size(), 3);
        QVERIFY(!queue->tryPut(4));
        QElapsedTimer timer;
        timer.start();
        QVERIFY(!queue->put(4, QDeadlineTimer(60)));
        QVERIFY(timer.nsecsElapsed() >= 60'000'000);
        QCOMPARE(queue->get().toInt(), 1);
        QCOMPARE(queue->get(QDeadlineTimer(10))->toInt(), 2);
        QCOMPARE(queue->tryGet()->toInt(), 3);
        timer.restart();
        QVERIFY(!queue->get(QDeadlineTimer(60)));
        QVERIFY(timer.nsecsElapsed() >= 60'000'000);
        QVERIFY(queue->isEmpty());
    }

    void valuesKeepTheirTypes_data()
    {
        QTest::addColumn<QVariant>("value");
        QTest::newRow("invalid") << QVariant();
        QTest::newRow("bool") << QVariant(true);
        QTest::newRow("int") << QVariant(-5);
        QTest::newRow("qlonglong") << QVariant(qlonglong(1) << 40);
        QTest::newRow("double") << QVariant(0.1);
        QTest::newRow("string") << QVariant(QStringLiteral("schön"));
        QTest::newRow("bytes") << QVariant(QByteArray(100'000, 'x'));
        QTest::newRow("megabytes") << QVariant(QByteArray(5'000'000, 'y'));
        QTest::newRow("48 bytes") << QVariant(QByteArray(43, 'z'));
        QTest::newRow("49 bytes") << QVariant(QByteArray(44, 'z'));
        QTest::newRow("list") << QVariant(QVariantList{1, QStringLiteral("two"), 3.0});
        QTest::newRow("map") << QVariant(QVariantMap{{QStringLiteral("key"), QVariantList{1, 2}}});
        QTest::newRow("point") << QVariant(QPoint(1, 2));
        QTest::newRow("time") << QVariant(QDateTime::fromSecsSinceEpoch(1'000'000));
    }
    void valuesKeepTheirTypes()
    {
        QFETCH(QVariant, value);
        const auto there = AioTest::make<AioQueue>();
        const auto back = AioTest::make<AioQueue>();
        AioProcess worker(AioCall::to<&echo>(*there, *back));
        worker.start();
        there->put(value);
        const QVariant received = back->get();
        QCOMPARE(received.metaType(), value.metaType());
        QCOMPARE(received, value);
        there->shutDown();
        QVERIFY(worker.join(QDeadlineTimer(5000)));
    }

    void typedForms()
    {
        const auto queue = AioTest::make<AioQueue>();
        queue->put(5);
        QCOMPARE(queue->get<int>(), 5);
        queue->put("literal");
        QCOMPARE(queue->get<QString>(), QStringLiteral("literal"));
        QVERIFY(!queue->tryGet<int>());
        queue->put(QPoint(1, 2));
        QCOMPARE(queue->get<QPoint>(QDeadlineTimer(10)).value(), QPoint(1, 2));
        queue->put(QPoint(1, 2));
        QCOMPARE(AioTest::codeThrownBy([&] { queue->get<QDateTime>(); }), AioError::TypeMismatch);
    }

    void primitivesTravelThroughQueues()
    {
        const auto queue = AioTest::make<AioQueue>();
        const auto lock = AioTest::make<AioLock>();
        queue->put(*lock);
        AioLock same(queue->get().value<AioHandle>());
        same.acquire();
        QVERIFY(lock->locked());
        lock->release();
    }

    // AIO-028, AIO-029
    void coroutinesOnBothSides()
    {
        const auto queue = AioTest::make<AioQueue>(2);
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy got(queue.get(), &AioQueue::got);
            QSignalSpy put(queue.get(), &AioQueue::putDone);
            co_await queue->coro_put(1);
            co_await queue->coro_put(2);
            auto full = queue->coro_put(3);
            const bool late = co_await queue->coro_put(4, 20ms);
            AIO_VERIFY(!late);
            AIO_VERIFY(!full.isReady());
            const QVariant first = co_await queue->coro_get();
            AIO_COMPARE(first.toInt(), 1);
            const bool room = co_await full;
            AIO_VERIFY(room);
            const std::optional<QVariant> second = co_await queue->coro_get(1s);
            AIO_COMPARE(second->toInt(), 2);
            const int third = co_await queue->coro_get<int>();
            AIO_COMPARE(third, 3);
            const std::optional<QVariant> none = co_await queue->coro_get(10ms);
            AIO_VERIFY(!none);
            AIO_COMPARE(got.count(), 3);
            AIO_COMPARE(put.count(), 3);
        });
    }

    void eachProducersOrderIsKept()
    {
        const int Count = AioTest::areFacesManaged() ? 2000 : 20'000;       // there each is a way to the server and back
        const auto queue = AioTest::make<AioQueue>(1000);
        std::vector<std::unique_ptr<AioProcess>> producers;
        for (int i = 0; i < 3; ++i)
            producers.push_back(std::make_unique<AioProcess>(AioCall::to<&produce>(*queue, i * Count, Count)));
        AioTest::run([&]() -> QCoro::Task<> {
            for (auto &producer : producers)
                producer->start();
            int next[3] = {};
            for (int i = 0; i < 3 * Count; ++i) {
                const int item = co_await queue->coro_get<int>();
                AIO_COMPARE(item % Count, next[item / Count]++);
            }
            for (auto &producer : producers)
                co_await producer->coro_join();
        });
        QVERIFY(queue->isEmpty());
    }

    void itemsEndWithShutDown()
    {
        const auto queue = AioTest::make<AioQueue>();
        AioTest::run([&]() -> QCoro::Task<> {
            int sum = 0;
            bool ended = false;
            AioProcessing::spawn([&]() -> QCoro::Task<> {
                QCORO_FOREACH(const QVariant &item, queue->coro_items())
                    sum += item.toInt();
                ended = true;
            });
            for (int i = 1; i <= 4; ++i)
                co_await queue->coro_put(i);
            queue->shutDown();
            while (!ended)
                co_await AioTest::nextTurn();
            AIO_COMPARE(sum, 10);
            AIO_COMPARE(co_await AioTest::codeOf(queue->coro_get()), AioError::ShutDown);
            AIO_COMPARE(co_await AioTest::codeOf(queue->coro_put(1)), AioError::ShutDown);
        });
        QCOMPARE(AioTest::codeThrownBy([&] { queue->put(1); }), AioError::ShutDown);
        QCOMPARE(AioTest::codeThrownBy([&] { queue->get(); }), AioError::ShutDown);
    }

    void destroyedGeneratorTakesNothing()
    {
        const auto queue = AioTest::make<AioQueue>();
        AioTest::run([&]() -> QCoro::Task<> {
            {
                auto items = queue->coro_items();
                auto begin = items.begin();
                begin.await_suspend(std::noop_coroutine()).resume();        // as if somebody awaited it
                queue->put(1);
            }
            queue->put(2);
            const int first = co_await queue->coro_get<int>();
            const int second = co_await queue->coro_get<int>();
            // what a server has sent already comes back behind the others
            AIO_VERIFY(first == 1 || AioTest::areFacesManaged());
            AIO_COMPARE(first + second, 3);
        });
    }

    // MP-037
    void closedObjectPutsNoMore()
    {
        const auto queue = AioTest::make<AioQueue>();
        AioQueue other(queue->handle());
        queue->close();
        QCOMPARE(AioTest::codeThrownBy([&] { queue->put(1); }), AioError::Closed);
        other.put(2);
        QCOMPARE(queue->get().toInt(), 2);
    }

    // NEW-003
    void cancelledGetLeavesTheItem()
    {
        constexpr int Waits = 10'000;
        const auto queue = AioTest::make<AioQueue>();
        int cancelled = 0;
        qint64 received = 0;
        AioTest::run([&]() -> QCoro::Task<> {
            const auto getter = [&](std::stop_token stop) -> QCoro::Task<> {
                QVariant item;
                try {
                    item = co_await queue->coro_get(stop);
                } catch (const AioException &) {
                    ++cancelled;
                }
                received += item.toLongLong();
            };
            for (int round = 0; round < Waits / 100; ++round) {
                std::vector<std::stop_source> stops(100);
                std::vector<QCoro::Task<>> tasks;
                for (auto &stop : stops)
                    tasks.push_back(getter(stop.get_token()));
                std::thread canceller([&] {
                    for (auto &stop : stops)
                        stop.request_stop();
                });
                for (int i = 0; i < 100; ++i)
                    queue->put(1);
                for (auto &task : tasks)
                    co_await task;
                canceller.join();
            }
            while (const auto item = queue->tryGet())
                received += item->toLongLong();
            AIO_COMPARE(received, qint64(Waits));
            AIO_VERIFY(queue->isEmpty());
        }, AioTest::LoopMayBlock);
        qInfo() << cancelled << "of" << Waits << "waits were cancelled";
    }

    // NEW-002
    void pendingGetsDoNotDelayPuts()
    {
        const auto queue = AioTest::make<AioQueue>();
        AioTest::run([&]() -> QCoro::Task<> {
            std::vector<QCoro::Task<QVariant>> gets;
            for (int i = 0; i < 1000; ++i)
                gets.push_back(queue->coro_get());
            co_await queue->coro_put(7);
            const QVariant first = co_await gets.front();
            AIO_COMPARE(first.toInt(), 7);
            queue->shutDown();
            int ended = 0;
            for (std::size_t i = 1; i < gets.size(); ++i)
                ended += (co_await AioTest::codeOf(std::move(gets[i]))) == AioError::ShutDown;
            AIO_COMPARE(ended, 999);
        });
    }

    // NEW-015
    void killedConsumerDoesNotStopTheOthers()
    {
        const auto queue = AioTest::make<AioQueue>();
        AioQueue said;
        AioProcess doomed(AioCall::to<&takeAndHang>(*queue, said));
        doomed.start();
        said.get();
        QVERIFY(::kill(pid_t(doomed.pid()), SIGKILL) == 0);
        QVERIFY(doomed.join(QDeadlineTimer(5000)));
        for (int i = 0; i < 100; ++i)
            queue->put(i);
        AioTest::run([&]() -> QCoro::Task<> {
            int sum = 0;
            for (int i = 0; i < 100; ++i) {
                const std::optional<QVariant> item = co_await queue->coro_get(5s);
                AIO_VERIFY(item && (item->toInt() == i || AioTest::areFacesManaged()));     // the same
                sum += item->toInt();
            }
            AIO_COMPARE(sum, 99 * 50);
        });
    }

    // NEW-026
    void producerEndsWithoutWaitingForItsReader()
    {
        const auto queue = AioTest::make<AioQueue>();
        const int count = AioTest::areFacesManaged() ? 10'000 : 100'000;     // there each is a way to the server and back
        AioProcess producer(AioCall::to<&produce>(*queue, 0, count));
        producer.start();
        QVERIFY(producer.join(QDeadlineTimer(10'000)));
        QCOMPARE(queue->size(), count);
        for (int i = 0; i < count; ++i) {
            if (queue->get().toInt() != i)
                QFAIL("out of order");
        }
    }
};

AIO_TEST_MAIN(TestQueue)
#include "tst_conformance_queue.moc"
