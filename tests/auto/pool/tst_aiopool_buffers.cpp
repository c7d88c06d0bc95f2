// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Results that are AioBuffers: who waits for the task gets the memory that the worker filled.

#include "pooltest.h"

#include "queue/aiosharedblock_p.h"

#include <aioprocessing/aiobuffer.h>

#include <csignal>
#include <cstring>
#include <unistd.h>

namespace {

quint64 addressOf(const AioBuffer &buffer)
{
    return buffer.isNull() ? 0 : quint64(buffer.block()->raw().address);
}

/* A buffer that says where it is, and is filled with \a value. */
AioBuffer filled(qsizetype size, int value)
{
    AioBuffer buffer(size);
    std::memset(buffer.data(), value, std::size_t(size));
    const quint64 address = addressOf(buffer);
    std::memcpy(buffer.data(), &address, sizeof address);
    return buffer;
}

bool isFilledInPlace(const AioBuffer &buffer, qsizetype size, int value)
{
    quint64 address = 0;
    if (buffer.size() != size)
        return false;
    std::memcpy(&address, buffer.constData(), sizeof address);
    const auto bytes = buffer.view().sliced(sizeof address);
    const bool isEven = std::memcmp(bytes.data(), bytes.data() + 1, std::size_t(bytes.size() - 1)) == 0;
    return address == addressOf(buffer) && bytes[0] == char(value) && isEven;
}

constexpr qsizetype frame = 200'000;

AioBuffer frameOf(int value) { return filled(frame, value); }
AioBuffer frameWithContext(AioTaskContext &task, int value)
{
    task.setProgress(1);
    return filled(frame, value);
}
AioBuffer frameOrDeath(int value)
{
    if (value % 10 == 9)
        ::kill(::getpid(), SIGKILL);
    return filled(frame, value);
}
AioBuffer none() { return {}; }
QVariantList inAList(int value) { return {QVariant::fromValue(filled(frame, value))}; }

} // namespace

AIO_FUNCTION(frameOf)

class TestAioPoolBuffers : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void everyFormHandsThemOver()
    {
        AioPool pool(2);
        for (const qsizetype size : {qsizetype(100), qsizetype(65'536), qsizetype(8) << 20, qsizetype(80) << 20})
            QVERIFY(isFilledInPlace(pool.apply<&filled>(size, 7), size, 7));
        QVERIFY(isFilledInPlace(pool.apply<&frameWithContext>(3), frame, 3));
        QVERIFY(isFilledInPlace(pool.apply(AioCall::to<&frameOf>(4)), frame, 4));
        QVERIFY(isFilledInPlace(pool.apply(AioCall::named(QStringLiteral("frameOf"), 5)).value<AioBuffer>(), frame, 5));
        auto future = pool.applyAsync<&frameOf>(6);
        QVERIFY(isFilledInPlace(resultOf(future), frame, 6));
        QVERIFY(pool.apply<&none>().isNull());
        const QVariantList list = pool.apply<&inAList>(8);
        QCOMPARE(list.value(0).value<AioBuffer>().size(), frame);       // as a copy
    }

    void coroutinesAndGeneratorsGetThem()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            const AioBuffer one = co_await pool.coro_apply<&frameOf>(1);
            AIO_VERIFY(isFilledInPlace(one, frame, 1));
            QList<int> items(100);
            for (int i = 0; i < 100; ++i)
                items[i] = i;
            int next = 0;
            QCORO_FOREACH(const AioBuffer &buffer, pool.coro_imap<&frameOf>(items)) {
                AIO_VERIFY(isFilledInPlace(buffer, frame, next));
                ++next;
            }
            AIO_COMPARE(next, 100);
            const QList<AioBuffer> all = co_await pool.coro_map<&frameOf>(items, 40);      // more than a worker may have ahead
            for (int i = 0; i < 100; ++i)
                AIO_VERIFY(isFilledInPlace(all[i], frame, i));
            co_await pool.coro_close();
        });
    }

    void signalsBringThem()
    {
        AioPool pool(1);
        pool.setHistory(2);
        QSignalSpy finished(&pool, &AioPool::taskFinished);
        pool.submit(AioCall::to<&frameOf>(1));
        QTRY_COMPARE(finished.size(), 1);
        QVERIFY(isFilledInPlace(finished[0][1].value<AioBuffer>(), frame, 1));
        QTRY_COMPARE(pool.taskHistory().value(0).state, AioTaskInfo::Finished);
        QVERIFY(!pool.taskHistory().value(0).result.isValid());        // it would keep the memory
    }

    void theWorkerLetsGo()
    {
        AioPool pool(1);
        AioBuffer buffer = pool.apply<&frameOf>(1);
        QTRY_VERIFY(!buffer.isShared());
        const quint64 before = addressOf(buffer);
        buffer.data()[10] = 'x';
        QCOMPARE(addressOf(buffer), before);
    }

    void theyOutliveWorkerAndPool()
    {
        QList<AioBuffer> buffers;
        {
            AioPool pool(2);
            for (int i = 0; i < 20; ++i)
                buffers.append(pool.apply<&frameOf>(i));
            pool.terminate();
            QVERIFY(pool.join());
        }
        for (int i = 0; i < 20; ++i)
            QVERIFY(isFilledInPlace(buffers[i], frame, i));
    }

    void whatADeadWorkerReturnedIsThere()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPool pool(2);
            QList<int> items(200);
            for (int i = 0; i < 200; ++i)
                items[i] = i;
            int index = 0;
            QCORO_FOREACH(const AioResult<AioBuffer> &result, pool.coro_imapResults<&frameOrDeath>(items, 20)) {
                if (index % 10 == 9)
                    AIO_COMPARE(result.error().code, AioError::WorkerLost);
                else
                    AIO_VERIFY(result && isFilledInPlace(result.value(), frame, index));
                ++index;
            }
            AIO_COMPARE(index, 200);
            co_await pool.coro_close();
        });
    }

    void nobodyKeepsThem()
    {
        AioContext *context = AioContext::defaultContext();
        const qint64 before = context->memoryLimit();
        context->setMemoryLimit(64 << 20);
        {
            AioPool pool(2);
            for (int round = 0; round < 20; ++round) {      // 20 times 8 MiB of results that nobody takes, or that are cancelled
                auto dropped = pool.mapAsync<&frameOf>(QList<int>(40, round), 1);
                if (round % 2)
                    dropped.cancel();
                pool.apply<&frameOf>(1);
            }
        }
        context->setMemoryLimit(before);
    }
};

AIO_TEST_MAIN(TestAioPoolBuffers)
#include "tst_aiopool_buffers.moc"
