// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiolocker.h>
#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QVariant>

#include <functional>
#include <stop_token>

class AioConditionPrivate;
class AioLock;
class AioRLock;

/*!
 * \class AioCondition
 * \brief Processes that hold a lock wait in it until another one, which holds the lock, says that something has changed.
 *
 * \code
 * AioLocker locker = co_await condition.coro_locker();
 * const bool ready = co_await condition.coro_waitUntil([&] { return counter.value() > 10; }, 5s);
 * \endcode
 *
 * wait() gives the lock up, waits for a notification and takes the lock again, whatever the outcome: in time, out of time or
 * cancelled, the caller holds the lock when it is over. So a wait without effect is over when the lock is free, and not before.
 *
 * Guarantees: who waits when notifyAll() is called goes on, also when the one who called dies at once; a notification whose
 * waiter dies, or is cancelled, before it has the lock again goes to the next one; notify() never waits. A deadline never
 * fires early. A wait may, rarely and after a death, end without a notification of its own: test what you wait for, as
 * waitUntil() does.
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop. Where
 * that loop has ended the lock cannot be taken again: then, and only then, Cancelled is thrown without it.
 *
 * Errors: AioException with UsageError (a wait or a notification of a process that does not hold the lock; a coroutine form on a
 * thread without event loop), Cancelled (stop token, destruction, end of the thread's event loop), OutOfResources.
 *
 * Python: multiprocessing.Condition, aioprocessing.AioCondition. Differences: the lock is an AioLock unless another one is
 * given (an AioRLock in Python); waitUntil() is called wait_for() there.
 *
 * \sa AioLock, AioRLock
 */
class AIOPROCESSING_EXPORT AioCondition : public AioObject
{
    Q_OBJECT
public:
    /*! A new condition with an AioLock of its own in the default context, or in \a context. */
    explicit AioCondition(QObject *parent = nullptr);
    explicit AioCondition(AioContext &context, QObject *parent = nullptr);
    /*!
     * The condition called \a key in the default context, or in \a context, made with an AioLock of its own if need be. Programs
     * that name it share it. Throws AlreadyExists when something else is called so.
     */
    explicit AioCondition(const QString &key, QObject *parent = nullptr);
    AioCondition(const QString &key, AioContext &context, QObject *parent = nullptr);
    /*! A new condition, in its lock's context or at its lock's manager, that uses \a lock. */
    explicit AioCondition(AioLock &lock, QObject *parent = nullptr);
    explicit AioCondition(AioRLock &lock, QObject *parent = nullptr);
    /*! The condition that \a handle names, with its lock. Throws NotFound when it is gone. */
    explicit AioCondition(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioCondition(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioCondition() override;

    // -- the lock: see AioLock or AioRLock
    bool acquire(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool acquire(std::stop_token stop) { return acquire(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    bool tryAcquire();
    void release();
    bool locked() const;
    bool wasAbandoned() const;
    QCoro::Task<bool> coro_acquire(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    QCoro::Task<bool> coro_acquire(std::stop_token stop) { return coro_acquire(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    [[nodiscard]] QCoro::Task<AioLocker> coro_locker(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                                     std::stop_token stop = {});
    [[nodiscard]] QCoro::Task<AioLocker> coro_locker(std::stop_token stop)
    {
        return coro_locker(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop));
    }
    std::function<void()> releaser() const;

    /*! Gives the lock up, waits in the calling thread until notified, and takes the lock again. False: \a deadline passed. */
    bool wait(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool wait(std::stop_token stop) { return wait(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! Waits until \a predicate, which is called with the lock held, says true. False: \a deadline passed and it still says false. */
    bool waitUntil(const std::function<bool()> &predicate, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                   std::stop_token stop = {});
    /*! The same, as Python calls it. */
    bool waitFor(const std::function<bool()> &predicate, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                 std::stop_token stop = {})
    { return waitUntil(predicate, deadline, std::move(stop)); }

    /*! wait() as a coroutine; emits waited() when it was notified. */
    QCoro::Task<bool> coro_wait(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    QCoro::Task<bool> coro_wait(std::stop_token stop) { return coro_wait(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! waitUntil() as a coroutine. */
    QCoro::Task<bool> coro_waitUntil(std::function<bool()> predicate, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                     std::stop_token stop = {});
    /*! The same, as Python calls it. */
    QCoro::Task<bool> coro_waitFor(std::function<bool()> predicate, QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                   std::stop_token stop = {})
    { return coro_waitUntil(std::move(predicate), deadline, std::move(stop)); }

    /*! Has \a count of those who wait go on, as soon as they get the lock; those who came first. */
    void notify(int count = 1);
    /*! Has all who wait go on. */
    void notifyAll();
    /*! release(), notify() and notifyAll() for a condition of a manager, without blocking; one in shared memory is done at once. */
    QCoro::Task<> coro_release();
    QCoro::Task<> coro_notify(int count = 1);
    QCoro::Task<> coro_notifyAll();

    QString describe() const override;

Q_SIGNALS:
    /*! A coroutine form has taken the lock. */
    void acquired();
    /*! This object's user has just taken the lock, maybe after a wait, that process \a pid (0: not known) held when it died. */
    void ownerDied(qint64 pid);
    /*! coro_wait() was notified and has the lock again. */
    void waited();

private:
    AioCondition(std::unique_ptr<AioObjectPrivate> d, QObject *parent);
    AioConditionPrivate *d() const;
    void requireLock(const char *operation);
    void doByName(const char *operation, const char *method, const QVariantList &arguments);
    QCoro::Task<bool> acquireRemotelyFor(quint64 owner, QDeadlineTimer deadline, std::stop_token stop);
    QCoro::Task<AioLocker> remoteLocker(QDeadlineTimer deadline, std::stop_token stop);
    QCoro::Task<AioLocker> localLocker(QDeadlineTimer deadline, std::stop_token stop);
    void tellIfAbandoned();
    void tellIfAbandoned(const QVariant &reply);
    std::function<void()> remoteReleaser(quint64 owner) const;
    QCoro::Task<> doLaterByName(const char *operation, const char *method, int count);
};
