// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The storm (tst_storm.cpp) over AioRLock, AioBoundedSemaphore, AioSemaphore, AioCondition, AioBarrier and AioEvent at once.

#include "aiotest.h"
#include "weather.h"
#include "witness.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiorlock.h>
#include <aioprocessing/aiosemaphore.h>
#include <aioprocessing/aiotask.h>

#include <QElapsedTimer>
#include <QTemporaryDir>

#include <thread>

using namespace std::chrono_literals;

namespace {

constexpr int CoroutinesOfEachKind = 12;

// Everything that one process uses, and the witness to it.
struct Table
{
    WitnessFile witness;
    AioRLock &rlock;
    AioBoundedSemaphore &bounded;
    AioSemaphore &credits;
    AioLock &lock;              // that of mail
    AioCondition &mail;
    AioBarrier &barrier;
    AioEvent &alarm;
};

// No wait may take as long: others always give, send and come.
QDeadlineTimer deadline() { return QDeadlineTimer(std::chrono::milliseconds(qint64(1000 * AioTest::timeScale()))); }

class Timed
{
public:
    explicit Timed(Table &table) : m_table(table) { m_timer.start(); }
    ~Timed() { m_table.witness->noteWait(m_timer.nsecsElapsed()); }
    Q_DISABLE_COPY_MOVE(Timed)

private:
    Table &m_table;
    QElapsedTimer m_timer;
};

// -- with coroutines

QCoro::Task<> useRLock(Table &table)
{
    for (int turn = 0;; ++turn) {
        auto timed = std::make_unique<Timed>(table);
        AioLocker outer = co_await table.rlock.coro_locker();
        timed.reset();
        const Critical critical(table.witness, table.witness->holder[0], table.rlock.wasAbandoned());
        AioLocker inner = co_await table.rlock.coro_locker(outer);
        if (turn % 8 == 0)
            co_await AioTest::nextTurn();
    }
}

QCoro::Task<> useBounded(Table &table)
{
    for (int turn = 0;; ++turn) {
        auto timed = std::make_unique<Timed>(table);
        AioLocker locker = co_await table.bounded.coro_locker();
        timed.reset();
        const Permitted permitted(table.witness);
        if (turn % 8 == 0)
            co_await AioTest::nextTurn();
    }
}

void giveCredit(Table &table)
{
    ++table.witness->creditsGiven;
    table.credits.release();
}

QCoro::Task<> useCredits(Table &table)
{
    for (;;) {
        giveCredit(table);
        const bool inTime = co_await table.credits.coro_acquire(deadline());
        (inTime ? table.witness->creditsTaken : table.witness->hangs)++;
        co_await AioTest::nextTurn();
    }
}

void sendLetter(Table &table)
{
    const Critical critical(table.witness, table.witness->holder[1], table.lock.wasAbandoned());
    ++table.witness->letters;
    table.mail.notify();
}

// Whether there was one.
bool takeLetter(Table &table)
{
    const Critical critical(table.witness, table.witness->holder[1], table.lock.wasAbandoned());
    if (table.witness->letters == 0)
        return false;
    if (--table.witness->letters < 0)
        ++table.witness->violations;
    ++table.witness->lettersTaken;
    return true;
}

QCoro::Task<> exchangeLetters(Table &table, bool sends)
{
    for (;;) {
        {
            AioLocker locker = co_await table.mail.coro_locker();
            if (sends)
                sendLetter(table);
            while (!sends && !takeLetter(table)) {
                const bool inTime = co_await table.mail.coro_wait(deadline());
                table.witness->hangs += !inTime;
            }
        }
        co_await AioTest::nextTurn();
    }
}

// Goes on after a death has broken the barrier.
void mend(Table &table)
{
    ++table.witness->broken;
    if (table.barrier.isBroken())
        table.barrier.reset();
}

void notePassed(Table &table, const std::optional<int> &index)
{
    (index ? table.witness->passed[*index] : table.witness->hangs)++;
}

QCoro::Task<> meet(Table &table)
{
    for (;;) {
        const AioResult<std::optional<int>> index = co_await AioProcessing::asResult(table.barrier.coro_wait(deadline()));
        if (index)
            notePassed(table, index.value());
        else if (index.error().code == AioError::BrokenBarrier)
            mend(table);
        else
            ++table.witness->violations;
    }
}

// Who waits when it is set goes on, although it is cleared at once.
QCoro::Task<> soundAlarms(Table &table)
{
    for (;;) {
        table.alarm.set();
        table.alarm.clear();
        co_await AioTest::nextTurn();
    }
}

QCoro::Task<> awaitAlarms(Table &table)
{
    for (;;) {
        const bool inTime = co_await table.alarm.coro_wait(deadline());
        (inTime ? table.witness->alarms : table.witness->hangs)++;
        co_await AioTest::nextTurn();
    }
}

QCoro::Task<> useAll(QString witnessPath, AioRLock &rlock, AioBoundedSemaphore &bounded, AioSemaphore &credits, AioLock &lock,
                     AioCondition &mail, AioBarrier &barrier, AioEvent &alarm)
{
    Table table{WitnessFile(witnessPath), rlock, bounded, credits, lock, mail, barrier, alarm};
    std::vector<QCoro::Task<>> tasks;
    for (int i = 0; i < CoroutinesOfEachKind; ++i) {
        tasks.push_back(useRLock(table));
        tasks.push_back(useBounded(table));
        tasks.push_back(useCredits(table));
        tasks.push_back(exchangeLetters(table, i % 2));
        tasks.push_back(awaitAlarms(table));
    }
    tasks.push_back(soundAlarms(table));
    tasks.push_back(meet(table));
    for (auto &task : tasks)
        co_await task;
}

// -- blocking, with a thread for each kind

void useRLockBlocking(Table &table)
{
    for (;;) {
        auto timed = std::make_unique<Timed>(table);
        const AioLocker outer(table.rlock);
        timed.reset();
        const Critical critical(table.witness, table.witness->holder[0], table.rlock.wasAbandoned());
        const AioLocker inner(table.rlock);
    }
}

void usePermitsBlocking(Table &table)
{
    for (;;) {
        {
            auto timed = std::make_unique<Timed>(table);
            const AioLocker locker(table.bounded);
            timed.reset();
            const Permitted permitted(table.witness);
        }
        giveCredit(table);
        const bool inTime = table.credits.acquire(deadline());
        (inTime ? table.witness->creditsTaken : table.witness->hangs)++;
    }
}

void exchangeLettersBlocking(Table &table)
{
    for (bool sends = true;; sends = !sends) {
        const AioLocker locker(table.mail);
        if (sends)
            sendLetter(table);
        while (!sends && !takeLetter(table))
            table.witness->hangs += !table.mail.wait(deadline());
    }
}

void meetBlocking(Table &table)
{
    for (;;) {
        try {
            notePassed(table, table.barrier.wait(deadline()));
        } catch (const AioException &exception) {
            if (exception.code() != AioError::BrokenBarrier)
                throw;
            mend(table);
        }
    }
}

void awaitAlarmsBlocking(Table &table)
{
    for (;;) {
        const bool inTime = table.alarm.wait(deadline());
        (inTime ? table.witness->alarms : table.witness->hangs)++;
        std::this_thread::sleep_for(1ms);       // it may still be set
    }
}

void useAllBlocking(const QString &witnessPath, AioRLock &rlock, AioBoundedSemaphore &bounded, AioSemaphore &credits, AioLock &lock,
                    AioCondition &mail, AioBarrier &barrier, AioEvent &alarm)
{
    Table table{WitnessFile(witnessPath), rlock, bounded, credits, lock, mail, barrier, alarm};
    std::vector<std::thread> threads;
    for (const auto use : {&useRLockBlocking, &usePermitsBlocking, &exchangeLettersBlocking, &meetBlocking, &awaitAlarmsBlocking})
        threads.emplace_back(use, std::ref(table));
    for (std::thread &thread : threads)
        thread.join();
}

} // namespace

class TestSyncStorm : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everythingButQueues()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("witness"));
        WitnessFile witness(path);
        AioRLock rlock;
        AioBoundedSemaphore bounded(Witness::Permits);
        AioSemaphore credits(0);
        AioLock lock;
        AioCondition mail(lock);
        AioBarrier barrier(Witness::Parties);
        AioEvent alarm;
        Weather weather;
        for (int i = 0; i < 3; ++i) {
            weather.add([&, path] { return AioCall::to<&useAll>(path, rlock, bounded, credits, lock, mail, barrier, alarm); });
            weather.add([&, path] { return AioCall::to<&useAllBlocking>(path, rlock, bounded, credits, lock, mail, barrier, alarm); });
        }
        const Watchdog watchdog("everything but queues", stormTime() + 30s);
        runInStorm([&]() -> QCoro::Task<> {
            co_await weather.blow(stormTime());
            co_await weather.killAll();
            const bool rlockIsFree = co_await rlock.coro_acquire(1s);
            AIO_VERIFY(rlockIsFree);
            const bool lockIsFree = co_await lock.coro_acquire(1s);
            AIO_VERIFY(lockIsFree);
            for (int i = 0; i < Witness::Permits; ++i) {
                const bool hasPermit = co_await bounded.coro_acquire(1s);
                AIO_VERIFY(hasPermit);
            }
            rlock.release();
            lock.release();
        });
        const auto killed = quint64(weather.kills()) + 6;
        quint64 fewest = witness->passed[0];
        quint64 most = 0;
        for (const auto &passed : witness->passed) {
            fewest = std::min(fewest, passed.load());
            most = std::max(most, passed.load());
        }
        const quint64 credit = witness->creditsGiven - witness->creditsTaken;
        qInfo("%llu acquisitions, %d kills, %llu locks abandoned; the longest wait took %.1f ms; %llu violations",
              witness->acquisitions.load(), weather.kills(), witness->abandoned.load(), double(witness->longestWait.load()) / 1e6,
              witness->violations.load());
        qInfo("%llu credits taken, %llu letters, %llu meetings of %d, %llu times the barrier broke for somebody",
              witness->creditsTaken.load(), witness->lettersTaken.load(), fewest, Witness::Parties, witness->broken.load());
        qInfo("%llu alarms heard, %llu waits ran out of time", witness->alarms.load(), witness->hangs.load());
        QCOMPARE(witness->violations.load(), quint64(0));
        QCOMPARE(witness->hangs.load(), quint64(0));
        QVERIFY(isStorm(witness->acquisitions + witness->creditsTaken, weather.kills()));
        QVERIFY(witness->acquisitions > 0 && witness->creditsTaken > 0 && witness->lettersTaken > 0 && witness->alarms > 0 && fewest > 0);
        QVERIFY(double(witness->longestWait.load()) < 1'000'000'000 * AioTest::timeScale());
        // nobody took a credit that was not given; what the dead were just giving or taking is missing
        QVERIFY(quint64(credits.value()) <= credit);
        QVERIFY(credit - quint64(credits.value()) <= killed * CoroutinesOfEachKind);
        // each meeting has each index once, but those of parties that were killed before they noted it
        QVERIFY(most - fewest <= killed);
    }
};

AIO_TEST_MAIN(TestSyncStorm)
#include "tst_sync_storm.moc"
