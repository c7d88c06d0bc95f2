// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "synctest.h"

#include <climits>

using namespace std::chrono_literals;

namespace {

QCoro::Task<> untilWaiting(const AioBarrier &barrier, int count)
{
    while (barrier.waiting() != count)
        co_await AioTest::nextTurn();
}

bool isBrokenFor(const AioError &error, const AioBarrier &barrier)
{
    return error.code == AioError::BrokenBarrier && error.key == barrier.key();
}

// -- parties

void sayIndices(AioBarrier &barrier, AioQueue &said, int rounds)
{
    for (int i = 0; i < rounds; ++i)
        said.put(QVariantList{i, barrier.wait()});
}

QCoro::Task<> sayIndicesInCoroutine(AioBarrier &barrier, AioQueue &said, int rounds)
{
    for (int i = 0; i < rounds; ++i) {
        const int index = co_await barrier.coro_wait();
        said.put(QVariantList{i, index});
    }
}

// Says how the wait ended: "passed", "broken" or "out of time".
void meetAndSay(AioBarrier &barrier, AioQueue &said)
{
    try {
        const auto index = barrier.wait(QDeadlineTimer(QDeadlineTimer::Forever));
        AioTest::say(said, index ? "passed" : "out of time");
    } catch (const AioException &e) {
        AioTest::say(said, e.code() == AioError::BrokenBarrier ? "broken" : "failed");
    }
}

void abortBarrier(AioBarrier &barrier)
{
    barrier.abort();
}

void sayPartiesAndReset(AioBarrier &barrier, AioQueue &said)
{
    said.put(barrier.parties());
    barrier.reset();
}

// With a wait under way.
void endAtOnce(AioBarrier &barrier)
{
    const auto waiting = barrier.coro_wait();
    barrier.parties();      // when that is answered, the wait has reached its manager, if the barrier has one
    std::_Exit(0);
}

// -- actions

void count(AioSemaphore &counter)
{
    counter.release();
}

void sayPid(AioQueue &said)
{
    said.put(QCoreApplication::applicationPid());
}

void fail()
{
    throw AioException(AioError(AioError::NotFound, QStringLiteral("nothing to merge")));
}

// Only in workers.
void dieInAWorker(AioSemaphore &mayLive)
{
    if (!mayLive.tryAcquire())
        AioTest::die();
}

void failAtFirst(AioSemaphore &mayPass)
{
    if (!mayPass.tryAcquire())
        throw std::runtime_error("not yet");
}

void waitUntilTold(AioQueue &said, AioQueue &told)
{
    AioTest::say(said, "acts");
    told.get();
}

} // namespace

class TestBarrier : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-053, MP-054
    void partiesOfAllKindsPassInLockStep()
    {
        constexpr int Parties = 5;
        constexpr int Rounds = 10;
        const auto barrier = AioTest::makeBarrier(Parties);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess first(AioCall::to<&sayIndices>(*barrier, said, Rounds));
            AioProcess second(AioCall::to<&sayIndices>(*barrier, said, Rounds));
            AioProcess third(AioCall::to<&sayIndicesInCoroutine>(*barrier, said, Rounds));
            for (AioProcess *process : {&first, &second, &third})
                process->start();
            std::thread thread([&] { sayIndices(*barrier, said, Rounds); });
            QSignalSpy passed(barrier.get(), &AioBarrier::passed);
            co_await sayIndicesInCoroutine(*barrier, said, Rounds);
            AIO_COMPARE(passed.count(), Rounds);
            QMap<int, QList<int>> indices;
            for (int i = 0; i < Parties * Rounds; ++i) {
                const QVariantList word = (co_await said.coro_get()).toList();
                indices[word[0].toInt()] << word[1].toInt();
            }
            for (int round = 0; round < Rounds; ++round) {
                std::sort(indices[round].begin(), indices[round].end());
                AIO_COMPARE(indices[round], (QList<int>{0, 1, 2, 3, 4}));
            }
            thread.join();
            for (AioProcess *process : {&first, &second, &third})
                co_await process->coro_join();
            AIO_VERIFY(!barrier->isBroken());
            AIO_COMPARE(barrier->waiting(), 0);
        });
    }

    void nobodyPassesBeforeAllHaveCome()
    {
        const auto barrier = AioTest::makeBarrier(3);
        AioTest::run([&]() -> QCoro::Task<> {
            auto first = barrier->coro_wait();
            auto second = barrier->coro_wait();
            AIO_COMPARE(barrier->waiting(), 2);
            co_await AioTest::nextTurn();
            AIO_VERIFY(!first.isReady() && !second.isReady());
            const int last = co_await barrier->coro_wait();
            const int firstIndex = co_await first;
            const int secondIndex = co_await second;
            AIO_COMPARE(firstIndex, 0);         // in the order in which they came
            AIO_COMPARE(secondIndex, 1);
            AIO_COMPARE(last, 2);
        });
    }

    // MP-062
    void onePartyNeverWaits()
    {
        AioSemaphore counter(0);
        const auto barrier = AioTest::makeBarrier(1);
        const auto acting = AioTest::makeBarrier(1, AioCall::to<&count>(counter));
        for (AioBarrier *each : {barrier.get(), acting.get()}) {
            QCOMPARE(each->wait(), 0);
            QCOMPARE(each->wait(QDeadlineTimer(0)).value_or(-1), 0);
            AioTest::run([&]() -> QCoro::Task<> {
                const int index = co_await each->coro_wait();
                AIO_COMPARE(index, 0);
                const auto again = co_await each->coro_wait(10s);
                AIO_COMPARE(again.value_or(-1), 0);
            });
        }
        QCOMPARE(counter.value(), 4);
    }

    // The one before may be so slow that it has not noticed yet.
    void generationsDoNotMix()
    {
        const auto barrier = AioTest::makeBarrier(2);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess slow(AioCall::to<&sayIndices>(*barrier, said, 2));
            slow.start();
            co_await untilWaiting(*barrier, 1);
            co_await AioTest::stopAsleep(slow.pid());
            const int index = co_await barrier->coro_wait();
            AIO_COMPARE(index, 1);
            auto next = barrier->coro_wait();
            const auto early = co_await said.coro_get(20ms);
            AIO_VERIFY(!early && !next.isReady());
            AIO_COMPARE(barrier->waiting(), 1);
            ::kill(pid_t(slow.pid()), SIGCONT);
            const int nextIndex = co_await next;
            AIO_COMPARE(nextIndex, 0);
            const QVariantList first = (co_await said.coro_get()).toList();
            const QVariantList second = (co_await said.coro_get()).toList();
            AIO_COMPARE(first, (QVariantList{0, 0}));
            AIO_COMPARE(second, (QVariantList{1, 1}));
            co_await slow.coro_join();
        });
    }

    // -- the action

    void actionIsOverBeforeAnybodyPasses()
    {
        AioQueue said;
        AioQueue told;
        const auto barrier = AioTest::makeBarrier(3, AioCall::to<&waitUntilTold>(said, told));
        AioTest::run([&]() -> QCoro::Task<> {
            auto first = barrier->coro_wait();
            auto second = barrier->coro_wait();
            auto last = barrier->coro_wait();
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("acts"));      // the loop lives meanwhile
            auto early = barrier->coro_wait();          // of the next group
            co_await AioTest::nextTurn();
            AIO_VERIFY(!first.isReady() && !second.isReady() && !last.isReady());
            co_await told.coro_put(1);
            const int lastIndex = co_await last;
            AIO_COMPARE(lastIndex, 2);
            co_await first;
            co_await second;
            AIO_VERIFY(!early.isReady());
            barrier->abort();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(early)), AioError::BrokenBarrier);
        });
    }

    void lastOneToComeRunsTheActionOnce()
    {
        AioQueue said;
        const auto barrier = AioTest::makeBarrier(2, AioCall::to<&sayPid>(said));
        AioQueue indices;
        AioTest::run([&]() -> QCoro::Task<> {
            auto first = barrier->coro_wait();
            AioProcess worker(AioCall::to<&sayIndices>(*barrier, indices, 2));
            worker.start();
            co_await first;
            // that of a manager's barrier runs with its server, which is here
            const qint64 actor = AioTest::areFacesManaged() ? QCoreApplication::applicationPid() : worker.pid();
            AIO_COMPARE((co_await said.coro_get()).toLongLong(), actor);
            co_await untilWaiting(*barrier, 1);
            const int index = co_await barrier->coro_wait();
            AIO_COMPARE(index, 1);
            AIO_COMPARE((co_await said.coro_get()).toLongLong(), QCoreApplication::applicationPid());
            co_await worker.coro_join();
            AIO_VERIFY(said.isEmpty());
        });
    }

    void actionThatThrowsBreaksTheBarrier()
    {
        const auto barrier = AioTest::makeBarrier(2, AioCall::to<&fail>());
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            auto first = barrier->coro_wait();
            AIO_COMPARE(co_await AioTest::codeOf(barrier->coro_wait()), AioError::NotFound);
            AIO_VERIFY(isBrokenFor(co_await AioTest::errorOf(std::move(first)), *barrier));
            AIO_VERIFY(barrier->isBroken());
            AIO_COMPARE(co_await AioTest::codeOf(barrier->coro_wait()), AioError::BrokenBarrier);
            barrier->reset();
            AIO_VERIFY(!barrier->isBroken());
            auto again = barrier->coro_wait();
            AIO_COMPARE(AioTest::codeThrownBy([&] { barrier->wait(); }), AioError::NotFound);
            AIO_COMPARE(co_await AioTest::codeOf(std::move(again)), AioError::BrokenBarrier);
        });
    }

    void actionThatThrowsSomethingElseKeepsItsType()
    {
        AioSemaphore mayPass(0);
        const auto barrier = AioTest::makeBarrier(1, AioCall::to<&failAtFirst>(mayPass));
        bool thrown = false;
        try {
            barrier->wait();
        } catch (const std::exception &) {
            thrown = true;
        }
        QVERIFY(thrown && barrier->isBroken());
        barrier->reset();
        mayPass.release();
        QCOMPARE(barrier->wait(), 0);
    }

    // -- broken

    // MP-057
    void abortBreaksItForAll()
    {
        const auto barrier = AioTest::makeBarrier(5);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy errors(barrier.get(), &AioObject::errorOccurred);
            AioProcess first(AioCall::to<&meetAndSay>(*barrier, said));
            AioProcess second(AioCall::to<&meetAndSay>(*barrier, said));
            first.start();
            second.start();
            std::thread thread([&] { meetAndSay(*barrier, said); });
            auto coroutine = barrier->coro_wait();
            co_await untilWaiting(*barrier, 4);
            AioProcess aborter(AioCall::to<&abortBarrier>(*barrier));
            aborter.start();
            for (int i = 0; i < 3; ++i)
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("broken"));
            AIO_VERIFY(isBrokenFor(co_await AioTest::errorOf(std::move(coroutine)), *barrier));
            AIO_VERIFY(barrier->isBroken());
            AIO_COMPARE(barrier->waiting(), 0);
            AIO_COMPARE(AioTest::codeThrownBy([&] { barrier->wait(); }), AioError::BrokenBarrier);
            AIO_COMPARE(AioTest::codeThrownBy([&] { barrier->wait(QDeadlineTimer(0)); }), AioError::BrokenBarrier);
            AIO_COMPARE(co_await AioTest::codeOf(barrier->coro_wait(10s)), AioError::BrokenBarrier);
            thread.join();
            for (AioProcess *process : {&first, &second, &aborter})
                co_await process->coro_join();
            AIO_COMPARE(errors.count(), 5);
        });
    }

    // MP-209
    void resetMakesItWholeAndSendsAwayWhoWaits()
    {
        const auto barrier = AioTest::makeBarrier(2);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = barrier->coro_wait();
            AioProcess worker(AioCall::to<&sayPartiesAndReset>(*barrier, said));
            worker.start();
            AIO_COMPARE((co_await said.coro_get()).toInt(), 2);
            AIO_COMPARE(co_await AioTest::codeOf(std::move(waiting)), AioError::BrokenBarrier);
            co_await worker.coro_join();
            AIO_VERIFY(!barrier->isBroken());
            barrier->abort();
            barrier->reset();
            barrier->reset();
            AIO_VERIFY(!barrier->isBroken());
            auto first = barrier->coro_wait();
            const int last = co_await barrier->coro_wait();
            AIO_COMPARE(last, 1);
            co_await first;
        });
    }

    // MP-060
    void partyWhoseTimePassesBreaksIt()
    {
        const auto barrier = AioTest::makeBarrier(3);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&meetAndSay>(*barrier, said));
            worker.start();
            co_await untilWaiting(*barrier, 1);
            QElapsedTimer timer;
            timer.start();
            const auto index = co_await barrier->coro_wait(30ms);
            AIO_VERIFY(!index);
            AIO_VERIFY(timer.nsecsElapsed() >= 30'000'000);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("broken"));
            AIO_VERIFY(barrier->isBroken());
            co_await worker.coro_join();
            barrier->reset();
            auto coroutine = barrier->coro_wait();
            AIO_VERIFY(!barrier->wait(5ms));
            AIO_COMPARE(co_await AioTest::codeOf(std::move(coroutine)), AioError::BrokenBarrier);
            barrier->reset();
            AIO_VERIFY(!barrier->wait(QDeadlineTimer(0)));
            AIO_VERIFY(barrier->isBroken());
        });
    }

    // MP-061
    void timeoutOfTheBarrierIsForThoseWhoDoNotSay()
    {
        const auto barrier = AioTest::makeBarrier(2, AioCall(), 30ms);
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(AioTest::codeThrownBy([&] { barrier->wait(); }), AioError::BrokenBarrier);
        QVERIFY(timer.nsecsElapsed() >= 30'000'000);
        barrier->reset();
        AioTest::run([&]() -> QCoro::Task<> {
            timer.restart();
            AIO_VERIFY(isBrokenFor(co_await AioTest::errorOf(barrier->coro_wait()), *barrier));
            AIO_VERIFY(timer.nsecsElapsed() >= 30'000'000);
            barrier->reset();
            AioQueue never;
            auto patient = barrier->coro_wait(10min);
            const auto nothing = co_await never.coro_get(60ms);         // longer than the barrier's
            AIO_VERIFY(!nothing && !barrier->isBroken());
            const int last = co_await barrier->coro_wait();
            AIO_COMPARE(last, 1);
            const auto first = co_await patient;
            AIO_COMPARE(first.value_or(-1), 0);
        });
    }

    void partyThatDiesBreaksIt()
    {
        const auto barrier = AioTest::makeBarrier(4);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess alive(AioCall::to<&meetAndSay>(*barrier, said));
            AioProcess dead(AioCall::to<&meetAndSay>(*barrier, said));
            alive.start();
            dead.start();
            auto coroutine = barrier->coro_wait();
            co_await untilWaiting(*barrier, 3);
            dead.kill();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(coroutine)), AioError::BrokenBarrier);
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("broken"));
            AIO_VERIFY(barrier->isBroken());
            co_await alive.coro_join();
            co_await dead.coro_join();
            barrier->reset();
            AioProcess ending(AioCall::to<&endAtOnce>(*barrier));
            auto again = barrier->coro_wait();
            ending.start();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(again)), AioError::BrokenBarrier);
            co_await ending.coro_join();
        });
    }

    void partyThatDiesInTheActionBreaksIt()
    {
        if (AioTest::areFacesManaged())
            return;     // an action runs with the manager's server, which is this process
        AioSemaphore mayLive(0);
        const auto barrier = AioTest::makeBarrier(2, AioCall::to<&dieInAWorker>(mayLive));
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            auto coroutine = barrier->coro_wait();
            AioProcess worker(AioCall::to<&meetAndSay>(*barrier, said));
            worker.start();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(coroutine)), AioError::BrokenBarrier);
            co_await worker.coro_join();
            barrier->reset();
            mayLive.release();
            auto first = barrier->coro_wait();
            const int last = co_await barrier->coro_wait();
            AIO_COMPARE(last, 1);
            co_await first;
        });
    }

    // -- waits without effect

    void cancelledPartyHasNotCome()
    {
        const auto barrier = AioTest::makeBarrier(2);
        AioTest::run([&]() -> QCoro::Task<> {
            std::stop_source stop;
            auto cancelled = barrier->coro_wait(stop.get_token());
            auto timed = barrier->coro_wait(10min, stop.get_token());
            const int both = co_await cancelled;
            AIO_COMPARE(both, 0);
            co_await timed;

            auto again = barrier->coro_wait(stop.get_token());
            AIO_COMPARE(barrier->waiting(), 1);
            stop.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(again)), AioError::Cancelled);
            AIO_COMPARE(barrier->waiting(), 0);
            AIO_COMPARE(co_await AioTest::codeOf(barrier->coro_wait(stop.get_token())), AioError::Cancelled);
            AIO_COMPARE(AioTest::codeThrownBy([&] { barrier->wait(stop.get_token()); }), AioError::Cancelled);
            AIO_VERIFY(!barrier->isBroken());
            auto first = barrier->coro_wait();
            co_await AioTest::nextTurn();
            AIO_VERIFY(!first.isReady());
            co_await barrier->coro_wait();
            co_await first;
        });
    }

    void blockingPartyIsCancelledFromAnotherThread()
    {
        const auto barrier = AioTest::makeBarrier(2);
        std::stop_source stop;
        AioError::Code code = AioError::NoError;
        std::thread party([&] { code = AioTest::codeThrownBy([&] { barrier->wait(stop.get_token()); }); });
        while (barrier->waiting() < 1)
            QThread::yieldCurrentThread();
        stop.request_stop();
        party.join();
        QCOMPARE(code, AioError::Cancelled);
        QVERIFY(!barrier->isBroken());
        QCOMPARE(barrier->waiting(), 0);
    }

    void destroyingTheObjectEndsItsWaits()
    {
        auto barrier = AioTest::makeBarrier(2);
        AioBarrier other(barrier->handle());
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = barrier->coro_wait();
            barrier.reset();
            AIO_VERIFY(!waiting.isReady());         // never inside of somebody else's call
            AIO_COMPARE(co_await AioTest::codeOf(std::move(waiting)), AioError::Cancelled);
            AIO_VERIFY(!other.isBroken());
            AIO_COMPARE(other.waiting(), 0);
            auto first = other.coro_wait();
            co_await other.coro_wait();
            co_await first;
        });
    }

    void waitsOfAnEndingThreadAreCancelled()
    {
        const auto barrier = AioTest::makeBarrier(2);
        AioError::Code code = AioError::NoError;
        QThread thread;
        QObject inThread;
        inThread.moveToThread(&thread);
        thread.start();
        const auto wait = [&] {
            AioProcessing::spawn(barrier->coro_wait(), [&](const AioError &error) { code = error.code; });
        };
        QMetaObject::invokeMethod(&inThread, wait, Qt::BlockingQueuedConnection);
        QCOMPARE(barrier->waiting(), 1);
        thread.quit();
        QVERIFY(thread.wait());
        QCOMPARE(code, AioError::Cancelled);
        // a manager hears of it a moment later
        while (AioTest::areFacesManaged() && barrier->waiting() > 0)
            QThread::yieldCurrentThread();
        QCOMPARE(barrier->waiting(), 0);
        QVERIFY(!barrier->isBroken());
    }

    void signalIsEnough()
    {
        const auto barrier = AioTest::makeBarrier(2);
        QSignalSpy passed(barrier.get(), &AioBarrier::passed);
        barrier->coro_wait();       // the tasks are dropped, the signals tell
        QCOMPARE(passed.count(), 0);
        barrier->coro_wait();
        while (passed.count() < 2)
            QVERIFY(passed.wait());
        QCOMPARE(passed.count(), 2);
        QCOMPARE(passed[0][0].toInt() + passed[1][0].toInt(), 1);
    }

    // -- misuse, and what people see

    void impossibleNumbersOfParties()
    {
        for (const int parties : {0, -1, INT_MIN, (1 << 20) + 1}) {
            const AioError error = AioTest::errorThrownBy([&] { AioTest::makeBarrier(parties); });
            QCOMPARE(error.code, AioError::UsageError);
            QVERIFY2(error.message.contains(QLatin1String("AioBarrier")) && error.message.contains(QString::number(parties)),
                     qPrintable(error.message));
        }
    }

    void debugOutputCountsAndSaysWhetherItIsBroken()
    {
        const auto barrier = AioTest::makeBarrier(3);
        const auto contains = [&](const char *text) {
            const bool does = AioTest::printed(*barrier).contains(QLatin1String(text));
            if (!does)
                qWarning() << *barrier << "does not contain" << text;
            return does;
        };
        QVERIFY(contains("AioBarrier(Barrier:") && contains("0 of 3 waiting"));
        QVERIFY(!AioTest::printed(*barrier).contains(QLatin1String("broken")));
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = barrier->coro_wait();
            AIO_VERIFY(contains("1 of 3 waiting"));
            barrier->abort();
            AIO_VERIFY(contains("broken"));
            AIO_COMPARE(co_await AioTest::codeOf(std::move(waiting)), AioError::BrokenBarrier);
        });
        QCOMPARE(barrier->parties(), 3);
        QVERIFY(barrier->isBroken());
        QVERIFY(contains("0 of 3 waiting"));
    }
};

AIO_TEST_MAIN(TestBarrier)
#include "tst_conformance_barrier.moc"
