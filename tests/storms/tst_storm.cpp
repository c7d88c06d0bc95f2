// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Many processes use the same objects while one after the other is killed, or stopped for a moment. Half of them wait with
// coroutines, half block without any event loop. AIO_TEST_STORM_SECONDS says how long; the seed is printed, and taken from
// AIO_TEST_SEED.

#include "aiotest.h"
#include "weather.h"
#include "witness.h"

#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <random>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

constexpr int CoroutinesEach = 64;

// -- locks

QCoro::Task<> useOneLock(WitnessFile &witness, AioLock &lock, int index)
{
    QElapsedTimer timer;
    for (int turn = 0;; ++turn) {
        timer.start();
        AioLocker locker = co_await lock.coro_locker();
        witness->noteWait(timer.nsecsElapsed());
        const Critical critical(witness, witness->holder[index], lock.wasAbandoned());
        if (turn % 4 == 0)
            co_await AioTest::nextTurn();       // hold it for a while
    }
}

using Locks = std::vector<std::unique_ptr<AioLock>>;

Locks open(const QVariantList &handles)
{
    Locks locks;
    for (const QVariant &handle : handles)
        locks.push_back(std::make_unique<AioLock>(handle.value<AioHandle>()));
    return locks;
}

QCoro::Task<> useLocks(QString witnessPath, QVariantList handles)
{
    WitnessFile witness(witnessPath);
    const Locks locks = open(handles);
    std::vector<QCoro::Task<>> tasks;
    for (int i = 0; i < CoroutinesEach; ++i) {
        const int index = i % int(locks.size());
        tasks.push_back(useOneLock(witness, *locks[std::size_t(index)], index));
    }
    for (auto &task : tasks)
        co_await task;
}

void useLocksBlocking(const QString &witnessPath, const QVariantList &handles)
{
    WitnessFile witness(witnessPath);
    const Locks locks = open(handles);
    std::mt19937 random(std::random_device{}());
    QElapsedTimer timer;
    for (;;) {
        const int index = int(random() % locks.size());
        AioLock &lock = *locks[std::size_t(index)];
        timer.start();
        AioLocker locker(lock);
        witness->noteWait(timer.nsecsElapsed());
        const Critical critical(witness, witness->holder[index], lock.wasAbandoned());
        if (random() % 4 == 0)
            QThread::usleep(random() % 50);
    }
}

// -- queue

// Item n of a life: its number, then a text that depends on it.
QVariantList itemOf(int life, int n)
{
    return {life, n, QByteArray(n % 97 == 0 ? 20'000 : n % 200, char(n))};
}

void produce(const QString &witnessPath, AioQueue &queue, int life)
{
    WitnessFile witness(witnessPath);
    for (int n = 0; n < int(Witness::ItemsEach); ++n) {
        queue.put(itemOf(life, n));
        witness->acknowledged[life].store(quint32(n + 1));
    }
}

void note(WitnessFile &witness, const QVariantList &item)
{
    const int life = item.value(0).toInt();
    const int n = item.value(1).toInt();
    if (item != itemOf(life, n))
        ++witness->torn;
    else
        ++witness->received[life][n];
}

void consume(const QString &witnessPath, AioQueue &queue)
{
    WitnessFile witness(witnessPath);
    try {
        for (;;)
            note(witness, queue.get().toList());
    } catch (const AioException &exception) {
        if (exception.code() != AioError::ShutDown)
            throw;
    }
}

QCoro::Task<> consumeLater(QString witnessPath, AioQueue &queue)
{
    WitnessFile witness(witnessPath);
    QCORO_FOREACH(const QVariant &item, queue.coro_items())
        note(witness, item.toList());
}

} // namespace

class TestStorm : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // NEW-010
    void locks()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("witness"));
        WitnessFile witness(path);
        std::vector<std::unique_ptr<AioLock>> locks;
        QVariantList handles;
        for (unsigned i = 0; i < Witness::Locks; ++i)
            handles << QVariant::fromValue(locks.emplace_back(std::make_unique<AioLock>())->handle());
        Weather weather;
        for (int i = 0; i < 4; ++i) {
            weather.add([=] { return AioCall::to<&useLocks>(path, handles); });
            weather.add([=] { return AioCall::to<&useLocksBlocking>(path, handles); });
        }
        const Watchdog watchdog("locks", stormTime() + 30s);
        runInStorm([&]() -> QCoro::Task<> {
            co_await weather.blow(stormTime());
            co_await weather.killAll();
            for (auto &lock : locks) {
                const bool free = co_await lock->coro_acquire(1s);
                AIO_VERIFY(free);
                lock->release();
            }
        });
        qInfo("%llu acquisitions, %d kills, %llu locks abandoned; the longest wait took %.1f ms; %llu violations",
              witness->acquisitions.load(), weather.kills(), witness->abandoned.load(), double(witness->longestWait.load()) / 1e6,
              witness->violations.load());
        QCOMPARE(witness->violations.load(), quint64(0));
        QVERIFY(isStorm(witness->acquisitions, weather.kills()));
        QVERIFY(double(witness->longestWait.load()) < 1'000'000'000 * AioTest::timeScale());
    }

    void queue()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("witness"));
        WitnessFile witness(path);
        AioQueue queue(32);
        Weather weather;
        int life = 0;
        for (int i = 0; i < 4; ++i)
            weather.add([&, path] { return AioCall::to<&produce>(path, queue, life++); });
        for (int i = 0; i < 2; ++i) {
            weather.add([&, path] { return AioCall::to<&consume>(path, queue); });
            weather.add([&, path] { return AioCall::to<&consumeLater>(path, queue); });
        }
        const Watchdog watchdog("queue", stormTime() + 30s);
        runInStorm([&]() -> QCoro::Task<> {
            co_await weather.blow(stormTime());
            queue.shutDown();
            co_await weather.joinAll();
            co_await consumeLater(path, queue);     // what is left
        });
        QVERIFY(life <= int(Witness::Producers));
        // what a consumer had got when it was killed is gone with it
        int consumersKilled = 0;
        for (std::size_t place = 4; place < 8; ++place)
            consumersKilled += weather.killsOf(place);
        const Balance balance = balanceOf(witness, life, [](int, quint32) { return true; });
        qInfo("%llu items acknowledged, %d kills, %d of them consumers; %llu missing, %llu doubled, %llu torn", balance.acknowledged,
              weather.kills(), consumersKilled, balance.missing, balance.doubled, witness->torn.load());
        QVERIFY(balance.acknowledged > 0);
        QCOMPARE(balance.doubled, quint64(0));
        QCOMPARE(witness->torn.load(), quint64(0));
        QVERIFY(balance.missing <= quint64(consumersKilled));
    }
};

AIO_TEST_MAIN(TestStorm)
#include "tst_storm.moc"
