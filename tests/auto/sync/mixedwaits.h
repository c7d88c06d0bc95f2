// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "synctest.h"

#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiorlock.h>

#include <array>

/* One object of each kind, none of them to be had, and coroutines of this thread that wait for them. */
class MixedWaits
{
public:
    static constexpr int Kinds = 9;

    /* With \a each waits on each object. They end when \a stop says so, or after release(). */
    MixedWaits(int each, std::stop_token stop);

    /* Until they all stand in their queues: a thread that starts so many lets its event loop run in between. */
    QCoro::Task<> untilAllWait();
    /* Lets them all go on. */
    void release();

    std::array<AioObject *, Kinds> objects()
    {
        return {&lock, &rlock, &semaphore, &bounded, &event, &condition, &barrier, &empty, &full};
    }

    int count() const { return Kinds * m_each; }
    int granted() const { return m_granted; }
    int cancelled() const { return m_cancelled; }
    int left() const { return count() - m_granted - m_cancelled; }

    AioLock lock;
    AioRLock rlock;
    AioSemaphore semaphore{0};
    AioBoundedSemaphore bounded{1};
    AioEvent event;
    AioCondition condition;
    AioBarrier barrier;
    AioQueue empty;
    AioQueue full{1};

private:
    template<class Operation> void start(Operation operation);

    const int m_each;
    const std::stop_token m_stop;
    bool m_isReleased = false;
    int m_granted = 0;
    int m_cancelled = 0;
};

inline MixedWaits::MixedWaits(int each, std::stop_token stop) : barrier(each + 1), m_each(each), m_stop(std::move(stop))
{
    lock.acquire();
    rlock.acquire();
    bounded.acquire();
    full.put(0);
    start([this]() -> QCoro::Task<> { const AioLocker locker = co_await lock.coro_locker(m_stop); });
    start([this]() -> QCoro::Task<> { const AioLocker locker = co_await rlock.coro_locker(m_stop); });
    start([this]() -> QCoro::Task<> { const AioLocker locker = co_await semaphore.coro_locker(m_stop); });
    start([this]() -> QCoro::Task<> { const AioLocker locker = co_await bounded.coro_locker(m_stop); });
    start([this]() -> QCoro::Task<> { [[maybe_unused]] const bool set = co_await event.coro_wait(m_stop); });
    start([this]() -> QCoro::Task<> { [[maybe_unused]] const int index = co_await barrier.coro_wait(m_stop); });
    start([this]() -> QCoro::Task<> { [[maybe_unused]] const QVariant item = co_await empty.coro_get(m_stop); });
    start([this]() -> QCoro::Task<> { [[maybe_unused]] const bool done = co_await full.coro_put(1, QDeadlineTimer::Forever, m_stop); });
    start([this]() -> QCoro::Task<> {
        const AioLocker locker = co_await condition.coro_locker(m_stop);
        co_await condition.coro_waitUntil([this] { return m_isReleased; }, QDeadlineTimer::Forever, m_stop);
    });
}

template<class Operation> void MixedWaits::start(Operation operation)
{
    const auto one = [this, operation]() -> QCoro::Task<> {
        const AioError::Code code = co_await AioTest::codeOf(operation());
        ++(code == AioError::NoError ? m_granted : m_cancelled);
    };
    for (int i = 0; i < m_each; ++i)
        AioProcessing::spawn(one);
}

inline QCoro::Task<> MixedWaits::untilAllWait()
{
    const auto allWait = [this] {
        const QString dump = lock.context()->dump();
        return dump.count(QStringLiteral(" waits %1 times").arg(m_each)) >= Kinds;
    };
    while (!allWait())
        co_await AioTest::nextTurn();
}

inline void MixedWaits::release()
{
    lock.release();
    rlock.release();
    semaphore.release();
    bounded.release();
    event.set();
    barrier.coro_wait();
    for (int i = 0; i < m_each; ++i)
        empty.put(i);
    AioProcessing::spawn([this]() -> QCoro::Task<> {
        for (int i = 0; i <= m_each; ++i)
            co_await full.coro_get();
    });
    AioProcessing::spawn([this]() -> QCoro::Task<> {
        const AioLocker locker = co_await condition.coro_locker();
        m_isReleased = true;
        condition.notifyAll();
    });
}
