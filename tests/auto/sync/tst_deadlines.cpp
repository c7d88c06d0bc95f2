// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Deadlines of everything that waits: how late they may fire, and what has passed before the call.

#include "synctest.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiojoinablequeue.h>
#include <aioprocessing/aiorlock.h>
#include <aioprocessing/aiosimplequeue.h>

using namespace std::chrono_literals;

namespace {

// What waits until its deadline has passed, and says whether it got something.
struct Operation
{
    QByteArray name;
    std::function<QCoro::Task<bool>(QDeadlineTimer)> start;
};

template<class T> Operation acquiring(const QByteArray &name, T &object)
{
    return {name + "::coro_acquire", [&object](QDeadlineTimer deadline) { return object.coro_acquire(deadline); }};
}

template<class T> Operation locking(const QByteArray &name, T &object)
{
    return {name + "::coro_locker", [&object](QDeadlineTimer deadline) -> QCoro::Task<bool> {
        const AioLocker locker = co_await object.coro_locker(deadline);
        co_return locker.owns();
    }};
}

// One object of each class, none of which can be had.
class NoneToBeHad
{
public:
    explicit NoneToBeHad(AioContext &context)
        : lock(context), rlock(context), semaphore(0, context), bounded(1, context), event(context), taken(context), condition(context),
          barrier(2, context), empty(context), full(context, 1), joinable(context)
    {
        lock.acquire();
        std::thread([this] { rlock.acquire(); }).join();    // a thread that has it for ever
        bounded.acquire();
        taken.acquire();
        full.put(0);
        joinable.put(0);
    }

    std::vector<Operation> operations()
    {
        return {
            acquiring("AioLock", lock), locking("AioLock", lock), acquiring("AioRLock", rlock), locking("AioRLock", rlock),
            acquiring("AioSemaphore", semaphore), locking("AioSemaphore", semaphore),
            acquiring("AioBoundedSemaphore", bounded), locking("AioBoundedSemaphore", bounded),
            acquiring("AioCondition", taken), locking("AioCondition", taken),
            {"AioCondition::coro_wait", [this](QDeadlineTimer deadline) -> QCoro::Task<bool> {
                const AioLocker locker = co_await condition.coro_locker();
                const bool notified = co_await condition.coro_wait(deadline);
                co_return notified;
            }},
            {"AioCondition::coro_waitUntil", [this](QDeadlineTimer deadline) -> QCoro::Task<bool> {
                const AioLocker locker = co_await condition.coro_locker();
                const bool holds = co_await condition.coro_waitUntil(&never, deadline);
                co_return holds;
            }},
            {"AioEvent::coro_wait", [this](QDeadlineTimer deadline) { return event.coro_wait(deadline); }},
            {"AioBarrier::coro_wait", [this](QDeadlineTimer deadline) -> QCoro::Task<bool> {
                barrier.reset();
                const std::optional<int> index = co_await barrier.coro_wait(deadline);
                co_return index.has_value();
            }},
            {"AioQueue::coro_get", [this](QDeadlineTimer deadline) -> QCoro::Task<bool> {
                const std::optional<QVariant> item = co_await empty.coro_get(deadline);
                co_return item.has_value();
            }},
            {"AioQueue::coro_get<int>", [this](QDeadlineTimer deadline) -> QCoro::Task<bool> {
                const std::optional<int> item = co_await empty.coro_get<int>(deadline);
                co_return item.has_value();
            }},
            {"AioQueue::coro_put", [this](QDeadlineTimer deadline) { return full.coro_put(QVariant(1), deadline); }},
            {"AioQueue::coro_put<int>", [this](QDeadlineTimer deadline) { return full.coro_put(1, deadline); }},
            {"AioJoinableQueue::coro_join", [this](QDeadlineTimer deadline) { return joinable.coro_join(deadline); }},
        };
    }

    AioLock lock;
    AioRLock rlock;
    AioSemaphore semaphore;
    AioBoundedSemaphore bounded;
    AioEvent event;
    AioCondition taken;
    AioCondition condition;
    AioBarrier barrier;
    AioQueue empty;
    AioQueue full;
    AioJoinableQueue joinable;

private:
    static bool never() { return false; }
};

// Comes to \a barrier once it is told to, and says how that ended.
void meetWhenTold(AioBarrier &barrier, AioQueue &said, AioQueue &told)
{
    AioTest::say(said, "is there");
    told.get();
    try {
        barrier.wait();
        AioTest::say(said, "passed");
    } catch (const AioException &exception) {
        said.put(QVariant::fromValue(exception.code()).toString());
    }
}

} // namespace

class TestDeadlines : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // NEW-006: not early, at most 20 ms late, and then nothing waits any more.
    void coroutinesAreOnTimeAndLeaveNothing()
    {
        constexpr auto Time = 40ms;
        AioContext context(QStringLiteral("deadlines"));
        NoneToBeHad none(context);
        const std::vector<Operation> operations = none.operations();
        AioTest::run([&]() -> QCoro::Task<> {
            for (const Operation &operation : operations) {
                const AioTest::LostTime lostTime;
                const qint64 lost = lostTime.total();
                QElapsedTimer timer;
                timer.start();
                const bool got = co_await operation.start(Time);
                const std::chrono::nanoseconds elapsed(timer.nsecsElapsed());
                const std::chrono::nanoseconds late = elapsed - Time - std::chrono::nanoseconds(lostTime.exactTotal() - lost);
                AIO_VERIFY2(!got, operation.name.constData());
                AIO_VERIFY2(elapsed >= Time, operation.name.constData());
                const QByteArray how = operation.name + " was late by (ns) " + QByteArray::number(qint64(late.count()));
                AIO_VERIFY2(late < AioTest::scaled(20ms), how.constData());
                AIO_VERIFY2(!context.dump().contains(QLatin1String(" waits ")), operation.name.constData());
            }
        });
    }

    void manyDeadlinesPassAtOnce()
    {
        AioContext context(QStringLiteral("deadlines"));
        NoneToBeHad none(context);
        const std::vector<Operation> operations = none.operations();
        AioTest::run([&]() -> QCoro::Task<> {
            const QDeadlineTimer deadline(60ms, Qt::PreciseTimer);
            std::vector<QCoro::Task<bool>> waits;
            for (const Operation &operation : operations)
                waits.push_back(operation.start(deadline));
            for (std::size_t i = 0; i < waits.size(); ++i) {
                const bool got = co_await waits[i];
                AIO_VERIFY2(!got && deadline.hasExpired(), operations[i].name.constData());
            }
            AIO_VERIFY(!context.dump().contains(QLatin1String(" waits ")));
        });
    }

    // Whoever comes too late gets what is there all the same.
    void deadlineThatHasPassedDoesNotKeepFromWhatIsFree()
    {
        const QDeadlineTimer passed(-5ms);
        AioTest::run([&]() -> QCoro::Task<> {
            AioLock lock;
            AioRLock rlock;
            AioSemaphore semaphore;
            AioBoundedSemaphore bounded;
            AioCondition condition;
            const bool gotLock = co_await lock.coro_acquire(passed);
            const bool gotRLock = co_await rlock.coro_acquire(passed);
            const bool gotPermit = co_await semaphore.coro_acquire(passed);
            const bool gotBounded = co_await bounded.coro_acquire(passed);
            const bool gotCondition = co_await condition.coro_acquire(passed);
            AIO_VERIFY(gotLock && gotRLock && gotPermit && gotBounded && gotCondition);
            lock.release();
            co_await rlock.coro_release();
            semaphore.release();
            bounded.release();
            condition.release();
            AIO_VERIFY(lock.acquire(passed) && rlock.acquire(passed) && semaphore.acquire(passed) && bounded.acquire(passed)
                       && condition.acquire(passed));
            rlock.release();
            const AioLocker again = co_await rlock.coro_locker(passed);
            AIO_VERIFY(again);
            const bool holds = co_await condition.coro_waitUntil([] { return true; }, passed);
            AIO_VERIFY(holds && condition.waitUntil([] { return true; }, passed));
            AioEvent event;
            event.set();
            const bool set = co_await event.coro_wait(passed);
            AIO_VERIFY(set && event.wait(passed));
            AioBarrier alone(1);
            const std::optional<int> index = co_await alone.coro_wait(passed);
            AIO_VERIFY(index == 0 && alone.wait(passed) == 0 && !alone.isBroken());
            AioBarrier both(2);
            auto first = both.coro_wait();
            const std::optional<int> last = co_await both.coro_wait(passed);
            const int other = co_await first;
            AIO_VERIFY(last == 1 && other == 0);
            const std::optional<int> nobody = co_await both.coro_wait(passed);
            AIO_VERIFY(!nobody && both.isBroken());
            AioQueue queue(1);
            const bool put = co_await queue.coro_put(1, passed);
            const std::optional<QVariant> item = co_await queue.coro_get(passed);
            AIO_VERIFY(put && item);
            AIO_VERIFY(queue.put(2, passed) && queue.get(passed));
        });
    }

    // MP-060: five parties, one of which is late.
    void oneLatePartyOfFiveBreaksTheBarrier()
    {
        AioBarrier barrier(5);
        AioQueue said;
        AioQueue told;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess blocking(AioCall::to<&meetWhenTold>(barrier, said, told));
            AioProcess late(AioCall::to<&meetWhenTold>(barrier, said, told));
            for (AioProcess *worker : {&blocking, &late}) {
                worker->start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("is there"));
            }
            auto first = barrier.coro_wait();
            auto second = barrier.coro_wait(10min);
            co_await told.coro_put(1);
            while (barrier.waiting() < 3)
                co_await AioTest::nextTurn();
            const std::optional<int> impatient = co_await barrier.coro_wait(30ms);
            AIO_VERIFY(!impatient && barrier.isBroken());
            AIO_COMPARE(co_await AioTest::codeOf(std::move(first)), AioError::BrokenBarrier);
            AIO_COMPARE(co_await AioTest::codeOf(std::move(second)), AioError::BrokenBarrier);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("BrokenBarrier"));
            co_await told.coro_put(1);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("BrokenBarrier"));       // who comes late finds it so
            AIO_COMPARE(barrier.waiting(), 0);
            co_await blocking.coro_join();
            co_await late.coro_join();
        });
    }
};

AIO_TEST_MAIN(TestDeadlines)
#include "tst_deadlines.moc"
