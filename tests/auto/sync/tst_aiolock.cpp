// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "aiotest.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QDebug>
#include <QSignalSpy>
#include <QThread>

#include <csignal>
#include <thread>

using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<AioLocker> && std::is_nothrow_move_constructible_v<AioLocker>);
static_assert(std::is_base_of_v<AioObject, AioLock>);

namespace {

// Workers
void holdUntilTold(AioLock &lock, AioQueue &said, AioQueue &told)
{
    lock.acquire();
    said.put(QStringLiteral("locked"));
    told.get();
    lock.release();
    said.put(QStringLiteral("released"));
}

void holdForEver(AioLock &lock, AioQueue &said)
{
    lock.acquire();
    said.put(QStringLiteral("locked"));
    for (;;)
        QThread::sleep(1000);
}

void count(AioLock &lock, AioQueue &counter, int rounds)
{
    for (int i = 0; i < rounds; ++i) {
        const AioLocker locker(lock);
        counter.put(counter.get().toInt() + 1);     // not atomic: the lock makes it so
    }
}

void contend(AioLock &lock, AioQueue &ready, AioEvent &over)
{
    ready.put(true);
    while (!over.isSet())
        const AioLocker locker(lock);
}

void reportAbandoned(AioLock &lock, AioQueue &said)
{
    lock.acquire();
    said.put(lock.wasAbandoned());
    lock.release();
}

} // namespace

class TestAioLock : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-038, AIO-004
    void secondAcquireFailsAndSecondReleaseIsAnError()
    {
        AioLock lock;
        QVERIFY(!lock.locked());
        QVERIFY(lock.acquire());
        QVERIFY(lock.locked());
        QVERIFY(!lock.tryAcquire());
        QVERIFY(!lock.acquire(QDeadlineTimer(0)));
        lock.release();
        QSignalSpy errors(&lock, &AioObject::errorOccurred);
        QCOMPARE(AioTest::codeThrownBy([&] { lock.release(); }), AioError::UsageError);
        QCOMPARE(errors.count(), 1);
        QVERIFY(lock.acquire());
        lock.release();
    }

    // MP-040
    void lockerReleasesAtTheEndOfItsScope()
    {
        AioLock lock;
        {
            AioLocker locker(lock);
            QVERIFY(locker);
            AioLocker other = std::move(locker);
            QVERIFY(!locker.owns() && other.owns());
            AioLocker late(lock, QDeadlineTimer(5));
            QVERIFY(!late);
        }
        QVERIFY(!lock.locked());
    }

    void lockerOutlivesTheLockObject()
    {
        auto lock = std::make_unique<AioLock>();
        AioLock other(lock->handle());
        AioLocker locker(*lock);
        lock.reset();
        QVERIFY(other.locked());
        locker.unlock();
        QVERIFY(!other.locked());
    }

    void deadlineDoesNotFireEarly()
    {
        AioLock lock;
        lock.acquire();
        QElapsedTimer timer;
        timer.start();
        QVERIFY(!lock.acquire(QDeadlineTimer(80)));
        QVERIFY(timer.nsecsElapsed() >= 80'000'000);
    }

    // AIO-005, AIO-007
    void coroutineWaitsForAnotherProcess()
    {
        AioLock lock;
        AioQueue said;
        AioQueue told;
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy acquired(&lock, &AioLock::acquired);
            AioProcess holder(AioCall::to<&holdUntilTold>(lock, said, told));
            holder.start();
            AIO_COMPARE((co_await said.coro_get()).toString(), QStringLiteral("locked"));
            const bool early = co_await lock.coro_acquire(30ms);
            AIO_VERIFY(!early);
            auto waiting = lock.coro_acquire();
            AIO_VERIFY(!waiting.isReady());
            co_await told.coro_put(1);
            const bool got = co_await waiting;
            AIO_VERIFY(got);
            AIO_COMPARE(acquired.count(), 1);
            AIO_VERIFY(!lock.wasAbandoned());
            lock.release();
            const bool joined = co_await holder.coro_join();
            AIO_VERIFY(joined);
        });
    }

    void signalsAreEnough()
    {
        AioLock lock;
        QSignalSpy acquired(&lock, &AioLock::acquired);
        QSignalSpy released(&lock, &AioLock::released);
        lock.coro_acquire();
        QCOMPARE(acquired.count(), 1);
        lock.coro_acquire();                // the task is dropped, the signal tells
        QCOMPARE(acquired.count(), 1);
        lock.release();
        QVERIFY(acquired.wait());
        lock.release();
        QCOMPARE(released.count(), 2);
    }

    void countsExactlyAcrossProcesses()
    {
        AioLock lock;
        AioQueue counter;
        counter.put(0);
        std::vector<std::unique_ptr<AioProcess>> workers;
        for (int i = 0; i < 3; ++i)
            workers.push_back(std::make_unique<AioProcess>(AioCall::to<&count>(lock, counter, 2000)));
        for (auto &worker : workers)
            worker->start();
        for (auto &worker : workers)
            QVERIFY(worker->join(QDeadlineTimer(20'000)));
        QCOMPARE(counter.get().toInt(), 6000);
        QVERIFY(!lock.locked());
    }

    // Each hears of the others' ends while it ends itself.
    void processesThatEndTogetherEndWell()
    {
        for (int round = 0; round < 12; ++round) {
            AioLock lock;
            AioEvent over;
            AioQueue ready;
            std::vector<std::unique_ptr<AioProcess>> workers;
            for (int i = 0; i < 4; ++i) {
                workers.push_back(std::make_unique<AioProcess>(AioCall::to<&contend>(lock, ready, over)));
                workers.back()->start();
            }
            QTRY_COMPARE(ready.size(), 4);
            over.set();
            for (auto &worker : workers) {
                QVERIFY(worker->join(QDeadlineTimer(20'000)));
                QCOMPARE(worker->exitReason(), AioProcess::CleanExit);
            }
            QVERIFY(!lock.locked());
        }
    }

    // NEW-010
    void lockOfAKilledProcessGoesToTheNextWhoIsTold()
    {
        AioLock lock;
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy died(&lock, &AioLock::ownerDied);
            AioProcess holder(AioCall::to<&holdForEver>(lock, said));
            holder.start();
            co_await said.coro_get();
            const qint64 pid = holder.pid();
            AIO_VERIFY(lock.describe().contains(QString::number(pid)));
            auto waiting = lock.coro_acquire(5s);
            holder.kill();
            const bool got = co_await waiting;
            AIO_VERIFY(got);
            AIO_VERIFY(lock.wasAbandoned());
            AIO_COMPARE(died.count(), 1);
            AIO_COMPARE(died.first().first().toLongLong(), pid);
            lock.release();
            AIO_VERIFY(!lock.wasAbandoned());
        });
    }

    void blockingWaiterHearsOfADeath()
    {
        AioLock lock;
        AioQueue said;
        AioProcess holder(AioCall::to<&holdForEver>(lock, said));
        AioProcess waiter(AioCall::to<&reportAbandoned>(lock, said));
        holder.start();
        QCOMPARE(said.get().toString(), QStringLiteral("locked"));
        waiter.start();
        // nobody but the waiter watches: this thread does not run its event loop
        QVERIFY(!said.get(QDeadlineTimer(200)));
        ::kill(pid_t(holder.pid()), SIGKILL);
        const auto abandoned = said.get(QDeadlineTimer(5000));
        QVERIFY(abandoned && abandoned->toBool());
        QVERIFY(waiter.join(QDeadlineTimer(5000)));
    }

    // NEW-001
    void manyCoroutinesShareOneLock()
    {
        AioLock lock;
        int inside = 0;
        int done = 0;
        AioTest::run([&]() -> QCoro::Task<> {
            const auto user = [&]() -> QCoro::Task<> {
                AioLocker locker = co_await lock.coro_locker();
                if (++inside != 1)
                    qFatal("two coroutines have the lock");
                co_await AioTest::nextTurn();
                --inside;
                ++done;
            };
            std::vector<QCoro::Task<>> tasks;
            for (int i = 0; i < 100; ++i)
                tasks.push_back(user());
            for (auto &task : tasks)
                co_await task;
            AIO_COMPARE(done, 100);
        });
        QVERIFY(!lock.locked());
    }

    void cancelledWaitTakesNothing()
    {
        AioLock lock;
        lock.acquire();
        AioTest::run([&]() -> QCoro::Task<> {
            std::stop_source stop;
            auto waiting = lock.coro_acquire(stop.get_token());
            stop.request_stop();
            const AioError::Code code = co_await AioTest::codeOf(std::move(waiting));
            AIO_COMPARE(code, AioError::Cancelled);
            lock.release();
            AIO_VERIFY(!lock.locked());
            std::stop_source before;
            before.request_stop();
            const AioError::Code atOnce = co_await AioTest::codeOf(lock.coro_acquire(before.get_token()));
            AIO_COMPARE(atOnce, AioError::Cancelled);
            AIO_VERIFY(!lock.locked());
        });
    }

    void blockingWaitCanBeCancelledFromAnotherThread()
    {
        AioLock lock;
        lock.acquire();
        std::stop_source stop;
        AioError::Code code = AioError::NoError;
        std::thread waiter([&] { code = AioTest::codeThrownBy([&] { lock.acquire(stop.get_token()); }); });
        stop.request_stop();
        waiter.join();
        QCOMPARE(code, AioError::Cancelled);
        lock.release();
        QVERIFY(!lock.locked());
    }

    // Waits that are cancelled while the lock is being handed on: nothing is lost, whoever wins each race.
    void cancellingRacesWithGrants()
    {
        constexpr int Waits = 10'000;
        AioLock lock;
        int cancelled = 0;
        int granted = 0;
        AioTest::run([&]() -> QCoro::Task<> {
            const auto user = [&](std::stop_token stop) -> QCoro::Task<> {
                bool got = false;
                try {
                    got = co_await lock.coro_acquire(stop);
                } catch (const AioException &) {
                    ++cancelled;
                }
                if (got) {
                    ++granted;
                    lock.release();
                }
            };
            for (int round = 0; round < Waits / 100; ++round) {
                std::vector<std::stop_source> stops(100);
                std::vector<QCoro::Task<>> tasks;
                lock.acquire();
                for (auto &stop : stops)
                    tasks.push_back(user(stop.get_token()));
                std::thread canceller([&] {
                    for (auto &stop : stops)
                        stop.request_stop();
                });
                lock.release();
                for (auto &task : tasks)
                    co_await task;
                canceller.join();
            }
            AIO_COMPARE(cancelled + granted, Waits);
        }, AioTest::LoopMayBlock);
        QVERIFY(!lock.locked());
        QVERIFY(lock.tryAcquire());
        qInfo() << cancelled << "cancelled," << granted << "granted";
    }

    void destroyingTheObjectEndsItsWaits()
    {
        auto lock = std::make_unique<AioLock>();
        AioLock other(lock->handle());
        lock->acquire();
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = lock->coro_acquire();
            lock.reset();
            AIO_VERIFY(!waiting.isReady());     // never inside of somebody else's call
            const AioError::Code code = co_await AioTest::codeOf(std::move(waiting));
            AIO_COMPARE(code, AioError::Cancelled);
        });
        other.release();
        QVERIFY(!other.locked());
    }

    void waitsOfAnEndingThreadAreCancelled()
    {
        AioLock lock;
        lock.acquire();
        AioError::Code code = AioError::NoError;
        QThread thread;
        QObject inThread;
        inThread.moveToThread(&thread);
        thread.start();
        QMetaObject::invokeMethod(
            &inThread,
            [&] {
                AioProcessing::spawn([&]() -> QCoro::Task<> { co_await lock.coro_acquire(); },
                                     [&](const AioError &error) { code = error.code; });
            },
            Qt::BlockingQueuedConnection);
        thread.quit();
        QVERIFY(thread.wait(5000));
        QCOMPARE(code, AioError::Cancelled);
        lock.release();
        QVERIFY(!lock.locked());
    }

    void coroutineWithoutEventLoopIsAUsageError()
    {
        AioLock lock;
        lock.acquire();
        AioError::Code code = AioError::NoError;
        std::thread thread([&] {
            AioProcessing::spawn(lock.coro_acquire(), [&](const AioError &error) { code = error.code; });
        });
        thread.join();
        QCOMPARE(code, AioError::UsageError);
    }

    // The head of the queue is a coroutine of a thread that blocks on the same lock itself.
    void threadThatBlocksIsNotHandedTheLockForItsCoroutine()
    {
        AioLock lock;
        lock.acquire();
        auto waiting = lock.coro_acquire();
        std::thread releaser([&] {
            QThread::msleep(20);                // long enough that the lock would be handed over in order
            lock.release();
        });
        QVERIFY(lock.acquire(QDeadlineTimer(5000)));
        releaser.join();
        QVERIFY(!waiting.isReady());
        lock.release();
        AioTest::run([&]() -> QCoro::Task<> {
            const bool got = co_await waiting;
            AIO_VERIFY(got);
        });
        lock.release();
    }

    void handleOfALockThatIsGoneIsNotFound()
    {
        AioHandle handle;
        {
            AioLock lock;
            handle = lock.handle();
            QCOMPARE(handle.kind(), AioHandle::Lock);
            AioLock same(handle);
            QCOMPARE(same.handle(), handle);
        }
        QCOMPARE(AioTest::codeThrownBy([&] { AioLock gone(handle); }), AioError::NotFound);
        AioLock reuse;      // takes the same memory
        QCOMPARE(AioTest::codeThrownBy([&] { AioLock gone(handle); }), AioError::NotFound);
    }
};

AIO_TEST_MAIN(TestAioLock)
#include "tst_aiolock.moc"
