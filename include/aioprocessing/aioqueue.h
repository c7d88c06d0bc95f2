// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiomessage.h>
#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroAsyncGenerator>
#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QVariant>

#include <optional>
#include <stop_token>

class AioQueuePrivate;

/*!
 * \class AioQueue
 * \brief A queue of values between any number of processes, first in, first out.
 *
 * \code
 * QCORO_FOREACH(const QVariant &item, queue.coro_items())  // until somebody calls queue.shutDown()
 *     use(item);
 * const std::optional<QVariant> item = co_await queue.coro_get(2s);
 * \endcode
 *
 * The type of a get changes with a deadline: with one it is a std::optional that is empty when time is up.
 *
 * Guarantees: a put that returned is delivered, even if its process dies at once; no message is torn or delivered twice,
 * whoever dies; what a killed consumer had not got out of shared memory yet goes to another one. The order is that of
 * each producer, and that of puts of which one ended before the other began. A cancelled wait puts or takes nothing; a
 * deadline never fires early. There is no feeder thread, and nothing to be joined before a process may end.
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop.
 *
 * Errors: AioException with ShutDown (after shutDown(); for a get when the queue is empty, too), Closed (put after close()),
 * Unserializable (a value that cannot be written, or read here), TypeMismatch (get<T>() of another type), TooLarge (a
 * message over 60 MiB), OutOfResources (the context's memory limit), Cancelled, UsageError.
 *
 * Python: multiprocessing.Queue and SimpleQueue, aioprocessing.AioQueue.
 */
class AIOPROCESSING_EXPORT AioQueue : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(qsizetype size READ size)
    Q_PROPERTY(qsizetype maxSize READ maxSize CONSTANT)
public:
    /*! A new queue in the default context without a limit of its own (about a million items). */
    explicit AioQueue(QObject *parent = nullptr);
    /*! A new queue that holds \a maxSize items at most; 0 or less: no limit of its own. */
    explicit AioQueue(std::integral auto maxSize, QObject *parent = nullptr) : AioQueue(defaultContext(), qsizetype(maxSize), parent) {}
    /*! A new queue in \a context. */
    explicit AioQueue(AioContext &context, qsizetype maxSize = 0, QObject *parent = nullptr);
    /*! The queue that \a handle names. Throws NotFound when it is gone. */
    explicit AioQueue(const AioHandle &handle, QObject *parent = nullptr);
    ~AioQueue() override;

    /*! Waits for a free place in the calling thread and puts \a value there. False: \a deadline passed. */
    bool put(const QVariant &value, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {});
    /*! Puts \a value if there is a free place at once. */
    bool tryPut(const QVariant &value) { return put(value, QDeadlineTimer(0)); }
    /*! Waits for an item in the calling thread. */
    QVariant get(std::stop_token stop = {}) { return *get(noDeadline(), std::move(stop)); }
    /*! The same; nothing: \a deadline passed. */
    std::optional<QVariant> get(QDeadlineTimer deadline, std::stop_token stop = {});
    std::optional<QVariant> tryGet() { return get(QDeadlineTimer(0)); }

    /*! put() as a coroutine; emits putDone(). The value is taken over before the call returns. */
    QCoro::Task<bool> coro_put(QVariant value, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {});
    QCoro::Task<bool> coro_put(QVariant value, std::stop_token stop) { return coro_put(std::move(value), noDeadline(), std::move(stop)); }
    /*! get() as a coroutine; emits got(). */
    QCoro::Task<QVariant> coro_get(std::stop_token stop = {});
    QCoro::Task<std::optional<QVariant>> coro_get(QDeadlineTimer deadline, std::stop_token stop = {});
    /*! Items until the queue is shut down and empty. Destroying the generator while it waits takes nothing. */
    QCoro::AsyncGenerator<QVariant> coro_items();

    /*! Sends the handle of \a object; the getter opens it: `AioLock lock(item.value<AioHandle>())`. */
    bool put(const AioObject &object, QDeadlineTimer deadline = noDeadline())
    {
        return put(QVariant::fromValue(object.handle()), deadline);
    }
    QCoro::Task<bool> coro_put(const AioObject &object, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {})
    { return coro_put(QVariant::fromValue(object.handle()), deadline, std::move(stop)); }

    // -- values of one type, without writing QVariant
    template<AioMessage T> bool put(const T &value, QDeadlineTimer deadline = noDeadline()) { return put(toVariant(value), deadline); }
    template<AioMessage T> bool tryPut(const T &value) { return tryPut(toVariant(value)); }
    template<AioMessage T> T get()
    {
        aio_detail::registerMetaType<T>();
        return convert<T>(get());
    }
    template<AioMessage T> std::optional<T> get(QDeadlineTimer deadline)
    {
        aio_detail::registerMetaType<T>();
        const auto item = get(deadline);
        return item ? std::optional<T>(convert<T>(*item)) : std::nullopt;
    }
    template<AioMessage T> std::optional<T> tryGet() { return get<T>(QDeadlineTimer(0)); }
    template<AioMessage T> QCoro::Task<bool> coro_put(T &&value, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {})
    { return coro_put(toVariant(value), deadline, std::move(stop)); }
    template<AioMessage T> requires aio_detail::UnsafeTemporary<T &&>
    AIO_NAME_IT_FIRST QCoro::Task<bool> coro_put(T &&value, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {})
    { return coro_put(toVariant(value), deadline, std::move(stop)); }
    template<AioMessage T> QCoro::Task<T> coro_get(std::stop_token stop = {})
    {
        aio_detail::registerMetaType<T>();
        const QVariant item = co_await coro_get(std::move(stop));
        co_return convert<T>(item);
    }
    template<AioMessage T> QCoro::Task<std::optional<T>> coro_get(QDeadlineTimer deadline, std::stop_token stop = {})
    {
        aio_detail::registerMetaType<T>();
        const std::optional<QVariant> item = co_await coro_get(deadline, std::move(stop));
        co_return item ? std::optional<T>(convert<T>(*item)) : std::nullopt;
    }

    /*! How many items there are, counting one that is being put or taken this moment. Out of date when it returns. */
    qsizetype size() const;
    bool isEmpty() const { return size() == 0; }
    bool isFull() const { return size() >= maxSize(); }
    qsizetype maxSize() const;

    /*! This object puts no more. */
    void close();
    /*!
     * Ends the queue for everybody: puts fail with ShutDown; gets take what is there (nothing if \a immediate: it is
     * dropped) and then fail with ShutDown. Emits shutDownDone(). Never waits.
     */
    void shutDown(bool immediate = false);
    bool isShutDown() const;

    QString describe() const override;

Q_SIGNALS:
    /*! coro_get() has taken \a item. */
    void got(const QVariant &item);
    /*! coro_put() has put its value. */
    void putDone();
    /*! shutDown() was called on this object. */
    void shutDownDone();

private:
    static QDeadlineTimer noDeadline() { return QDeadlineTimer(QDeadlineTimer::Forever); }
    static AioContext &defaultContext();
    AioQueuePrivate *d() const;
    QByteArray encode(const QVariant &value, const char *operation);
    QCoro::Task<std::optional<QVariant>> getLater(QDeadlineTimer deadline, std::stop_token stop);
    QCoro::Task<bool> putLater(QByteArray bytes, QDeadlineTimer deadline, std::stop_token stop);
    [[noreturn]] void failTyped(const QVariant &item, QMetaType wanted) const;

    template<class T> static QVariant toVariant(const T &value)
    {
        using Kept = aio_detail::Stored<T>;
        aio_detail::registerMetaType<Kept>();
        return QVariant::fromValue<Kept>(aio_detail::toStored<Kept>(value));
    }
    template<class T> T convert(const QVariant &item) const
    {
        if (item.metaType() == QMetaType::fromType<T>())
            return item.value<T>();
        QVariant converted = item;
        if (!converted.convert(QMetaType::fromType<T>()))
            failTyped(item, QMetaType::fromType<T>());
        return converted.value<T>();
    }
};
