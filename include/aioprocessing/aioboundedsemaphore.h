// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiolocker.h>
#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>

#include <stop_token>

/*!
 * \class AioBoundedSemaphore
 * \brief A fixed number of permits shared between processes, none of which gets lost with a process.
 *
 * \code
 * AioBoundedSemaphore licences(3);
 * AioLocker licence = co_await licences.coro_locker(10s);
 * if (!licence)
 *     co_return;                  // ten seconds passed, all three are in use
 * \endcode
 *
 * Guarantees: there never are more permits than at first; those of a process that dies come back; a cancelled wait takes
 * nothing; a deadline never fires early. Any thread or process may release; a process releases permits that it took itself
 * before those of others.
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop.
 *
 * Errors: AioException with UsageError (release when no permit is taken, less than 1 or more than 1048576 permits, a coroutine
 * form that must wait on a thread without event loop), Cancelled (stop token, destruction, end of the thread's event loop),
 * OutOfResources.
 *
 * Fairness: who comes first may be passed by others for half a millisecond; then the next permit is his.
 *
 * Python: multiprocessing.BoundedSemaphore, aioprocessing.AioBoundedSemaphore.
 *
 * \sa AioSemaphore
 */
class AIOPROCESSING_EXPORT AioBoundedSemaphore : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(int value READ value NOTIFY stateChanged)
    Q_PROPERTY(int initialValue READ initialValue CONSTANT)
public:
    /*! A new semaphore with one permit in the default context. */
    explicit AioBoundedSemaphore(QObject *parent = nullptr);
    /*! A new semaphore with \a value permits in the default context, or in \a context. */
    explicit AioBoundedSemaphore(int value, QObject *parent = nullptr);
    AioBoundedSemaphore(int value, AioContext &context, QObject *parent = nullptr);
    /*!
     * The semaphore called \a key, made with \a value permits if need be. Programs that name it share it. Throws AlreadyExists
     * when it was made with another number of them, or something else is called so.
     */
    AioBoundedSemaphore(const QString &key, int value, QObject *parent = nullptr);
    AioBoundedSemaphore(const QString &key, int value, AioContext &context, QObject *parent = nullptr);
    /*! The semaphore that \a handle names. Throws NotFound when it is gone. */
    explicit AioBoundedSemaphore(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioBoundedSemaphore(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioBoundedSemaphore() override;

    /*! Waits for a permit in the calling thread and takes it. False: \a deadline passed. */
    bool acquire(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool acquire(std::stop_token stop) { return acquire(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! Takes a permit if there is one. */
    bool tryAcquire();
    /*! Gives a permit back; emits released(). Never waits. Throws UsageError when none is taken. */
    void release();
    /*! How many permits are free, and how many there are. */
    int value() const;
    int initialValue() const;

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
    QCoro::Task<> coro_release();
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
