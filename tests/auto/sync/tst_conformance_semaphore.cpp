// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What semaphores do beyond tst_conformance_acquire: count, and know what a process that died had.

#include "synctest.h"

#include <aioprocessing/aioboundedsemaphore.h>

#include <atomic>
#include <climits>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

// Calls \a test with a new semaphore of \a value permits of the class that the row of the test names.
template<class Test> void withSemaphore(int value, Test test)
{
    QFETCH(bool, bounded);
    if (bounded)
        test(AioTest::make<AioBoundedSemaphore>(value));
    else
        test(AioTest::make<AioSemaphore>(value));
}

template<class T> constexpr bool IsBounded = std::is_same_v<T, AioBoundedSemaphore>;

void bothKinds()
{
    QTest::addColumn<bool>("bounded");
    QTest::newRow("unbounded") << false;
    QTest::newRow("bounded") << true;
}

// -- workers

template<class T> void takeAndSay(T &semaphore, AioQueue &said, int count)
{
    for (int i = 0; i < count; ++i)
        semaphore.acquire();
    AioTest::say(said, "taken");
    for (;;)
        QThread::sleep(1000);
}

template<class T> void takeAndEnd(T &semaphore)
{
    semaphore.acquire();
    std::_Exit(0);      // no destructor runs
}

void releaseAndEnd(AioSemaphore &semaphore, int count)
{
    semaphore.release(count);
}

template<class T> void releaseOnce(T &semaphore)
{
    semaphore.release();
}

// At most so many may be inside as the witness has permits.
template<class T> void enterOften(T &semaphore, AioSemaphore &witness, AioQueue &said, int rounds)
{
    bool never = true;
    for (int i = 0; i < rounds; ++i) {
        const AioLocker locker(semaphore);
        const bool fits = witness.tryAcquire();
        never &= fits;
        if (fits)
            witness.release();
    }
    said.put(never);
}

template<class T> QCoro::Task<> enterOftenInCoroutines(T &semaphore, AioSemaphore &witness, AioQueue &said, int rounds)
{
    bool never = true;
    const auto one = [&]() -> QCoro::Task<> {
        for (int i = 0; i < rounds / 8; ++i) {
            const AioLocker locker = co_await semaphore.coro_locker();
            const bool fits = witness.tryAcquire();
            never &= fits;
            co_await AioTest::nextTurn();
            if (fits)
                witness.release();
        }
    };
    std::vector<QCoro::Task<>> tasks;
    for (int i = 0; i < 8; ++i)
        tasks.push_back(one());
    for (auto &task : tasks)
        co_await task;
    said.put(never);
}

// Releases far more often than there are permits, and says how often that went well.
void releaseTooOften(AioBoundedSemaphore &semaphore, AioQueue &said)
{
    int done = 0;
    for (int i = 0; i < 200; ++i)
        done += AioTest::codeThrownBy([&] { semaphore.release(); }) == AioError::NoError;
    said.put(done);
}

} // namespace

class TestSemaphore : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-041
    void countsDownAndUp_data() { bothKinds(); }
    void countsDownAndUp()
    {
        withSemaphore(2, [](auto semaphore) {
            using T = typename decltype(semaphore)::element_type;
            QCOMPARE(semaphore->value(), 2);
            QVERIFY(semaphore->acquire());
            QCOMPARE(semaphore->value(), 1);
            QVERIFY(semaphore->tryAcquire());
            QCOMPARE(semaphore->value(), 0);
            QVERIFY(!semaphore->tryAcquire());
            QVERIFY(!semaphore->acquire(QDeadlineTimer(0)));
            semaphore->release();
            QCOMPARE(semaphore->value(), 1);
            semaphore->release();
            QCOMPARE(semaphore->value(), 2);
            if constexpr (!IsBounded<T>) {
                semaphore->release();
                QCOMPARE(semaphore->value(), 3);
                semaphore->release();
                QCOMPARE(semaphore->value(), 4);
            }
        });
    }

    // AIO-015
    void countsForCoroutines_data() { bothKinds(); }
    void countsForCoroutines()
    {
        withSemaphore(2, [](auto semaphore) {
            AioTest::run([&]() -> QCoro::Task<> {
                semaphore->acquire();
                const bool second = co_await semaphore->coro_acquire();
                AIO_VERIFY(second);
                AIO_COMPARE(semaphore->value(), 0);
                const bool third = co_await semaphore->coro_acquire(5ms);
                AIO_VERIFY(!third);
                QSignalSpy released(semaphore.get(), SIGNAL(released()));
                semaphore->release();
                semaphore->release();
                AIO_COMPARE(released.count(), 2);
                AIO_COMPARE(semaphore->value(), 2);
            });
        });
    }

    void semaphoreMayBeginWithNothing()
    {
        const auto semaphore = AioTest::make<AioSemaphore>(0);
        QVERIFY(!semaphore->tryAcquire());
        AioTest::run([&]() -> QCoro::Task<> {
            auto waiting = semaphore->coro_acquire();
            semaphore->release();
            const bool got = co_await waiting;
            AIO_VERIFY(got);
        });
        QCOMPARE(semaphore->value(), 0);
    }

    // No permit is left lying while somebody waits for it.
    void releaseOfManyServesManyWherever()
    {
        const auto semaphore = AioTest::make<AioSemaphore>(0);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&takeAndSay<AioSemaphore>>(*semaphore, said, 3));
            worker.start();
            std::vector<QCoro::Task<bool>> waits;
            for (int i = 0; i < 20; ++i)
                waits.push_back(semaphore->coro_acquire());
            std::thread blocking([&] { semaphore->acquire(); });
            semaphore->release(20);
            semaphore->release(4);
            for (auto &wait : waits) {
                const bool got = co_await wait;
                AIO_VERIFY(got);
            }
            AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("taken"));
            blocking.join();
            AIO_COMPARE(semaphore->value(), 0);
        }, AioTest::LoopMayBlock);
    }

    void neverMoreInsideThanPermits_data() { bothKinds(); }
    void neverMoreInsideThanPermits()
    {
        withSemaphore(3, [](auto semaphore) {
            using T = typename decltype(semaphore)::element_type;
            AioSemaphore witness(3);
            AioQueue said;
            AioProcess first(AioCall::to<&enterOften<T>>(*semaphore, witness, said, 800));
            AioProcess second(AioCall::to<&enterOften<T>>(*semaphore, witness, said, 800));
            AioProcess third(AioCall::to<&enterOftenInCoroutines<T>>(*semaphore, witness, said, 400));
            for (AioProcess *process : {&first, &second, &third})
                process->start();
            AioTest::run([&]() -> QCoro::Task<> {
                co_await enterOftenInCoroutines(*semaphore, witness, said, 400);
                for (int i = 0; i < 4; ++i) {
                    const QVariant never = co_await said.coro_get();
                    AIO_VERIFY(never.toBool());
                }
                for (AioProcess *process : {&first, &second, &third})
                    co_await process->coro_join();
                AIO_COMPARE(semaphore->value(), 3);
            });
        });
    }

    // NEW-012
    void permitsOfAKilledProcess_data() { bothKinds(); }
    void permitsOfAKilledProcess()
    {
        withSemaphore(3, [](auto semaphore) {
            using T = typename decltype(semaphore)::element_type;
            AioQueue said;
            AioTest::run([&]() -> QCoro::Task<> {
                AioProcess holder(AioCall::to<&takeAndSay<T>>(*semaphore, said, 2));
                holder.start();
                AIO_COMPARE(co_await AioTest::hear(said), QStringLiteral("taken"));
                semaphore->acquire();
                AIO_COMPARE(semaphore->value(), 0);
                auto first = semaphore->coro_acquire();
                auto second = semaphore->coro_acquire();
                auto third = semaphore->coro_acquire();
                holder.kill();
                co_await holder.coro_join();
                if (IsBounded<T>) {
                    // two come back, the one of this process does not
                    co_await first;
                    co_await second;
                    AIO_VERIFY(!third.isReady());
                    semaphore->release();
                } else {
                    AIO_VERIFY(!first.isReady());
                    for (int i = 0; i < 3; ++i)
                        semaphore->release();
                    co_await first;
                    co_await second;
                }
                co_await third;
                AIO_COMPARE(semaphore->value(), 0);
                for (int i = 0; i < 3; ++i)
                    semaphore->release();
                AIO_COMPARE(semaphore->value(), 3);
            });
        });
    }

    void permitsOfAProcessThatEnded_data() { bothKinds(); }
    void permitsOfAProcessThatEnded()
    {
        withSemaphore(1, [](auto semaphore) {
            using T = typename decltype(semaphore)::element_type;
            AioTest::run([&]() -> QCoro::Task<> {
                AioProcess holder(AioCall::to<&takeAndEnd<T>>(*semaphore));
                holder.start();
                co_await holder.coro_join();
                auto waiting = semaphore->coro_acquire();
                if (!IsBounded<T>) {
                    AIO_COMPARE(semaphore->value(), 0);
                    AIO_VERIFY(!waiting.isReady());
                    semaphore->release();
                }
                const bool got = co_await waiting;
                AIO_VERIFY(got);
                semaphore->release();
                AIO_COMPARE(semaphore->value(), 1);
            });
        });
    }

    // QSystemSemaphore takes them back.
    void whatWasReleasedStaysWhenTheReleaserEnds()
    {
        const auto semaphore = AioTest::make<AioSemaphore>(0);
        AioProcess releaser(AioCall::to<&releaseAndEnd>(*semaphore, 3));
        releaser.start();
        QVERIFY(releaser.join());
        QCOMPARE(semaphore->value(), 3);
    }

    void permitReleasedByAnotherProcessIsNotGivenBackTwice()
    {
        const auto semaphore = AioTest::make<AioBoundedSemaphore>(2);
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess holder(AioCall::to<&takeAndSay<AioBoundedSemaphore>>(*semaphore, said, 1));
            holder.start();
            co_await AioTest::hear(said);
            AIO_COMPARE(semaphore->value(), 1);
            semaphore->release();           // it is its permit, since this process has none
            AIO_COMPARE(semaphore->value(), 2);
            semaphore->acquire();
            holder.kill();
            co_await holder.coro_join();
            AIO_COMPARE(semaphore->value(), 1);
            AioProcess releaser(AioCall::to<&releaseOnce<AioBoundedSemaphore>>(*semaphore));
            releaser.start();
            co_await releaser.coro_join();
            AIO_COMPARE(releaser.exitReason(), AioProcess::CleanExit);
            AIO_COMPARE(semaphore->value(), 2);
        });
    }

    // Four processes release far more than was taken: exactly what was taken is released.
    void boundIsNeverPassed()
    {
        constexpr int Permits = 100;
        const auto semaphore = AioTest::make<AioBoundedSemaphore>(Permits);
        for (int i = 0; i < Permits; ++i)
            semaphore->acquire();
        AioQueue said;
        std::vector<std::unique_ptr<AioProcess>> releasers;
        for (int i = 0; i < 3; ++i) {
            releasers.push_back(std::make_unique<AioProcess>(AioCall::to<&releaseTooOften>(*semaphore, said)));
            releasers.back()->start();
        }
        releaseTooOften(*semaphore, said);
        int done = 0;
        for (int i = 0; i < 4; ++i)
            done += said.get().toInt();
        QCOMPARE(done, Permits);
        QCOMPARE(semaphore->value(), Permits);
        for (auto &releaser : releasers)
            QVERIFY(releaser->join());
    }

    // -- misuse

    void releaseOfMoreThanThereCanBe()
    {
        const auto semaphore = AioTest::make<AioSemaphore>(INT_MAX);
        QSignalSpy released(semaphore.get(), &AioSemaphore::released);
        QVERIFY(AioTest::names(AioTest::errorThrownBy([&] { semaphore->release(); }), *semaphore));
        QCOMPARE(semaphore->value(), INT_MAX);
        semaphore->acquire();
        QVERIFY(AioTest::names(AioTest::errorThrownBy([&] { semaphore->release(2); }), *semaphore));
        QVERIFY(AioTest::names(AioTest::errorThrownBy([&] { semaphore->release(-1); }), *semaphore));
        QVERIFY(AioTest::names(AioTest::errorThrownBy([&] { semaphore->release(INT_MIN); }), *semaphore));
        QCOMPARE(semaphore->value(), INT_MAX - 1);
        QCOMPARE(released.count(), 0);
        semaphore->release(0);
        QCOMPARE(semaphore->value(), INT_MAX - 1);
        semaphore->release();
        QCOMPARE(semaphore->value(), INT_MAX);
    }

    void manyWhoReleaseAtOnceDoNotPassTheLimit()
    {
        constexpr int Room = 50;
        const auto semaphore = AioTest::make<AioSemaphore>(INT_MAX - Room);
        std::atomic<int> refused = 0;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t) {
                threads.emplace_back([&] {
                    AioSemaphore mine(semaphore->handle());
                    for (int i = 0; i < Room; ++i)
                        refused += AioTest::codeThrownBy([&] { mine.release(); }) == AioError::UsageError;
                });
            }
        }
        QCOMPARE(refused, 3 * Room);
        QCOMPARE(semaphore->value(), INT_MAX);
    }

    void releaseOfWhatIsNotTaken()
    {
        const auto semaphore = AioTest::make<AioBoundedSemaphore>(2);
        QSignalSpy errors(semaphore.get(), &AioObject::errorOccurred);
        QSignalSpy released(semaphore.get(), &AioBoundedSemaphore::released);
        QVERIFY(AioTest::names(AioTest::errorThrownBy([&] { semaphore->release(); }), *semaphore));
        QVERIFY(AioTest::names(semaphore->error(), *semaphore));
        QCOMPARE(errors.count(), 1);
        QCOMPARE(released.count(), 0);
        QCOMPARE(semaphore->value(), 2);
        QCOMPARE(semaphore->initialValue(), 2);
    }

    void impossibleNumbersOfPermits()
    {
        for (const int value : {-1, INT_MIN}) {
            const AioError error = AioTest::errorThrownBy([&] { AioTest::make<AioSemaphore>(value); });
            QCOMPARE(error.code, AioError::UsageError);
            QVERIFY2(error.message.contains(QLatin1String("AioSemaphore")) && error.message.contains(QString::number(value)),
                     qPrintable(error.message));
        }
        for (const int value : {0, -1, (1 << 20) + 1}) {
            const AioError error = AioTest::errorThrownBy([&] { AioTest::make<AioBoundedSemaphore>(value); });
            QCOMPARE(error.code, AioError::UsageError);
            QVERIFY2(error.message.contains(QLatin1String("AioBoundedSemaphore")) && error.message.contains(QString::number(value)),
                     qPrintable(error.message));
        }
    }

    void debugOutputCounts()
    {
        const auto semaphore = AioTest::make<AioSemaphore>(5);
        QVERIFY2(AioTest::printed(*semaphore).contains(QLatin1String("5 permits free")), qPrintable(AioTest::printed(*semaphore)));
        const auto bounded = AioTest::make<AioBoundedSemaphore>(5);
        bounded->acquire();
        QVERIFY2(AioTest::printed(*bounded).contains(QLatin1String("4 of 5 permits free")), qPrintable(AioTest::printed(*bounded)));
    }
};

AIO_TEST_MAIN(TestSemaphore)
#include "tst_conformance_semaphore.moc"
