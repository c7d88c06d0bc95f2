// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>

#include <chrono>
#include <optional>
#include <stop_token>

class AioBarrierPrivate;

/*!
 * \class AioBarrier
 * \brief A point where a number of processes, threads and coroutines wait for each other.
 *
 * \code
 * AioBarrier barrier(4, AioCall::to<&mergeParts>());
 * const int index = co_await barrier.coro_wait();             // when all four have come and the parts are merged
 * \endcode
 *
 * The last one to come runs the action, if there is one, before anybody goes on: in the calling thread when it blocks, in
 * the context's thread pool when it is a coroutine.
 *
 * Guarantees: of each group each party gets its index, 0 to parties - 1, each once, in the order in which they came; groups
 * that follow each other never mix. The barrier breaks when a party dies while it waits or acts, runs out of time, or when
 * the action throws: then all who wait, and all who come, get BrokenBarrier until reset(). A wait that is cancelled has not come,
 * unless it goes on with the others already: then it passes.
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop.
 *
 * Errors: AioException with BrokenBarrier, UsageError (less than 1 or more than 1048576 parties; a coroutine form on a thread
 * without event loop), Cancelled (stop token, destruction, end of the thread's event loop), OutOfResources, and in the party that
 * ran the action what that threw.
 *
 * Python: multiprocessing.Barrier, aioprocessing.AioBarrier. Unlike there, a wait with a deadline of its own that passes
 * returns nothing instead of throwing; the others get BrokenBarrier as there.
 */
class AIOPROCESSING_EXPORT AioBarrier : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(int parties READ parties CONSTANT)
    Q_PROPERTY(int waiting READ waiting NOTIFY stateChanged)
    Q_PROPERTY(bool broken READ isBroken NOTIFY stateChanged)
public:
    /*! How long a party waits if it does not say; less than 0: for ever. */
    using Timeout = std::chrono::milliseconds;

    /*! A new barrier for \a parties in the default context. */
    explicit AioBarrier(int parties, QObject *parent = nullptr);
    /*! The same in \a context. */
    AioBarrier(int parties, AioContext &context, QObject *parent = nullptr)
        : AioBarrier(parties, AioCall(), Timeout(-1), context, parent)
    { }
    /*! A new barrier whose last party runs \a action, and whose parties wait for \a timeout. */
    AioBarrier(int parties, const AioCall &action, Timeout timeout = Timeout(-1), QObject *parent = nullptr);
    /*! The same in \a context. An action that is null is none. */
    AioBarrier(int parties, const AioCall &action, Timeout timeout, AioContext &context, QObject *parent = nullptr);
    /*!
     * The barrier called \a key in the default context, or in \a context, made for \a parties, without action and timeout, if need
     * be. Programs that name it share it. Throws AlreadyExists when it is for another number, or something else is called so.
     */
    AioBarrier(const QString &key, int parties, QObject *parent = nullptr);
    AioBarrier(const QString &key, int parties, AioContext &context, QObject *parent = nullptr);
    /*! The barrier that \a handle names. Throws NotFound when it is gone. */
    explicit AioBarrier(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioBarrier(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioBarrier() override;

    /*! Waits for the others in the calling thread and returns this party's index. When the barrier's timeout passes it breaks. */
    int wait(std::stop_token stop = {});
    /*! The same with a deadline of its own. Nothing: \a deadline passed, and the barrier is broken. */
    std::optional<int> wait(QDeadlineTimer deadline, std::stop_token stop = {});
    /*! wait() as a coroutine; emits passed(). */
    QCoro::Task<int> coro_wait(std::stop_token stop = {});
    QCoro::Task<std::optional<int>> coro_wait(QDeadlineTimer deadline, std::stop_token stop = {});

    /*! Breaks the barrier: whoever waits gets BrokenBarrier, and so does whoever comes until reset(). */
    void abort();
    /*! Makes a broken barrier whole. Whoever waits gets BrokenBarrier. */
    void reset();

    int parties() const;
    /*! How many wait now. Looks at everybody who waits for anything in the context: for people, not for decisions. */
    int waiting() const;
    bool isBroken() const;
    /*! abort(), reset(), waiting() and isBroken() for a barrier of a manager, without blocking; one in shared memory is done at once. */
    QCoro::Task<> coro_abort();
    QCoro::Task<> coro_reset();
    QCoro::Task<int> coro_waiting();
    QCoro::Task<bool> coro_isBroken();
    QString describe() const override;

Q_SIGNALS:
    /*! coro_wait() of the party \a index is over. */
    void passed(int index);

private:
    QCoro::Task<std::optional<int>> waitLater(QDeadlineTimer deadline, std::stop_token stop);
    QDeadlineTimer defaultDeadline() const;
    QCoro::Task<std::optional<int>> waitHereLater(QDeadlineTimer deadline, std::stop_token stop);
    QCoro::Task<std::optional<int>> waitRemotelyLater(QDeadlineTimer deadline, std::stop_token stop);
};
