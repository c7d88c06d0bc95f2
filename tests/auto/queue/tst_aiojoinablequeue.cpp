// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What joinable queues in shared memory promise beyond tst_conformance_joinablequeue, and simple queues.

#include "aiotest.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiojoinablequeue.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiosimplequeue.h>
#include <aioprocessing/aiotask.h>

#include <QSignalSpy>
#include <QThread>

#include <csignal>

using namespace std::chrono_literals;

namespace {

void echoSimple(AioSimpleQueue &in, AioSimpleQueue &out)
{
    while (!in.isEmpty())
        out.put(in.get());
}

} // namespace

class TestAioJoinableQueue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whatMayComeBackKeepsTheQueueOpen()
    {
        AioJoinableQueue queue(AioJoinableQueue::Redeliver);
        queue.put(1);
        queue.put(2);
        queue.get();
        queue.shutDown();
        QVERIFY(queue.tryGet());
        QVERIFY(!queue.get(QDeadlineTimer(10)));        // those that are unfinished may come back
        queue.taskDone();
        queue.taskDone();
        QCOMPARE(AioTest::codeThrownBy([&] { queue.get(); }), AioError::ShutDown);
    }

    // AIO-031, MP-198, MP-200
    void simpleQueue()
    {
        AioSimpleQueue there;
        AioSimpleQueue back;
        AioTest::run([&]() -> QCoro::Task<> {
            co_await there.coro_put(QStringLiteral("one"));
            co_await there.coro_put(2);
            AioProcess worker(AioCall::to<&echoSimple>(there, back));
            worker.start();
            const QVariant one = co_await back.coro_get();
            AIO_COMPARE(one.toString(), QStringLiteral("one"));
            const int two = co_await back.coro_get<int>();
            AIO_COMPARE(two, 2);
            co_await worker.coro_join();
        });
        QVERIFY(there.isEmpty());
        there.close();
        there.close();
        QCOMPARE(AioTest::codeThrownBy([&] { there.put(1); }), AioError::Closed);
    }

    void queuesTravelThroughQueues()
    {
        AioQueue queue;
        AioQueue inner;
        AioJoinableQueue joinable;
        AioSimpleQueue simple;
        queue.put(inner);
        queue.put(joinable);
        queue.put(simple);
        AioQueue sameInner(queue.get<AioHandle>());
        AioJoinableQueue sameJoinable(queue.get<AioHandle>());
        AioSimpleQueue sameSimple(queue.get<AioHandle>());
        sameInner.put(1);
        sameJoinable.put(2);
        sameSimple.put(3);
        QCOMPARE(inner.get<int>(), 1);
        QCOMPARE(joinable.get<int>(), 2);
        QCOMPARE(simple.get<int>(), 3);
        sameJoinable.taskDone();
        QVERIFY(joinable.join(QDeadlineTimer(0)));
    }

    void programsMeetInAQueueByName()
    {
        AioContext context(QStringLiteral("by name"));
        AioQueue one(QStringLiteral("meeting"), 5, context);
        HelperProcess helper("meets");
        QVERIFY(helper.waitForLine("put"));
        QCOMPARE(one.get(QDeadlineTimer(5000))->toString(), QStringLiteral("hello"));
        QCOMPARE(one.maxSize(), 5);
        helper.send("go");
        QCOMPARE(helper.waitForEnd(), 0);
    }
};

AIO_TEST_ROLE(meets)
{
    QCoreApplication app(argc, argv);
    AioContext context(QStringLiteral("by name"));
    AioQueue same(QStringLiteral("meeting"), 5, context);
    same.put("hello");
    AioTest::say("put");
    return AioTest::hear() == "go" ? 0 : 1;
}

AIO_TEST_MAIN(TestAioJoinableQueue)
#include "tst_aiojoinablequeue.moc"
