// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The forms of one operation: what waits for nothing is ready at once as a coroutine, and tokens and deadlines go together.

#include "synctest.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiorlock.h>

using namespace std::chrono_literals;

namespace {

// The error of \a task, which is over.
template<class T> AioError::Code codeAtOnce(QCoro::Task<T> task)
{
    if (!task.isReady())
        return AioError::UnknownError;
    AioError::Code code = AioError::NoError;
    AioProcessing::spawn(std::move(task), [&](const AioError &error) { code = error.code; });
    return code;
}

// Whether \a wait(deadline, token), in another thread, ends for the one that comes first, and for that one alone.
template<class Wait> void verifyOrders(Wait wait)
{
    std::stop_source stop;
    QSemaphore begins;
    AioError::Code code = AioError::NoError;
    std::thread tokenFirst([&] {
        begins.release();
        code = AioTest::codeThrownBy([&] { wait(QDeadlineTimer(10min), stop.get_token()); });
    });
    begins.acquire();
    stop.request_stop();
    tokenFirst.join();
    QCOMPARE(code, AioError::Cancelled);

    std::stop_source late;
    bool got = true;
    std::thread deadlineFirst([&] { got = wait(QDeadlineTimer(20ms), late.get_token()); });
    deadlineFirst.join();
    late.request_stop();
    QVERIFY(!got);
}

// The same for what can be acquired, which is taken.
template<class T> void verifyOrdersOf(T &object)
{
    verifyOrders([&](QDeadlineTimer deadline, std::stop_token stop) { return object.acquire(deadline, stop); });
}

// Whether a wait that ends with another object's life takes nothing.
template<class T> QCoro::Task<bool> endsWithTheContext(T &object)
{
    auto context = std::make_unique<QObject>();
    AioLocker held = co_await object.coro_locker();
    auto acquiring = object.coro_acquire(AioProcessing::stopTokenFor(context.get()));
    auto locking = object.coro_locker(AioProcessing::stopTokenFor(context.get()));
    auto timed = object.coro_acquire(10min, AioProcessing::stopTokenFor(context.get()));
    const bool wait = !acquiring.isReady() && !locking.isReady() && !timed.isReady();
    context.reset();
    const AioError::Code first = co_await AioTest::codeOf(std::move(acquiring));
    const AioError::Code second = co_await AioTest::codeOf(std::move(locking));
    const AioError::Code third = co_await AioTest::codeOf(std::move(timed));
    held.unlock();
    const AioLocker free = co_await object.coro_locker(QDeadlineTimer(0));
    co_return wait && first == AioError::Cancelled && second == AioError::Cancelled && third == AioError::Cancelled && free.owns();
}

// Whether \a wait(), begun on a thread with an event loop, goes on there when \a release() has been called on this one.
template<class Wait, class Release> bool resumesWhereItBegan(Wait wait, Release release)
{
    QSemaphore waits;
    bool sameThread = false;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        const auto user = [&]() -> QCoro::Task<> {
            QThread *const here = QThread::currentThread();
            auto waiting = wait();
            const bool waited = !waiting.isReady();
            waits.release();
            co_await waiting;
            sameThread = waited && QThread::currentThread() == here;
        };
        AioProcessing::waitBlocking(user());
    }));
    thread->start();
    waits.acquire();
    release();
    return thread->wait() && sameThread;
}

QString printed(const AioObject *object)
{
    QString text;
    QDebug(&text) << object;
    return text;
}

void setIt(AioEvent &event) { event.set(); }

} // namespace

class TestForms : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void whatDoesNotWaitIsReadyAtOnce()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioEvent event;
            auto setting = event.coro_set();
            AIO_VERIFY(setting.isReady() && event.isSet());
            auto asking = event.coro_isSet();
            AIO_VERIFY(asking.isReady());
            AIO_COMPARE(co_await asking, true);
            auto clearing = event.coro_clear();
            AIO_VERIFY(clearing.isReady() && !event.isSet());
            AIO_COMPARE(co_await event.coro_isSet(), false);

            AioLock lock;
            AIO_COMPARE(co_await lock.coro_locked(), false);
            lock.acquire();
            auto locked = lock.coro_locked();
            AIO_VERIFY(locked.isReady());
            AIO_COMPARE(co_await locked, true);
            auto releasing = lock.coro_release();
            AIO_VERIFY(releasing.isReady() && !lock.locked());

            AioRLock rlock;
            co_await rlock.coro_acquire();
            AIO_COMPARE(co_await rlock.coro_locked(), true);
            auto releasingR = rlock.coro_release();
            AIO_VERIFY(releasingR.isReady() && !rlock.locked());

            AioSemaphore semaphore(2);
            auto value = semaphore.coro_value();
            AIO_VERIFY(value.isReady());
            AIO_COMPARE(co_await value, 2);
            auto adding = semaphore.coro_release(3);
            AIO_VERIFY(adding.isReady());
            AIO_COMPARE(semaphore.value(), 5);

            AioBoundedSemaphore bounded(2);
            bounded.acquire();
            AIO_COMPARE(co_await bounded.coro_value(), 1);
            auto giving = bounded.coro_release();
            AIO_VERIFY(giving.isReady());
            AIO_COMPARE(bounded.value(), 2);
        });
    }

    void whatDoesNotWaitOfConditionsAndBarriersIsReadyAtOnce()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioCondition condition;
            int notified = 0;
            const auto wait = [&]() -> QCoro::Task<> {
                const AioLocker locker = co_await condition.coro_locker();
                co_await condition.coro_wait();
                ++notified;
            };
            std::vector<QCoro::Task<>> waits;
            for (int i = 0; i < 3; ++i)
                waits.push_back(wait());
            condition.acquire();
            auto one = condition.coro_notify(1);
            AIO_VERIFY(one.isReady());
            auto releasing = condition.coro_release();
            AIO_VERIFY(releasing.isReady() && !condition.locked());
            co_await waits[0];
            AIO_COMPARE(notified, 1);
            condition.acquire();
            auto all = condition.coro_notifyAll();
            AIO_VERIFY(all.isReady());
            condition.release();
            co_await waits[1];
            co_await waits[2];
            AIO_COMPARE(notified, 3);

            AioBarrier barrier(2);
            auto party = barrier.coro_wait();
            auto waiting = barrier.coro_waiting();
            AIO_VERIFY(waiting.isReady());
            AIO_COMPARE(co_await waiting, 1);
            AIO_COMPARE(co_await barrier.coro_isBroken(), false);
            auto aborting = barrier.coro_abort();
            AIO_VERIFY(aborting.isReady() && barrier.isBroken());
            AIO_COMPARE(co_await AioTest::codeOf(std::move(party)), AioError::BrokenBarrier);
            auto broken = barrier.coro_isBroken();
            AIO_VERIFY(broken.isReady());
            AIO_COMPARE(co_await broken, true);
            auto resetting = barrier.coro_reset();
            AIO_VERIFY(resetting.isReady() && !barrier.isBroken());
            AIO_COMPARE(co_await barrier.coro_waiting(), 0);
        });
    }

    void misuseOfWhatDoesNotWaitIsToldAtOnce()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioLock lock;
            AioRLock rlock;
            AioSemaphore semaphore;
            AioBoundedSemaphore bounded;
            AioCondition condition;
            QSignalSpy errors(&condition, &AioObject::errorOccurred);
            // thrown by the call itself or kept in the task, which is over in any case
            const auto isMisuse = [](auto call) {
                AioError::Code code = AioError::NoError;
                try {
                    code = codeAtOnce(call());
                } catch (const AioException &exception) {
                    code = exception.code();
                }
                return code == AioError::UsageError;
            };
            AIO_VERIFY(isMisuse([&] { return lock.coro_release(); }));
            AIO_VERIFY(isMisuse([&] { return rlock.coro_release(); }));
            AIO_VERIFY(isMisuse([&] { return semaphore.coro_release(-1); }));
            AIO_VERIFY(isMisuse([&] { return bounded.coro_release(); }));
            AIO_VERIFY(isMisuse([&] { return condition.coro_release(); }));
            AIO_VERIFY(isMisuse([&] { return condition.coro_notify(); }));
            AIO_VERIFY(isMisuse([&] { return condition.coro_notifyAll(); }));
            AIO_COMPARE(errors.count(), 3);
            AIO_VERIFY(!lock.locked() && !rlock.locked() && semaphore.value() == 1 && bounded.value() == 1 && !condition.locked());
            co_return;
        });
    }

    void deadlineAndTokenTogether()
    {
        AioLock lock;
        AioRLock rlock;
        AioSemaphore semaphore(0);
        AioBoundedSemaphore bounded(1);
        AioCondition condition;
        const AioLocker heldLock(lock);
        const AioLocker heldRLock(rlock);
        const AioLocker heldPermit(bounded);
        verifyOrdersOf(lock);
        verifyOrdersOf(rlock);
        verifyOrdersOf(semaphore);
        verifyOrdersOf(bounded);
        {
            const AioLocker held(condition);
            verifyOrdersOf(condition);
        }
        AioEvent event;
        verifyOrders([&](QDeadlineTimer deadline, std::stop_token stop) { return event.wait(deadline, stop); });
        verifyOrders([&](QDeadlineTimer deadline, std::stop_token stop) {
            const AioLocker locker(condition);
            return condition.wait(deadline, stop);
        });
        verifyOrders([&](QDeadlineTimer deadline, std::stop_token stop) {
            const AioLocker locker(condition);
            return condition.waitUntil([] { return false; }, deadline, stop);
        });
        AioBarrier barrier(2);
        verifyOrders([&](QDeadlineTimer deadline, std::stop_token stop) { return barrier.wait(deadline, stop).has_value(); });
        QVERIFY(barrier.isBroken());        // by the deadline; who is cancelled breaks nothing
        QVERIFY(lock.locked() && rlock.locked() && semaphore.value() == 0 && bounded.value() == 0 && !condition.locked());
    }

    // NEW-009
    void waitsEndWithTheirContext()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioLock lock;
            AioRLock rlock;
            AioSemaphore semaphore(1);
            AioBoundedSemaphore bounded(1);
            AioCondition condition;
            const bool ofLock = co_await endsWithTheContext(lock);
            const bool ofRLock = co_await endsWithTheContext(rlock);
            const bool ofSemaphore = co_await endsWithTheContext(semaphore);
            const bool ofBounded = co_await endsWithTheContext(bounded);
            const bool ofCondition = co_await endsWithTheContext(condition);
            AIO_VERIFY(ofLock);
            AIO_VERIFY(ofRLock);
            AIO_VERIFY(ofSemaphore);
            AIO_VERIFY(ofBounded);
            AIO_VERIFY(ofCondition);
        });
    }

    void waitsOfEventsConditionsAndBarriersEndWithTheirContext()
    {
        AioTest::run([]() -> QCoro::Task<> {
            auto context = std::make_unique<QObject>();
            const std::stop_token stop = AioProcessing::stopTokenFor(context.get());
            AioEvent event;
            AioCondition condition;
            AioBarrier barrier(2);
            const auto waitNotified = [&]() -> QCoro::Task<> {
                const AioLocker locker = co_await condition.coro_locker();
                co_await condition.coro_wait(stop);
            };
            auto ofEvent = event.coro_wait(stop);
            auto ofCondition = waitNotified();
            auto ofBarrier = barrier.coro_wait(stop);
            AIO_VERIFY(!ofEvent.isReady() && !ofCondition.isReady() && !ofBarrier.isReady());
            context.reset();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(ofEvent)), AioError::Cancelled);
            AIO_COMPARE(co_await AioTest::codeOf(std::move(ofCondition)), AioError::Cancelled);
            AIO_COMPARE(co_await AioTest::codeOf(std::move(ofBarrier)), AioError::Cancelled);
            AIO_VERIFY(!condition.locked() && !barrier.isBroken() && barrier.waiting() == 0);
        });
    }

    // AIO-001
    void conditionsAndBarriersResumeOnTheThreadThatCalled()
    {
        AioCondition condition;
        const auto waitNotified = [&]() -> QCoro::Task<> {
            const AioLocker locker = co_await condition.coro_locker();
            co_await condition.coro_wait();
        };
        QVERIFY(resumesWhereItBegan(waitNotified, [&] {
            const AioLocker locker(condition);
            condition.notify();
        }));
        AioBarrier barrier(2);
        QVERIFY(resumesWhereItBegan([&] { return barrier.coro_wait(); }, [&] { barrier.wait(); }));
    }

    // AIO-002: an object of a context that is named is found in it, and works in a worker, whose default context is another one.
    void objectOfANamedContextGoesToAWorker()
    {
        AioContext context(QStringLiteral("forms"));
        AioEvent event(context);
        QVERIFY(event.context() == &context);
        QVERIFY(event.handle().context() != AioContext::defaultContext()->id());
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&setIt>(event));
            worker.start();
            const bool set = co_await event.coro_wait();
            AIO_VERIFY(set);
            const bool joined = co_await worker.coro_join();
            AIO_VERIFY(joined);
        });
    }

    void semaphoresHaveOnePermitUnlessToldOtherwise()
    {
        AioSemaphore semaphore;
        QCOMPARE(semaphore.value(), 1);
        AioBoundedSemaphore bounded;
        QCOMPARE(bounded.value(), 1);
        QCOMPARE(bounded.initialValue(), 1);
        QVERIFY(bounded.tryAcquire() && !bounded.tryAcquire());
    }

    void debugOutputOfPointers()
    {
        AioLock lock;
        QString text;
        QDebug(&text) << lock;
        QCOMPARE(printed(&lock), text);
        QVERIFY2(text.startsWith(QLatin1String("AioLock(")), qPrintable(text));
        QVERIFY2(printed(nullptr).contains(QLatin1String("nullptr")), qPrintable(printed(nullptr)));
        AioLock *const typed = nullptr;
        QString none;
        QDebug(&none) << typed;
        QVERIFY2(none.startsWith(QLatin1String("AioObject(nullptr)")), qPrintable(none));
    }
};

AIO_TEST_MAIN(TestForms)
#include "tst_forms.moc"
