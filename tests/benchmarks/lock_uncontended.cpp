// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// What it costs to take a lock that nobody else wants, and to release it again.
#include "locks.h"
#include "naive.h"

#include <AioProcessing/AioProcessing>

#include <QCoreApplication>

using namespace Benchmark;

namespace {

qint64 s_duration = 0;      // of one measurement, in nanoseconds

// Counts pairs in batches, until the time of a measurement is over.
class Pairs
{
public:
    static constexpr int Batch = 256;

    Pairs() : m_begin(now()), m_latest(m_begin) {}

    bool nextBatch()
    {
        m_latest = now();
        if (m_latest - m_begin >= s_duration)
            return false;
        m_pairs += Batch;
        return true;
    }
    void inside(bool acquired) { *m_counter += acquired; }
    Sample sample(bool isFree = true) const
    {
        const double each = double(m_latest - m_begin) / double(m_pairs);
        return {{{"ns_per_pair", each}}, isFree && *m_counter == m_pairs};
    }

private:
    Shared<quint64> m_counter;      // what the lock protects
    quint64 m_pairs = 0;
    const qint64 m_begin;
    qint64 m_latest;
};

template<class Acquire, class Release>
void doPairs(Pairs &pairs, Acquire acquire, Release release)
{
    while (pairs.nextBatch()) {
        for (int i = 0; i < Pairs::Batch; ++i) {
            pairs.inside(acquire());
            release();
        }
    }
}

Sample aioBlocking()
{
    AioLock lock;
    Pairs pairs;
    doPairs(pairs, [&] { return lock.acquire(); }, [&] { lock.release(); });
    return pairs.sample(!lock.locked());
}

QCoro::Task<Sample> aioCoro()
{
    AioLock lock;
    Pairs pairs;
    while (pairs.nextBatch()) {
        for (int i = 0; i < Pairs::Batch; ++i) {
            const bool acquired = co_await lock.coro_acquire();
            pairs.inside(acquired);
            lock.release();
        }
    }
    co_return pairs.sample(!lock.locked());
}

QCoro::Task<Sample> naiveCoro()
{
    AioLock lock;
    QThreadPool pool;
    Pairs pairs;
    const auto acquire = [&lock] { return lock.acquire(); };
    while (pairs.nextBatch()) {
        for (int i = 0; i < Pairs::Batch; ++i) {
            const bool acquired = co_await naive(pool, acquire);
            pairs.inside(acquired);
            lock.release();
        }
    }
    co_return pairs.sample(!lock.locked());
}

template<class Lock>
Sample peer()
{
    Shared<Lock> lock;
    Pairs pairs;
    doPairs(pairs, [&] { return lock->acquire(); }, [&] { lock->release(); });
    return pairs.sample();
}

Sample pythonLock()
{
    return runPython(QStringLiteral("python_lock.py"), {QString::number(s_duration)});
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    Suite suite("lock_uncontended", app.arguments());
    s_duration = suite.isQuick() ? 50'000'000 : 200'000'000;
    const Parameters blocking = {{"form", "blocking"}};
    const Parameters coro = {{"form", "coro"}};
    suite.add("aio", blocking, &aioBlocking);
    suite.add("aio", coro, [] { return AioProcessing::waitBlocking(aioCoro()); });
    suite.add("naive", coro, [] { return AioProcessing::waitBlocking(naiveCoro()); });
    suite.add("floor_cas", blocking, &peer<CasLock>);
    suite.add("floor_futex", blocking, &peer<FutexLock>);
    suite.add("boost_interprocess_mutex", blocking, &peer<BoostMutex>);
    suite.add("posix_sem", blocking, &peer<PosixSemaphore>);
    suite.add("robust_mutex", blocking, &peer<RobustMutex>);
    suite.add("qsystemsemaphore", blocking, &peer<SystemSemaphore>);
    suite.add("python_lock", blocking, &pythonLock);
    return suite.run();
}
