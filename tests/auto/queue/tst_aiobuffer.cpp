// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "aiotest.h"

#include <aioprocessing/aiobuffer.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiojoinablequeue.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QThread>

#include <csignal>
#include <cstring>

using namespace std::chrono_literals;

namespace {

AioBuffer filled(AioQueue &queue, qsizetype size, char with)
{
    AioBuffer buffer = queue.allocate(size);
    std::memset(buffer.data(), with, std::size_t(size));
    return buffer;
}

bool isFilled(const AioBuffer &buffer, qsizetype size, char with)
{
    return buffer.size() == size && buffer.view().count(with) == size;
}

void fillAndPut(AioQueue &queue, int count, qsizetype size)
{
    for (int i = 0; i < count; ++i)
        queue.put(filled(queue, size, char(i)));
}

void addOne(AioQueue &in, AioQueue &out)
{
    AioBuffer buffer = in.get<AioBuffer>();
    char *data = buffer.data();
    for (qsizetype i = 0; i < buffer.size(); ++i)
        ++data[i];
    out.put(buffer);
}

void holdAndHang(AioQueue &in, AioQueue &said)
{
    const AioBuffer buffer = in.get<AioBuffer>();
    said.put(buffer.size());
    for (;;)
        QThread::sleep(1000);
}

} // namespace

class TestAioBuffer : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void isAValue()
    {
        AioBuffer null;
        QVERIFY(null.isNull() && null.size() == 0 && !null.data());
        AioBuffer buffer(1000);
        std::memset(buffer.data(), 'a', 1000);
        QVERIFY(!buffer.isShared());
        AioBuffer copy = buffer;
        QVERIFY(buffer.isShared() && copy.constData() == buffer.constData());
        copy.data()[0] = 'b';
        QVERIFY(!buffer.isShared() && copy.constData() != buffer.constData());
        QCOMPARE(buffer.constData()[0], 'a');
        QCOMPARE(copy.asByteArray().at(1), 'a');
        QCOMPARE(copy.span().size(), std::size_t(1000));
        QVERIFY(copy != buffer);
        QCOMPARE(AioTest::codeThrownBy([] { AioBuffer(-1); }), AioError::UsageError);
    }

    // The same memory, not the same bytes: what the sender writes after the put goes to a copy.
    void travelsWithoutACopy()
    {
        AioQueue queue;
        for (const qsizetype size : {0, 1, 5000, 40'000, 5'000'000}) {
            AioBuffer sent = filled(queue, size, 'x');
            const char *memory = sent.constData();
            queue.put(sent);
            QVERIFY(sent.isShared());
            const AioBuffer received = queue.get<AioBuffer>();
            QVERIFY(received.constData() == memory);
            QVERIFY(isFilled(received, size, 'x'));
        }
        AioBuffer sent = filled(queue, 100, 'x');
        queue.put(QVariant::fromValue(sent));
        std::memset(sent.data(), 'y', 100);
        QVERIFY(isFilled(queue.get().value<AioBuffer>(), 100, 'x'));
    }

    void crossesProcessesBothWays()
    {
        AioQueue there;
        AioQueue back;
        AioProcess worker(AioCall::to<&addOne>(there, back));
        AioTest::run([&]() -> QCoro::Task<> {
            worker.start();
            {
                const AioBuffer buffer = filled(there, 3'000'000, 'a');
                co_await there.coro_put(buffer);
            }
            const AioBuffer received = co_await back.coro_get<AioBuffer>();
            AIO_VERIFY(isFilled(received, 3'000'000, 'b'));
            co_await worker.coro_join();
            AIO_VERIFY(!received.isShared());       // the worker has gone, and let go
        });
    }

    void oneBufferInManyQueues()
    {
        AioQueue first;
        AioQueue second;
        const AioBuffer buffer = filled(first, 100'000, 'm');
        for (int i = 0; i < 20; ++i) {
            first.put(buffer);
            second.put(buffer);
        }
        // more than can carry it: the rest are copies
        int same = 0;
        for (int i = 0; i < 20; ++i) {
            const AioBuffer one = first.get<AioBuffer>();
            const AioBuffer two = second.get<AioBuffer>();
            QVERIFY(isFilled(one, 100'000, 'm') && isFilled(two, 100'000, 'm'));
            same += (one.constData() == buffer.constData()) + (two.constData() == buffer.constData());
        }
        QCOMPARE(same, 24);
        QVERIFY(!buffer.isShared());
    }

    void travelsAsACopyWhereItMust()
    {
        AioContext other(QStringLiteral("other"));
        AioQueue elsewhere(other);
        AioQueue queue;
        const AioBuffer buffer = filled(queue, 1000, 'c');
        elsewhere.put(buffer);
        QVERIFY(isFilled(elsewhere.get<AioBuffer>(), 1000, 'c'));
        queue.put(QVariantList{1, QVariant::fromValue(buffer)});
        QVERIFY(isFilled(queue.get().toList().at(1).value<AioBuffer>(), 1000, 'c'));
        queue.put(AioBuffer());
        QVERIFY(queue.get<AioBuffer>().isNull());
    }

    // All of it goes through little memory, so all of it comes back.
    void memoryComesBack()
    {
        AioContext context(QStringLiteral("buffers"));
        context.setMemoryLimit(16 << 20);
        AioQueue queue(context, 4);
        AioProcess producer(AioCall::to<&fillAndPut>(queue, 200, qsizetype(2 << 20)));
        producer.start();
        for (int i = 0; i < 200; ++i)
            QVERIFY(isFilled(queue.get<AioBuffer>(QDeadlineTimer(20'000)).value(), 2 << 20, char(i)));
        QVERIFY(producer.join());
        for (int round = 0; round < 3; ++round) {
            AioQueue dropped(context);
            dropped.put(filled(queue, 10 << 20, 'd'));      // goes with its queue
        }
        AioJoinableQueue jobs(context);
        for (int round = 0; round < 3; ++round) {
            jobs.put(filled(jobs, 10 << 20, 'j'));
            QVERIFY(isFilled(jobs.get<AioBuffer>(), 10 << 20, 'j'));
            jobs.taskDone();
        }
        queue.put(filled(queue, 10 << 20, 's'));
        queue.shutDown(true);
        QVERIFY(!filled(jobs, 11 << 20, 'e').isNull());
        QCOMPARE(AioTest::codeThrownBy([&] { queue.allocate(20 << 20); }), AioError::TooLarge);
    }

    void theDeadHoldNothing()
    {
        AioContext context(QStringLiteral("dead"));
        context.setMemoryLimit(24 << 20);
        AioQueue there(context);
        AioQueue said(context);
        there.put(filled(there, 14 << 20, 'k'));
        AioProcess doomed(AioCall::to<&holdAndHang>(there, said));
        doomed.start();
        QCOMPARE(said.get<qsizetype>(), 14 << 20);
        QCOMPARE(AioTest::codeThrownBy([&] { there.allocate(14 << 20); }), AioError::OutOfResources);
        QVERIFY(::kill(pid_t(doomed.pid()), SIGKILL) == 0);
        QVERIFY(doomed.join());
        // a put waits until somebody has noticed the death
        QVERIFY(there.put(QByteArray(14 << 20, 'x'), QDeadlineTimer(5000)));
    }
};

AIO_TEST_MAIN(TestAioBuffer)
#include "tst_aiobuffer.moc"
