// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "aiotest.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiotask.h>

#include <QDebug>
#include <QDir>
#include <QSignalSpy>
#include <QThread>

#include <csignal>
#include <thread>

using namespace std::chrono_literals;

namespace {

void setWhenTold(AioEvent &event, AioQueue &told)
{
    told.get();
    event.set();
}

void waitForEvent(AioEvent &event, AioQueue &said)
{
    said.put(QStringLiteral("waiting"));
    said.put(event.wait());
}

QCoro::Task<> waitOften(AioEvent &event, int times)
{
    std::vector<QCoro::Task<bool>> waits;
    for (int i = 0; i < times; ++i)
        waits.push_back(event.coro_wait());
    for (auto &wait : waits)
        co_await wait;
}

int descriptors()
{
    return int(QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::Files | QDir::System | QDir::NoDotAndDotDot).size());
}

int threads()
{
    return int(QDir(QStringLiteral("/proc/self/task")).entryList(QDir::Dirs | QDir::NoDotAndDotDot).size());
}

} // namespace

class TestAioEvent : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-052
    void debugOutputSaysWhetherItIsSet()
    {
        AioEvent event;
        QString text;
        QDebug(&text) << event;
        QVERIFY2(text.contains(QLatin1String("unset")), qPrintable(text));
        event.set();
        QVERIFY(event.isSet());
        text.clear();
        QDebug(&text) << &event;
        QVERIFY(text.contains(QLatin1String("set")) && !text.contains(QLatin1String("unset")));
        event.clear();
        QVERIFY(!event.isSet());
    }

    void blockingWait()
    {
        AioEvent event;
        QElapsedTimer timer;
        timer.start();
        QVERIFY(!event.wait(QDeadlineTimer(50)));
        QVERIFY(timer.nsecsElapsed() >= 50'000'000);
        event.set();
        QVERIFY(event.wait());
        QVERIFY(event.wait(QDeadlineTimer(0)));
    }

    // AIO-019
    void coroutineWakesOnSetInAnotherProcess()
    {
        AioEvent event;
        AioQueue told;
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy waited(&event, &AioEvent::waited);
            AioProcess setter(AioCall::to<&setWhenTold>(event, told));
            setter.start();
            auto waiting = event.coro_wait();
            told.put(1);
            const bool set = co_await waiting;
            AIO_VERIFY(set);
            AIO_COMPARE(waited.count(), 1);
            const bool atOnce = co_await event.coro_wait();
            AIO_VERIFY(atOnce);
            AIO_COMPARE(waited.count(), 2);
            co_await setter.coro_join();
        });
    }

    void waitThatBeganBeforeSetIsReleasedEvenIfClearFollows()
    {
        AioEvent event;
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = event.coro_wait(5s);
            event.set();
            event.clear();
            auto late = event.coro_wait(20ms);
            const bool released = co_await waiting;
            AIO_VERIFY(released);
            const bool lateReleased = co_await late;
            AIO_VERIFY(!lateReleased);
        });
    }

    void setReleasesWorkersThatBlock()
    {
        AioEvent event;
        AioQueue said;
        AioProcess first(AioCall::to<&waitForEvent>(event, said));
        AioProcess second(AioCall::to<&waitForEvent>(event, said));
        first.start();
        second.start();
        said.get();
        said.get();
        event.set();
        QVERIFY(said.get(QDeadlineTimer(5000))->toBool());
        QVERIFY(said.get(QDeadlineTimer(5000))->toBool());
        QVERIFY(first.join(QDeadlineTimer(5000)));
        QVERIFY(second.join(QDeadlineTimer(5000)));
    }

    // Any number of them: they are queued, and dead, and nobody has said so yet.
    void setDoesNotWaitForKilledWaiters()
    {
        AioEvent event;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess waiter(AioCall::to<&waitOften>(event, 1000));
            waiter.start();
            while (!event.context()->dump().contains(QLatin1String(" waits 1000 times")))
                co_await AioTest::nextTurn();
            auto alive = event.coro_wait();
            ::kill(pid_t(waiter.pid()), SIGKILL);
            const AioTest::LostTime lostTime;
            QElapsedTimer timer;
            timer.start();
            const qint64 lost = lostTime.total();
            event.set();
            const std::chrono::nanoseconds took(timer.nsecsElapsed() - (lostTime.exactTotal() - lost));
            AIO_VERIFY(took < AioTest::scaled(50ms));
            const bool set = co_await alive;
            AIO_VERIFY(set && event.isSet());
            co_await waiter.coro_join();
            AIO_COMPARE(waiter.exitReason(), AioProcess::Killed);
        });
    }

    // NEW-008
    void thousandPendingWaitsCostNoThreadAndNoDescriptor()
    {
        AioEvent first;
        std::vector<std::unique_ptr<AioEvent>> events;
        for (int i = 0; i < 1000; ++i)
            events.push_back(std::make_unique<AioEvent>());
        AioTest::run([&]() -> QCoro::Task<> {
            auto bell = first.coro_wait();          // the doorbell
            const int threadsBefore = threads();
            const int descriptorsBefore = descriptors();
            std::vector<QCoro::Task<bool>> waits;
            for (auto &event : events)
                waits.push_back(event->coro_wait());
            AIO_VERIFY(threads() <= threadsBefore);             // fewer: what an earlier test needed has ended
            AIO_VERIFY(descriptors() <= descriptorsBefore);     // fewer: those of processes that have ended meanwhile
            for (auto &event : events)
                event->set();
            for (auto &wait : waits) {
                const bool set = co_await wait;
                AIO_VERIFY(set);
            }
            first.set();
            co_await bell;
        });
    }

    void cancelAndDestruction()
    {
        AioTest::run([&]() -> QCoro::Task<> {
            auto event = std::make_unique<AioEvent>();
            std::stop_source stop;
            auto cancelled = event->coro_wait(stop.get_token());
            auto destroyed = event->coro_wait();
            stop.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(cancelled)), AioError::Cancelled);
            event.reset();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(destroyed)), AioError::Cancelled);
            auto context = std::make_unique<QObject>();
            AioEvent other;
            auto guarded = other.coro_wait(AioProcessing::stopTokenFor(context.get()));
            AIO_VERIFY(!guarded.isReady());
            context.reset();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(guarded)), AioError::Cancelled);
        });
    }

    void waitsAreHeardOfInAllThreads()
    {
        AioEvent event;
        std::atomic<int> released = 0;
        std::vector<std::unique_ptr<QThread>> loops;
        for (int i = 0; i < 4; ++i) {
            loops.push_back(std::unique_ptr<QThread>(QThread::create([&] {
                AioProcessing::waitBlocking(event.coro_wait());
                ++released;
            })));
            loops.back()->start();
        }
        std::thread blocking([&] {
            event.wait();
            ++released;
        });
        event.set();
        blocking.join();
        for (auto &loop : loops)
            QVERIFY(loop->wait(5000));
        QCOMPARE(released.load(), 5);
    }
};

AIO_TEST_MAIN(TestAioEvent)
#include "tst_aioevent.moc"
