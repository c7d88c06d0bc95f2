// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

// What becomes of the tasks of an AioPool. Do not include this directly: include <AioProcessing/AioPool>.

#include <aioprocessing/aiobuffer.h>
#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiotask.h>

#include <QByteArrayView>
#include <QDeadlineTimer>
#include <QFuture>
#include <QList>
#include <QPromise>
#include <QVariant>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

namespace aio_detail {

class PoolCore;
struct PoolJob;

/*!
 * What tasks returned. The bytes of packed results stand one behind the other; of others an uint32 with the length and the encoding of a
 * QVariant, or IsBuffer for the next of the buffers.
 */
struct PoolResults
{
    static constexpr quint32 IsBuffer = ~quint32(0);

    QByteArray bytes;
    QList<AioBuffer> buffers;
};

/*!
 * The outcome of the tasks that were submitted together; shared by the pool and who waits. Done when each task has an outcome, or when it
 * was cancelled.
 */
class AIOPROCESSING_EXPORT PoolReply
{
public:
    PoolReply();
    virtual ~PoolReply();
    Q_DISABLE_COPY_MOVE(PoolReply)

    // -- the pool's side, on its thread
    /*! Items \a first to \a first + \a count - 1 have returned. */
    void accept(qsizetype first, qsizetype count, const PoolResults &results);
    void fail(qsizetype index, const AioError &error);
    /*! \a items more have an outcome. Follows the two above; with the last of them it is done. */
    void count(qsizetype items);
    /*! \a results as QVariants; one that cannot be read is invalid. */
    QVariantList variants(qsizetype count, const PoolResults &results) const;
    /*! All that is not done yet is so now, and failed with \a error. */
    bool end(const AioError &error);
    void begin(const std::weak_ptr<PoolCore> &core, const std::shared_ptr<const PoolJob> &job);

    /*! Before begin(): QVariants come as packed values of \a type. */
    virtual void expectPacked(QMetaType type) { Q_UNUSED(type) }

    // -- the side of who waits, on any thread
    bool isDone() const { return m_isDone.load(std::memory_order_acquire); }
    std::shared_ptr<PoolCore> core();
    /*! Ends it as Cancelled, and has the pool let go of its tasks. False: it is done. */
    bool cancel();
    /*! The id of its first task; 0: it was not taken. */
    quint64 firstId() const { return m_firstId; }
    /*! Blocks until it is done; a stop cancels it. Throws UsageError on the pool's own thread, which does what is waited for. */
    void wait(const std::stop_token &stop, const char *operation);
    /*! The same up to \a deadline: false then, and nothing is cancelled. Throws its error. */
    bool waitUntil(const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation);
    /*! Calls \a callback when it is done, on any thread; at once if it is. */
    void whenDone(std::function<void()> callback);
    /*! The error of the first task, in order, that failed; NoError: all have returned. Once it is done. */
    const AioError &error() const { return m_error; }
    void requireSuccess() const
    {
        if (m_error)
            throw AioException(m_error);
    }

protected:
    /*! Stores packed results. */
    virtual void storePacked(qsizetype first, qsizetype count, const char *bytes) = 0;
    /*! Stores a result; throws AioException when it has the wrong type. */
    virtual void store(qsizetype index, QVariant &&value) = 0;
    virtual bool isPackedReply() const = 0;
    virtual qsizetype packedSize() const = 0;
    virtual QVariant packedVariant(const char *bytes) const = 0;
    /*! One has failed; or, with -1, all that have no outcome yet. */
    virtual void storeError(qsizetype index, const AioError &error) { Q_UNUSED(index) Q_UNUSED(error) }
    /*! More of it has an outcome; and the last of it, when it is done. Not called any more after that. */
    virtual void progressed(qsizetype done) { Q_UNUSED(done) }
    virtual void completed() {}

    [[noreturn]] static void failTyped(const QVariant &value, QMetaType wanted);

private:
    void note(qsizetype index, const AioError &error);
    void finish();
    bool block(const QDeadlineTimer &deadline, const char *operation);

    std::atomic<bool> m_isDone = false;
    std::atomic<bool> m_isEnding = false;
    std::mutex m_mutex;
    std::condition_variable m_condition;
    std::vector<std::function<void()>> m_callbacks;
    std::weak_ptr<PoolCore> m_core;
    std::shared_ptr<const PoolJob> m_job;
    quint64 m_firstId = 0;
    qsizetype m_count = 0;
    qsizetype m_done = 0;
    AioError m_error;
    qsizetype m_errorIndex = -1;
};

/*! As long as it lives \a trigger is called when \a reply is done, and a stop cancels it. */
class AIOPROCESSING_EXPORT PoolWait
{
public:
    PoolWait(std::shared_ptr<PoolReply> reply, const Wakeup::Trigger &trigger, const std::stop_token &stop);

private:
    std::optional<std::stop_callback<std::function<void()>>> m_stopCallback;
};

/*! Results of type R; isPacked says how they come. */
template<class R>
class ResultsReply : public PoolReply
{
public:
    explicit ResultsReply(qsizetype count, bool isPacked) : m_isPacked(isPacked), m_results(count) {}
    QList<R> takeAll()
    {
        requireSuccess();
        return std::move(m_results);
    }
    R takeOne()
    {
        requireSuccess();
        return std::move(m_results[0]);
    }
    void expectPacked(QMetaType type) override
    {
        m_isPacked = true;
        m_type = type;
    }

protected:
    void storePacked(qsizetype first, qsizetype count, const char *bytes) override
    {
        if constexpr (std::is_same_v<R, QVariant>) {
            for (qsizetype i = 0; i < count; ++i)
                m_results[first + i] = QVariant(m_type, bytes + i * packedSize());
        } else if constexpr (std::is_trivially_copyable_v<R>) {
            std::memcpy(static_cast<void *>(m_results.data() + first), bytes, std::size_t(count) * sizeof(R));
        }
    }
    void store(qsizetype index, QVariant &&value) override
    {
        if constexpr (std::is_same_v<R, QVariant>) {
            m_results[index] = std::move(value);
        } else {
            if (value.metaType() != QMetaType::fromType<R>() && !value.convert(QMetaType::fromType<R>()))
                failTyped(value, QMetaType::fromType<R>());
            m_results[index] = value.template value<R>();
        }
    }
    bool isPackedReply() const override { return m_isPacked; }
    qsizetype packedSize() const override { return m_type.sizeOf(); }
    QVariant packedVariant(const char *bytes) const override { return QVariant(m_type, bytes); }

    bool m_isPacked;
    QMetaType m_type = QMetaType::fromType<R>();      // of packed results
    QList<R> m_results;
};

template<>
class AIOPROCESSING_EXPORT ResultsReply<void> : public PoolReply
{
public:
    ResultsReply(qsizetype, bool isPacked) : m_isPacked(isPacked) {}
    ~ResultsReply() override;
    void takeAll() { requireSuccess(); }
    void takeOne() { requireSuccess(); }

protected:
    void storePacked(qsizetype, qsizetype, const char *) override {}
    void store(qsizetype, QVariant &&) override {}
    bool isPackedReply() const override { return m_isPacked; }
    qsizetype packedSize() const override { return 0; }
    QVariant packedVariant(const char *) const override { return {}; }

    const bool m_isPacked;
};

/*! The same, and a QFuture. */
template<class R>
class FutureReply final : public ResultsReply<R>
{
public:
    FutureReply(qsizetype count, bool isPacked) : ResultsReply<R>(count, isPacked)
    {
        m_promise.start();
        m_promise.setProgressRange(0, int(std::min<qsizetype>(count, INT_MAX)));
    }
    QFuture<R> future() { return m_promise.future(); }

private:
    void progressed(qsizetype done) override { m_promise.setProgressValue(int(std::min<qsizetype>(done, INT_MAX))); }
    void completed() override
    {
        if (this->error()) {
            if (this->error().code == AioError::Cancelled)
                m_promise.future().cancel();
            else
                m_promise.setException(AioException(this->error()));
        } else if constexpr (!std::is_void_v<R>) {
            qsizetype index = 0;
            for (R &result : this->m_results)
                m_promise.addResult(std::move(result), int(index++));
        }
        m_promise.finish();
    }

    QPromise<R> m_promise;
};

/*!
 * Has \a reply cancelled when \a future is. QFutureWatcher looks at the results, and a QFuture<void> does not keep them: when
 * the last typed future goes, Qt frees them without a lock. \a results keeps them as long as they are looked at.
 */
AIOPROCESSING_EXPORT void cancelWith(const std::shared_ptr<PoolReply> &reply, const QFuture<void> &future,
                                     std::shared_ptr<const void> results);

template<class R>
QFuture<R> futureOf(const std::shared_ptr<FutureReply<R>> &reply)
{
    const QFuture<R> future = reply->future();
    if (!reply->isDone())
        cancelWith(reply, QFuture<void>(future), std::make_shared<const QFuture<R>>(future));
    return future;
}

/*! The same, and the outcome of each item. */
template<class R>
class EachReply final : public ResultsReply<R>
{
public:
    EachReply(qsizetype count, bool isPacked) : ResultsReply<R>(count, isPacked), m_errors(std::size_t(count)) {}
    qsizetype count() const { return qsizetype(m_errors.size()); }
    AioResult<R> take(qsizetype index)
    {
        const std::optional<AioError> &error = m_errors[std::size_t(index)];
        if (error && *error)
            return *error;
        return std::move(this->m_results[index]);
    }

private:
    void storePacked(qsizetype first, qsizetype count, const char *bytes) override
    {
        ResultsReply<R>::storePacked(first, count, bytes);
        for (qsizetype i = first; i < first + count; ++i)
            m_errors[std::size_t(i)] = AioError();
    }
    void store(qsizetype index, QVariant &&value) override
    {
        ResultsReply<R>::store(index, std::move(value));
        m_errors[std::size_t(index)] = AioError();
    }
    void storeError(qsizetype index, const AioError &error) override
    {
        if (index >= 0)
            m_errors[std::size_t(index)] = error;
        for (std::size_t i = 0; index < 0 && i < m_errors.size(); ++i) {
            if (!m_errors[i])
                m_errors[i] = error;
        }
    }

    std::vector<std::optional<AioError>> m_errors;    // nothing: no outcome yet; NoError: it has a result
};

/*! Wakes a coroutine that waits for any of several replies. */
class AIOPROCESSING_EXPORT PoolBell
{
public:
    void ring();
    void arm(const Wakeup::Trigger &trigger);

private:
    std::mutex m_mutex;
    std::optional<Wakeup::Trigger> m_trigger;
};

/*! Cancels what is not done when it goes. */
template<class R>
class PendingReplies
{
public:
    PendingReplies() = default;
    ~PendingReplies()
    {
        for (const auto &reply : replies)
            reply->cancel();
    }
    Q_DISABLE_COPY_MOVE(PendingReplies)

    std::vector<std::shared_ptr<EachReply<R>>> replies;
};

template<class R>
struct ListOf { using Type = QList<R>; };
template<>
struct ListOf<void> { using Type = void; };

template<class R>
QCoro::Task<R> resultOfReply(std::shared_ptr<ResultsReply<R>> reply, std::stop_token stop, const char *operation)
{
    if (!reply->isDone()) {
        Wakeup wakeup(operation);
        const PoolWait wait(reply, wakeup.trigger(), stop);
        co_await wakeup.done();
    }
    co_return reply->takeOne();
}

template<class R>
QCoro::Task<typename ListOf<R>::Type> resultsOfReply(std::shared_ptr<ResultsReply<R>> reply, std::stop_token stop, const char *operation)
{
    if (!reply->isDone()) {
        Wakeup wakeup(operation);
        const PoolWait wait(reply, wakeup.trigger(), stop);
        co_await wakeup.done();
    }
    co_return reply->takeAll();
}

} // namespace aio_detail
