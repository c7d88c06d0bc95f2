// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What holds for everything that can be acquired.

#include "acquirefaces.h"

using namespace std::chrono_literals;
using AioTest::HasOwner;
using AioTest::holdForEver;
using AioTest::holdUntilTold;
using AioTest::isTaken;

namespace {

// Calls \a test with a new object of the class that the row of the test names.
template<class Test> void withFace(Test test)
{
    QFETCH_GLOBAL(int, face);
    AioTest::withFace(face, test);
}

// What has an owner of its own for each thread or locker may be taken again by the same one.
template<class T> bool tryFromAnotherThread(T &object)
{
    bool got = false;
    std::thread([&] {
        got = object.tryAcquire();
        if (got)
            object.release();
    }).join();
    return got;
}

// A condition says that of its lock.
template<class T> bool namesItOrItsLock(const AioError &error, const T &object)
{
    if (AioTest::areFacesManaged())
        return AioTest::names(error, object);       // the lock of a condition has no name of its own there
    if constexpr (std::is_same_v<T, AioCondition>)
        return error.code == AioError::UsageError && error.message.contains(QLatin1String("Lock:"));
    else
        return AioTest::names(error, object);
}

// -- workers

// Waits with both forms at once, so that it is known to stand in the queue, and says when it has had it.
template<class T> QCoro::Task<> waitInQueue(T &object, AioQueue &said, QString name)
{
    auto waiting = object.coro_locker();
    AioTest::say(said, "waits");
    AioLocker locker = co_await waiting;
    said.put(name);
}

template<class T> void waitBlocking(T &object, AioQueue &said)
{
    AioTest::say(said, "waits");
    object.acquire();
    AioTest::say(said, "got");
    object.release();
}

template<class T> void count(T &object, AioQueue &counter, int rounds)
{
    for (int i = 0; i < rounds; ++i) {
        const AioLocker locker(object);
        counter.put(counter.get().toInt() + 1);     // not atomic: the lock makes it so
    }
}

template<class T> QCoro::Task<> countInCoroutines(T &object, AioQueue &counter, int rounds)
{
    const auto one = [&]() -> QCoro::Task<> {
        for (int i = 0; i < rounds / 4; ++i) {
            AioLocker locker = co_await object.coro_locker();
            const QVariant now = co_await counter.coro_get();
            co_await counter.coro_put(now.toInt() + 1);
        }
    };
    std::vector<QCoro::Task<>> tasks;
    for (int i = 0; i < 4; ++i)
        tasks.push_back(one());
    for (auto &task : tasks)
        co_await task;
}

} // namespace

class TestAcquire : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase_data()
    {
        AioTest::addFaces();
    }

    // MP-038, AIO-004, AIO-012
    void secondAcquireFails()
    {
        withFace([](auto object) {
            QVERIFY(!isTaken(*object));
            QVERIFY(object->acquire());
            QVERIFY(isTaken(*object));
            QVERIFY(!tryFromAnotherThread(*object));
            QVERIFY(isTaken(*object));
            object->release();
            QVERIFY(!isTaken(*object));
            QVERIFY(tryFromAnotherThread(*object));
        });
    }

    // MP-038, and the misuse that it is
    void secondReleaseNamesTheObjectAndChangesNothing()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            if constexpr (HasOwner<T>) {
                QSignalSpy errors(object.get(), &AioObject::errorOccurred);
                QCOMPARE(AioTest::codeThrownBy([&] { object->release(); }), AioError::UsageError);
                object->acquire();
                object->release();
                QCOMPARE(AioTest::codeThrownBy([&] { object->release(); }), AioError::UsageError);
                QCOMPARE(errors.count(), 2);
                QVERIFY(namesItOrItsLock(errors.last().first().template value<AioError>(), *object));
                QVERIFY(object->tryAcquire());
                QVERIFY(!tryFromAnotherThread(*object));
                object->release();
            } else {
                object->release();
                QCOMPARE(object->value(), 2);
            }
        });
    }

    // MP-040, AIO-010
    void lockerReleasesAtTheEndOfItsScope()
    {
        withFace([](auto object) {
            {
                AioLocker locker(*object);
                QVERIFY(locker && isTaken(*object));
                AioLocker other = std::move(locker);
                QVERIFY(!locker.owns() && other.owns());
            }
            QVERIFY(!isTaken(*object));
            AioTest::run([&]() -> QCoro::Task<> {
                AioLocker locker = co_await object->coro_locker();
                AIO_VERIFY(locker && isTaken(*object));
                AioLocker late = co_await object->coro_locker(5ms);
                AIO_VERIFY(!late);
                locker.unlock();
                AIO_VERIFY(!isTaken(*object));
                locker.unlock();
                AioLocker again = co_await object->coro_locker(QDeadlineTimer(0));
                AIO_VERIFY(again);
            });
            QVERIFY(!isTaken(*object));
        });
    }

    void lockerOutlivesItsObject()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            T other(object->handle());
            AioLocker locker(*object);
            object.reset();
            QVERIFY(isTaken(other));
            locker.unlock();
            QVERIFY(!isTaken(other));
        });
    }

    // MP-043
    void deadlineDoesNotFireEarly()
    {
        withFace([](auto object) {
            AioTest::run([&]() -> QCoro::Task<> {
                const AioLocker held = co_await object->coro_locker();
                QElapsedTimer timer;
                timer.start();
                const bool now = co_await object->coro_acquire(QDeadlineTimer(0));
                const bool before = co_await object->coro_acquire(QDeadlineTimer(-5ms));
                AIO_VERIFY(!now && !before);
                timer.restart();
                const bool later = co_await object->coro_acquire(40ms);
                AIO_VERIFY(!later);
                AIO_VERIFY(timer.nsecsElapsed() >= 40'000'000);
            });
            object->acquire();
            bool got = true;
            qint64 elapsed = 0;
            std::thread([&] {
                QElapsedTimer timer;
                timer.start();
                got = object->acquire(QDeadlineTimer(0)) || object->acquire(40ms);
                elapsed = timer.nsecsElapsed();
            }).join();
            QVERIFY(!got);
            QVERIFY(elapsed >= 40'000'000);
            object->release();
            QVERIFY(tryFromAnotherThread(*object));
        });
    }

    // AIO-005, AIO-007, AIO-009, MP-205, MP-206, MP-207
    void coroutineWaitsForAnotherProcess()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            AioQueue told;
            AioTest::run([&]() -> QCoro::Task<> {
                QSignalSpy acquired(object.get(), &T::acquired);
                AioProcess holder(AioCall::to<&holdUntilTold<T>>(*object, said, told));
                holder.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("holds"));
                AIO_VERIFY(isTaken(*object) && !object->tryAcquire());
                const bool early = co_await object->coro_acquire(30ms);
                AIO_VERIFY(!early);
                auto waiting = object->coro_acquire();
                AIO_VERIFY(!waiting.isReady());
                co_await told.coro_put(1);
                const bool got = co_await waiting;
                AIO_VERIFY(got && isTaken(*object));
                AIO_COMPARE(acquired.count(), 1);
                object->release();
                AIO_VERIFY(!isTaken(*object));
                const bool joined = co_await holder.coro_join();
                AIO_VERIFY(joined);
            });
        });
    }

    void workerBlocksUntilItIsReleasedHere()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            AioTest::run([&]() -> QCoro::Task<> {
                AioLocker held = co_await object->coro_locker();
                AioProcess worker(AioCall::to<&waitBlocking<T>>(*object, said));
                worker.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
                const auto early = co_await said.coro_get(20ms);
                AIO_VERIFY(!early);
                held.unlock();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("got"));
                co_await worker.coro_join();
                AIO_VERIFY(!isTaken(*object));
            });
        });
    }

    void signalIsEnough()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioTest::run([&]() -> QCoro::Task<> {
                QSignalSpy acquired(object.get(), &T::acquired);
                AioLocker held = co_await object->coro_locker();
                const auto before = acquired.count();
                object->coro_acquire();         // the task is dropped, the signal tells
                AIO_COMPARE(acquired.count(), before);
                held.unlock();
                AIO_COMPARE(acquired.count(), before);      // never inside of somebody else's call
                while (acquired.count() == before)
                    co_await AioTest::nextTurn();
                AIO_COMPARE(acquired.count(), before + 1);
                object->release();
            });
            QVERIFY(!isTaken(*object));
        });
    }

    void cancelledWaitTakesNothing()
    {
        withFace([](auto object) {
            AioTest::run([&]() -> QCoro::Task<> {
                std::stop_source stop;
                {
                    const AioLocker held = co_await object->coro_locker();
                    auto first = object->coro_acquire(stop.get_token());
                    auto second = object->coro_locker(stop.get_token());
                    auto third = object->coro_locker(20ms, stop.get_token());
                    stop.request_stop();
                    AIO_COMPARE(co_await AioTest::codeOf(std::move(first)), AioError::Cancelled);
                    AIO_COMPARE(co_await AioTest::codeOf(std::move(second)), AioError::Cancelled);
                    AIO_COMPARE(co_await AioTest::codeOf(std::move(third)), AioError::Cancelled);
                    AIO_COMPARE(object->error().code, AioError::Cancelled);
                }
                AIO_VERIFY(!isTaken(*object));
                const AioError::Code before = co_await AioTest::codeOf(object->coro_acquire(stop.get_token()));
                AIO_COMPARE(before, AioError::Cancelled);
                AIO_COMPARE(AioTest::codeThrownBy([&] { object->acquire(stop.get_token()); }), AioError::Cancelled);
                AIO_VERIFY(!isTaken(*object));
            });
        });
    }

    // The wait that is cancelled has been offered what was released, and passes it on.
    void waitCancelledAfterTheReleasePassesItOn()
    {
        withFace([](auto object) {
            AioTest::run([&]() -> QCoro::Task<> {
                std::stop_source stop;
                AioLocker held = co_await object->coro_locker();
                auto cancelled = object->coro_locker(stop.get_token());
                auto next = object->coro_locker(10s);
                held.unlock();
                stop.request_stop();
                const AioError::Code code = co_await AioTest::codeOf(std::move(cancelled));
                // a manager may have given it to the first one before it heard of the cancellation
                AIO_VERIFY(code == AioError::Cancelled || (code == AioError::NoError && AioTest::areFacesManaged()));
                const AioLocker locker = co_await next;
                AIO_VERIFY(locker);
            });
            QVERIFY(!isTaken(*object));
        });
    }

    void blockingWaitIsCancelledFromAnotherThread()
    {
        withFace([](auto object) {
            AioLocker held(*object);
            std::stop_source stop;
            AioError::Code code = AioError::NoError;
            QSemaphore waits;
            std::thread waiter([&] {
                waits.release();
                code = AioTest::codeThrownBy([&] { object->acquire(stop.get_token()); });
            });
            waits.acquire();
            stop.request_stop();
            waiter.join();
            QCOMPARE(code, AioError::Cancelled);
            held.unlock();
            QVERIFY(!isTaken(*object));
        });
    }

    // 10 000 waits, each of which is cancelled while what it waits for is being handed on: whoever wins, nothing is lost.
    void cancellingRacesWithGrants()
    {
        withFace([](auto object) {
            constexpr int Rounds = 100;
            constexpr int WaitsOfARound = 100;
            int cancelled = 0;
            int granted = 0;
            AioTest::run([&]() -> QCoro::Task<> {
                QSemaphore grants;
                const auto user = [&](std::stop_token stop) -> QCoro::Task<> {
                    try {
                        const AioLocker locker = co_await object->coro_locker(stop);
                        ++granted;
                        grants.release();
                    } catch (const AioException &) {
                        ++cancelled;
                    }
                };
                for (int round = 0; round < Rounds; ++round) {
                    std::vector<std::stop_source> stops(WaitsOfARound);
                    std::vector<QCoro::Task<>> tasks;
                    AioLocker held = co_await object->coro_locker();
                    for (auto &stop : stops)
                        tasks.push_back(user(stop.get_token()));
                    // from the end, some of them before anything is released
                    QSemaphore mayRelease;
                    grants.acquire(grants.available());
                    std::thread canceller([&] {
                        for (int i = 0; i < WaitsOfARound; ++i) {
                            if (i == round % WaitsOfARound)
                                mayRelease.release();
                            if (i == round % WaitsOfARound && round % 10 == 0)
                                grants.acquire();       // there are both also where a release is slower than all of this
                            stops[std::size_t(WaitsOfARound - 1 - i)].request_stop();
                        }
                    });
                    mayRelease.acquire();
                    held.unlock();
                    for (auto &task : tasks)
                        co_await task;
                    canceller.join();
                }
            }, AioTest::LoopMayBlock);
            QCOMPARE(cancelled + granted, Rounds * WaitsOfARound);
            QVERIFY2(cancelled > 0 && granted > 0, "both must occur");
            qInfo() << cancelled << "cancelled," << granted << "granted";
            QVERIFY(!isTaken(*object));
            QVERIFY(object->tryAcquire());
            QVERIFY(!tryFromAnotherThread(*object));
            object->release();
        });
    }

    // The same for threads that block, with deadlines that pass meanwhile.
    void expiryOfBlockingWaitsRacesWithGrants()
    {
        withFace([](auto object) {
            constexpr int Rounds = 300;
            std::atomic<int> expired = 0;
            std::atomic<int> granted = 0;
            const auto user = [&](int seed) {
                for (int i = 0; i < Rounds; ++i) {
                    if (object->acquire(std::chrono::microseconds((i * 37 + seed) % 200))) {
                        ++granted;
                        object->release();
                    } else {
                        ++expired;
                    }
                }
            };
            std::vector<std::thread> threads;
            for (int seed : {1, 60, 120, 180})
                threads.emplace_back(user, seed);
            for (auto &thread : threads)
                thread.join();
            QCOMPARE(expired + granted, 4 * Rounds);
            QVERIFY(!isTaken(*object));
            QVERIFY(tryFromAnotherThread(*object));
        });
    }

    void destroyingTheObjectEndsItsWaits()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            T other(object->handle());
            AioTest::run([&]() -> QCoro::Task<> {
                AioLocker held = co_await other.coro_locker();
                auto waiting = object->coro_acquire();
                auto locker = object->coro_locker();
                auto ofTheOther = other.coro_locker();
                object.reset();
                AIO_VERIFY(!waiting.isReady());     // never inside of somebody else's call
                AIO_COMPARE(co_await AioTest::codeOf(std::move(waiting)), AioError::Cancelled);
                AIO_COMPARE(co_await AioTest::codeOf(std::move(locker)), AioError::Cancelled);
                AIO_VERIFY(!ofTheOther.isReady());
                held.unlock();
                const AioLocker got = co_await ofTheOther;
                AIO_VERIFY(got);
            });
            QVERIFY(!isTaken(other));
        });
    }

    void waitsOfAnEndingThreadAreCancelled()
    {
        withFace([](auto object) {
            const AioLocker held(*object);
            AioError::Code code = AioError::NoError;
            QThread thread;
            QObject inThread;
            inThread.moveToThread(&thread);
            thread.start();
            const auto wait = [&] {
                AioProcessing::spawn(object->coro_locker(), [&](const AioError &error) { code = error.code; });
            };
            QMetaObject::invokeMethod(&inThread, wait, Qt::BlockingQueuedConnection);
            thread.quit();
            QVERIFY(thread.wait());
            QCOMPARE(code, AioError::Cancelled);
        });
    }

    void coroutineWithoutEventLoopIsAUsageError()
    {
        withFace([](auto object) {
            const AioLocker held(*object);
            AioError::Code code = AioError::NoError;
            std::thread([&] {
                AioProcessing::spawn(object->coro_locker(), [&](const AioError &error) { code = error.code; });
            }).join();
            QCOMPARE(code, AioError::UsageError);
        });
    }

    // AIO-001
    void coroutineResumesOnTheThreadThatCalled()
    {
        withFace([](auto object) {
            AioLocker held(*object);
            QSemaphore waits;
            bool sameThread = false;
            const std::unique_ptr<QThread> thread(QThread::create([&] {
                const auto user = [&]() -> QCoro::Task<> {
                    QThread *const here = QThread::currentThread();
                    auto waiting = object->coro_locker();
                    waits.release();
                    const AioLocker locker = co_await waiting;
                    sameThread = QThread::currentThread() == here && locker;
                };
                AioProcessing::waitBlocking(user());
            }));
            thread->start();
            waits.acquire();
            held.unlock();
            QVERIFY(thread->wait());
            QVERIFY(sameThread);
            QVERIFY(!isTaken(*object));
        });
    }

    // NEW-001
    void manyCoroutinesShareOne()
    {
        withFace([](auto object) {
            int inside = 0;
            int done = 0;
            AioTest::run([&]() -> QCoro::Task<> {
                const auto user = [&]() -> QCoro::Task<> {
                    const AioLocker locker = co_await object->coro_locker();
                    if (++inside != 1)
                        qFatal("two coroutines have it");
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
            QVERIFY(!isTaken(*object));
        });
    }

    // The thread's own coroutine stands first in the queue, and cannot run while the thread blocks.
    void threadThatBlocksIsNotHandedItForItsCoroutine()
    {
        if (AioTest::areFacesManaged())
            return;     // a manager does not know what its clients' threads do
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            T other(object->handle());
            auto held = std::make_unique<AioLocker>(AioProcessing::waitBlocking(other.coro_locker()));
            auto waiting = object->coro_locker();
            std::thread releaser([&] {
                while (!object->context()->dump().contains(QLatin1String("waits 2 times")))
                    std::this_thread::yield();
                QThread::msleep(5);         // long enough that it would be handed over in order
                held->unlock();
            });
            const bool gotIt = object->acquire(10s);
            releaser.join();
            QVERIFY(gotIt);
            QVERIFY(!waiting.isReady());
            object->release();
            AioTest::run([&]() -> QCoro::Task<> {
                const AioLocker locker = co_await waiting;
                AIO_VERIFY(locker);
            });
        });
    }

    void countsExactlyAcrossProcesses()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            constexpr int Rounds = 400;
            AioQueue counter;
            counter.put(0);
            AioTest::run([&]() -> QCoro::Task<> {
                AioProcess blocking(AioCall::to<&count<T>>(*object, counter, Rounds));
                AioProcess coroutines(AioCall::to<&countInCoroutines<T>>(*object, counter, Rounds));
                blocking.start();
                coroutines.start();
                co_await countInCoroutines(*object, counter, Rounds);
                co_await blocking.coro_join();
                co_await coroutines.coro_join();
                AIO_COMPARE(blocking.exitReason(), AioProcess::CleanExit);
                AIO_COMPARE(coroutines.exitReason(), AioProcess::CleanExit);
                const QVariant sum = co_await counter.coro_get();
                AIO_COMPARE(sum.toInt(), 3 * Rounds);
            });
            QVERIFY(!isTaken(*object));
        });
    }

    // NEW-010, NEW-012
    void whatADeadProcessHeldComesBackIfItHadAnOwner()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            AioTest::run([&]() -> QCoro::Task<> {
                AioProcess holder(AioCall::to<&holdForEver<T>>(*object, said));
                holder.start();
                co_await said.coro_get();
                auto waiting = object->coro_locker();
                holder.kill();
                co_await holder.coro_join();
                if (!HasOwner<T>) {
                    AIO_VERIFY(!waiting.isReady() && isTaken(*object));
                    object->release();      // on behalf of the dead
                }
                const AioLocker locker = co_await waiting;
                AIO_VERIFY(locker);
            });
            QVERIFY(!isTaken(*object));
        });
    }

    void blockingWaiterHearsOfADeath()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            if constexpr (HasOwner<T>) {
                AioQueue said;
                AioProcess holder(AioCall::to<&holdForEver<T>>(*object, said));
                AioProcess waiter(AioCall::to<&waitBlocking<T>>(*object, said));
                holder.start();
                QCOMPARE(said.get().toString(), QStringLiteral("holds"));
                waiter.start();
                // nobody but the waiter watches: this thread does not run its event loop
                QCOMPARE(said.get().toString(), QStringLiteral("waits"));
                ::kill(pid_t(holder.pid()), SIGKILL);
                QCOMPARE(said.get().toString(), QStringLiteral("got"));
                QVERIFY(waiter.join());
                QVERIFY(!isTaken(*object));
            }
        });
    }

    void waitersThatDieOrStopAreNoObstacle()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            AioTest::run([&]() -> QCoro::Task<> {
                AioLocker held = co_await object->coro_locker();
                std::vector<std::unique_ptr<AioProcess>> waiters;
                for (const char *name : {"first", "second", "third"}) {
                    waiters.push_back(std::make_unique<AioProcess>(
                        AioCall::to<&waitInQueue<T>>(*object, said, QString::fromLatin1(name))));
                    waiters.back()->start();
                    AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
                }
                co_await AioTest::stopAsleep(waiters[2]->pid());        // behind: stops nobody
                waiters[0]->kill();
                co_await waiters[0]->coro_join();
                held.unlock();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("second"));
                ::kill(pid_t(waiters[2]->pid()), SIGCONT);
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("third"));
                co_await waiters[1]->coro_join();
                co_await waiters[2]->coro_join();
            });
            QVERIFY(!isTaken(*object));
        });
    }

    void debugOutputSaysWhoHasIt()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            const auto text = [&] { return AioTest::printed(*object); };
            const QString pid = QString::number(QCoreApplication::applicationPid());
            QVERIFY2(text().startsWith(QLatin1String(T::staticMetaObject.className())), qPrintable(text()));
            QVERIFY2(text().contains(object->key()), qPrintable(text()));
            QVERIFY2(text().contains(QLatin1String("free")) && !text().contains(pid), qPrintable(text()));
            const AioLocker held(*object);
            if constexpr (requires { object->locked(); })
                QVERIFY2(text().contains(QStringLiteral("locked by ") + pid), qPrintable(text()));
            else
                QVERIFY2(text().contains(QLatin1String(" 0 ")), qPrintable(text()));
        });
    }

    void handleOpensTheSameObjectAndNoOther()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            const AioHandle handle = object->handle();
            {
                T same(handle);
                QCOMPARE(same.handle(), handle);
                QCOMPARE(same.context(), object->context());
                if (!AioTest::areFacesManaged())
                    QCOMPARE(same.context()->id(), AioTest::facesContext().id());
                const AioLocker held(same);
                QVERIFY(isTaken(*object));
            }
            if (AioTest::areFacesManaged())
                return;     // tst_aiomanager has handles of what is gone, or of another run
            const AioHandle elsewhere(handle.kind(), QByteArray(32, 'a'), handle.address());
            QCOMPARE(AioTest::codeThrownBy([&] { T none(elsewhere); }), AioError::NotFound);
            const auto another = handle.kind() == AioHandle::Lock ? AioHandle::RLock : AioHandle::Lock;
            const AioHandle ofAnother(another, handle.context(), handle.address());
            QCOMPARE(AioTest::codeThrownBy([&] { T none(ofAnother); }), AioError::TypeMismatch);
            object.reset();
            QCOMPARE(AioTest::codeThrownBy([&] { T gone(handle); }), AioError::NotFound);
        });
    }
};

AIO_TEST_MAIN(TestAcquire)
#include "tst_conformance_acquire.moc"
