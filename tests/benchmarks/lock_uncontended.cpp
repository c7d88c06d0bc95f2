// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// What it costs to take a lock that nobody else wants, and to release it again.
#include "benchmark.h"
#include "naive.h"
#include "sharedmemory.h"

#include <AioProcessing/AioProcessing>

#include <QCoreApplication>
#include <QSystemSemaphore>

#include <pthread.h>
#include <semaphore.h>

#if AIO_HAVE_BOOST
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#endif

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

Sample cas()
{
    Shared<std::atomic<std::uint32_t>> word;
    Pairs pairs;
    doPairs(pairs, [&] {
        std::uint32_t free = 0;
        return word->compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed);
    }, [&] { word->store(0, std::memory_order_release); });
    return pairs.sample(*word == 0);
}

// 0: free, 1: taken, 2: taken and somebody sleeps. See Ulrich Drepper, "Futexes Are Tricky".
Sample futex()
{
    Shared<std::atomic<std::uint32_t>> word;
    Pairs pairs;
    doPairs(pairs, [&] {
        std::uint32_t free = 0;
        if (word->compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed))
            return true;
        while (word->exchange(2, std::memory_order_acquire))
            futexWait(*word, 2);
        return true;
    }, [&] {
        if (word->exchange(0, std::memory_order_release) == 2)
            futexWakeOne(*word);
    });
    return pairs.sample(*word == 0);
}

Sample boostMutex()
{
#if AIO_HAVE_BOOST
    Shared<boost::interprocess::interprocess_mutex> mutex;
    Pairs pairs;
    doPairs(pairs, [&] { mutex->lock(); return true; }, [&] { mutex->unlock(); });
    return pairs.sample();
#else
    throw NotInstalled("built without Boost");
#endif
}

Sample posixSemaphore()
{
    Shared<sem_t> semaphore;
    ::sem_init(&*semaphore, 1, 1);
    Pairs pairs;
    doPairs(pairs, [&] { return ::sem_wait(&*semaphore) == 0; }, [&] { ::sem_post(&*semaphore); });
    return pairs.sample(::sem_trywait(&*semaphore) == 0);
}

Sample robustMutex()
{
    Shared<pthread_mutex_t> mutex;
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutex_init(&*mutex, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
    Pairs pairs;
    doPairs(pairs, [&] { return ::pthread_mutex_lock(&*mutex) == 0; }, [&] { ::pthread_mutex_unlock(&*mutex); });
    return pairs.sample();
}

Sample systemSemaphore()
{
    const QString name = QStringLiteral("aio_benchmark_%1").arg(QCoreApplication::applicationPid());
    QSystemSemaphore semaphore(name, 1, QSystemSemaphore::Create);
    Pairs pairs;
    doPairs(pairs, [&] { return semaphore.acquire(); }, [&] { semaphore.release(); });
    return pairs.sample(semaphore.error() == QSystemSemaphore::NoError);
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
    suite.add("floor_cas", blocking, &cas);
    suite.add("floor_futex", blocking, &futex);
    suite.add("boost_interprocess_mutex", blocking, &boostMutex);
    suite.add("posix_sem", blocking, &posixSemaphore);
    suite.add("robust_mutex", blocking, &robustMutex);
    suite.add("qsystemsemaphore", blocking, &systemSemaphore);
    suite.add("python_lock", blocking, &pythonLock);
    return suite.run();
}
