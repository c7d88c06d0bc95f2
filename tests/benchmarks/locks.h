// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "benchmark.h"
#include "sharedmemory.h"

#include <QCoreApplication>
#include <QSystemSemaphore>

#include <pthread.h>
#include <semaphore.h>

#if AIO_HAVE_BOOST
#include <boost/interprocess/sync/interprocess_mutex.hpp>
#endif

/* The locks that ours is compared with. Each is made in shared memory, and used there by several processes. */
namespace Benchmark {

/* The least that any lock does. It cannot wait. */
class CasLock
{
public:
    bool acquire()
    {
        std::uint32_t free = 0;
        return m_word.compare_exchange_strong(free, 1, std::memory_order_acquire, std::memory_order_relaxed);
    }
    void release() { m_word.store(0, std::memory_order_release); }

private:
    std::atomic<std::uint32_t> m_word = 0;
};

/* See Ulrich Drepper, "Futexes Are Tricky". */
class FutexLock
{
public:
    bool acquire()
    {
        std::uint32_t free = 0;
        if (m_word.compare_exchange_strong(free, Taken, std::memory_order_acquire, std::memory_order_relaxed))
            return true;
        while (m_word.exchange(SomebodySleeps, std::memory_order_acquire))
            futexWait(m_word, SomebodySleeps);
        return true;
    }
    void release()
    {
        if (m_word.exchange(0, std::memory_order_release) == SomebodySleeps)
            futexWakeOne(m_word);
    }

private:
    enum : std::uint32_t { Taken = 1, SomebodySleeps = 2 };
    std::atomic<std::uint32_t> m_word = 0;
};

#if AIO_HAVE_BOOST
class BoostMutex
{
public:
    bool acquire() { m_mutex.lock(); return true; }
    void release() { m_mutex.unlock(); }

private:
    boost::interprocess::interprocess_mutex m_mutex;
};
#else
class BoostMutex
{
public:
    BoostMutex() { throw NotInstalled("built without Boost"); }
    bool acquire() { return false; }
    void release() {}
};
#endif

class PosixSemaphore
{
public:
    PosixSemaphore() { ::sem_init(&m_semaphore, 1, 1); }
    bool acquire() { return ::sem_wait(&m_semaphore) == 0; }
    void release() { ::sem_post(&m_semaphore); }

private:
    sem_t m_semaphore;
};

class RobustMutex
{
public:
    RobustMutex()
    {
        pthread_mutexattr_t attributes;
        ::pthread_mutexattr_init(&attributes);
        ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
        ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        ::pthread_mutex_init(&m_mutex, &attributes);
        ::pthread_mutexattr_destroy(&attributes);
    }
    bool acquire() { return ::pthread_mutex_lock(&m_mutex) == 0; }
    void release() { ::pthread_mutex_unlock(&m_mutex); }

private:
    pthread_mutex_t m_mutex;
};

/* All processes that know the name of its maker use the same one. */
class SystemSemaphore
{
public:
    bool acquire() { return here().acquire(); }
    void release() { here().release(); }

private:
    QSystemSemaphore &here() const
    {
        static QSystemSemaphore semaphore(QStringLiteral("aio_benchmark_%1").arg(m_maker), 1,
            QCoreApplication::applicationPid() == m_maker ? QSystemSemaphore::Create : QSystemSemaphore::Open);
        return semaphore;
    }

    const qint64 m_maker = QCoreApplication::applicationPid();
};

} // namespace Benchmark
