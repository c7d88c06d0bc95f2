// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Use that is wrong for all classes alike. What is wrong for one of them is in its own suite.

#include "mixedwaits.h"

#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

// Runs \a body in a child that is forked without exec; true if it returned true.
template<class Body> bool inForkedChild(Body body)
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(body() ? 0 : 1);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) { }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool isRefused(const AioError &error, const AioObject &object)
{
    return AioTest::names(error, object) && error.message.contains(QLatin1String("forked"));
}

template<class Call> bool isRefused(const AioObject &object, Call call)
{
    return isRefused(AioTest::errorThrownBy(call), object);
}

template<class Start> bool isRefusedLater(const AioObject &object, Start start)
{
    AioError error;
    AioProcessing::spawn(start, [&](const AioError &thrown) { error = thrown; });
    return isRefused(error, object);
}

template<class T> bool acquiringIsRefused(T &object)
{
    return isRefused(object, [&] { object.acquire(); }) && isRefused(object, [&] { object.tryAcquire(); })
        && isRefused(object, [&] { object.release(); }) && isRefusedLater(object, [&] { return object.coro_acquire(); })
        && isRefusedLater(object, [&] { return object.coro_locker(QDeadlineTimer(0)); });
}

} // namespace

class TestMisuse : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void forkedChildHasNoPartInTheObjectsOfItsParent()
    {
        AioTest::run([&]() -> QCoro::Task<> {
            std::stop_source stop;
            MixedWaits waits(2, stop.get_token());
            co_await waits.untilAllWait();
            const bool refused = inForkedChild([&] {
                return acquiringIsRefused(waits.lock) && acquiringIsRefused(waits.rlock) && acquiringIsRefused(waits.semaphore)
                    && acquiringIsRefused(waits.bounded);
            });
            AIO_VERIFY(refused);
            const bool eventRefuses = inForkedChild([&] {
                AioEvent &event = waits.event;
                return isRefused(event, [&] { event.set(); }) && isRefused(event, [&] { event.clear(); })
                    && isRefused(event, [&] { event.wait(); }) && isRefusedLater(event, [&] { return event.coro_wait(); });
            });
            AIO_VERIFY(eventRefuses);
            const bool conditionRefuses = inForkedChild([&] {
                AioCondition &condition = waits.condition;
                return isRefused(condition, [&] { condition.wait(); }) && isRefusedLater(condition, [&] { return condition.coro_wait(); })
                    && isRefused(condition, [&] { condition.notify(); }) && isRefused(condition, [&] { condition.notifyAll(); })
                    && AioTest::codeThrownBy([&] { condition.acquire(); }) == AioError::UsageError;
            });
            AIO_VERIFY(conditionRefuses);
            const bool barrierRefuses = inForkedChild([&] {
                AioBarrier &barrier = waits.barrier;
                return isRefused(barrier, [&] { barrier.wait(); }) && isRefusedLater(barrier, [&] { return barrier.coro_wait(); })
                    && isRefused(barrier, [&] { barrier.abort(); }) && isRefused(barrier, [&] { barrier.reset(); });
            });
            AIO_VERIFY(barrierRefuses);
            const bool newOnesToo = inForkedChild([] {
                return AioTest::codeThrownBy([] { AioLock lock; }) == AioError::UsageError
                    && AioTest::codeThrownBy([] { AioBarrier barrier(2); }) == AioError::UsageError
                    && AioTest::codeThrownBy([] { AioSemaphore named(QStringLiteral("name"), 1); }) == AioError::UsageError;
            });
            AIO_VERIFY(newOnesToo);

            // the parent's objects are as they were, and so are its waits
            AIO_COMPARE(waits.left(), waits.count());
            AIO_VERIFY(waits.lock.locked() && waits.rlock.depth() == 1 && waits.bounded.value() == 0 && waits.semaphore.value() == 0);
            AIO_VERIFY(!waits.event.isSet() && !waits.barrier.isBroken() && waits.barrier.waiting() == 2);
            waits.release();
            while (waits.left() > 0)
                co_await AioTest::nextTurn();
            AIO_COMPARE(waits.granted(), waits.count());
        }, AioTest::LoopMayBlock);
    }

    // A lock that the parent holds stays its own, whatever becomes of the child and the objects that it has inherited.
    void forkedChildThatDestroysItsObjectsTakesNothingAlong()
    {
        auto lock = std::make_unique<AioLock>();
        auto permits = std::make_unique<AioBoundedSemaphore>(2);
        lock->acquire();
        permits->acquire();
        const bool over = inForkedChild([&] {
            lock.reset();
            permits.reset();
            return true;
        });
        QVERIFY(over);
        QVERIFY(lock->locked());
        QCOMPARE(permits->value(), 1);
        lock->release();
        QVERIFY(lock->tryAcquire());
        QVERIFY(!lock->wasAbandoned());
        lock->release();
    }

    void handleOfWhatIsNotThere()
    {
        AioSemaphore semaphore(1);
        const QByteArray here = semaphore.handle().context();
        const quint64 address = semaphore.handle().address();
        // right but for the class, the place, the generation, or the context
        const QList<AioHandle> wrong{
            AioHandle(AioHandle::Lock, here, address),       AioHandle(AioHandle::Lock, here, 0),
            AioHandle(AioHandle::Lock, here, ~quint64(0)),   AioHandle(AioHandle::Lock, here, address + 1),
            AioHandle(AioHandle::Lock, here, address + (quint64(1) << 32)), AioHandle(AioHandle::Lock, QByteArray(32, 'e'), address),
            AioHandle(AioHandle::Lock, "not a context", address),
        };
        for (const AioHandle &handle : wrong) {
            const AioError error = AioTest::errorThrownBy([&] { AioLock none(handle); });
            QVERIFY2(error.code == AioError::NotFound, qPrintable(handle.key() + QLatin1String(": ") + error.message));
        }
        QCOMPARE(AioTest::codeThrownBy([&] { AioLock none{AioHandle()}; }), AioError::TypeMismatch);
        QCOMPARE(semaphore.value(), 1);
    }

    void conditionLivesInTheContextOfItsLock()
    {
        AioContext elsewhere(QStringLiteral("elsewhere"));
        AioLock lock(elsewhere);
        AioCondition condition(lock);
        QCOMPARE(condition.context()->id(), elsewhere.id());
        AioRLock first;
        AioRLock second(elsewhere);
        AioTest::run([&]() -> QCoro::Task<> {
            const AioLocker ofFirst = co_await first.coro_locker();
            const AioLocker ofSecond = co_await second.coro_locker();
            // a locker of another context's lock, of one of the same, and one that owns this lock as a thread
            AioRLock third(elsewhere);
            const AioLocker ofThird(third);
            for (const AioLocker *wrong : {&ofFirst, &ofThird}) {
                const AioError error = AioTest::errorThrownBy([&] { second.coro_locker(*wrong).isReady(); });
                AIO_VERIFY(AioTest::names(error, second));
            }
            AIO_VERIFY(AioTest::names(AioTest::errorThrownBy([&] { third.coro_locker(ofThird).isReady(); }), third));
            AIO_COMPARE(second.depth(), 1);
            AIO_COMPARE(first.depth(), 1);
            AIO_COMPARE(third.depth(), 1);
            const AioLocker again = co_await second.coro_locker(ofSecond);
            AIO_COMPARE(second.depth(), 2);
        });
    }
};

AIO_TEST_MAIN(TestMisuse)
#include "tst_misuse.moc"
