// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "aiotest.h"

#include "queue/rawqueue.h"
#include "shm/aiocontext_p.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QDateTime>
#include <QLoggingCategory>
#include <QPoint>
#include <QSignalSpy>
#include <QThread>

#include <csignal>
#include <random>
#include <span>

using namespace std::chrono_literals;

struct Sample
{
    qint64 time;
    float values[20];
    friend bool operator==(const Sample &, const Sample &) = default;
};
AIO_DECLARE_RAW(Sample)

static_assert(aio_detail::isPlain<int> && aio_detail::isPlain<bool> && aio_detail::isPlain<Sample> && !aio_detail::isPlain<QString>);

namespace {

QByteArray filled(int number, qsizetype size)
{
    QByteArray bytes(size, char(number));
    bytes.replace(qsizetype(0), qsizetype(sizeof number), reinterpret_cast<const char *>(&number), qsizetype(sizeof number));
    return bytes;
}

void putFilled(AioQueue &queue, int count, qsizetype size)
{
    for (int i = 0; i < count; ++i)
        queue.put(filled(i, size));
}

void putPlain(AioQueue &queue)
{
    queue.put(true);
    queue.put(-5L);
    queue.put(2.5f);
    queue.put(Sample{7, {1, 2, 3}});
}

void countBytes(AioQueue &in, AioQueue &out)
{
    out.put(in.get().toByteArray().size());
    out.put(in.get().toList().size());
}

// The block of the only message in the first segment of the arena, as its slabs have it.
std::span<char> onlyMessage(const AioContext &context)
{
    using namespace aio_raw;
    ArenaHeader &header = context.arena()->raw().header();
    char *base = reinterpret_cast<char *>(&header);
    for (const auto &entry : header.slabs) {
        const Address address = entry.load();
        const auto *slab = address ? reinterpret_cast<const Slab *>(base + std::size_t(address) * UnitBytes) : nullptr;
        for (unsigned i = 0; slab && i < slab->count && i < BlocksPerSlab; ++i) {
            const std::size_t bytes = std::size_t(slab->blockUnits) * UnitBytes;
            const bool isMessage = BlockOwner::kind(slab->owner[i].load()) == BlockOwner::Message;
            if (isMessage && bytes < RawQueue::ChunkBytes)      // the ring is made of messages, too
                return {base + std::size_t(slab->blocks) * UnitBytes + i * bytes, bytes};
        }
    }
    return {};
}

QVariantList megabytesInAList()
{
    QVariantList list;
    for (int i = 0; i < 400'000; ++i)
        list << QStringLiteral("item %1").arg(i);
    return list;
}

} // namespace

class TestAioQueueMemory : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void plainValuesArriveAsWhatTheyAre()
    {
        AioQueue queue;
        AioProcess worker(AioCall::to<&putPlain>(queue));
        worker.start();
        const QVariant first = queue.get();
        QCOMPARE(first.metaType(), QMetaType::fromType<bool>());
        QCOMPARE(first.toBool(), true);
        QCOMPARE(queue.get<long>(), -5L);
        QCOMPARE(queue.get<double>(), 2.5);             // converted
        QVERIFY(queue.get<Sample>() == (Sample{7, {1, 2, 3}}));
        QVERIFY(worker.join());
        queue.put(QVariant(5));
        QCOMPARE(queue.get<int>(), 5);
        queue.put(QVariant::fromValue(Sample{8, {}}));
        QCOMPARE(queue.get<Sample>().time, 8);
        queue.put(Sample{9, {}});
        QCOMPARE(queue.get().value<Sample>().time, 9);
        queue.put(1);
        QCOMPARE(AioTest::codeThrownBy([&] { queue.get<Sample>(); }), AioError::TypeMismatch);
    }

    void plainValuesAsCoroutinesAndSignals()
    {
        AioQueue queue;
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy got(&queue, &AioQueue::got);
            co_await queue.coro_put(7);
            const Sample sample{1, {}};
            co_await queue.coro_put(sample);
            const int number = co_await queue.coro_get<int>();
            AIO_COMPARE(number, 7);
            const std::optional<Sample> received = co_await queue.coro_get<Sample>(1s);
            AIO_VERIFY(received == sample);
            const std::optional<int> none = co_await queue.coro_get<int>(10ms);
            AIO_VERIFY(!none);
            AIO_COMPARE(got.count(), 2);
            AIO_COMPARE(got[0][0].toInt(), 7);
            AIO_COMPARE(got[1][0].value<Sample>().time, 1);
            queue.put(1);
            queue.put(2);
            queue.shutDown();
            int sum = 0;
            QCORO_FOREACH(int item, queue.coro_items<int>())
                sum += item;
            AIO_COMPARE(sum, 3);
        });
    }

    // Large values, of a size that is known and of one that is not, are written and read without holding up the event loop.
    void largeValuesLeaveTheEventLoopAlone()
    {
        AioQueue there;
        AioQueue back;
        AioProcess worker(AioCall::to<&countBytes>(there, back));
        const QByteArray bytes(48 << 20, 'x');
        const QVariantList list = megabytesInAList();
        AioTest::run([&]() -> QCoro::Task<> {
            worker.start();
            co_await there.coro_put(bytes);
            const QVariant packed = QVariant::fromValue(list);
            co_await there.coro_put(packed);
            AIO_COMPARE(co_await back.coro_get<qsizetype>(), bytes.size());
            AIO_COMPARE(co_await back.coro_get<qsizetype>(), list.size());
            there.put(bytes);
            const QVariant received = co_await there.coro_get();
            AIO_VERIFY(received.toByteArray() == bytes);
            co_await worker.coro_join();
        // the test itself makes and compares such values
        }, AioTest::LoopMayBlock);
    }

    void aGeneratorThatIsDestroyedWhileItReadsGivesTheItemBack()
    {
        AioQueue queue;
        const QByteArray bytes(20 << 20, 'x');
        queue.put(bytes);
        AioTest::run([&]() -> QCoro::Task<> {
            {
                auto items = queue.coro_items();
                auto begin = items.begin();
                begin.await_suspend(std::noop_coroutine()).resume();        // as if somebody awaited it
                AIO_COMPARE(queue.size(), 0);
            }
            const std::optional<QVariant> item = co_await queue.coro_get(5s);
            AIO_VERIFY(item && item->toByteArray() == bytes);
        }, AioTest::LoopMayBlock);
    }

    void theMemoryLimitMakesPutsWait()
    {
        AioContext context(QStringLiteral("limited"));
        context.setMemoryLimit(24 << 20);
        AioQueue queue(context);
        const QByteArray megabyte(1 << 20, 'x');
        int count = 0;
        while (queue.tryPut(megabyte))
            ++count;
        QVERIFY2(count >= 12 && count <= 21, qPrintable(QString::number(count)));
        QVERIFY(queue.tryPut(1));                       // small ones have memory of their own
        QVERIFY(!queue.put(megabyte, QDeadlineTimer(20)));
        std::stop_source source;
        source.request_stop();
        QCOMPARE(AioTest::codeThrownBy([&] { queue.put(QVariant(megabyte), QDeadlineTimer(QDeadlineTimer::Forever), source.get_token()); }),
                 AioError::Cancelled);
        AioTest::run([&]() -> QCoro::Task<> {
            const QVariant value(megabyte);
            auto waiting = queue.coro_put(value);
            auto another = queue.coro_put(value);
            const bool late = co_await queue.coro_put(value, 20ms);
            AIO_VERIFY(!late && !waiting.isReady());
            std::stop_source stop;
            auto cancelled = queue.coro_put(value, stop.get_token());
            stop.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(cancelled)), AioError::Cancelled);
            queue.get();
            const bool put = co_await waiting;
            AIO_VERIFY(put && !another.isReady());
            queue.get();
            co_await another;
        }, AioTest::LoopMayBlock);
        QCOMPARE(queue.size(), count + 1);
        AioError error;
        try {
            queue.put(QByteArray(23 << 20, 'x'));
        } catch (const AioException &exception) {
            error = exception.error();
        }
        QCOMPARE(error.code, AioError::TooLarge);
        QVERIFY2(error.message.contains(QLatin1String("setMemoryLimit")), qPrintable(error.message));
        QCOMPARE(queue.size(), count + 1);
    }

    void buffersWaitForMemoryToo()
    {
        AioContext context(QStringLiteral("buffers wait"));
        context.setMemoryLimit(16 << 20);
        AioQueue queue(context);
        for (const auto &[size, code] : {std::pair(20 << 20, AioError::TooLarge), std::pair(-1, AioError::UsageError)})
            QCOMPARE(AioTest::codeThrownBy([&, bytes = size] { queue.allocate(bytes, QDeadlineTimer(5000)); }), code);
        std::optional<AioBuffer> first = queue.allocate(10 << 20, QDeadlineTimer(5000));
        QVERIFY(first && first->size() == 10 << 20);
        QVERIFY(!queue.allocate(10 << 20, QDeadlineTimer(10)));
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy spy(&queue, &AioQueue::allocated);
            std::stop_source stop;
            auto cancelled = queue.coro_allocate(10 << 20, stop.get_token());
            stop.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(cancelled)), AioError::Cancelled);
            auto waiting = queue.coro_allocate(10 << 20);
            const std::optional<AioBuffer> late = co_await queue.coro_allocate(10 << 20, 10ms);
            AIO_VERIFY(!late && !waiting.isReady());
            first.reset();
            const AioBuffer second = co_await waiting;
            AIO_COMPARE(second.size(), 10 << 20);
            AIO_COMPARE(spy.count(), 1);
        });
    }

    // Whatever the bytes of a message have become: a value or an error, and the queue goes on.
    void flippedBits_data()
    {
        QTest::addColumn<QVariant>("value");
        QVariantMap map{{QStringLiteral("a"), QStringLiteral("text")}, {QStringLiteral("b"), QVariantList{1, 2.5, QByteArray(40, 'x')}}};
        map.insert(QStringLiteral("deeper"), map);
        QTest::newRow("map") << QVariant(map);
        QTest::newRow("streamed") << QVariant::fromValue(QList<QPoint>(20, QPoint(1, 2)));
        QTest::newRow("strings") << QVariant(QStringList(20, QStringLiteral("string")));
        QTest::newRow("bytes") << QVariant(QByteArray(1000, 'y'));
        QTest::newRow("moment") << QVariant(QVariantList(10, QDateTime::currentDateTimeUtc()));
        QTest::newRow("raw") << QVariant::fromValue(Sample{7, {}});
        QTest::newRow("buffer") << QVariant();
    }
    void flippedBits()
    {
        QFETCH(QVariant, value);
        QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false"));
        AioContext context(QStringLiteral("flipped"));
        AioQueue queue(context);
        std::minstd_rand random(4711);
        int errors = 0;
        for (int round = 0; round < 2000; ++round) {
            if (value.isValid())
                queue.put(value);
            else
                queue.put(queue.allocate(100));
            const std::span<char> message = onlyMessage(context);
            QVERIFY(!message.empty());
            const std::size_t reach = std::min<std::size_t>(message.size(), value.isValid() ? 256 : 5);
            for (unsigned flips = 1 + unsigned(random() % 4); flips > 0; --flips)
                message[random() % reach] ^= char(1 << random() % 8);
            errors += AioTest::codeThrownBy([&] { queue.get(); }) != AioError::NoError;
            queue.put(round);
            QCOMPARE(queue.get<int>(), round);
        }
        QLoggingCategory::setFilterRules(QString());
        qInfo("%d of 2000 were errors", errors);
        QVERIFY(errors > 0 || value.typeId() == QMetaType::QByteArray || QByteArray(QTest::currentDataTag()) == "raw");
    }

    // Ten times the limit goes through, and through each size comes after the other.
    void muchGoesThroughLittleMemory()
    {
        AioContext context(QStringLiteral("little"));
        context.setMemoryLimit(16 << 20);
        AioQueue queue(context);
        const std::pair<int, int> loads[] = {{40, 4 << 20}, {100'000, 100}, {3000, 50'000}, {20, 8 << 20}};
        for (const auto &[count, size] : loads) {
            AioProcess producer(AioCall::to<&putFilled>(queue, count, qsizetype(size)));
            producer.start();
            for (int i = 0; i < count; ++i) {
                const std::optional<QVariant> item = queue.get(QDeadlineTimer(20'000));
                if (!item)
                    QFAIL(qPrintable(QStringLiteral("item %1 of %2 bytes does not come").arg(i).arg(size)));
                if (item->toByteArray() != filled(i, size))
                    QFAIL(qPrintable(QStringLiteral("item %1 of %2 bytes is torn, or came out of order: %3 bytes that begin with %4")
                                         .arg(i).arg(size).arg(item->toByteArray().size()).arg(int(item->toByteArray().at(0)))));
            }
            QVERIFY(producer.join());
        }
    }

    // What a producer that was killed had put arrives, and what it waited with costs nothing.
    void aKilledProducerLosesNothing()
    {
        AioContext context(QStringLiteral("killed"));
        context.setMemoryLimit(16 << 20);
        AioQueue queue(context);
        AioProcess producer(AioCall::to<&putFilled>(queue, 100, qsizetype(1 << 20)));
        producer.start();
        while (queue.size() < 5)
            QVERIFY(!producer.join(QDeadlineTimer(5)));
        QVERIFY(::kill(pid_t(producer.pid()), SIGKILL) == 0);
        QVERIFY(producer.join());
        int next = 0;
        while (const std::optional<QVariant> item = queue.tryGet())
            QVERIFY(item->toByteArray() == filled(next++, 1 << 20));
        QVERIFY(next >= 5);
        QVERIFY(queue.put(QByteArray(12 << 20, 'x'), QDeadlineTimer(5000)));
    }
};

AIO_TEST_MAIN(TestAioQueueMemory)
#include "tst_aioqueue_memory.moc"
