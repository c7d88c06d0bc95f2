// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiobuffer.h>
#include <aioprocessing/aiomessage.h>
#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroAsyncGenerator>
#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QVariant>

#include <optional>
#include <stop_token>

QT_BEGIN_NAMESPACE
class QMetaMethod;
QT_END_NAMESPACE

class AioQueuePrivate;

namespace aio_detail {

class OutMessage;

/*! Where a message goes that is a number or raw bytes: no QVariant then. */
struct PlainTarget
{
    bool (*read)(const char *bytes, std::size_t size, void *value) = nullptr;
    QVariant (*toVariant)(const void *value) = nullptr;
    void *value = nullptr;
    bool isFilled = false;
    /*! Of the message, whatever it is: how often it was got, this time included. */
    int attempts = 1;
};

template<class T>
PlainTarget plainTarget(T &value)
{
    PlainTarget target;
    target.read = [](const char *bytes, std::size_t size, void *to) { return readPlain<T>(bytes, size, *static_cast<T *>(to)); };
    target.toVariant = [](const void *from) { return QVariant::fromValue<T>(*static_cast<const T *>(from)); };
    target.value = &value;
    return target;
}

} // namespace aio_detail

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
 * Memory: messages lie in the context's shared memory, written once. When its limit (AioContext::setMemoryLimit()) is reached, puts
 * wait until others have taken messages out, in order, small and large ones each in a queue of their own; so a slow consumer costs
 * no more than that. A message that would not fit into the empty memory either is TooLarge at once. Memory is used again while it is
 * warm; it goes back to the system when a queue loses its last user or a process ends, that of a message of more than 63 MiB at once.
 *
 * No event loop is held up: a coroutine form writes, copies and reads what is larger than 64 KiB in the context's threadPool(), so
 * stream operators of such values run on other threads.
 *
 * Threads and lifetime: any thread; see AioObject. A coroutine resumes on the thread that called, from its event loop.
 *
 * Errors: AioException with ShutDown (after shutDown(); for a get when the queue is empty, too), Closed (put after close()),
 * Unserializable (a value that cannot be written, or read here), TypeMismatch (get<T>() of another type), TooLarge (a message of
 * more than 7/8 of the memory limit, or of 4 GiB), OutOfResources (the system has no memory), Cancelled, UsageError.
 *
 * Python: multiprocessing.Queue, aioprocessing.AioQueue.
 *
 * \sa AioSimpleQueue, AioJoinableQueue
 */
class AIOPROCESSING_EXPORT AioQueue : public AioObject
{
    Q_OBJECT
    Q_PROPERTY(qsizetype size READ size NOTIFY stateChanged)
    Q_PROPERTY(qsizetype maxSize READ maxSize CONSTANT)
public:
    /*! A new queue in the default context without a limit of its own (about a million items). */
    explicit AioQueue(QObject *parent = nullptr);
    /*! A new queue that holds \a maxSize items at most; 0 or less: no limit of its own. */
    explicit AioQueue(std::integral auto maxSize, QObject *parent = nullptr) : AioQueue(defaultContext(), qsizetype(maxSize), parent) {}
    /*! A new queue in \a context. */
    explicit AioQueue(AioContext &context, qsizetype maxSize = 0, QObject *parent = nullptr);
    /*! The queue called \a key, made if need be. Programs that name it share it. */
    explicit AioQueue(const QString &key, QObject *parent = nullptr) : AioQueue(key, 0, defaultContext(), parent) {}
    AioQueue(const QString &key, std::integral auto maxSize, QObject *parent = nullptr)
        : AioQueue(key, qsizetype(maxSize), defaultContext(), parent)
    { }
    AioQueue(const QString &key, qsizetype maxSize, AioContext &context, QObject *parent = nullptr);
    /*! The queue that \a handle names. Throws NotFound when it is gone. */
    explicit AioQueue(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioQueue(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
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

    // -- values of one type, without writing QVariant. Numbers, and types marked AIO_DECLARE_RAW, are copied as they are.
    template<AioMessage T> bool put(const T &value, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {})
    {
        if constexpr (aio_detail::isPlain<aio_detail::Stored<T>>) {
            char bytes[aio_detail::plainBytes<aio_detail::Stored<T>>];
            if (const std::size_t size = aio_detail::writePlain<aio_detail::Stored<T>>(value, bytes))
                return putBytes(QByteArrayView(bytes, qsizetype(size)), deadline, std::move(stop));
        }
        return put(toVariant(value), deadline, std::move(stop));
    }
    template<AioMessage T> bool tryPut(const T &value) { return put(value, QDeadlineTimer(0)); }
    template<AioMessage T> T get(std::stop_token stop = {}) { return *get<T>(noDeadline(), std::move(stop)); }
    template<AioMessage T> std::optional<T> get(QDeadlineTimer deadline, std::stop_token stop = {})
    {
        if constexpr (aio_detail::isPlain<T>) {
            T value{};
            aio_detail::PlainTarget target = aio_detail::plainTarget(value);
            const std::optional<QVariant> item = take(&target, deadline, std::move(stop));
            if (!item)
                return std::nullopt;
            return target.isFilled ? value : convert<T>(*item);
        } else {
            aio_detail::registerMetaType<T>();
            const std::optional<QVariant> item = get(deadline, std::move(stop));
            return item ? std::optional<T>(convert<T>(*item)) : std::nullopt;
        }
    }
    template<AioMessage T> std::optional<T> tryGet() { return get<T>(QDeadlineTimer(0)); }
    template<AioMessage T> QCoro::Task<bool> coro_put(T &&value, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {})
    {
        using Kept = aio_detail::Stored<T>;
        if constexpr (aio_detail::isPlain<Kept>) {
            char bytes[aio_detail::plainBytes<Kept>];
            if (const std::size_t size = aio_detail::writePlain<Kept>(value, bytes))
                return coro_putBytes(QByteArrayView(bytes, qsizetype(size)), deadline, std::move(stop));
        }
        return coro_put(toVariant(value), deadline, std::move(stop));
    }
    template<AioMessage T> requires aio_detail::UnsafeTemporary<T &&>
    AIO_NAME_IT_FIRST QCoro::Task<bool> coro_put(T &&value, QDeadlineTimer deadline = noDeadline(), std::stop_token stop = {})
    { return coro_put(toVariant(value), deadline, std::move(stop)); }
    template<AioMessage T> QCoro::Task<T> coro_get(std::stop_token stop = {})
    {
        if constexpr (aio_detail::isPlain<T>) {
            T value{};
            aio_detail::PlainTarget target = aio_detail::plainTarget(value);
            QVariant other;
            if (takeAtOnce(target, other, stop))
                co_return target.isFilled ? value : convert<T>(other);
        }
        std::optional<T> item = co_await coro_get<T>(noDeadline(), std::move(stop));
        co_return std::move(*item);
    }
    template<AioMessage T> QCoro::Task<std::optional<T>> coro_get(QDeadlineTimer deadline, std::stop_token stop = {})
    {
        aio_detail::registerMetaType<T>();
        if constexpr (aio_detail::isPlain<T>) {
            T value{};
            aio_detail::PlainTarget target = aio_detail::plainTarget(value);
            const std::optional<QVariant> item = co_await coro_take(&target, deadline, std::move(stop));
            if (target.isFilled)
                co_return value;
            co_return item ? std::optional<T>(convert<T>(*item)) : std::nullopt;
        } else {
            const std::optional<QVariant> item = co_await coro_get(deadline, std::move(stop));
            co_return item ? std::optional<T>(convert<T>(*item)) : std::nullopt;
        }
    }
    /*! coro_items() of one type. Throws TypeMismatch at an item of another one, which is taken then. */
    template<AioMessage T> QCoro::AsyncGenerator<T> coro_items()
    {
        aio_detail::registerMetaType<T>();
        auto items = coro_items();
        auto it = co_await items.begin();
        while (it != items.end()) {
            T item = convert<T>(*it);
            co_yield item;
            co_await ++it;
        }
    }

    /*!
     * A buffer of \a bytes in the memory of this queue's context: fill it in place, put() it, and the reader gets the same memory.
     * Throws AioException, see AioBuffer; OutOfResources when there is no memory at once.
     */
    AioBuffer allocate(qsizetype bytes);
    /*! The same, but waits in the calling thread until others have let go of memory; nothing: \a deadline passed. */
    std::optional<AioBuffer> allocate(qsizetype bytes, QDeadlineTimer deadline, std::stop_token stop = {});
    /*! allocate() as a coroutine, which waits for memory; emits allocated(). */
    QCoro::Task<AioBuffer> coro_allocate(qsizetype bytes, std::stop_token stop = {});
    QCoro::Task<std::optional<AioBuffer>> coro_allocate(qsizetype bytes, QDeadlineTimer deadline, std::stop_token stop = {});

    /*! How many items there are that nobody has begun to take, counting those that are being put this moment. Out of date when it returns. */
    qsizetype size() const;
    bool isEmpty() const { return size() == 0; }
    bool isFull() const;
    qsizetype maxSize() const;
    /*! size() for a queue of a manager, without blocking; one in shared memory is done at once. */
    QCoro::Task<qsizetype> coro_size();

    /*! This object puts no more. */
    void close();
    /*!
     * Ends the queue for everybody: puts fail with ShutDown; gets take what is there (nothing if \a immediate: it is
     * dropped) and then fail with ShutDown. Emits shutDownDone(). Never waits.
     */
    void shutDown(bool immediate = false);
    bool isShutDown() const;
    /*! shutDown() for a queue of a manager, without blocking; one in shared memory is done at once. */
    QCoro::Task<> coro_shutDown(bool immediate = false);

    QString describe() const override;

Q_SIGNALS:
    /*!
     * There is something to get, whoever put it. Comes again whenever that has changed, so a slot may take one item or all with tryGet(),
     * which gives nothing when others were faster. While nobody is connected it costs nothing. Not emitted for a queue of a manager.
     */
    void itemAvailable();
    /*! A put() of this object whose deadline passed, or an isFull() that was true, would go on now. Comes once for any number of these, and not for a queue of a manager. */
    void spaceAvailable();
    /*! coro_get() has taken \a item. */
    void got(const QVariant &item);
    /*! coro_allocate() has made \a buffer. */
    void allocated(const AioBuffer &buffer);
    /*! coro_put() has put its value. */
    void putDone();
    /*!
     * shutDown() was called on this object; or on another one, this one is connected to itemAvailable(), and nothing is left to get.
     * Comes once.
     */
    void shutDownDone();

protected:
    void connectNotify(const QMetaMethod &signal) override;
    AioQueue(std::unique_ptr<AioObjectPrivate> d, QObject *parent);
    static QDeadlineTimer noDeadline() { return QDeadlineTimer(QDeadlineTimer::Forever); }
    static AioContext &defaultContext();
    std::optional<QVariant> take(aio_detail::PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop);
    /* Whether it could be done at once: then \a target or \a item has the message. */
    bool takeAtOnce(aio_detail::PlainTarget &target, QVariant &item, const std::stop_token &stop);
    QCoro::Task<std::optional<QVariant>> coro_take(aio_detail::PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop);

private:
    friend class AioQueuePrivate;
    AioQueuePrivate *d() const;
    void noteFull(std::size_t bytes) const;
    void requireOpen(const char *operation);
    QCoro::Task<bool> putRemotelyLater(QVariant value, QDeadlineTimer deadline, std::stop_token stop);
    QCoro::Task<std::optional<QVariant>> takeRemotelyLater(QDeadlineTimer deadline, std::stop_token stop);
    QCoro::Task<std::optional<QVariant>> takeHereLater(aio_detail::PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop);
    QCoro::Task<> shutDownRemotelyLater(bool immediate);
    QCoro::AsyncGenerator<QVariant> itemsHere();
    QCoro::AsyncGenerator<QVariant> remoteItems();
    bool putBytes(QByteArrayView bytes, QDeadlineTimer deadline, std::stop_token stop);
    bool putMessage(aio_detail::OutMessage &message, QDeadlineTimer deadline, const std::stop_token &stop);
    QCoro::Task<bool> coro_putBytes(QByteArrayView bytes, QDeadlineTimer deadline, std::stop_token stop);
    /*! Whether it could be done at once. */
    bool putAtOnce(QByteArrayView bytes, const std::stop_token &stop);
    QCoro::Task<bool> putLater(std::shared_ptr<aio_detail::OutMessage> message, QVariant value, QDeadlineTimer deadline,
                               std::stop_token stop);
    QCoro::Task<std::optional<QVariant>> takeLater(aio_detail::PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop);
    void announceGot(const QVariant &item, const aio_detail::PlainTarget *target);
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
