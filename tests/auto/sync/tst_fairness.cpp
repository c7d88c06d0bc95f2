// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Whoever has waited for more than half a millisecond at the head gets what is released, however quick others are.

#include "inventory.h"
#include "synctest.h"

#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiorlock.h>

using namespace std::chrono_literals;

namespace {

constexpr auto LongEnough = 2ms;        // that it is handed over in order

// Ends when the process \a pid stands in the queue of an object of \a context, where nobody else waits, and has stood there for long.
void letItWait(const AioContext &context, qint64 pid)
{
    const auto sleeps = [pid] {
        const QByteArray states = AioTest::threadStates(pid);
        return !states.isEmpty() && states.count('S') == states.size();
    };
    while (!context.dump().contains(QLatin1String(" waits for ")) || !sleeps())
        std::this_thread::yield();
    std::this_thread::sleep_for(LongEnough);        // this is about time
}

// Waits with a blocking call in another process.
template<class T> void acquireOnce(T &object, AioQueue &said, AioQueue &told)
{
    object.acquire();
    AioTest::say(said, "got");
    told.get();
    object.release();
}

// Waits in a coroutine in another process.
template<class T> QCoro::Task<> acquireOnceLater(T &object, AioQueue &said, AioQueue &told)
{
    const AioLocker locker = co_await object.coro_locker();
    AioTest::say(said, "got");
    co_await told.coro_get();
}

} // namespace

class TestFairness : public QObject
{
    Q_OBJECT

    // The object lies in a context of its own, so that the dump has no other waits, and the queues in the default one.
    template<class T, class... A> void releaserIsNotFasterThan(A... arguments)
    {
        AioContext context(QStringLiteral("fairness"));
        T object(arguments..., context);
        AioQueue said;
        AioQueue told;
        for (const bool inCoroutine : {false, true}) {
            object.acquire();
            AioProcess waiter(inCoroutine ? AioCall(AioCall::to<&acquireOnceLater<T>>(object, said, told))
                                          : AioCall(AioCall::to<&acquireOnce<T>>(object, said, told)));
            waiter.start();
            letItWait(context, waiter.pid());
            object.release();
            const bool gotItBack = object.tryAcquire();
            QVERIFY2(!gotItBack, inCoroutine ? "before a coroutine" : "before a thread");
            QCOMPARE(said.get().toString(), QStringLiteral("got"));
            told.put(1);
            QVERIFY(waiter.join());
            QVERIFY(object.tryAcquire());
            object.release();
        }
    }

private Q_SLOTS:
    void lockIsHandedOverInOrder() { releaserIsNotFasterThan<AioLock>(); }
    void rlockIsHandedOverInOrder() { releaserIsNotFasterThan<AioRLock>(); }
    void permitIsHandedOverInOrder() { releaserIsNotFasterThan<AioSemaphore>(1); }
    void boundedPermitIsHandedOverInOrder() { releaserIsNotFasterThan<AioBoundedSemaphore>(1); }
    void lockOfAConditionIsHandedOverInOrder() { releaserIsNotFasterThan<AioCondition>(); }

    // Several that wait get it in the order in which they came, one after the other.
    void waitersAreServedInTheOrderInWhichTheyCame()
    {
        AioContext context(QStringLiteral("fairness"));
        AioLock lock(context);
        AioTest::run([&]() -> QCoro::Task<> {
            std::vector<int> order;
            const auto user = [&](int number) -> QCoro::Task<> {
                AioLocker locker = co_await lock.coro_locker();
                order.push_back(number);
                QThread::usleep(1000);          // longer than the others may be overtaken
                locker.unlock();
                const bool gotItBack = lock.tryAcquire();
                if (gotItBack)
                    lock.release();
                AIO_COMPARE(gotItBack, number == 4);
            };
            AioLocker held = co_await lock.coro_locker();
            std::vector<QCoro::Task<>> users;
            for (int i = 0; i < 5; ++i)
                users.push_back(user(i));
            QThread::usleep(1000);
            held.unlock();
            AIO_VERIFY(!lock.tryAcquire());
            for (auto &task : users)
                co_await task;
            AIO_VERIFY((order == std::vector<int>{0, 1, 2, 3, 4}));
        });
    }
};

AIO_TEST_MAIN(TestFairness)
#include "tst_fairness.moc"
