// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What happens to a barrier just when the last party comes.

#include "synctest.h"

#include <aioprocessing/aioevent.h>

#include <array>

using namespace std::chrono_literals;

namespace {

// Passes and breaks until it is over; says how often it had which index.
std::array<int, 3> meetUntil(AioBarrier &barrier, const AioEvent &over, AioSemaphore &passes, AioSemaphore &breaks)
{
    std::array<int, 3> indices{};
    while (!over.isSet()) {
        try {
            ++indices.at(std::size_t(barrier.wait()));
            passes.release();
        } catch (const AioException &) {
            breaks.release();
        }
        while (barrier.isBroken() && !over.isSet())
            QThread::yieldCurrentThread();
    }
    return indices;
}

QCoro::Task<> meetUntilAndSay(AioBarrier &barrier, AioEvent &over, AioSemaphore &passes, AioSemaphore &breaks, AioQueue &said)
{
    std::array<int, 3> indices{};
    while (!over.isSet()) {
        try {
            const int index = co_await barrier.coro_wait();
            ++indices.at(std::size_t(index));
            passes.release();
        } catch (const AioException &) {
            breaks.release();
        }
        while (barrier.isBroken() && !over.isSet())
            co_await AioTest::nextTurn();
    }
    said.put(QVariantList{indices[0], indices[1], indices[2]});
}

} // namespace

class TestBarrierRaces : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // One of two is cancelled while the other one comes: either both pass, or one has not come.
    void cancellingRacesWithTheLastToCome()
    {
        constexpr int Rounds = 1000;
        const auto barrier = AioTest::makeBarrier(2);
        int cancelled = 0;
        int passed = 0;
        qint64 delay = 50'000;      // ns; about as long as the other one takes to come: longer when it was too short, and so on
        QSemaphore mayCome;
        std::atomic<int> arrived = 0;
        std::thread other([&] {
            for (int round = 0; round < Rounds; ++round) {
                mayCome.acquire();
                barrier->wait();
                ++arrived;
            }
        });
        AioTest::run([&]() -> QCoro::Task<> {
            for (int round = 0; round < Rounds; ++round) {
                std::stop_source stop;
                auto first = barrier->coro_wait(stop.get_token());
                if (delay < 1000)
                    stop.request_stop();    // on one processor who is let in comes before its time is over
                mayCome.release();
                QElapsedTimer since;
                for (since.start(); since.nsecsElapsed() < delay;) { }
                stop.request_stop();
                const AioError::Code code = co_await AioTest::codeOf(std::move(first));
                delay = code == AioError::Cancelled ? delay + 10'000 : delay * 7 / 8;
                if (code == AioError::Cancelled) {
                    ++cancelled;
                    const auto late = co_await barrier->coro_wait(10min);
                    AIO_VERIFY(late);
                } else {
                    ++passed;
                    AIO_COMPARE(code, AioError::NoError);
                }
                while (arrived <= round)
                    co_await AioTest::nextTurn();
            }
        }, AioTest::LoopMayBlock);
        other.join();
        QVERIFY2(cancelled > 0 && passed > 0, "both must occur");
        QCOMPARE(cancelled + passed, Rounds);
        QVERIFY(!barrier->isBroken());
        qInfo() << cancelled << "cancelled," << passed << "passed";
    }

    // Each party, two threads here and a coroutine elsewhere, gets an index or hears that it broke; each group has each index once.
    void resetRacesWithTheLastToCome_data()
    {
        QTest::addColumn<bool>("aborts");
        QTest::newRow("reset") << false;
        QTest::newRow("abort and reset") << true;
    }
    void resetRacesWithTheLastToCome()
    {
        QFETCH(bool, aborts);
        const auto barrier = AioTest::makeBarrier(3);
        AioEvent over;
        AioSemaphore passes(0);
        AioSemaphore breaks(0);
        AioQueue said;
        AioProcess worker(AioCall::to<&meetUntilAndSay>(*barrier, over, passes, breaks, said));
        worker.start();
        std::array<std::array<int, 3>, 2> ofThreads{};
        std::vector<std::thread> threads;
        for (auto &indices : ofThreads)
            threads.emplace_back([&] { indices = meetUntil(*barrier, over, passes, breaks); });
        while (passes.value() < 600 || breaks.value() < 60) {
            if (aborts)
                barrier->abort();
            barrier->reset();
            QThread::yieldCurrentThread();
        }
        over.set();
        barrier->abort();
        for (auto &thread : threads)
            thread.join();
        const QVariantList ofWorker = said.get().toList();
        QVERIFY(worker.join());
        std::array<int, 3> sums{};
        for (std::size_t i = 0; i < sums.size(); ++i)
            sums[i] = ofThreads[0][i] + ofThreads[1][i] + ofWorker[qsizetype(i)].toInt();
        QCOMPARE(sums[0], sums[1]);
        QCOMPARE(sums[1], sums[2]);
        qInfo() << sums[0] << "groups passed," << breaks.value() << "waits were broken";
    }
};

AIO_TEST_MAIN(TestBarrierRaces)
#include "tst_conformance_barrier_races.moc"
