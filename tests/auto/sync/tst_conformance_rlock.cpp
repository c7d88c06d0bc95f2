// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Who owns an AioRLock: a thread, an AioLocker, or an object. The rest of it is in tst_conformance_acquire.

#include "synctest.h"

#include <aioprocessing/aiorlock.h>

using namespace std::chrono_literals;

namespace {

// -- workers

void takeThreeTimesAndSay(AioRLock &lock, AioQueue &said)
{
    for (int i = 0; i < 3; ++i)
        lock.acquire();
    AioTest::say(said, "holds");
    for (;;)
        QThread::sleep(1000);
}

// Tries to release what this process does not own.
void releaseWrongly(AioRLock &lock, AioQueue &said)
{
    const AioError error = AioTest::errorThrownBy([&] { lock.release(); });
    said.put(int(error.code));
    said.put(error.message);
}

void enterAndLeave(AioRLock &lock, AioQueue &said)
{
    lock.acquire();
    lock.acquire();
    said.put(lock.depth());
    lock.release();
    lock.release();
}

// Ends like a function that forgot to release: its objects are closed, its process lives on for a moment.
void forgetToRelease(AioRLock &lock)
{
    lock.acquire();
    lock.acquire();
}

} // namespace

class TestRLock : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // AIO-008
    void threadTakesItAgain()
    {
        const auto lock = AioTest::make<AioRLock>();
        QCOMPARE(lock->depth(), 0);
        QVERIFY(lock->acquire());
        QVERIFY(lock->acquire(QDeadlineTimer(0)));
        QVERIFY(lock->tryAcquire());
        QCOMPARE(lock->depth(), 3);
        {
            const AioLocker fourth(*lock);
            QCOMPARE(lock->depth(), 4);
        }
        for (int left : {2, 1, 0}) {
            lock->release();
            QCOMPARE(lock->depth(), left);
            QCOMPARE(lock->locked(), left > 0);
        }
    }

    void anotherObjectOfTheSameThreadIsTheSameOwner()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioRLock same(lock->handle());
        lock->acquire();
        QVERIFY(same.tryAcquire());
        QCOMPARE(same.depth(), 2);
        same.release();
        same.release();
        QVERIFY(!lock->locked());
    }

    void anotherThreadMayNeitherTakeNorReleaseIt()
    {
        const auto lock = AioTest::make<AioRLock>();
        lock->acquire();
        lock->acquire();
        QSignalSpy released(lock.get(), &AioRLock::released);
        AioError error;
        bool got = true;
        std::thread([&] {
            got = lock->tryAcquire() || lock->acquire(5ms);
            error = AioTest::errorThrownBy([&] { lock->release(); });
        }).join();
        QVERIFY(!got);
        QVERIFY(AioTest::names(error, *lock));
        QVERIFY2(error.message.contains(QStringLiteral("locked by %1").arg(QCoreApplication::applicationPid())), qPrintable(error.message));
        QCOMPARE(lock->depth(), 2);
        QCOMPARE(released.count(), 0);
        lock->release();
        lock->release();
        QVERIFY(AioTest::names(AioTest::errorThrownBy([&] { lock->release(); }), *lock));
        QVERIFY(!lock->locked());
    }

    void anotherProcessMayNotReleaseIt()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioQueue said;
        lock->acquire();
        AioProcess worker(AioCall::to<&releaseWrongly>(*lock, said));
        worker.start();
        QCOMPARE(AioError::Code(said.get().toInt()), AioError::UsageError);
        const QString message = said.get().toString();
        QVERIFY2(message.contains(lock->key()), qPrintable(message));
        QCOMPARE(lock->depth(), 1);
        QVERIFY(worker.join());
        lock->release();
    }

    // MP-205
    void workerTakesAndReleasesIt()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioQueue said;
        AioProcess worker(AioCall::to<&enterAndLeave>(*lock, said));
        worker.start();
        QCOMPARE(said.get().toInt(), 2);
        QVERIFY(worker.join());
        QVERIFY(!lock->locked());
        QVERIFY(!lock->wasAbandoned());
    }

    void lockerTakesItAgainForTheOuterOne()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioTest::run([&]() -> QCoro::Task<> {
            AioLocker outer = co_await lock->coro_locker();
            auto other = lock->coro_locker();
            AioLocker inner = co_await lock->coro_locker(outer);
            AioLocker third = co_await lock->coro_locker(inner, QDeadlineTimer(0));
            AIO_VERIFY(inner && third);
            AIO_COMPARE(lock->depth(), 3);
            AIO_VERIFY(!lock->tryAcquire());                // the thread is another owner
            outer.unlock();                                 // in whatever order
            third.unlock();
            AIO_COMPARE(lock->depth(), 1);
            AIO_VERIFY(!other.isReady());
            inner.unlock();
            AioLocker got = co_await other;
            AIO_VERIFY(got);
            AIO_COMPARE(lock->depth(), 1);
        });
        QVERIFY(!lock->locked());
    }

    void outerThatOwnsNothingWaitsAsANewOwner()
    {
        const auto lock = AioTest::make<AioRLock>();
        const auto another = AioTest::make<AioRLock>();
        AioTest::run([&]() -> QCoro::Task<> {
            AioLocker held = co_await lock->coro_locker();
            const AioLocker ofAnother = co_await another->coro_locker();
            const AioLocker nothing;
            if (AioTest::areFacesManaged()) {
                const AioLocker first = co_await lock->coro_locker(ofAnother, 10ms);
                AIO_VERIFY(!first);
            } else {
                const AioError error = AioTest::errorThrownBy([&] { lock->coro_locker(ofAnother, 10ms).isReady(); });
                AIO_VERIFY(AioTest::names(error, *lock));
            }
            auto second = lock->coro_locker(nothing, 10s);
            held.unlock();
            const AioLocker got = co_await second;
            AIO_VERIFY(got);
            AIO_COMPARE(another->depth(), 1);
        });
        QVERIFY(!lock->locked() && !another->locked());
    }

    void coroutinesOfOneObjectAreOneOwner()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioRLock another(lock->handle());
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy acquired(lock.get(), &AioRLock::acquired);
            QSignalSpy released(lock.get(), &AioRLock::released);
            co_await lock->coro_acquire();
            const bool again = co_await lock->coro_acquire(QDeadlineTimer(0));
            AIO_VERIFY(again);
            AIO_COMPARE(lock->depth(), 2);
            auto waiting = another.coro_acquire();
            AIO_VERIFY(AioTest::names(AioTest::errorThrownBy([&] { another.release(); }), another));
            lock->release();
            AIO_VERIFY(!waiting.isReady());
            lock->release();
            const bool got = co_await waiting;
            AIO_VERIFY(got);
            AIO_COMPARE(acquired.count(), 2);
            AIO_COMPARE(released.count(), 2);
            another.release();
        });
        QVERIFY(!lock->locked());
    }

    // Two waits of one owner: the second one has it with the first.
    void ownerThatWaitsTwiceGetsItTwice()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioTest::run([&]() -> QCoro::Task<> {
            AioLocker held = co_await lock->coro_locker();
            auto first = lock->coro_acquire();
            auto second = lock->coro_acquire();
            held.unlock();
            const bool gotFirst = co_await first;
            const bool gotSecond = co_await second;
            AIO_VERIFY(gotFirst && gotSecond);
            AIO_COMPARE(lock->depth(), 2);
            lock->release();
            lock->release();
        });
        QVERIFY(!lock->locked());
    }

    void threadAndObjectOfOneProcessAreTwoOwners()
    {
        const auto lock = AioTest::make<AioRLock>();
        lock->acquire();
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = lock->coro_acquire();
            AIO_VERIFY(!waiting.isReady());
            lock->release();
            co_await waiting;
            AIO_VERIFY(!lock->tryAcquire());
            lock->release();        // the thread does not own it, the object does
        });
        QVERIFY(!lock->locked());
    }

    void lockerMayBeUnlockedOnAnotherThread()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioLocker locker(*lock);
        std::thread([&] { locker.unlock(); }).join();
        QVERIFY(!lock->locked());
    }

    void killedHolderIsToldOnceWhateverTheDepth()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy died(lock.get(), &AioRLock::ownerDied);
            AioProcess holder(AioCall::to<&takeThreeTimesAndSay>(*lock, said));
            holder.start();
            co_await AioTest::hear(said);
            AIO_COMPARE(lock->depth(), 3);
            const qint64 pid = holder.pid();
            auto waiting = lock->coro_acquire();
            auto next = lock->coro_locker();
            holder.kill();
            co_await waiting;
            AIO_VERIFY(lock->wasAbandoned());
            AIO_COMPARE(lock->depth(), 1);
            AIO_COMPARE(died.count(), 1);
            AIO_COMPARE(died.first().first().toLongLong(), pid);
            lock->release();
            const AioLocker locker = co_await next;
            AIO_VERIFY(!lock->wasAbandoned());
            AIO_COMPARE(died.count(), 1);
        });
        QVERIFY(!lock->locked());
    }

    void functionThatForgetsToReleaseAbandonsIt()
    {
        const auto lock = AioTest::make<AioRLock>();
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&forgetToRelease>(*lock));
            worker.start();
            const bool joined = co_await worker.coro_join();
            AIO_VERIFY(joined);
            const bool got = co_await lock->coro_acquire();
            AIO_VERIFY(got && lock->wasAbandoned());
            AIO_COMPARE(lock->depth(), 1);
            lock->release();
            AIO_VERIFY(!lock->wasAbandoned());
        });
    }

    void debugOutputSaysHowOften()
    {
        const auto lock = AioTest::make<AioRLock>();
        const AioLocker first(*lock);
        QVERIFY(!AioTest::printed(*lock).contains(QLatin1String("times")));
        const AioLocker second(*lock);
        QVERIFY2(AioTest::printed(*lock).contains(QLatin1String("2 times")), qPrintable(AioTest::printed(*lock)));
    }
};

AIO_TEST_MAIN(TestRLock)
#include "tst_conformance_rlock.moc"
