// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiolocker.h>
#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>

#include <stop_token>

/*!
 * \class AioSemaphore
 * \brief A number of permits shared between processes: each acquire takes one, each release gives some.
 *
 * \code
 * AioSemaphore slots(4);
 * AioLocker slot = co_await slots.coro_locker();              // waits while four are busy
 * \endcode
 *
 * Guarantees: a cancelled wait takes nothing; a deadline never fires early; a permit that was on its way to a waiter who
 * died goes to the next one. Any thread or process may release, so a permit counts something and belongs to nobody: those
 * that a process had taken when it died stay taken, and those that it had released stay released. See AioBoundedSemaphore
 * for permits that come back.
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop.
 *
 * Errors: AioException with UsageError (a negative value or count, more than 2147483647 permits, a coroutine form that must
 * wait on a thread without event loop), Cancelled (stop token, destruction, end of the thread's event loop), OutOfResources.
 *
 * Fairness: who comes first may be passed by others for half a millisecond; then the next permit is his.
 *
 * Python: multiprocessing.Semaphore, aioprocessing.AioSemaphore. Unlike there, release() may give several.
 *
 * \sa AioBoundedSemaphore
 */
class AIOPROCESSING_EXPORT AioSemaphore : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(int value READ value NOTIFY stateChanged)
public:
    /*! A new semaphore with one permit in the default context. */
    explicit AioSemaphore(QObject *parent = nullptr);
    /*! A new semaphore with \a value permits in the default context, or in \a context. */
    explicit AioSemaphore(int value, QObject *parent = nullptr);
    AioSemaphore(int value, AioContext &context, QObject *parent = nullptr);
    /*!
     * The semaphore called \a key, made with \a value permits if need be. Programs that name it share it. Throws AlreadyExists
     * when it was made with another number of them, or something else is called so.
     */
    AioSemaphore(const QString &key, int value, QObject *parent = nullptr);
    AioSemaphore(const QString &key, int value, AioContext &context, QObject *parent = nullptr);
    /*! The semaphore that \a handle names. Throws NotFound when it is gone. */
    explicit AioSemaphore(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioSemaphore(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioSemaphore() override;

    /*! Waits for a permit in the calling thread and takes it. False: \a deadline passed. */
    bool acquire(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool acquire(std::stop_token stop) { return acquire(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! Takes a permit if there is one. */
    bool tryAcquire();
    /*! Gives \a count permits; emits released(). Never waits. */
    void release(int count = 1);
    /*! How many permits are free. */
    int value() const;

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
    /*! release() and value() for a semaphore of a manager, without blocking; one in shared memory is done at once. */
    QCoro::Task<> coro_release(int count = 1);
    QCoro::Task<int> coro_value();

    /*! What AioLocker calls to release one permit; works after the object is gone and never throws. */
    std::function<void()> releaser() const;
    QString describe() const override;

Q_SIGNALS:
    /*! coro_acquire() has taken a permit. */
    void acquired();
    /*! release() was called on this object. */
    void released();
};
