// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>

#include <stop_token>

/*!
 * \class AioEvent
 * \brief A yes/no flag shared between processes that any number of tasks can wait on.
 *
 * One side raises the flag with set(); everyone waiting, in any process that has it open, is released.
 *
 * \code
 * const bool ready = co_await event.coro_wait(2s);
 * if (!ready)
 *     co_return;                  // two seconds passed, the flag still is down
 * \endcode
 *
 * Guarantees: a wait that began before set() is released by it, even if clear() follows at once; a deadline never fires
 * early; a cancelled wait changes nothing; a process that dies changes nothing but its own waits.
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop.
 *
 * Errors: AioException with Cancelled, UsageError (a coroutine form that must wait on a thread without event loop),
 * OutOfResources.
 *
 * Python: multiprocessing.Event, aioprocessing.AioEvent. Unlike there, set() never waits for anybody.
 */
class AIOPROCESSING_EXPORT AioEvent : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(bool isSet READ isSet NOTIFY stateChanged)
public:
    /*! A new event in the default context, not set. */
    explicit AioEvent(QObject *parent = nullptr);
    /*! A new event in \a context. */
    explicit AioEvent(AioContext &context, QObject *parent = nullptr);
    /*!
     * The event called \a key in the default context, or in \a context, made if need be. Programs that name it share it. Throws
     * AlreadyExists when something else is called so.
     */
    explicit AioEvent(const QString &key, QObject *parent = nullptr);
    AioEvent(const QString &key, AioContext &context, QObject *parent = nullptr);
    /*! The event that \a handle names. Throws NotFound when it is gone. */
    explicit AioEvent(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioEvent(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioEvent() override;

    /*! Raises the flag and releases everybody who waits. Never waits. */
    void set();
    /*! Lowers the flag. */
    void clear();
    bool isSet() const;

    /*! Waits for the flag in the calling thread. False: \a deadline passed. */
    bool wait(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool wait(std::stop_token stop) { return wait(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! wait() as a coroutine; emits waited(). */
    QCoro::Task<bool> coro_wait(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    QCoro::Task<bool> coro_wait(std::stop_token stop) { return coro_wait(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    /*! set(), clear() and isSet() for an event of a manager, without blocking; one in shared memory is done at once. */
    QCoro::Task<> coro_set();
    QCoro::Task<> coro_clear();
    QCoro::Task<bool> coro_isSet();

    QString describe() const override;

Q_SIGNALS:
    /*! coro_wait() has seen the flag. */
    void waited();
};
