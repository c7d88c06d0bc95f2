// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Messages of all sizes, from nothing to 4 MiB, through little memory: as bytes and as buffers, blocking, with coroutines and with
// signals, while processes are killed or stopped. AIO_TEST_STORM_SECONDS and AIO_TEST_SEED as in tst_storm.

#include "aiotest.h"
#include "weather.h"
#include "witness.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QEventLoop>
#include <QTemporaryDir>

#include <cmath>
#include <cstring>
#include <random>

using namespace std::chrono_literals;

namespace {

constexpr qsizetype HeadBytes = 8;          // {life : 32, number : 32}, in each message that is not empty
constexpr int BuffersEvery = 3;

// Each size between 8 bytes and 4 MiB as often as its double; every tenth message is empty.
qsizetype sizeOf(int life, int n)
{
    std::minstd_rand random(unsigned(life * 131'071 + n + 1));
    random.discard(3);
    if (random() % 10 == 0)
        return 0;
    return qsizetype(std::exp2(3 + double(random() % 1'000'000) * 19e-6));
}

quint64 seedOf(int life, int n)
{
    return quint64(life) << 32 | quint64(n);
}

void fill(char *data, qsizetype size, quint64 seed)
{
    for (qsizetype at = 0; at < size; at += 8) {
        const quint64 word = seed + quint64(at) * 0x9e3779b97f4a7c15;
        std::memcpy(data + at, &word, std::size_t(qMin<qsizetype>(8, size - at)));
    }
}

void put(AioQueue &queue, int n, qsizetype size, quint64 seed)
{
    if (n % BuffersEvery == 0 && size > 0) {
        AioBuffer buffer = *queue.allocate(size, QDeadlineTimer(QDeadlineTimer::Forever));
        fill(buffer.data(), size, seed);
        queue.put(buffer);
        return;
    }
    QByteArray bytes(size, Qt::Uninitialized);
    fill(bytes.data(), size, seed);
    queue.put(bytes);
}

QCoro::Task<> putLater(AioQueue &queue, qsizetype size, quint64 seed)
{
    QByteArray bytes(size, Qt::Uninitialized);
    fill(bytes.data(), size, seed);
    co_await queue.coro_put(bytes);
}

void produce(const QString &witnessPath, AioQueue &queue, int life)
{
    WitnessFile witness(witnessPath);
    for (int n = 0; n < int(Witness::ItemsEach); ++n) {
        const qsizetype size = sizeOf(life, n);
        witness->emptiesBegun += size == 0;
        put(queue, n, size, seedOf(life, n));
        witness->emptiesPut += size == 0;
        witness->acknowledged[life].store(quint32(n + 1));
    }
}

QCoro::Task<> produceLater(QString witnessPath, AioQueue &queue, int life)
{
    WitnessFile witness(witnessPath);
    for (int n = 0; n < int(Witness::ItemsEach); ++n) {
        const qsizetype size = sizeOf(life, n);
        witness->emptiesBegun += size == 0;
        co_await putLater(queue, size, seedOf(life, n));
        witness->emptiesPut += size == 0;
        witness->acknowledged[life].store(quint32(n + 1));
    }
}

void note(WitnessFile &witness, const QVariant &item)
{
    const auto buffer = item.value<AioBuffer>();
    const QByteArray bytes = buffer.isNull() ? item.toByteArray() : buffer.asByteArray();
    if (bytes.isEmpty()) {
        ++witness->emptiesGot;
        return;
    }
    quint64 seed = 0;
    if (bytes.size() >= HeadBytes)
        std::memcpy(&seed, bytes.constData(), sizeof seed);
    const auto life = quint32(seed >> 32);
    const auto n = quint32(seed);
    const bool isOne = life < Witness::Producers && n < Witness::ItemsEach && bytes.size() == sizeOf(int(life), int(n));
    QByteArray expected(isOne ? bytes.size() : 0, Qt::Uninitialized);
    fill(expected.data(), expected.size(), seed);
    witness->bytes += quint64(bytes.size());
    if (isOne && bytes == expected)
        ++witness->received[life][n];
    else
        ++witness->torn;
}

void consume(const QString &witnessPath, AioQueue &queue)
{
    WitnessFile witness(witnessPath);
    try {
        for (;;)
            note(witness, queue.get());
    } catch (const AioException &exception) {
        if (exception.code() != AioError::ShutDown)
            throw;
    }
}

QCoro::Task<> consumeLater(QString witnessPath, AioQueue &queue)
{
    WitnessFile witness(witnessPath);
    QCORO_FOREACH(const QVariant &item, queue.coro_items())
        note(witness, item);
}

// By signals alone.
void consumeOnSignals(const QString &witnessPath, AioQueue &queue)
{
    WitnessFile witness(witnessPath);
    QEventLoop loop;
    QObject::connect(&queue, &AioQueue::itemAvailable, &loop, [&] {
        try {
            if (const std::optional<QVariant> item = queue.tryGet())
                note(witness, *item);
        } catch (const AioException &exception) {
            if (exception.code() != AioError::ShutDown)
                std::abort();
        }
    });
    QObject::connect(&queue, &AioQueue::shutDownDone, &loop, &QEventLoop::quit);
    loop.exec();
}

} // namespace

class TestQueueStorm : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // NEW-015
    void allSizes()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("witness"));
        WitnessFile witness(path);
        AioContext context(QStringLiteral("storm"));
        context.setMemoryLimit(64 << 20);
        AioQueue queue(context, 256);
        Weather weather;
        int life = 0;
        for (int i = 0; i < 3; ++i) {
            weather.add([&, path] { return AioCall::to<&produce>(path, queue, life++); });
            weather.add([&, path] { return AioCall::to<&produceLater>(path, queue, life++); });
        }
        weather.add([&, path] { return AioCall::to<&consume>(path, queue); });
        weather.add([&, path] { return AioCall::to<&consume>(path, queue); });
        weather.add([&, path] { return AioCall::to<&consumeLater>(path, queue); });
        weather.add([&, path] { return AioCall::to<&consumeOnSignals>(path, queue); });
        const Watchdog watchdog("all sizes", stormTime() + 30s);
        runInStorm([&]() -> QCoro::Task<> {
            co_await weather.blow(stormTime());
            queue.shutDown();
            co_await weather.joinAll();
            co_await consumeLater(path, queue);     // what is left
            // and all of the memory is there again
            const QByteArray much(40 << 20, 'x');
            AioQueue other(context, 1);
            const bool put = co_await other.coro_put(much, 5s);
            AIO_VERIFY(put);
        });
        QVERIFY(life <= int(Witness::Producers));
        // what a consumer had got when it was killed is gone with it
        int consumersKilled = 0;
        for (std::size_t place = 6; place < 10; ++place)
            consumersKilled += weather.killsOf(place);
        const Balance balance = balanceOf(witness, life, [](int l, quint32 n) { return sizeOf(l, int(n)) > 0; });
        const quint64 emptiesMissing = witness->emptiesPut > witness->emptiesGot ? witness->emptiesPut - witness->emptiesGot : 0;
        qInfo("%llu items acknowledged, %llu MiB, %d kills, %d of them consumers; %llu missing, %llu doubled, %llu torn",
              balance.acknowledged, witness->bytes.load() >> 20, weather.kills(), consumersKilled, balance.missing + emptiesMissing,
              balance.doubled, witness->torn.load());
        QVERIFY(balance.acknowledged > 0);
        QCOMPARE(balance.doubled, quint64(0));
        QCOMPARE(witness->torn.load(), quint64(0));
        QVERIFY(witness->emptiesGot <= witness->emptiesBegun);
        QVERIFY(balance.missing + emptiesMissing <= quint64(consumersKilled));
    }
};

AIO_TEST_MAIN(TestQueueStorm)
#include "tst_queue_storm.moc"
