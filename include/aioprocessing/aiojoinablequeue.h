// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioqueue.h>

/*!
 * \class AioDelivery
 * \brief An item of an AioJoinableQueue, and how often it was got.
 */
class AIOPROCESSING_EXPORT AioDelivery
{
    Q_GADGET
    Q_PROPERTY(QVariant value MEMBER value)
    Q_PROPERTY(int attempt MEMBER attempt)
    Q_PROPERTY(bool redelivered READ isRedelivered)
public:
    AioDelivery() = default;
    AioDelivery(const QVariant &item, int count) : value(item), attempt(count) {}

    QVariant value;
    /*! 1 for the first consumer that got it, one more each time that a consumer had died with it. */
    int attempt = 1;
    bool isRedelivered() const { return attempt > 1; }
};

/*!
 * \class AioJoinableQueue
 * \brief A queue that knows when everything that was put into it is done.
 *
 * \code
 * AioJoinableQueue jobs;
 * process(jobs.get());                                        // a consumer
 * jobs.taskDone();
 * const bool done = co_await jobs.coro_join(10s);             // whoever wants to know
 * \endcode
 *
 * An item is unfinished from its put until the consumer that got it says taskDone(). What a consumer that died had got and not finished
 * is, as the queue was made, counted as lost (see lostCount()), or delivered once more: to the next get, before all others, also when
 * the queue is full. So join() ends whoever dies.
 *
 * Guarantees: those of AioQueue; with Redeliver an item may be got twice, but then it says so (getDelivery()). A consumer that keeps an
 * item for long delays nobody but those that join. After shutDown() gets wait, with Redeliver, for unfinished items, too.
 *
 * Threads and lifetime: any thread; see AioObject. Items belong to the process that got them: any of its threads, and any
 * object of the same queue in it, may finish them.
 *
 * Errors: those of AioQueue; taskDone() without an unfinished item is a UsageError. An item that cannot be read is finished by the
 * error.
 *
 * Python: multiprocessing.JoinableQueue, aioprocessing.AioJoinableQueue. There join() has no time-out and hangs when a consumer dies, and
 * taskDone() may be called for what somebody else has got.
 *
 * \sa AioQueue
 */
class AIOPROCESSING_EXPORT AioJoinableQueue : public AioQueue
{
    Q_OBJECT
public:
    enum DeadConsumerPolicy {
        CountAsLost,    ///< What a dead consumer had not finished counts as finished.
        Redeliver,      ///< It is delivered once more.
    };
    Q_ENUM(DeadConsumerPolicy)

    /*! A new queue in the default context, without a limit of its own or for \a maxSize items that are not got yet. */
    explicit AioJoinableQueue(QObject *parent = nullptr);
    explicit AioJoinableQueue(std::integral auto maxSize, QObject *parent = nullptr)
        : AioJoinableQueue(defaultContext(), qsizetype(maxSize), CountAsLost, parent)
    { }
    AioJoinableQueue(std::integral auto maxSize, DeadConsumerPolicy policy, QObject *parent = nullptr)
        : AioJoinableQueue(defaultContext(), qsizetype(maxSize), policy, parent)
    { }
    explicit AioJoinableQueue(DeadConsumerPolicy policy, QObject *parent = nullptr);
    /*! A new queue in \a context. */
    AioJoinableQueue(AioContext &context, qsizetype maxSize = 0, DeadConsumerPolicy policy = CountAsLost, QObject *parent = nullptr);
    /*! The queue that \a handle names. Throws NotFound when it is gone. */
    explicit AioJoinableQueue(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioJoinableQueue(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioJoinableQueue() override;

    /*! Finishes the item that this process has had for longest. Never waits. */
    void taskDone();
    /*! How many items were given up because their consumer died. */
    qint64 lostCount() const;

    /*! Waits in the calling thread until every item that was put is finished. False: \a deadline passed. */
    bool join(QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {});
    bool join(std::stop_token stop) { return join(noDeadline(), std::move(stop)); }
    /*! join() as a coroutine; emits joined(). */
    QCoro::Task<bool> coro_join(QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {});
    QCoro::Task<bool> coro_join(std::stop_token stop) { return coro_join(noDeadline(), std::move(stop)); }
    /*! taskDone() for a queue of a manager, without blocking; one in shared memory is done at once. */
    QCoro::Task<> coro_taskDone();

    /*! get() of an item together with the number of its attempt. Nothing: \a deadline passed. */
    std::optional<AioDelivery> getDelivery(QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {});
    /*! The same as a coroutine; emits got(). */
    QCoro::Task<std::optional<AioDelivery>> coro_getDelivery(QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {});

private:
    QCoro::Task<> taskDoneRemotelyLater();

Q_SIGNALS:
    /*! coro_join() has found everything finished. */
    void joined();
    /*! taskDone() was called on this object. */
    void finished();
};
