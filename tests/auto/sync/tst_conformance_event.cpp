// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "synctest.h"

#include <aioprocessing/aioevent.h>

using namespace std::chrono_literals;

namespace {

// -- workers

void setEvent(AioEvent &event)
{
    event.set();
}

void clearEvent(AioEvent &event)
{
    event.clear();
}

void setAndDie(AioEvent &event)
{
    event.set();
    AioTest::die();
}

void waitAndSay(AioEvent &event, AioQueue &said)
{
    AioTest::say(said, "waits");
    AioTest::say(said, event.wait() ? "set" : "out of time");
}

QCoro::Task<> waitAndSayInCoroutine(AioEvent &event, AioQueue &said)
{
    auto waiting = event.coro_wait();
    event.isSet();          // when that is answered, the wait has reached its manager, if the event has one
    AioTest::say(said, "waits");
    const bool set = co_await waiting;
    AioTest::say(said, set ? "set" : "out of time");
}

} // namespace

class TestEvent : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-203
    void flagIsSeenByAll()
    {
        const auto event = AioTest::make<AioEvent>();
        QVERIFY(!event->isSet());
        event->set();
        event->set();
        QVERIFY(event->isSet() && event->wait() && event->wait(QDeadlineTimer(0)));
        AioProcess clearer(AioCall::to<&clearEvent>(*event));
        clearer.start();
        QVERIFY(clearer.join());
        QVERIFY(!event->isSet());
        event->clear();
        QVERIFY(!event->wait(QDeadlineTimer(0)));
        AioProcess setter(AioCall::to<&setEvent>(*event));
        setter.start();
        QVERIFY(event->wait());
        QVERIFY(setter.join());
    }

    void deadlineDoesNotFireEarly()
    {
        const auto event = AioTest::make<AioEvent>();
        QElapsedTimer timer;
        timer.start();
        QVERIFY(!event->wait(40ms));
        QVERIFY(timer.nsecsElapsed() >= 40'000'000);
        AioTest::run([&]() -> QCoro::Task<> {
            timer.restart();
            const bool set = co_await event->coro_wait(40ms);
            AIO_VERIFY(!set);
            AIO_VERIFY(timer.nsecsElapsed() >= 40'000'000);
            const bool now = co_await event->coro_wait(QDeadlineTimer(0));
            AIO_VERIFY(!now);
        });
    }

    // AIO-019
    void setReleasesWaitersOfAllKinds()
    {
        const auto event = AioTest::make<AioEvent>();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy waited(event.get(), &AioEvent::waited);
            AioProcess blocking(AioCall::to<&waitAndSay>(*event, said));
            AioProcess coroutine(AioCall::to<&waitAndSayInCoroutine>(*event, said));
            blocking.start();
            coroutine.start();
            for (int i = 0; i < 2; ++i)
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
            auto timed = event->coro_wait(10min);
            event->coro_wait();                     // the task is dropped, the signal tells
            AioProcess setter(AioCall::to<&setEvent>(*event));
            setter.start();
            const bool set = co_await timed;
            AIO_VERIFY(set);
            for (int i = 0; i < 2; ++i)
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("set"));
            while (waited.count() < 2)
                co_await AioTest::nextTurn();
            const bool atOnce = co_await event->coro_wait();
            AIO_VERIFY(atOnce);
            AIO_COMPARE(waited.count(), 3);
            for (AioProcess *process : {&blocking, &coroutine, &setter})
                co_await process->coro_join();
        });
    }

    void waitThatBeganBeforeSetIsReleasedEvenIfClearFollows()
    {
        const auto event = AioTest::make<AioEvent>();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&waitAndSayInCoroutine>(*event, said));
            worker.start();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("waits"));
            auto before = event->coro_wait();
            event->set();
            event->clear();
            auto after = event->coro_wait(20ms);
            const bool released = co_await before;
            AIO_VERIFY(released);
            const bool late = co_await after;
            AIO_VERIFY(!late);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("set"));
            co_await worker.coro_join();
        });
    }

    void deadChangeNothingButTheirOwnWaits()
    {
        const auto event = AioTest::make<AioEvent>();
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess dead(AioCall::to<&waitAndSay>(*event, said));
            AioProcess stopped(AioCall::to<&waitAndSayInCoroutine>(*event, said));
            dead.start();
            stopped.start();
            co_await AioTest::hear(said);
            co_await AioTest::hear(said);
            auto waiting = event->coro_wait();
            co_await AioTest::stopAsleep(stopped.pid());
            dead.kill();
            co_await dead.coro_join();
            AioProcess setter(AioCall::to<&setAndDie>(*event));
            setter.start();
            const bool set = co_await waiting;
            AIO_VERIFY(set);
            co_await setter.coro_join();
            AIO_VERIFY(event->isSet());
            event->clear();
            ::kill(pid_t(stopped.pid()), SIGCONT);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("set"));
            co_await stopped.coro_join();
        });
    }

    void waitsEndWithTheirTokenTheirObjectAndTheirThread()
    {
        auto event = AioTest::make<AioEvent>();
        AioEvent other(event->handle());
        AioError::Code codeOfThread = AioError::NoError;
        QThread thread;
        QObject inThread;
        inThread.moveToThread(&thread);
        thread.start();
        const auto wait = [&] {
            AioProcessing::spawn(other.coro_wait(), [&](const AioError &error) { codeOfThread = error.code; });
        };
        QMetaObject::invokeMethod(&inThread, wait, Qt::BlockingQueuedConnection);
        thread.quit();
        QVERIFY(thread.wait());
        QCOMPARE(codeOfThread, AioError::Cancelled);
        AioTest::run([&]() -> QCoro::Task<> {
            std::stop_source stop;
            auto cancelled = event->coro_wait(stop.get_token());
            auto destroyed = event->coro_wait(10min);
            auto remaining = other.coro_wait();
            stop.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(cancelled)), AioError::Cancelled);
            AIO_COMPARE(co_await AioTest::codeOf(event->coro_wait(stop.get_token())), AioError::Cancelled);
            AIO_COMPARE(AioTest::codeThrownBy([&] { event->wait(stop.get_token()); }), AioError::Cancelled);
            event.reset();
            AIO_VERIFY(!destroyed.isReady());       // never inside of somebody else's call
            AIO_COMPARE(co_await AioTest::codeOf(std::move(destroyed)), AioError::Cancelled);
            AIO_VERIFY(!remaining.isReady());
            other.set();
            const bool set = co_await remaining;
            AIO_VERIFY(set);
        });
    }

    void blockingWaitIsCancelledFromAnotherThread()
    {
        const auto event = AioTest::make<AioEvent>();
        std::stop_source stop;
        AioError::Code code = AioError::NoError;
        std::thread waiter([&] { code = AioTest::codeThrownBy([&] { event->wait(stop.get_token()); }); });
        stop.request_stop();
        waiter.join();
        QCOMPARE(code, AioError::Cancelled);
        QVERIFY(!event->isSet());
    }

    // MP-052
    void debugOutputSaysWhetherItIsSet()
    {
        const auto event = AioTest::make<AioEvent>();
        QVERIFY2(AioTest::printed(*event).contains(QLatin1String("unset")), qPrintable(AioTest::printed(*event)));
        event->set();
        QVERIFY2(!AioTest::printed(*event).contains(QLatin1String("unset")) && AioTest::printed(*event).contains(QLatin1String("set")),
                 qPrintable(AioTest::printed(*event)));
    }
};

AIO_TEST_MAIN(TestEvent)
#include "tst_conformance_event.moc"
