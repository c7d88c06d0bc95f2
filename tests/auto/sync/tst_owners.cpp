// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Who has what is acquired when somebody else releases it, when the object of its owner goes, and when its owner dies in unusual ways.

#include "acquirefaces.h"
#include "inventory.h"

#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using AioTest::isTaken;

namespace {

void bothLocks()
{
    QTest::addColumn<int>("face");
    QTest::newRow("lock") << int(AioTest::Lock);
    QTest::newRow("rlock") << int(AioTest::RLock);
}

void allWithPermits()
{
    bothLocks();
    QTest::newRow("semaphore") << int(AioTest::Semaphore);
    QTest::newRow("bounded semaphore") << int(AioTest::BoundedSemaphore);
}

// Calls \a test with a new AioLock or AioRLock.
template<class Test> void withLock(Test test)
{
    QFETCH(int, face);
    if (face == AioTest::Lock)
        test(AioTest::make<AioLock>());
    else
        test(AioTest::make<AioRLock>());
}

// What a release passes when it is recorded and nobody has been told.
template<class T> QByteArray releasedPoint()
{
    if constexpr (std::is_same_v<T, AioSemaphore>)
        return "semaphore.released";
    else if constexpr (std::is_same_v<T, AioBoundedSemaphore>)
        return "permit.released";
    else
        return "lock.released";
}

// -- workers and helpers

void releaseIt(AioLock &lock)
{
    lock.release();
}

// In between somebody else has it, and then this one again.
void releaseAndTake(AioLock &lock, AioQueue &said, AioQueue &told)
{
    lock.release();
    AioTest::holdUntilTold(lock, said, told);
}

// Says how often it was told of a death, and whether the lock says so, too.
template<class T> void tryUntilItIsHad(T &lock, AioQueue &said)
{
    int deaths = 0;
    QObject::connect(&lock, &T::ownerDied, &lock, [&deaths] { ++deaths; });
    AioTest::say(said, "tries");
    while (!lock.tryAcquire())
        QThread::yieldCurrentThread();
    const bool abandoned = lock.wasAbandoned();
    lock.release();
    said.put(QVariantList{deaths, abandoned});
}

// Has a worker hold the lock of the handle argv[1], and says which process that is.
AIO_TEST_ROLE(parentOfHolder)
{
    QCoreApplication app(argc, argv);
    AioContext::defaultContext()->setStartMethod(AioContext::Spawn);        // so that it is this process which has to reap it
    AioLock lock(AioTest::handleFrom(argv[1]));
    AioQueue said;
    AioProcess holder(AioCall::to<&AioTest::holdForEver<AioLock>>(lock, said));
    holder.start();
    said.get();
    AioTest::say(QByteArray::number(holder.pid()));
    AioTest::hear();
    return holder.join() && holder.exitReason() == AioProcess::Killed ? 0 : 1;
}

// Has the lock of a context of its own, and takes it if argv[1] is not "keep". No event loop: nobody watches before he waits.
AIO_TEST_ROLE(numbered)
{
    AioContext context(QStringLiteral("numbers"));
    AioLock lock(QStringLiteral("lock"), context);
    const bool takes = qstrcmp(argv[1], "keep") != 0;
    AioTest::say(!takes || lock.acquire() ? "ready" : "out of time");
    AioTest::hear();
    AioTest::say(lock.wasAbandoned() ? "abandoned" : "not abandoned");
    if (takes)
        lock.release();
    return 0;
}

// A child that does nothing and has the number \a pid; -1 with errno set.
pid_t startWithNumber(pid_t pid)
{
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = quint64(reinterpret_cast<quintptr>(&pid));
    arguments.set_tid_size = 1;
    const auto child = pid_t(::syscall(SYS_clone3, &arguments, sizeof arguments));
    while (child == 0)
        ::pause();
    return child;
}

} // namespace

class TestOwners : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // -- death

    // It dies when it has released, and before it has told who waits.
    void releaseOfTheDeadCounts_data() { allWithPermits(); }
    void releaseOfTheDeadCounts()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        QFETCH(int, face);
        AioTest::withFace(face, [](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            AioQueue told;
            for (const AioCall &take : {AioCall::to<&AioTest::takeInCoroutine<T>>(*object, said),
                                        AioCall::to<&AioTest::takeBlocking<T>>(*object, said)}) {
                AioTest::run([&]() -> QCoro::Task<> {
                    AioProcess releaser(AioCall::to<&AioTest::holdUntilTold<T>>(*object, said, told));
                    AioTest::setFault(releaser, releasedPoint<T>() + ":1:kill");
                    releaser.start();
                    AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("holds"));
                    // to one who has waited for long it would be handed over instead, but this one only is on its way into the queue
                    AioProcess waiter(take);
                    AioTest::setFault(waiter, "lot.enqueued:1:stop");
                    waiter.start();
                    co_await AioTest::untilStopped(waiter.pid());
                    co_await told.coro_put(1);
                    co_await releaser.coro_join();
                    AIO_COMPARE(releaser.exitReason(), AioProcess::Killed);
                    ::kill(pid_t(waiter.pid()), SIGCONT);
                    QString word = co_await AioTest::hear(said);
                    if (word == QLatin1String("waits"))
                        word = co_await AioTest::hear(said);
                    AIO_COMPARE(word, QStringLiteral("got"));
                    co_await waiter.coro_join();
                    AIO_VERIFY(!isTaken(*object) && said.isEmpty());
                    if constexpr (requires { object->value(); })
                        AIO_COMPARE(object->value(), 1);
                });
            }
        });
    }

    void tryingIsEnoughAfterADeath_data() { bothLocks(); }
    void tryingIsEnoughAfterADeath()
    {
        withLock([](auto lock) {
            using T = typename decltype(lock)::element_type;
            AioQueue said;
            AioTest::run([&]() -> QCoro::Task<> {
                QSignalSpy died(lock.get(), &T::ownerDied);
                AioProcess holder(AioCall::to<&AioTest::holdForEver<T>>(*lock, said));
                holder.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("holds"));
                AIO_VERIFY(!lock->tryAcquire());
                const qint64 pid = holder.pid();
                holder.kill();
                co_await holder.coro_join();
                AIO_VERIFY(lock->tryAcquire() && lock->wasAbandoned());
                AIO_COMPARE(died.count(), 1);
                AIO_COMPARE(died.first().first().toLongLong(), pid);
                lock->release();
                AIO_VERIFY(lock->tryAcquire() && !lock->wasAbandoned());
                AIO_COMPARE(died.count(), 1);
                lock->release();
            });
        });
    }

    // Many try again and again: one of them is the next, and is told.
    void oneOfManyWhoTryIsToldOfADeath_data() { bothLocks(); }
    void oneOfManyWhoTryIsToldOfADeath()
    {
        withLock([](auto lock) {
            using T = typename decltype(lock)::element_type;
            AioQueue said;
            AioQueue ofTriers;
            AioTest::run([&]() -> QCoro::Task<> {
                AioProcess holder(AioCall::to<&AioTest::holdForEver<T>>(*lock, said));
                holder.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("holds"));
                std::vector<std::unique_ptr<AioProcess>> triers;
                for (int i = 0; i < 3; ++i) {
                    triers.push_back(std::make_unique<AioProcess>(AioCall::to<&tryUntilItIsHad<T>>(*lock, ofTriers)));
                    triers.back()->start();
                    AIO_COMPARE(co_await AioTest::hear(ofTriers), QStringLiteral("tries"));
                }
                holder.kill();
                co_await holder.coro_join();
                int deaths = 0;
                int abandoned = 0;
                for (std::size_t i = 0; i < triers.size(); ++i) {
                    const QVariant seen = co_await ofTriers.coro_get();
                    deaths += seen.toList().value(0).toInt();
                    abandoned += seen.toList().value(1).toBool();
                }
                AIO_COMPARE(deaths, 1);
                AIO_COMPARE(abandoned, 1);
                for (auto &trier : triers)
                    co_await trier->coro_join();
                AIO_VERIFY(!lock->locked());
            });
        });
    }

    // Nobody reaps it, since its parent is stopped.
    void zombieOwnsNothing_data()
    {
        QTest::addColumn<bool>("blocking");
        QTest::newRow("coroutine") << false;
        QTest::newRow("blocking") << true;
    }
    void zombieOwnsNothing()
    {
        QFETCH(bool, blocking);
        AioLock lock;
        QSignalSpy died(&lock, &AioLock::ownerDied);
        HelperProcess parent("parentOfHolder", {AioTest::textOf(lock.handle())});
        const auto holder = parent.readLine().toLongLong();
        QVERIFY(holder > 0 && parent.stop());
        AioTest::run([&]() -> QCoro::Task<> {
            const auto block = [&lock] { return lock.acquire(); };
            auto waiting = blocking ? AioProcessing::run(block) : lock.coro_acquire();
            co_await AioTest::untilWaits(QCoreApplication::applicationPid());
            QElapsedTimer timer;
            timer.start();
            ::kill(pid_t(holder), SIGKILL);
            const bool got = co_await waiting;
            const std::chrono::milliseconds took(timer.elapsed());
            AIO_VERIFY(got && lock.wasAbandoned());
            AIO_VERIFY(took < AioTest::scaled(1s));
            while (AioTest::threadStates(holder) != "Z")
                co_await AioTest::nextTurn();
            AIO_COMPARE(died.count(), 1);
            AIO_COMPARE(died.first().first().toLongLong(), holder);
            lock.release();
        });
        parent.cont();
        parent.closeInput();
        QCOMPARE(parent.waitForEnd(), 0);
    }

    // Another process has the number of the dead owner by the time at which somebody looks for him.
    void ownerWhoseNumberIsUsedAgainIsDead()
    {
        const Watchdog watchdog("ownerWhoseNumberIsUsedAgainIsDead", 30s);
        HelperProcess keeper("numbered", {"keep"});
        QCOMPARE(keeper.readLine(), QByteArray("ready"));
        HelperProcess owner("numbered", {"take"});
        QCOMPARE(owner.readLine(), QByteArray("ready"));
        QVERIFY(owner.kill());
        QThread::msleep(20);        // the kernel tells beginnings in hundredths of a second; no number is used again so soon
        const pid_t another = startWithNumber(owner.pid());
        if (another < 0)
            QSKIP(qPrintable(QStringLiteral("the number of a process cannot be chosen here: ") + qt_error_string()));
        HelperProcess next("numbered", {"take"});
        const QByteArray word = next.readLine();
        ::kill(another, SIGKILL);
        ::waitpid(another, nullptr, 0);
        QCOMPARE(another, owner.pid());
        QCOMPARE(word, QByteArray("ready"));
        next.send("say");
        QCOMPARE(next.readLine(), QByteArray("abandoned"));
        QCOMPARE(next.waitForEnd(), 0);
        keeper.closeInput();
        QCOMPARE(keeper.waitForEnd(), 0);
    }

    // -- release by others

    void lockIsReleasedByAnotherProcess()
    {
        AioLock lock;
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            lock.acquire();
            AioProcess waiter(AioCall::to<&AioTest::takeBlocking<AioLock>>(lock, said));
            waiter.start();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
            co_await AioTest::untilWaits(waiter.pid());
            auto waiting = lock.coro_acquire();
            AioProcess releaser(AioCall::to<&releaseIt>(lock));
            releaser.start();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("got"));
            const bool got = co_await waiting;
            AIO_VERIFY(got && !lock.wasAbandoned());
            co_await waiter.coro_join();
            co_await releaser.coro_join();
            AIO_COMPARE(releaser.exitReason(), AioProcess::CleanExit);
            AIO_VERIFY(lock.locked());
            lock.release();
            AIO_COMPARE(AioTest::codeThrownBy([&] { lock.release(); }), AioError::UsageError);
        });
    }

    // It leaves alone what is another's by now.
    void lockerFindsItsLockReleasedBySomebodyElse()
    {
        AioLock lock;
        AioQueue said;
        AioQueue told;
        const QRegularExpression warning(QStringLiteral("found its lock released by somebody else"));
        AioTest::run([&]() -> QCoro::Task<> {
            for (const bool blocking : {false, true}) {
                AioLocker locker;
                if (blocking)
                    locker = AioLocker(lock);
                else
                    locker = co_await lock.coro_locker();
                AioProcess other(AioCall::to<&releaseAndTake>(lock, said, told));
                other.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("holds"));
                QTest::ignoreMessage(QtWarningMsg, warning);
                locker.unlock();
                AIO_VERIFY(!locker && lock.describe().contains(QStringLiteral("locked by %1").arg(other.pid())));
                AIO_VERIFY(!lock.tryAcquire());
                co_await told.coro_put(1);
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("released"));
                co_await other.coro_join();
                AIO_VERIFY(!lock.locked());
            }
            AioLocker locker = co_await lock.coro_locker();
            lock.release();
            QTest::ignoreMessage(QtWarningMsg, warning);
            locker.unlock();
            AIO_VERIFY(!lock.locked());
        });
        AioRLock recursive;
        AioLocker ofThread(recursive);
        recursive.release();
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("its owner does not hold the AioRLock any more")));
        ofThread.unlock();
        QVERIFY(!recursive.locked());
    }

    void lockerThatOwnsIsMovedOnto_data() { allWithPermits(); }
    void lockerThatOwnsIsMovedOnto()
    {
        QFETCH(int, face);
        AioTest::withFace(face, [face](auto first) {
            AioTest::withFace(face, [&](auto second) {
                AioLocker locker(*first);
                AioLocker other(*second);
                locker = std::move(other);
                QVERIFY(!isTaken(*first) && isTaken(*second));
                QVERIFY(locker && !other);
                AioLocker &same = locker;
                locker = std::move(same);
                QVERIFY(locker && isTaken(*second));
                locker = AioLocker();
                QVERIFY(!locker && !isTaken(*second));
            });
        });
    }

    // -- objects and threads that go

    void closingTheLastObjectAbandonsTheLock_data() { bothLocks(); }
    void closingTheLastObjectAbandonsTheLock()
    {
        withLock([](auto lock) {
            using T = typename decltype(lock)::element_type;
            AioQueue said;
            AioTest::run([&]() -> QCoro::Task<> {
                lock->acquire();
                AioProcess waiter(AioCall::to<&AioTest::takeBlocking<T>>(*lock, said));
                waiter.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
                co_await AioTest::untilWaits(waiter.pid());
                QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("was closed by its holder")));
                lock.reset();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("abandoned"));
                co_await waiter.coro_join();
            });
        });
    }

    void anotherObjectOfTheProcessKeepsTheLockTaken_data() { bothLocks(); }
    void anotherObjectOfTheProcessKeepsTheLockTaken()
    {
        withLock([](auto lock) {
            using T = typename decltype(lock)::element_type;
            T other(lock->handle());
            AioQueue said;
            AioTest::run([&]() -> QCoro::Task<> {
                lock->acquire();
                AioProcess waiter(AioCall::to<&AioTest::takeBlocking<T>>(*lock, said));
                waiter.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
                co_await AioTest::untilWaits(waiter.pid());
                lock.reset();
                const auto early = co_await said.coro_get(20ms);
                AIO_VERIFY(!early && other.locked());
                other.release();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("got"));
                co_await waiter.coro_join();
            });
            QVERIFY(!other.locked());
        });
    }

    // Nobody can release it, also no thread that comes later and has got its memory: its process has to close it.
    void rlockOfAThreadThatHasEndedStaysTaken()
    {
        auto lock = std::make_unique<AioRLock>();
        AioQueue said;
        std::thread([&] {
            lock->acquire();
            lock->acquire();
        }).join();
        QCOMPARE(lock->depth(), 2);
        for (int i = 0; i < 3; ++i) {
            std::thread([&] {
                QVERIFY(!lock->tryAcquire());
                QCOMPARE(AioTest::codeThrownBy([&] { lock->release(); }), AioError::UsageError);
            }).join();
        }
        QCOMPARE(AioTest::codeThrownBy([&] { lock->release(); }), AioError::UsageError);
        AioTest::run([&]() -> QCoro::Task<> {
            const bool early = co_await lock->coro_acquire(20ms);
            AIO_VERIFY(!early);
            AIO_COMPARE(lock->depth(), 2);
            AioProcess waiter(AioCall::to<&AioTest::takeBlocking<AioRLock>>(*lock, said));
            waiter.start();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
            QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral("was closed by its holder")));
            lock.reset();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("abandoned"));
            co_await waiter.coro_join();
        });
    }

    // -- the lock of a condition, which a wait must have again whatever ends it

    void sleeperIsCancelledWhenItIsNotified_data() { bothLocks(); }
    void sleeperIsCancelledWhenItIsNotified()
    {
        withLock([](auto lock) {
            AioCondition condition(*lock);
            AioTest::run([&]() -> QCoro::Task<> {
                std::stop_source stop;
                auto sleeper = sleepInThread(condition, stop.get_token());
                co_await AioTest::untilWaits(QCoreApplication::applicationPid());
                AioLocker locker = co_await lock->coro_locker();
                condition.notify();
                while (!AioTest::dumpOf(*lock).contains(QLatin1String("waits for")))
                    co_await AioTest::nextTurn();
                stop.request_stop();        // too late: it is notified, and waits for the lock only
                AIO_VERIFY(!sleeper.isReady());
                locker.unlock();
                const QByteArray end = co_await sleeper;
                AIO_COMPARE(end, QByteArray("notified"));
            });
            QVERIFY(!lock->locked());
        });
    }

    void sleeperIsCancelledWhileTheLockIsTaken_data() { bothLocks(); }
    void sleeperIsCancelledWhileTheLockIsTaken()
    {
        withLock([](auto lock) {
            AioCondition condition(*lock);
            AioTest::run([&]() -> QCoro::Task<> {
                std::stop_source stop;
                auto sleeper = sleepInThread(condition, stop.get_token());
                co_await AioTest::untilWaits(QCoreApplication::applicationPid());
                auto other = sleepInThread(condition, {});
                co_await AioTest::untilWaits(QCoreApplication::applicationPid(), 2);
                AioLocker locker = co_await lock->coro_locker();
                stop.request_stop();
                while (!AioTest::dumpOf(*lock).contains(QLatin1String("waits for")))
                    co_await AioTest::nextTurn();
                condition.notify();         // for the other one
                AIO_VERIFY(!sleeper.isReady());
                locker.unlock();
                const QByteArray end = co_await sleeper;
                AIO_COMPARE(end, QByteArray("cancelled"));
                const QByteArray endOfOther = co_await other;
                AIO_COMPARE(endOfOther, QByteArray("notified"));
            });
            QVERIFY(!lock->locked());
        });
    }

private:
    // How the wait of a thread that blocks has ended; "without" the lock it never does.
    static QCoro::Task<QByteArray> sleepInThread(AioCondition &condition, std::stop_token stop)
    {
        const auto sleep = [&condition, stop]() -> QByteArray {
            const AioLocker locker(condition);
            QByteArray end = "cancelled";
            try {
                end = condition.wait(stop) ? "notified" : "out of time";
            } catch (const AioException &) {
            }
            return AioTest::codeThrownBy([&] { condition.notify(0); }) == AioError::NoError ? end : QByteArray("without");
        };
        return AioProcessing::run(sleep);
    }
};

AIO_TEST_MAIN(TestOwners)
#include "tst_owners.moc"
