// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiolocker.h>
#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QVariant>

#include <stop_token>

class AioLockPrivate;

/*!
 * \class AioLock
 * \brief A lock between processes, threads and coroutines; whoever has it may be killed.
 *
 * \code
 * AioLocker locker = co_await lock.coro_locker(2s);
 * if (!locker)
 *     co_return;                  // two seconds passed
 * \endcode
 *
 * Guarantees: a cancelled wait takes nothing; a deadline never fires early; when a holder dies the next one gets the lock
 * and wasAbandoned() tells him; so does one that closes its last AioLock of it. Any thread or process may release the lock (there is no owner rule).
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop.
 *
 * Errors: AioException with Cancelled (stop token, destruction, end of the thread's event loop), UsageError (release of
 * what nobody holds; a coroutine form that must wait on a thread without event loop), OutOfResources.
 *
 * Fairness: who comes first may be passed by others for half a millisecond, which keeps the throughput of a busy lock; then
 * it is handed to him. A stopped process at the head of the queue that has been handed the lock holds it until it goes on.
 *
 * Python: multiprocessing.Lock, aioprocessing.AioLock.
 *
 * \sa AioLocker
 */
class AIOPROCESSING_EXPORT AioLock : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(bool locked READ locked NOTIFY stateChanged)
public:
    /*! A new lock in the default context. */
    explicit AioLock(QObject *parent = nullptr);
    /*! A new lock in \a context. */
    explicit AioLock(AioContext &context, QObject *parent = nullptr);
    /*!
     * The lock called \a key in the default context, or in \a context, made if need be. Programs that name it share it. Throws
     * AlreadyExists when something else is called so.
     */
    explicit AioLock(const QString &key, QObject *parent = nullptr);
    AioLock(const QString &key, AioContext &context, QObject *parent = nullptr);
    /*! The lock that \a handle names. Throws NotFound when it is gone. */
    explicit AioLock(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioLock(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioLock() override;

    /*! Waits for the lock in the calling thread. False: \a deadline passed. */
    bool acquire(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool acquire(std::stop_token stop) { return acquire(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! Takes the lock if that is possible at once. */
    bool tryAcquire();
    /*! Gives the lock up, whoever took it; emits released(). Never waits. Throws UsageError when nobody holds it. */
    void release();
    /*! Whether somebody holds the lock, in whatever process. */
    bool locked() const;
    /*! For the holder: the one before died with the lock, so what it protects may be half changed. */
    bool wasAbandoned() const;

    /*! acquire() as a coroutine; emits acquired(). */
    QCoro::Task<bool> coro_acquire(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    QCoro::Task<bool> coro_acquire(std::stop_token stop) { return coro_acquire(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! acquire() as a coroutine whose result releases. Out of time is a locker that owns nothing. */
    [[nodiscard]] QCoro::Task<AioLocker> coro_locker(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                                     std::stop_token stop = {});
    [[nodiscard]] QCoro::Task<AioLocker> coro_locker(std::stop_token stop)
    {
        return coro_locker(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop));
    }
    /*! release() and locked() for a lock of a manager, without blocking; a lock in shared memory is done at once. */
    QCoro::Task<> coro_release();
    QCoro::Task<bool> coro_locked();

    /*! What AioLocker calls to release, if this process still holds the lock; works after the object is gone and never throws. */
    std::function<void()> releaser() const;
    QString describe() const override;

Q_SIGNALS:
    /*! coro_acquire() has taken the lock. */
    void acquired();
    /*! release() was called on this object, or a locker that it gave out has released. */
    void released();
    /*! This object's user has just taken the lock that process \a pid (0: one that a manager does not know) held when it died. */
    void ownerDied(qint64 pid);

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    friend class AioCondition;
    AioLockPrivate *d() const;
    bool acquireRemote(const QDeadlineTimer &deadline, std::stop_token stop, const char *operation);
    void tellIfAbandoned();
    void tellIfAbandoned(const QVariant &reply);
    void tellReleased();
};
