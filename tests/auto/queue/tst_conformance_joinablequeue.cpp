// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What every joinable queue does, wherever it is, beyond what queues do (tst_conformance_queue).

#include "aiotest.h"
#include "faces.h"

#include <aioprocessing/aiojoinablequeue.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>

#include <QSignalSpy>
#include <QThread>

#include <csignal>

using namespace std::chrono_literals;

namespace {

void work(AioJoinableQueue &jobs, AioQueue &results)
{
    for (;;) {
        const int job = jobs.get<int>();
        if (job < 0) {
            jobs.taskDone();
            return;
        }
        results.put(job * 2);
        jobs.taskDone();
    }
}

void takeAndHang(AioJoinableQueue &jobs, int count, AioQueue &said)
{
    for (int i = 0; i < count; ++i)
        said.put(jobs.get());
    for (;;)
        QThread::sleep(1000);
}

} // namespace

class TestJoinableQueue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // AIO-033
    void anUnusedQueueIsJoinedAtOnce()
    {
        const auto queue = AioTest::make<AioJoinableQueue>();
        QVERIFY(queue->join(QDeadlineTimer(0)));
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy joined(queue.get(), &AioJoinableQueue::joined);
            const bool done = co_await queue->coro_join();
            AIO_VERIFY(done);
            AIO_COMPARE(joined.count(), 1);
        });
    }

    void joinEndsWhenEverythingIsDone()
    {
        const auto queue = AioTest::make<AioJoinableQueue>();
        queue->put(1);
        queue->put(QByteArray(100'000, 'x'));
        QVERIFY(!queue->join(QDeadlineTimer(10)));
        queue->get();
        QVERIFY(!queue->join(QDeadlineTimer(0)));
        queue->taskDone();
        queue->get();
        QVERIFY(queue->isEmpty());
        AioTest::run([&]() -> QCoro::Task<> {
            const bool late = co_await queue->coro_join(20ms);
            AIO_VERIFY(!late);
            std::stop_source stop;
            auto cancelled = queue->coro_join(stop.get_token());
            stop.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(cancelled)), AioError::Cancelled);
            auto join = queue->coro_join();
            AIO_VERIFY(!join.isReady());
            QSignalSpy finished(queue.get(), &AioJoinableQueue::finished);
            queue->taskDone();
            AIO_COMPARE(finished.count(), 1);
            const bool done = co_await join;
            AIO_VERIFY(done);
        });
        QCOMPARE(AioTest::codeThrownBy([&] { queue->taskDone(); }), AioError::UsageError);
    }

    void workersDoAllJobs()
    {
        constexpr int Jobs = 5000;
        const auto jobs = AioTest::make<AioJoinableQueue>(20);
        AioQueue results;
        std::vector<std::unique_ptr<AioProcess>> workers;
        for (int i = 0; i < 2; ++i) {
            workers.push_back(std::make_unique<AioProcess>(AioCall::to<&work>(*jobs, results)));
            workers.back()->start();
        }
        AioTest::run([&]() -> QCoro::Task<> {
            for (int i = 0; i < Jobs; ++i)
                co_await jobs->coro_put(i);
            const bool done = co_await jobs->coro_join(20s);
            AIO_VERIFY(done);
            AIO_COMPARE(results.size(), Jobs);
            for (int i = 0; i < 2; ++i)
                co_await jobs->coro_put(-1);
            for (auto &worker : workers)
                co_await worker->coro_join();
        });
        qint64 sum = 0;
        while (const auto result = results.tryGet<int>())
            sum += *result;
        QCOMPARE(sum, qint64(Jobs) * (Jobs - 1));
    }

    void aDeadConsumersItemsAreLostOrDeliveredAgain_data()
    {
        QTest::addColumn<bool>("redeliver");
        QTest::newRow("lost") << false;
        QTest::newRow("again") << true;
    }
    void aDeadConsumersItemsAreLostOrDeliveredAgain()
    {
        QFETCH(bool, redeliver);
        if (redeliver && AioTest::areFacesManaged())
            return;     // a manager counts them as lost
        const auto jobs = redeliver ? std::make_unique<AioJoinableQueue>(AioTest::facesContext(), 4, AioJoinableQueue::Redeliver)
                                    : AioTest::make<AioJoinableQueue>(4);
        AioQueue said;
        jobs->put(1);
        jobs->put(QVariant(QByteArray(200'000, 'x')));
        jobs->put(3);
        AioProcess doomed(AioCall::to<&takeAndHang>(*jobs, 2, said));
        doomed.start();
        QCOMPARE(said.get().toInt(), 1);
        said.get();
        jobs->put(4);
        QVERIFY(!jobs->join(QDeadlineTimer(10)));
        AioTest::run([&]() -> QCoro::Task<> {
            ::kill(pid_t(doomed.pid()), SIGKILL);
            if (redeliver) {
                co_await doomed.coro_join();
                std::optional<AioDelivery> first = co_await jobs->coro_getDelivery(5s);
                while (first && !first->isRedelivered()) {
                    // nobody has noticed the death yet
                    jobs->put(first->value);
                    jobs->taskDone();
                    first = co_await jobs->coro_getDelivery(5s);
                }
                AIO_VERIFY(first && first->attempt == 2);
                const std::optional<AioDelivery> second = jobs->getDelivery();
                AIO_VERIFY(second && second->attempt == 2);
                AIO_VERIFY(first->value.toInt() == 1 || second->value.toInt() == 1);
                AIO_VERIFY(first->value.toByteArray().size() + second->value.toByteArray().size() >= 200'000);
                jobs->taskDone();
                jobs->taskDone();
            }
            for (int i = 0; i < 2; ++i) {
                const std::optional<AioDelivery> rest = co_await jobs->coro_getDelivery(5s);
                AIO_VERIFY(rest && !rest->isRedelivered() && rest->value.toInt() >= 3);
                jobs->taskDone();
            }
            const bool done = co_await jobs->coro_join(5s);
            AIO_VERIFY(done);
        });
        QCOMPARE(jobs->lostCount(), redeliver ? 0 : 2);
        QVERIFY(doomed.join());
    }

    void aSlowConsumerDelaysNobody()
    {
        const auto queue = AioTest::make<AioJoinableQueue>(2);
        queue->put(0);
        queue->get();
        for (int i = 1; i < 5000; ++i) {
            QVERIFY(queue->tryPut(i));
            QCOMPARE(queue->get<int>(), i);
        }
        for (int i = 0; i < 5000; ++i)
            queue->taskDone();
        QVERIFY(queue->join(QDeadlineTimer(0)));
    }

    void whatIsDroppedIsFinished()
    {
        const auto dropped = AioTest::make<AioJoinableQueue>();
        dropped->put(1);
        dropped->put(2);
        dropped->get();
        AioTest::run([&]() -> QCoro::Task<> {
            auto joining = dropped->coro_join();
            dropped->shutDown(true);
            AIO_VERIFY(!joining.isReady());
            dropped->taskDone();        // of the one that was got
            const bool done = co_await joining;
            AIO_VERIFY(done);
        });
        QVERIFY(dropped->join(QDeadlineTimer(0)));
    }
};

AIO_TEST_MAIN(TestJoinableQueue)
#include "tst_conformance_joinablequeue.moc"
