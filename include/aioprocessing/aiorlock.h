// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiolocker.h>
#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QVariant>

#include <stop_token>

class AioRLockPrivate;

/*!
 * \class AioRLock
 * \brief A lock between processes, threads and coroutines that its owner may take again.
 *
 * \code
 * AioLocker outer = co_await lock.coro_locker();
 * AioLocker inner = co_await lock.coro_locker(outer);         // the same owner: never waits
 * \endcode
 *
 * Who owns it: with blocking calls, the calling thread; with coro_locker(), the AioLocker that it returned, which is passed
 * to it to take the lock again; with coro_acquire(), this object, so that all coroutines that use one AioRLock object in this
 * way are one owner. It is free again when its owner has released it as often as he took it. Others must not release it, so one
 * that a thread holds at its end stays taken until the process closes its last AioRLock of it, or ends: the next one gets it as
 * from a dead holder.
 *
 * Guarantees: a cancelled wait takes nothing; a deadline never fires early; when a holder dies the next one gets the lock,
 * once, and wasAbandoned() tells him.
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop.
 *
 * Errors: AioException with UsageError (release by somebody else than the owner; a coroutine form that must wait on a thread
 * without event loop), Cancelled (stop token, destruction, end of the thread's event loop), OutOfResources.
 *
 * Fairness: as AioLock.
 *
 * Python: multiprocessing.RLock, aioprocessing.AioRLock. Unlike there, coroutines of one thread are told apart.
 *
 * \sa AioLock, AioLocker
 */
class AIOPROCESSING_EXPORT AioRLock : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(bool locked READ locked NOTIFY stateChanged)
public:
    /*! A new lock in the default context. */
    explicit AioRLock(QObject *parent = nullptr);
    /*! A new lock in \a context. */
    explicit AioRLock(AioContext &context, QObject *parent = nullptr);
    /*!
     * The lock called \a key in the default context, or in \a context, made if need be. Programs that name it share it. Throws
     * AlreadyExists when something else is called so.
     */
    explicit AioRLock(const QString &key, QObject *parent = nullptr);
    AioRLock(const QString &key, AioContext &context, QObject *parent = nullptr);
    /*! The lock that \a handle names. Throws NotFound when it is gone. */
    explicit AioRLock(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioRLock(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioRLock() override;

    /*! Waits for the lock in the calling thread, which owns it then. False: \a deadline passed. */
    bool acquire(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool acquire(std::stop_token stop) { return acquire(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! Takes the lock for the calling thread if that is possible at once. */
    bool tryAcquire();
    /*!
     * Gives the lock up once, for the calling thread if that owns it, else for this object; emits released(). Never waits.
     * Throws UsageError when neither owns it.
     */
    void release();
    /*! Whether somebody holds the lock, in whatever process. */
    bool locked() const;
    /*! How often its owner has taken it; 0: nobody has it. */
    int depth() const;
    /*! For the holder: the one before died with the lock, so what it protects may be half changed. */
    bool wasAbandoned() const;

    /*! acquire() as a coroutine, for this object; emits acquired(). */
    QCoro::Task<bool> coro_acquire(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    QCoro::Task<bool> coro_acquire(std::stop_token stop) { return coro_acquire(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! acquire() as a coroutine whose result owns the lock and releases it. Out of time is a locker that owns nothing. */
    [[nodiscard]] QCoro::Task<AioLocker> coro_locker(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                                     std::stop_token stop = {});
    [[nodiscard]] QCoro::Task<AioLocker> coro_locker(std::stop_token stop)
    {
        return coro_locker(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop));
    }
    /*!
     * Takes the lock again for the owner of \a outer, or waits for it as its new owner if \a outer owns nothing. Throws UsageError when
     * \a outer owns something else: another lock, of this context or of another one, or this one by a blocking call. (A lock of a manager,
     * which does not know that, waits.)
     */
    [[nodiscard]] QCoro::Task<AioLocker> coro_locker(const AioLocker &outer,
                                                     QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                                     std::stop_token stop = {});
    /*! release(), for this object, and locked() for a lock of a manager, without blocking; a lock in shared memory is done at once. */
    QCoro::Task<> coro_release();
    QCoro::Task<bool> coro_locked();

    /*! What AioLocker calls to release for the calling thread; works after the object is gone and never throws. */
    std::function<void()> releaser() const;
    QString describe() const override;

Q_SIGNALS:
    /*! A coroutine form has taken the lock. */
    void acquired();
    /*! release() was called on this object. */
    void released();
    /*! This object's user has just taken the lock that process \a pid (0: one that a manager does not know) held when it died. */
    void ownerDied(qint64 pid);

private:
    friend class AioCondition;
    AioRLockPrivate *d() const;
    bool acquireRemote(const QDeadlineTimer &deadline, std::stop_token stop, const char *operation);
    QCoro::Task<bool> acquireFor(quint64 owner, QDeadlineTimer deadline, std::stop_token stop);
    QCoro::Task<AioLocker> lockerFor(quint64 owner, QDeadlineTimer deadline, std::stop_token stop);
    void tellIfAbandoned();
    void tellIfAbandoned(const QVariant &reply);
};
