// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Conditions, over locks with and without recursion. How their lock is acquired is in tst_conformance_acquire.

#include "synctest.h"

#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiorlock.h>

#include <climits>

using namespace std::chrono_literals;

namespace {

std::unique_ptr<AioCondition> makeCondition()
{
    QFETCH_GLOBAL(bool, recursive);
    return recursive ? std::make_unique<AioCondition>(*AioTest::make<AioRLock>()) : AioTest::make<AioCondition>();
}

bool areWaiting(const AioCondition &condition, int count)
{
    return AioTest::printed(condition).contains(QStringLiteral(" %1 waiting").arg(count));
}

QCoro::Task<> untilWaiting(const AioCondition &condition, int count)
{
    while (!areWaiting(condition, count))
        co_await AioTest::nextTurn();
}

QCoro::Task<> notify(AioCondition &condition, int count)
{
    const AioLocker locker = co_await condition.coro_locker();
    condition.notify(count);
}

QCoro::Task<> notifyAll(AioCondition &condition)
{
    const AioLocker locker = co_await condition.coro_locker();
    condition.notifyAll();
}

// Says how the wait ended: "notified" or "out of time", or "cancelled"; "without" when it then does not hold the lock.
QCoro::Task<> sleepAndSay(AioCondition &condition, AioQueue &said, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                          std::stop_token stop = {})
{
    const AioLocker locker = co_await condition.coro_locker();
    const char *end = "cancelled";
    try {
        const bool notified = co_await condition.coro_wait(deadline, stop);
        end = notified ? "notified" : "out of time";
    } catch (const AioException &) {
    }
    AioTest::say(said, condition.locked() ? end : "without");
}

// Says which it is when it is notified.
QCoro::Task<> sleepAsNumber(AioCondition &condition, QList<int> &order, int number)
{
    const AioLocker locker = co_await condition.coro_locker();
    const bool notified = co_await condition.coro_wait();
    order << (notified ? number : -1);
}

// -- workers

void sleepBlocking(AioCondition &condition, AioQueue &said)
{
    const AioLocker locker(condition);
    AioTest::say(said, condition.wait() ? "notified" : "out of time");
}

// Each makes the value one more in turn.
void pingPong(AioCondition &condition, AioSemaphore &value, int rounds)
{
    for (int i = 0; i < rounds; ++i) {
        const AioLocker locker(condition);
        condition.waitFor([&] { return value.value() == 2 * i + 1; });
        value.release();
        condition.notify();
    }
}

void notifyAllAndDie(AioCondition &condition)
{
    condition.acquire();
    condition.notifyAll();
    AioTest::die();
}

void takeTheLockAndDie(AioCondition &condition)
{
    condition.acquire();
    AioTest::die();
}

void notifyAndDie(AioCondition &condition)
{
    condition.acquire();
    condition.notifyAll();
    AioTest::die();
}

void holdUntilTold(AioCondition &condition, AioQueue &said, AioQueue &told)
{
    const AioLocker locker(condition);
    AioTest::say(said, "holds");
    told.get();
}

} // namespace

class TestCondition : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<bool>("recursive");
        QTest::newRow("over a lock") << false;
        QTest::newRow("over an rlock") << true;
    }

    // MP-044
    void notifyWakesOneWhereverItSleeps()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&sleepBlocking>(*condition, said));
            worker.start();
            std::thread thread([&] { sleepBlocking(*condition, said); });
            auto coroutine = sleepAndSay(*condition, said);
            co_await untilWaiting(*condition, 3);
            for (int left : {2, 1, 0}) {
                co_await notify(*condition, 1);
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
                const auto another = co_await said.coro_get(10ms);
                AIO_VERIFY(!another);
                AIO_VERIFY(areWaiting(*condition, left));
            }
            thread.join();
            co_await coroutine;
            co_await worker.coro_join();
            co_await notify(*condition, 1);         // nobody sleeps: this one is for nobody
            co_await sleepAndSay(*condition, said, QDeadlineTimer(10));
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("out of time"));
            AIO_VERIFY(!condition->locked());
        });
    }

    void notifyAllWakesAllWhereverTheySleep()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess first(AioCall::to<&sleepBlocking>(*condition, said));
            AioProcess second(AioCall::to<&sleepBlocking>(*condition, said));
            first.start();
            second.start();
            std::thread thread([&] { sleepBlocking(*condition, said); });
            std::vector<QCoro::Task<>> coroutines;
            for (int i = 0; i < 20; ++i)
                coroutines.push_back(sleepAndSay(*condition, said));
            co_await untilWaiting(*condition, 23);
            co_await notifyAll(*condition);
            for (int i = 0; i < 23; ++i)
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            for (auto &coroutine : coroutines)
                co_await coroutine;
            thread.join();
            co_await first.coro_join();
            co_await second.coro_join();
            AIO_VERIFY(areWaiting(*condition, 0));
        });
    }

    void notifyWakesSoManyInTheOrderInWhichTheyCame()
    {
        const auto condition = makeCondition();
        QList<int> order;
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy waited(condition.get(), &AioCondition::waited);
            std::vector<QCoro::Task<>> sleepers;
            for (int i = 0; i < 10; ++i)
                sleepers.push_back(sleepAsNumber(*condition, order, i));
            co_await untilWaiting(*condition, 10);
            co_await notify(*condition, 0);
            co_await notify(*condition, 4);
            while (order.size() < 4)
                co_await AioTest::nextTurn();
            AIO_VERIFY(areWaiting(*condition, 6));
            std::sort(order.begin(), order.end());      // who takes the lock first is another matter
            AIO_COMPARE(order, (QList<int>{0, 1, 2, 3}));
            co_await notify(*condition, INT_MAX);
            for (auto &sleeper : sleepers)
                co_await sleeper;
            AIO_COMPARE(order.size(), qsizetype(10));
            AIO_VERIFY(!order.contains(-1));
            AIO_COMPARE(waited.count(), 10);
        });
        QVERIFY(!condition->locked());
    }

    // MP-047
    void deadlinePassesWithTheLockHeldAgain()
    {
        const auto condition = makeCondition();
        {
            const AioLocker locker(*condition);
            QElapsedTimer timer;
            timer.start();
            QVERIFY(!condition->wait(30ms));
            QVERIFY(timer.nsecsElapsed() >= 30'000'000);
            QVERIFY(!condition->wait(QDeadlineTimer(0)));
            QVERIFY(condition->locked());
        }
        AioTest::run([&]() -> QCoro::Task<> {
            const AioLocker locker = co_await condition->coro_locker();
            QElapsedTimer timer;
            timer.start();
            const bool notified = co_await condition->coro_wait(30ms);
            AIO_VERIFY(!notified && condition->locked());
            AIO_VERIFY(timer.nsecsElapsed() >= 30'000'000);
        });
        QVERIFY(!condition->locked());
        QVERIFY(areWaiting(*condition, 0));
    }

    void waitIsOverWhenTheLockIsFreeAndNotBefore()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioQueue told;
        AioTest::run([&]() -> QCoro::Task<> {
            auto timed = sleepAndSay(*condition, said, QDeadlineTimer(5));
            std::stop_source stop;
            auto cancelled = sleepAndSay(*condition, said, QDeadlineTimer(QDeadlineTimer::Forever), stop.get_token());
            AioProcess holder(AioCall::to<&holdUntilTold>(*condition, said, told));
            holder.start();
            const QString word = co_await AioTest::hear(said);
            if (word == QLatin1String("out of time")) {     // the worker was slow to start
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("holds"));
            } else {
                AIO_COMPARE(word, QStringLiteral("holds"));
            }
            stop.request_stop();
            const auto early = co_await said.coro_get(20ms);
            AIO_VERIFY(!early);                             // the loop lives, the waits are not over
            AIO_VERIFY(!cancelled.isReady());
            co_await told.coro_put(1);
            co_await timed;
            co_await cancelled;
            co_await holder.coro_join();
            QStringList rest;
            for (int left = word == QLatin1String("holds") ? 2 : 1; left > 0; --left)
                rest << co_await AioTest::hear(said);
            AIO_VERIFY(rest.contains(QLatin1String("cancelled")) && !rest.contains(QLatin1String("without")));
        });
        QVERIFY(!condition->locked());
    }

    // MP-048
    void predicateIsWaitedForInBothForms()
    {
        const auto condition = makeCondition();
        AioSemaphore value(0);
        constexpr int Rounds = 50;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&pingPong>(*condition, value, Rounds));
            worker.start();
            for (int i = 0; i < Rounds; ++i) {
                const AioLocker locker = co_await condition->coro_locker();
                value.release();
                condition->notify();
                const bool came = co_await condition->coro_waitFor([&] { return value.value() == 2 * i + 2; });
                AIO_VERIFY(came);
            }
            co_await worker.coro_join();
            AIO_COMPARE(worker.exitReason(), AioProcess::CleanExit);
        });
    }

    void predicateDecidesAlsoWhenTheTimeIsUp()
    {
        const auto condition = makeCondition();
        int asked = 0;
        AioTest::run([&]() -> QCoro::Task<> {
            const AioLocker locker = co_await condition->coro_locker();
            const bool atOnce = co_await condition->coro_waitUntil([&] { return ++asked > 0; });
            AIO_VERIFY(atOnce);
            AIO_COMPARE(asked, 1);
            const bool late = co_await condition->coro_waitUntil([&] { return ++asked > 2; }, 5ms);
            AIO_VERIFY(late);
            AIO_COMPARE(asked, 3);
            const bool never = co_await condition->coro_waitUntil([] { return false; }, 5ms);
            AIO_VERIFY(!never && condition->locked());
        });
        const AioLocker locker(*condition);
        QVERIFY(condition->waitUntil([&] { return ++asked > 4; }, 5ms));
        QVERIFY(!condition->waitFor([] { return false; }, 5ms));
        QVERIFY(condition->locked());
    }

    void cancelledWaitConsumesNoNotification()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            std::stop_source stop;
            const QDeadlineTimer forEver(QDeadlineTimer::Forever);
            auto first = sleepAndSay(*condition, said, forEver, stop.get_token());
            auto second = sleepAndSay(*condition, said, forEver, stop.get_token());
            auto third = sleepAndSay(*condition, said);
            auto fourth = sleepAndSay(*condition, said);
            // one is cancelled before the notification, the other one, which is meant by it then, after it
            {
                const AioLocker locker = co_await condition->coro_locker();
                condition->notify();
                stop.request_stop();
            }
            co_await first;
            co_await second;
            QStringList ends;
            for (int i = 0; i < 2; ++i)
                ends << co_await AioTest::hear(said);
            // a manager may have told the first one before it heard of the cancellation: then it is notified, and nobody else
            const bool wasTold = AioTest::areFacesManaged() && ends.contains(QStringLiteral("notified"));
            AIO_COMPARE(ends.count(QStringLiteral("cancelled")), qsizetype(wasTold ? 1 : 2));
            if (wasTold)
                co_await notify(*condition, 1);
            co_await third;
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            AIO_VERIFY(areWaiting(*condition, 1));
            co_await notify(*condition, 1);
            co_await fourth;
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            std::stop_source before;
            before.request_stop();
            co_await sleepAndSay(*condition, said, forEver, before.get_token());
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("cancelled"));
        });
        QVERIFY(!condition->locked());
    }

    void blockingWaitIsCancelledFromAnotherThread()
    {
        const auto condition = makeCondition();
        std::stop_source stop;
        AioError::Code code = AioError::NoError;
        bool holds = false;
        std::thread waiter([&] {
            const AioLocker locker(*condition);
            code = AioTest::codeThrownBy([&] { condition->wait(stop.get_token()); });
            holds = condition->locked();
        });
        while (!areWaiting(*condition, 1))
            QThread::yieldCurrentThread();
        stop.request_stop();
        waiter.join();
        QCOMPARE(code, AioError::Cancelled);
        QVERIFY(holds);
        QVERIFY(!condition->locked());
    }

    // Each notification reaches exactly one who is not cancelled, however the two race.
    void cancellingRacesWithNotifications()
    {
        constexpr int Rounds = 50;
        constexpr int Sleepers = 40;
        const auto condition = makeCondition();
        int cancelled = 0;
        int notified = 0;
        AioTest::run([&]() -> QCoro::Task<> {
            const auto sleeper = [&](std::stop_token stop) -> QCoro::Task<> {
                const AioLocker locker = co_await condition->coro_locker();
                try {
                    const bool was = co_await condition->coro_wait(stop);
                    notified += was;
                } catch (const AioException &) {
                    ++cancelled;
                }
            };
            for (int round = 0; round < Rounds; ++round) {
                std::vector<std::stop_source> stops(Sleepers);
                std::vector<QCoro::Task<>> tasks;
                for (auto &stop : stops)
                    tasks.push_back(sleeper(stop.get_token()));
                co_await untilWaiting(*condition, Sleepers);
                const int notifiedBefore = notified;
                QSemaphore mayNotify;
                std::thread canceller([&] {
                    for (int i = 0; i < Sleepers; i += 2) {     // one half of them
                        if (i == round % Sleepers / 2 * 2)
                            mayNotify.release();
                        stops[std::size_t(i)].request_stop();
                    }
                });
                mayNotify.acquire();
                co_await notify(*condition, Sleepers / 2);
                canceller.join();
                while (notified - notifiedBefore < Sleepers / 2)
                    co_await AioTest::nextTurn();
                co_await notifyAll(*condition);
                for (auto &task : tasks)
                    co_await task;
            }
        }, AioTest::LoopMayBlock);
        QCOMPARE(cancelled + notified, Rounds * Sleepers);
        QVERIFY2(cancelled > 0 && notified > 0, "both must occur");
        QVERIFY(!condition->locked());
        qInfo() << cancelled << "cancelled," << notified << "notified";
    }

    // NEW-014
    void notificationIsNotLostOnTheDead()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess dead(AioCall::to<&sleepBlocking>(*condition, said));
            dead.start();
            co_await untilWaiting(*condition, 1);
            AioProcess alive(AioCall::to<&sleepBlocking>(*condition, said));
            alive.start();
            co_await untilWaiting(*condition, 2);
            dead.kill();
            if (AioTest::areFacesManaged())
                co_await dead.coro_join();      // a server cannot know sooner
            co_await notify(*condition, 1);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            co_await dead.coro_join();
            co_await alive.coro_join();
            AIO_VERIFY(!condition->locked());
        });
    }

    void notificationOfOneWhoDiesBeforeItHasTheLockGoesToTheNext()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess dead(AioCall::to<&sleepBlocking>(*condition, said));
            dead.start();
            co_await untilWaiting(*condition, 1);
            auto next = sleepAndSay(*condition, said);
            auto last = sleepAndSay(*condition, said);
            {
                const AioLocker locker = co_await condition->coro_locker();
                condition->notify();                // it cannot have the lock yet
                dead.kill();
                co_await dead.coro_join();
            }
            co_await next;
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            AIO_VERIFY(!last.isReady() && areWaiting(*condition, 1));
            co_await notify(*condition, 1);
            co_await last;
        });
    }

    void notificationsOfOneWhoDiesAreKept()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess sleeper(AioCall::to<&sleepBlocking>(*condition, said));
            sleeper.start();
            auto coroutine = sleepAndSay(*condition, said);
            co_await untilWaiting(*condition, 2);
            AioProcess notifier(AioCall::to<&notifyAllAndDie>(*condition));
            notifier.start();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            co_await coroutine;
            co_await sleeper.coro_join();
            co_await notifier.coro_join();
        });
        QVERIFY(!condition->locked());
    }

    void deathOfTheLocksHolderNotifiesNobody()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            auto coroutine = sleepAndSay(*condition, said);
            AioProcess holder(AioCall::to<&takeTheLockAndDie>(*condition));
            holder.start();
            co_await holder.coro_join();
            const AioLocker locker = co_await condition->coro_locker();
            AIO_VERIFY(areWaiting(*condition, 1));
            condition->notify();
            const bool notified = co_await condition->coro_wait(20ms);      // lets the other one have the lock
            AIO_VERIFY(!notified);
            co_await coroutine;
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
        });
    }

    void deathOfTheNotifierIsHeardByACoroutine()
    {
        if (AioTest::areFacesManaged())
            QSKIP("the lock of a manager's condition tells so, the condition does not");
        const auto condition = makeCondition();
        QSignalSpy ownerDied(condition.get(), &AioCondition::ownerDied);
        AioProcess notifier(AioCall::to<&notifyAndDie>(*condition));
        AioTest::run([&]() -> QCoro::Task<> {
            const AioLocker locker = co_await condition->coro_locker();
            AIO_VERIFY(!condition->wasAbandoned());
            notifier.start();
            const bool notified = co_await condition->coro_wait();
            AIO_VERIFY(notified);
            AIO_VERIFY(condition->wasAbandoned());
            co_await notifier.coro_join();
        });
        QCOMPARE(ownerDied.size(), 1);
        QCOMPARE(ownerDied.first().first().toLongLong(), notifier.pid());
        QVERIFY(!condition->wasAbandoned());
    }

    void deathOfTheNotifierIsHeardByAThread()
    {
        if (AioTest::areFacesManaged())
            QSKIP("the lock of a manager's condition tells so, the condition does not");
        const auto condition = makeCondition();
        std::atomic<qint64> dead = 0;
        connect(condition.get(), &AioCondition::ownerDied, this, [&](qint64 pid) { dead += pid; }, Qt::DirectConnection);
        AioProcess notifier(AioCall::to<&notifyAndDie>(*condition));
        const AioLocker locker(*condition);
        notifier.start();
        QVERIFY(condition->wait());
        QVERIFY(condition->wasAbandoned());
        QVERIFY(notifier.join());
        QCOMPARE(dead, notifier.pid());
    }

    void destroyingTheObjectEndsItsWaitsWithTheLockHeld()
    {
        QFETCH_GLOBAL(bool, recursive);
        const auto simple = AioTest::make<AioLock>();
        const auto again = AioTest::make<AioRLock>();
        auto condition = recursive ? std::make_unique<AioCondition>(*again) : std::make_unique<AioCondition>(*simple);
        AioCondition other(condition->handle());
        AioTest::run([&]() -> QCoro::Task<> {
            AioError::Code code = AioError::NoError;
            bool holds = false;
            const auto sleeper = [&]() -> QCoro::Task<> {
                const AioLocker locker = co_await condition->coro_locker();
                code = co_await AioTest::codeOf(condition->coro_wait());
                holds = other.locked();
            };
            AioQueue said;
            auto first = sleeper();
            auto second = sleepAndSay(other, said);
            co_await untilWaiting(other, 2);
            condition.reset();
            co_await first;
            AIO_COMPARE(code, AioError::Cancelled);
            AIO_VERIFY(holds && !other.locked());
            AIO_VERIFY(!second.isReady() && areWaiting(other, 1));
            co_await notify(other, 1);
            co_await second;
        });
        QVERIFY(!other.locked());
    }

    void waitsOfAnEndingThreadAreCancelled()
    {
        const auto condition = makeCondition();
        AioError::Code code = AioError::NoError;
        QThread thread;
        QObject inThread;
        inThread.moveToThread(&thread);
        thread.start();
        const auto sleeper = [&]() -> QCoro::Task<> {
            const AioLocker locker = co_await condition->coro_locker();
            code = co_await AioTest::codeOf(condition->coro_wait());
        };
        QMetaObject::invokeMethod(&inThread, [&] { AioProcessing::spawn(sleeper()); }, Qt::BlockingQueuedConnection);
        while (!areWaiting(*condition, 1))
            QThread::yieldCurrentThread();
        thread.quit();
        QVERIFY(thread.wait());
        QCOMPARE(code, AioError::Cancelled);
        // a manager hears of it a moment later
        while (AioTest::areFacesManaged() && (areWaiting(*condition, 1) || condition->locked()))
            QThread::yieldCurrentThread();
        QVERIFY(areWaiting(*condition, 0));
        QVERIFY(!condition->locked());
    }

    // There is nobody left to wait for the lock, and what another process holds is not the locker's to release.
    void waitOfAnEndingThreadLeavesTheLockToItsHolder()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioQueue told;
        AioError::Code code = AioError::NoError;
        QThread thread;
        QObject inThread;
        inThread.moveToThread(&thread);
        thread.start();
        const auto sleeper = [&]() -> QCoro::Task<> {
            const AioLocker locker = co_await condition->coro_locker();
            code = co_await AioTest::codeOf(condition->coro_wait());
        };
        QMetaObject::invokeMethod(&inThread, [&] { AioProcessing::spawn(sleeper()); }, Qt::BlockingQueuedConnection);
        AioProcess holder(AioCall::to<&holdUntilTold>(*condition, said, told));
        holder.start();
        QCOMPARE(said.get().toString(), QStringLiteral("holds"));
        thread.quit();
        QVERIFY(thread.wait());
        QCOMPARE(code, AioError::Cancelled);
        QVERIFY2(AioTest::printed(*condition).contains(QStringLiteral("locked by %1").arg(holder.pid())),
                 qPrintable(AioTest::printed(*condition)));
        told.put(1);
        QVERIFY(holder.join());
        QVERIFY(!condition->locked());
    }

    void recursiveLockIsGivenUpAndTakenAgainWithAllItsLevels()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioCondition condition(*lock);
        int depth = 0;
        std::thread sleeper([&] {
            const AioLocker first(*lock);
            const AioLocker second(condition);
            const AioLocker third(*lock);
            condition.wait();
            depth = lock->depth();
        });
        while (!areWaiting(condition, 1))
            QThread::yieldCurrentThread();
        QVERIFY(lock->acquire());
        QCOMPARE(lock->depth(), 1);
        condition.notify();
        lock->release();
        sleeper.join();
        QCOMPARE(depth, 3);
        QVERIFY(!lock->locked());
        AioTest::run([&]() -> QCoro::Task<> {
            const AioLocker outer = co_await lock->coro_locker();
            const AioLocker inner = co_await lock->coro_locker(outer);
            auto waiting = condition.coro_wait(10s);
            AIO_VERIFY(!lock->locked());
            co_await notify(condition, 1);
            const bool notified = co_await waiting;
            AIO_VERIFY(notified);
            AIO_COMPARE(lock->depth(), 2);
            const AioLocker again = co_await lock->coro_locker(inner, QDeadlineTimer(0));
            AIO_VERIFY(again);
        });
        QVERIFY(!lock->locked());
    }

    // -- misuse

    void useWithoutTheLockNamesTheObjectAndChangesNothing()
    {
        const auto condition = makeCondition();
        AioQueue said;
        AioQueue told;
        AioTest::run([&]() -> QCoro::Task<> {
            auto sleeper = sleepAndSay(*condition, said);
            const auto misuse = [&]() -> QCoro::Task<bool> {
                bool right = true;
                const auto mustFail = [&](auto call) { right &= AioTest::names(AioTest::errorThrownBy(call), *condition); };
                mustFail([&] { condition->wait(); });
                mustFail([&] { condition->wait(QDeadlineTimer(0)); });
                if (!AioTest::areFacesManaged())        // there what holds already is not waited for
                    mustFail([&] { condition->waitUntil([&] { right = false; return true; }); });
                mustFail([&] { condition->notify(); });
                mustFail([&] { condition->notify(0); });
                mustFail([&] { condition->notifyAll(); });
                right &= AioTest::names(co_await AioTest::errorOf(condition->coro_wait()), *condition);
                if (!AioTest::areFacesManaged())
                    right &= AioTest::names(co_await AioTest::errorOf(condition->coro_waitUntil([] { return true; })), *condition);
                co_return right;
            };
            co_await untilWaiting(*condition, 1);
            QSignalSpy errors(condition.get(), &AioObject::errorOccurred);
            const bool whenFree = co_await misuse();
            AIO_VERIFY(whenFree);
            AIO_COMPARE(errors.count(), AioTest::areFacesManaged() ? 6 : 8);
            AIO_VERIFY(!condition->locked() && areWaiting(*condition, 1));

            AioProcess holder(AioCall::to<&holdUntilTold>(*condition, said, told));
            holder.start();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("holds"));
            const bool whenAnotherHoldsIt = co_await misuse();
            AIO_VERIFY(whenAnotherHoldsIt);
            AIO_VERIFY(condition->error().message.contains(QString::number(holder.pid())));
            AIO_VERIFY(condition->locked() && areWaiting(*condition, 1));
            co_await told.coro_put(1);
            co_await holder.coro_join();

            {
                const AioLocker locker = co_await condition->coro_locker();
                AIO_VERIFY(AioTest::names(AioTest::errorThrownBy([&] { condition->notify(-1); }), *condition));
                AIO_VERIFY(areWaiting(*condition, 1));
            }
            co_await notify(*condition, 1);
            co_await sleeper;
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
        }, AioTest::areFacesManaged() ? AioTest::LoopMayBlock : AioTest::LoopStaysAlive);      // each misuse waits for the server to say so
    }
};

AIO_TEST_MAIN(TestCondition)
#include "tst_conformance_condition.moc"
