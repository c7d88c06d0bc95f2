// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// Messages that fit into no segment of the arena, and what becomes of the memory.
#include "aiotest.h"

#include "shm/aiocontext_p.h"

#include <aioprocessing/aioarray.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QFile>

#include <cstring>

using namespace std::chrono_literals;

namespace {

constexpr qsizetype MiB = 1 << 20;

// Each eight bytes say where they are, so that no part can be another one's.
void fill(char *data, qsizetype size, quint64 seed)
{
    for (qsizetype at = 0; at + 8 <= size; at += 8) {
        const quint64 word = seed + quint64(at);
        std::memcpy(data + at, &word, sizeof word);
    }
}

bool isFilled(const char *data, qsizetype size, quint64 seed)
{
    for (qsizetype at = 0; at + 8 <= size; at += 8) {
        quint64 word = 0;
        std::memcpy(&word, data + at, sizeof word);
        if (word != seed + quint64(at))
            return false;
    }
    return true;
}

QByteArray filled(qsizetype size, quint64 seed)
{
    QByteArray bytes(size, Qt::Uninitialized);
    fill(bytes.data(), size, seed);
    return bytes;
}

bool isFilled(const QByteArray &bytes, qsizetype size, quint64 seed)
{
    return bytes.size() == size && isFilled(bytes.constData(), size, seed);
}

void putFilled(AioQueue &queue, qsizetype size, int count)
{
    for (int i = 0; i < count; ++i)
        queue.put(filled(size, quint64(i)));
}

void passOn(AioQueue &in, AioQueue &out)
{
    out.put(in.get<QByteArray>());
}

void fillABuffer(AioQueue &queue, qsizetype size)
{
    AioBuffer buffer = queue.allocate(size);
    fill(buffer.data(), size, 1);
    queue.put(buffer);
}

qint64 residentBytes()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    const QList<QByteArray> pages = file.open(QIODevice::ReadOnly) ? file.readAll().split(' ') : QList<QByteArray>();
    return pages.size() > 1 ? pages[1].toLongLong() * 4096 : 0;
}

// What this process has resident, after \a count messages that are the same bytes each time.
void putTheSame(AioQueue &queue, AioQueue &said, qsizetype size, int count)
{
    const QByteArray bytes(size, 'x');
    const qint64 before = residentBytes();
    for (int i = 0; i < count; ++i)
        queue.put(bytes);
    said.put(residentBytes() - before);
}

std::uint64_t payloadBytes(const AioContext &context)
{
    aio_raw::RawArena &arena = context.arena()->raw();
    return (arena.header().pageEnd.load() - aio_raw::FirstPage) * aio_raw::PageBytes + arena.hugeBytes();
}

} // namespace

class TestAioQueueLarge : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void aMessageOf100MiB()
    {
        AioQueue there;
        AioQueue back;
        AioProcess worker(AioCall::to<&passOn>(there, back));
        worker.start();
        there.put(filled(100 * MiB, 7));
        const QByteArray received = back.get<QByteArray>();
        QVERIFY(isFilled(received, 100 * MiB, 7));
        QVERIFY(worker.join());
        QCOMPARE(AioContext::defaultContext()->arena()->raw().hugeBytes(), std::uint64_t(0));
    }

    void asACoroutineItLeavesTheEventLoopAlone()
    {
        AioQueue there;
        AioQueue back;
        AioProcess worker(AioCall::to<&passOn>(there, back));
        const QByteArray bytes = filled(80 * MiB, 3);
        QByteArray received;
        AioTest::run([&]() -> QCoro::Task<> {
            co_await worker.coro_start();
            co_await there.coro_put(bytes);
            received = co_await back.coro_get<QByteArray>();
            co_await worker.coro_join();
        });
        QVERIFY(received == bytes);
    }

    // NEW-026: whoever put something need not wait until somebody gets it.
    void aProducerEndsAtOnceAndWhatItPutIsDelivered()
    {
        AioQueue queue;
        AioProcess whole(AioCall::to<&putFilled>(queue, 100 * MiB, 1));
        whole.start();
        QVERIFY(whole.join());
        QCOMPARE(whole.exitCode(), std::optional<int>(0));
        AioProcess parts(AioCall::to<&putFilled>(queue, MiB, 100));
        parts.start();
        QVERIFY(parts.join());
        QVERIFY(isFilled(queue.get<QByteArray>(), 100 * MiB, 0));
        for (int i = 0; i < 100; ++i)
            QVERIFY(isFilled(queue.get<QByteArray>(), MiB, quint64(i)));
        QVERIFY(queue.isEmpty());
    }

    void aBufferOf100MiB()
    {
        AioQueue queue;
        AioProcess worker(AioCall::to<&fillABuffer>(queue, 100 * MiB));
        worker.start();
        AioBuffer buffer = queue.get<AioBuffer>();
        QVERIFY(worker.join());
        QVERIFY(buffer.size() == 100 * MiB && isFilled(buffer.constData(), buffer.size(), 1));
        const AioBuffer same = buffer;
        queue.put(buffer);
        buffer = AioBuffer();
        QVERIFY(queue.get<AioBuffer>().constData() == same.constData());
        QVERIFY(isFilled(same.constData(), same.size(), 1));
    }

    void anArrayOf100MiB()
    {
        {
            AioArray<char> array(100 * MiB);
            array[100 * MiB - 1] = 'x';
            AioArray<char> other(array.handle());
            QCOMPARE(other[100 * MiB - 1], 'x');
            other.data()[0] = 'y';
            QCOMPARE(array[0], 'y');
        }
        QCOMPARE(AioContext::defaultContext()->arena()->raw().hugeBytes(), std::uint64_t(0));
    }

    void theMemoryLimitHoldsForThem()
    {
        AioContext context(QStringLiteral("large limited"));
        context.setMemoryLimit(192 * MiB);
        AioQueue queue(context);
        // memory that small messages have used before is there for it
        const QByteArray megabyte(MiB, 'x');
        while (queue.tryPut(megabyte)) { }
        QVERIFY(payloadBytes(context) > 140 * MiB);
        QVERIFY(!queue.put(filled(100 * MiB, 1), QDeadlineTimer(20)));
        while (queue.tryGet()) { }
        QVERIFY(queue.put(filled(100 * MiB, 1), QDeadlineTimer(10'000)));
        QVERIFY(payloadBytes(context) <= 192 * MiB);
        QVERIFY(!queue.put(filled(100 * MiB, 2), QDeadlineTimer(20)));
        QVERIFY(queue.tryPut(megabyte));
        QCOMPARE(AioTest::codeThrownBy([&] { queue.put(QByteArray(180 * MiB, 'x')); }), AioError::TooLarge);
        const QByteArray second = filled(100 * MiB, 2);
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = queue.coro_put(second);
            co_await AioTest::nextTurn();
            AIO_VERIFY(!waiting.isReady());
            queue.get();
            const bool put = co_await waiting;
            AIO_VERIFY(put);
        }, AioTest::LoopMayBlock);
        queue.get();
        QVERIFY(isFilled(queue.get<QByteArray>(), 100 * MiB, 2));
        QCOMPARE(context.arena()->raw().hugeBytes(), std::uint64_t(0));
    }

    // In each step of it: nothing of the message is left, and others go on.
    void killedProducers_data()
    {
        QTest::addColumn<QByteArray>("point");
        QTest::addColumn<bool>("delivered");
        for (const char *point : {"huge.named", "huge.created", "memory.reserved", "queue.put.claimed", "queue.put.owned"})
            QTest::newRow(point) << QByteArray(point) << false;
        QTest::newRow("queue.put.full") << QByteArray("queue.put.full") << true;
    }
    void killedProducers()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        QFETCH(QByteArray, point);
        QFETCH(bool, delivered);
        AioQueue queue;
        AioProcess worker(AioCall::to<&putFilled>(queue, 70 * MiB, 1));
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("AIO_FAULT"), QString::fromLatin1(point) + QStringLiteral(":1:kill"));
        worker.setEnvironment(environment);
        AioTest::run([&]() -> QCoro::Task<> {
            co_await worker.coro_start();
            co_await worker.coro_join();
            AIO_COMPARE(worker.exitReason(), AioProcess::Killed);
            const std::chrono::milliseconds patience = delivered ? 10s : 50ms;
            const std::optional<QVariant> item = co_await queue.coro_get(patience);
            AIO_COMPARE(item.has_value(), delivered);
            AIO_VERIFY(!item || isFilled(item->toByteArray(), 70 * MiB, 0));
            while (AioContext::defaultContext()->arena()->raw().hugeBytes() != 0)
                co_await AioTest::nextTurn();
        }, AioTest::LoopMayBlock);
    }

    void aKilledConsumerLeavesItToTheNext()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        AioQueue queue;
        AioQueue out;
        AioProcess worker(AioCall::to<&passOn>(queue, out));
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("AIO_FAULT"), QStringLiteral("queue.get.claimed:1:kill"));
        worker.setEnvironment(environment);
        queue.put(filled(70 * MiB, 5));
        AioTest::run([&]() -> QCoro::Task<> {
            co_await worker.coro_start();
            co_await worker.coro_join();
            AIO_COMPARE(worker.exitReason(), AioProcess::Killed);
            const std::optional<QVariant> item = co_await queue.coro_get(10s);
            AIO_VERIFY(item && isFilled(item->toByteArray(), 70 * MiB, 5));
        }, AioTest::LoopMayBlock);
    }

    // What can never fit is refused before a byte of it is read.
    void sizesBeyondAllBounds()
    {
        AioContext context(QStringLiteral("bounds"));
        context.setMemoryLimit(64 * MiB);
        AioQueue queue(context);
        for (const qsizetype size : {qsizetype(60) * MiB, qsizetype(1) << 31, (qsizetype(1) << 32) - 6, (qsizetype(1) << 32) + 1}) {
            const QByteArray bytes = QByteArray::fromRawData("x", size);
            QCOMPARE(AioTest::codeThrownBy([&] { queue.put(bytes); }), AioError::TooLarge);
            AioTest::run([&]() -> QCoro::Task<> {
                const QVariant value(bytes);
                AIO_COMPARE(co_await AioTest::codeOf(queue.coro_put(value)), AioError::TooLarge);
            });
        }
        QVERIFY(queue.isEmpty());
        queue.put(QByteArray(40 * MiB, 'x'));
        QCOMPARE(queue.get<QByteArray>().size(), 40 * MiB);
    }

    // A gigabyte through a queue that may have 64 MiB.
    void memoryStaysFlat_data()
    {
        QTest::addColumn<qsizetype>("size");
        for (const qsizetype size : {1000, 60'000, 1 << 20, 20 << 20})
            QTest::addRow("%lld bytes", qlonglong(size)) << size;
    }
    void memoryStaysFlat()
    {
        QFETCH(qsizetype, size);
        AioContext context(QStringLiteral("flat"));
        context.setMemoryLimit(64 * MiB);
        AioQueue queue(context);
        AioQueue said;
        const int count = int(qMin<qsizetype>(1024 * MiB / size, 200'000));
        const qint64 before = residentBytes();
        AioProcess producer(AioCall::to<&putTheSame>(queue, said, size, count));
        producer.start();
        for (int i = 0; i < count; ++i)
            QCOMPARE(queue.get<QByteArray>().size(), size);
        const qint64 ours = residentBytes() - before;
        const qint64 theirs = said.get<qint64>();
        QVERIFY(producer.join());
        qInfo("%d messages: %lld MiB more here, %lld there", count, ours / MiB, theirs / MiB);
        QVERIFY(payloadBytes(context) <= 64 * MiB);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)     // they keep what was freed
        QVERIFY(ours < 64 * MiB + 2 * size + 8 * MiB && theirs < 64 * MiB + 2 * size + 8 * MiB);
#endif
    }

    void memoryOfAQueueGoesBackToTheSystem()
    {
        AioContext context(QStringLiteral("given back"));
        {
            AioQueue queue(context);
            putFilled(queue, MiB, 150);
            QVERIFY(payloadBytes(context) >= 150 * MiB);
            for (int i = 0; i < 150; ++i)
                QVERIFY(isFilled(queue.get<QByteArray>(), MiB, quint64(i)));
        }
        QVERIFY2(payloadBytes(context) <= 17 * MiB, qPrintable(QString::number(payloadBytes(context) / MiB)));
        AioQueue queue(context);
        putFilled(queue, MiB, 150);
        for (int i = 0; i < 150; ++i)
            QVERIFY(isFilled(queue.get<QByteArray>(), MiB, quint64(i)));
    }
};

AIO_TEST_MAIN(TestAioQueueLarge)
#include "tst_aioqueue_large.moc"
