// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <utility>

#include <QDeadlineTimer>

/*!
 * \class AioLocker
 * \brief Holds a lock, or a permit, for a scope.
 *
 * \code
 * AioLocker locker(lock);                                  // blocking, in a worker
 * AioLocker locker = co_await lock.coro_locker();          // in a coroutine
 * \endcode
 *
 * Give it a name: `co_await lock.coro_locker();` alone would unlock at once. With a deadline it may own nothing, so test
 * it. It can be moved, not copied; pass it on by reference. It stays valid when the lock object goes.
 */
class AioLocker
{
public:
    AioLocker() = default;
    /*! Acquires \a lock, waiting until \a deadline. Throws what acquire() throws. */
    template<class Lock> requires requires(Lock &lock) { lock.coro_locker(); lock.releaser(); }
    explicit AioLocker(Lock &lock, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever))
    {
        if (lock.acquire(deadline))
            m_release = lock.releaser();
    }
    AioLocker(AioLocker &&other) noexcept
        : m_release(std::exchange(other.m_release, nullptr)), m_owner(std::exchange(other.m_owner, 0)) {}
    AioLocker &operator=(AioLocker &&other) noexcept
    {
        if (this != &other) {
            unlock();
            m_release = std::exchange(other.m_release, nullptr);
            m_owner = std::exchange(other.m_owner, 0);
        }
        return *this;
    }
    ~AioLocker() { unlock(); }

    bool owns() const noexcept { return bool(m_release); }
    explicit operator bool() const noexcept { return owns(); }
    /*! Releases early; nothing if it owns nothing. */
    void unlock()
    {
        if (const auto release = std::exchange(m_release, nullptr))
            release();
    }

    /*! A locker that has acquired already, for \a owner, and calls \a release once, which must not throw. */
    static AioLocker adopt(std::function<void()> release, quint64 owner = 0)
    {
        AioLocker locker;
        locker.m_release = std::move(release);
        locker.m_owner = owner;
        return locker;
    }
    /*! \internal What names it as the owner of an AioRLock; 0: nothing. */
    quint64 owner() const noexcept { return m_owner; }

private:
    std::function<void()> m_release;
    quint64 m_owner = 0;
};
