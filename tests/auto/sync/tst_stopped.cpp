// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Processes that stand still, with something or in the middle of something. Whoever else wants it times out, can be cancelled and
// keeps his event loop, and when they go on all is as if they had been slow.

#include "acquirefaces.h"

#include <aioprocessing/aioevent.h>

#include <QCoro/QCoroTimer>

using namespace std::chrono_literals;
using AioTest::isTaken;

namespace {

constexpr auto Patience = 50ms;

// -- one operation of each class that waits, in both forms

template<class T> QCoro::Task<bool> waitFor(T &object, QDeadlineTimer deadline, std::stop_token stop = {})
{
    if constexpr (requires { object.acquire(); }) {
        const bool got = co_await object.coro_acquire(deadline, stop);
        co_return got;
    } else if constexpr (requires { object.get(); }) {
        const auto item = co_await object.coro_get(deadline, stop);
        co_return item.has_value();
    } else {
        const auto end = co_await object.coro_wait(deadline, stop);     // a bool, or an index
        co_return bool(end);
    }
}

template<class T> bool blockFor(T &object, QDeadlineTimer deadline)
{
    if constexpr (requires { object.acquire(); })
        return object.acquire(deadline);
    else if constexpr (requires { object.get(); })
        return bool(object.get(deadline));
    else
        return bool(object.wait(deadline));
}

bool isOver(const QElapsedTimer &timer)
{
    return timer.nsecsElapsed() >= std::chrono::nanoseconds(Patience).count();
}

// Whether a coroutine and a thread that blocks run out of time, and not too early.
template<class T> QCoro::Task<bool> isWaitedForInVain(T &object)
{
    QElapsedTimer timer;
    timer.start();
    const bool came = co_await waitFor(object, Patience);
    const bool wasInTime = isOver(timer);
    const auto block = [&object] {
        QElapsedTimer ofThread;
        ofThread.start();
        return !blockFor(object, Patience) && isOver(ofThread);
    };
    const bool blocked = co_await AioProcessing::run(block);
    co_return !came && wasInTime && blocked;
}

template<class T> QCoro::Task<bool> isCancelled(T &object)
{
    std::stop_source stop;
    auto waiting = waitFor(object, QDeadlineTimer(QDeadlineTimer::Forever), stop.get_token());
    stop.request_stop();
    const AioError::Code code = co_await AioTest::codeOf(std::move(waiting));
    co_return code == AioError::Cancelled;
}

bool isInside(qint64 pid)
{
    return AioTest::saysOf(*AioContext::defaultContext(), pid, QStringLiteral("holds its guard"));
}

// -- workers

QCoro::Task<> sleepAndSay(AioCondition &condition, AioQueue &said)
{
    const AioLocker locker = co_await condition.coro_locker();
    const bool notified = co_await condition.coro_wait();
    AioTest::say(said, notified ? "notified" : "out of time");
}

// One wait, to its end.
template<class T> void comeAndGo(T &object)
{
    try {
        if (blockFor(object, QDeadlineTimer(QDeadlineTimer::Forever))) {
            if constexpr (requires { object.acquire(); })
                object.release();
        }
    } catch (const AioException &e) {
        if (e.code() != AioError::BrokenBarrier)
            throw;
    }
}

void setEvent(AioEvent &event)
{
    event.set();
}

void waitAndSay(AioEvent &event, AioQueue &said)
{
    AioTest::say(said, event.wait() ? "set" : "out of time");
}

void meetAndSay(AioBarrier &barrier, AioQueue &said)
{
    said.put(barrier.wait());
}

// What everybody must wait for, until letGo().
template<class T> void keep(T &object)
{
    if constexpr (requires { object.acquire(); })
        object.acquire();
}

template<class T> void letGo(T &object)
{
    if constexpr (requires { object.acquire(); })
        object.release();
    else if constexpr (requires { object.put(1); })
        object.put(1);
    else if constexpr (requires { object.set(); })
        object.set();
    else
        object.reset();         // who runs out of time breaks a barrier
}

} // namespace

class TestStopped : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void headOfTheQueueGetsItWhenItGoesOn_data() { AioTest::addFaces(); }
    void headOfTheQueueGetsItWhenItGoesOn()
    {
        QFETCH(int, face);
        AioTest::withFace(face, [](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            for (const AioCall &take : {AioCall::to<&AioTest::takeInCoroutine<T>>(*object, said),
                                        AioCall::to<&AioTest::takeBlocking<T>>(*object, said)}) {
                AioTest::run([&]() -> QCoro::Task<> {
                    AioLocker held = co_await object->coro_locker();
                    AioProcess head(take);
                    head.start();
                    AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
                    co_await AioTest::untilWaits(head.pid());
                    co_await AioTest::stopAsleep(head.pid());
                    co_await QCoro::sleepFor(2ms);      // who has waited for so long is not passed by
                    held.unlock();
                    AIO_VERIFY(isTaken(*object));
                    const bool inVain = co_await isWaitedForInVain(*object);
                    AIO_VERIFY(inVain);
                    auto next = object->coro_locker();
                    AIO_VERIFY(!next.isReady() && said.isEmpty());
                    ::kill(pid_t(head.pid()), SIGCONT);
                    AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("got"));
                    const AioLocker locker = co_await next;
                    AIO_VERIFY(locker && !AioTest::isAbandoned(*object));
                    co_await head.coro_join();
                });
                QVERIFY(!isTaken(*object));
            }
        });
    }

    void holderIsNotTakenForDead_data() { AioTest::addFaces(); }
    void holderIsNotTakenForDead()
    {
        QFETCH(int, face);
        AioTest::withFace(face, [](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            AioQueue told;
            int died = 0;
            if constexpr (requires { &T::ownerDied; })
                connect(object.get(), &T::ownerDied, object.get(), [&died] { ++died; });
            AioTest::run([&]() -> QCoro::Task<> {
                AioProcess holder(AioCall::to<&AioTest::holdUntilTold<T>>(*object, said, told));
                holder.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("holds"));
                co_await AioTest::stopAsleep(holder.pid());
                AIO_VERIFY(!object->tryAcquire());
                const bool inVain = co_await isWaitedForInVain(*object);
                AIO_VERIFY(inVain && isTaken(*object));
                auto waiting = object->coro_locker();
                ::kill(pid_t(holder.pid()), SIGCONT);
                co_await told.coro_put(1);
                const AioLocker locker = co_await waiting;
                AIO_VERIFY(locker && !AioTest::isAbandoned(*object));
                AIO_COMPARE(died, 0);
                co_await holder.coro_join();
            });
            QVERIFY(!isTaken(*object));
        });
    }

    // Its notification is its own; the next one is for the next.
    void notifiedSleeperHoldsUpNobody()
    {
        AioCondition condition;
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess sleeper(AioCall::to<&sleepAndSay>(condition, said));
            sleeper.start();
            co_await AioTest::untilWaits(sleeper.pid());
            co_await AioTest::stopAsleep(sleeper.pid());
            {
                const AioLocker locker = co_await condition.coro_locker();
                condition.notify();
                QElapsedTimer timer;
                timer.start();
                const bool mine = co_await condition.coro_wait(Patience);
                AIO_VERIFY(!mine && isOver(timer) && condition.locked());
            }
            const auto block = [&condition] {
                const AioLocker locker(condition);
                return condition.wait(Patience);
            };
            const bool ofThread = co_await AioProcessing::run(block);
            AIO_VERIFY(!ofThread);
            auto next = sleepAndSay(condition, said);
            {
                const AioLocker locker = co_await condition.coro_locker();
                condition.notify();
            }
            co_await next;
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            AIO_VERIFY(said.isEmpty());
            ::kill(pid_t(sleeper.pid()), SIGCONT);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("notified"));
            co_await sleeper.coro_join();
        });
        QVERIFY(!condition.locked());
    }

    // -- in the middle of an operation

    void guardIsHeldByOneWhoIsStopped_data()
    {
        AioTest::addFaces();
        QTest::newRow("event") << 100;
        QTest::newRow("barrier") << 101;
        QTest::newRow("queue") << 102;
    }
    void guardIsHeldByOneWhoIsStopped()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        QFETCH(int, face);
        const auto test = [](const auto &object) { stopInside(*object); };
        if (face == 100)
            test(std::make_unique<AioEvent>());
        else if (face == 101)
            test(std::make_unique<AioBarrier>(10));
        else if (face == 102)
            test(std::make_unique<AioQueue>());
        else
            AioTest::withFace(face, test);
    }

    // It has raised the flag, and told nobody of it.
    void eventIsClearedWhileItsSetterIsStopped()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        AioEvent event;
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess waiter(AioCall::to<&waitAndSay>(event, said));
            waiter.start();
            co_await AioTest::untilWaits(waiter.pid());
            auto coroutine = event.coro_wait();
            const auto block = [&event] { return event.wait(); };
            auto thread = AioProcessing::run(block);
            co_await AioTest::untilWaits(QCoreApplication::applicationPid(), 2);
            AioProcess setter(AioCall::to<&setEvent>(event));
            AioTest::setFault(setter, "guard.locked:1:stop");
            setter.start();
            co_await AioTest::untilStopped(setter.pid());
            AIO_VERIFY(event.isSet());
            event.clear();
            AIO_VERIFY(!event.isSet());
            const bool late = co_await event.coro_wait(20ms);
            AIO_VERIFY(!late);
            AIO_VERIFY(!coroutine.isReady() && !thread.isReady() && said.isEmpty());
            ::kill(pid_t(setter.pid()), SIGCONT);
            const bool ofCoroutine = co_await coroutine;
            const bool ofThread = co_await thread;
            AIO_VERIFY(ofCoroutine && ofThread);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("set"));
            co_await setter.coro_join();
            co_await waiter.coro_join();
            AIO_VERIFY(!event.isSet());
        });
    }

    // All have come, and none of them has been told: abort() and reset() come too late for them.
    void barrierIsAbortedWhileTheLastToComeIsStopped_data()
    {
        QTest::addColumn<QByteArray>("point");
        QTest::addColumn<bool>("reset");
        for (const char *point : {"barrier.release", "barrier.released"}) {
            QTest::addRow("abort, %s", point) << QByteArray(point) << false;
            QTest::addRow("reset, %s", point) << QByteArray(point) << true;
        }
    }
    void barrierIsAbortedWhileTheLastToComeIsStopped()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        QFETCH(QByteArray, point);
        QFETCH(bool, reset);
        AioBarrier barrier(3);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            auto coroutine = barrier.coro_wait();
            const auto block = [&barrier] { return barrier.wait(); };
            auto thread = AioProcessing::run(block);
            while (barrier.waiting() < 2)
                co_await AioTest::nextTurn();
            AioProcess last(AioCall::to<&meetAndSay>(barrier, said));
            AioTest::setFault(last, point + ":1:stop");
            last.start();
            co_await AioTest::untilStopped(last.pid());
            if (reset)
                barrier.reset();
            else
                barrier.abort();
            AIO_VERIFY(!coroutine.isReady() && !thread.isReady());
            ::kill(pid_t(last.pid()), SIGCONT);
            QList<int> indices;
            indices << co_await coroutine;
            indices << co_await thread;
            const QVariant ofLast = co_await said.coro_get();
            indices << ofLast.toInt();
            std::sort(indices.begin(), indices.end());
            AIO_COMPARE(indices, (QList<int>{0, 1, 2}));
            co_await last.coro_join();
            AIO_COMPARE(last.exitReason(), AioProcess::CleanExit);
            AIO_COMPARE(barrier.isBroken(), !reset);
            AIO_COMPARE(barrier.waiting(), 0);
        });
    }

private:
    template<class T> static void stopInside(T &object)
    {
        keep(object);
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&comeAndGo<T>>(object));
            AioTest::setFault(worker, "guard.locked:1:stop");
            worker.start();
            co_await AioTest::untilStopped(worker.pid());
            AIO_VERIFY(isInside(worker.pid()));
            const bool cancelled = co_await isCancelled(object);
            AIO_VERIFY(cancelled);
            if constexpr (std::is_same_v<T, AioBarrier>) {
                // who runs out of time breaks it, so only the first one has to wait
                QElapsedTimer timer;
                timer.start();
                const bool came = co_await waitFor(object, Patience);
                AIO_VERIFY(!came && isOver(timer) && object.isBroken());
            } else {
                const bool inVain = co_await isWaitedForInVain(object);
                AIO_VERIFY(inVain);
            }
            const qint64 pid = worker.pid();
            AIO_VERIFY(isInside(pid));
            ::kill(pid_t(pid), SIGCONT);
            letGo(object);
            co_await worker.coro_join();
            AIO_COMPARE(worker.exitReason(), AioProcess::CleanExit);
            AIO_VERIFY(!isInside(pid) && !AioTest::dumpOf(object).contains(QLatin1String("waits")));
            if constexpr (requires { object.acquire(); }) {
                const bool got = object.tryAcquire();
                AIO_VERIFY(got && !AioTest::isAbandoned(object));
                object.release();
            }
        });
    }
};

AIO_TEST_MAIN(TestStopped)
#include "tst_stopped.moc"
