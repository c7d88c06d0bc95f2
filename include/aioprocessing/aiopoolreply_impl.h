// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

// How the tasks of an AioPool are written and their results read. Do not include this directly: include <AioProcessing/AioPool>.

#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiotags_impl.h>
#include <aioprocessing/aiotask.h>

#include <QCoro/QCoroGenerator>

#include <QByteArray>
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
#include <ranges>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace aio_detail {

// -- functions whose arguments and result are numbers or raw: their values travel as they are, many of them in one piece

template<class Parameters>
struct PackedParameters;
template<class... P>
struct PackedParameters<TypeList<P...>>
{
    static constexpr bool ok = sizeof...(P) > 0 && (isPlain<std::remove_cvref_t<P>> && ...);
    static constexpr std::size_t bytes = (std::size_t(0) + ... + sizeof(std::remove_cvref_t<P>));
    using Values = std::tuple<std::remove_cvref_t<P>...>;
};

template<auto F>
constexpr bool isPacked = [] {
    using Return = std::remove_cvref_t<typename FunctionOf<F>::Return>;
    if constexpr (!FunctionOf<F>::Traits::ok || IsTask<Return>::value)
        return false;
    else
        return PackedParameters<typename FunctionOf<F>::Parameters>::ok && (std::is_void_v<Return> || isPlain<Return>);
}();

template<class R>
constexpr std::size_t packedBytes = sizeof(R);
template<>
inline constexpr std::size_t packedBytes<void> = 0;

/*! Runs a function on one item's bytes. */
struct PackedTarget
{
    void (*run)(const char *arguments, char *result) = nullptr;
    quint32 argumentBytes = 0;
    quint32 resultBytes = 0;
};

/*! Makes \a target known for the function \a key. */
AIOPROCESSING_EXPORT bool registerPacked(const QByteArray &key, const PackedTarget &target);

template<auto F>
void runPacked(const char *arguments, char *result)
{
    constexpr auto function = F;
    [&]<class... P>(TypeList<P...>) {
        std::tuple<std::remove_cvref_t<P>...> values{};
        std::apply([&](auto &...value) { ((std::memcpy(&value, arguments, sizeof value), arguments += sizeof value), ...); }, values);
        std::apply(
            [&](auto &...value) {
                if constexpr (std::is_void_v<typename FunctionOf<F>::Return>) {
                    function(static_cast<P &&>(value)...);
                } else {
                    const auto returned = function(static_cast<P &&>(value)...);
                    std::memcpy(result, &returned, sizeof returned);
                }
            },
            values);
    }(typename FunctionOf<F>::Parameters{});
}

template<auto F>
struct PackedRegistered
{
    static inline const bool atStart =
        registerPacked(Registered<F>::key(), {&runPacked<F>, quint32(PackedParameters<typename FunctionOf<F>::Parameters>::bytes),
                                              quint32(packedBytes<typename FunctionOf<F>::Result>)});
};

/*! The arguments of a number of tasks of one function, as bytes. */
class AIOPROCESSING_EXPORT PoolArguments
{
public:
    /*! Items of \a stride bytes; 0: of any size. */
    explicit PoolArguments(qsizetype stride = 0) : m_stride(stride) {}
    /*! Those whose slice() of all items is \a bytes; nothing if that cannot be. */
    static std::optional<PoolArguments> fromBytes(qsizetype stride, const QByteArray &bytes, const QByteArray &bound);

    bool isPacked() const { return m_stride > 0; }
    qsizetype stride() const { return m_stride; }
    qsizetype count() const { return isPacked() ? m_bytes.size() / m_stride : qsizetype(m_ends.size()); }
    void reserve(qsizetype count) { m_bytes.reserve(count * (isPacked() ? m_stride : 16)); }

    void appendPacked(const void *bytes, qsizetype size) { m_bytes.append(static_cast<const char *>(bytes), size); }
    void append(const QVariantList &arguments);
    /*! What stands before the arguments of each item. */
    void setBound(const QVariantList &arguments);

    /*! Why they cannot be sent (Unserializable, TooLarge); NoError: they can. */
    const AioError &error() const { return m_error; }
    const QByteArray &bound() const { return m_bound; }
    /*! The bytes of items \a first to \a first + \a count - 1. */
    QByteArrayView slice(qsizetype first, qsizetype count) const
    {
        const qsizetype from = startOf(first);
        return QByteArrayView(m_bytes.constData() + from, startOf(first + count) - from);
    }

private:
    qsizetype startOf(qsizetype index) const
    {
        if (isPacked())
            return index * m_stride;
        return index == 0 ? 0 : m_ends[std::size_t(index - 1)];
    }

    qsizetype m_stride;
    QByteArray m_bytes;
    QByteArray m_bound;
    std::vector<qsizetype> m_ends;
    AioError m_error;
};

template<auto F, class... A>
void appendItem(PoolArguments &out, A &&...args)
{
    if constexpr (checkCall<F, A...>()) {
        if constexpr (isPacked<F>) {
            using Packed = PackedParameters<typename FunctionOf<F>::Parameters>;
            const typename Packed::Values values(std::forward<A>(args)...);
            char bytes[Packed::bytes];
            char *to = bytes;
            std::apply([&](const auto &...value) { ((std::memcpy(to, &value, sizeof value), to += sizeof value), ...); }, values);
            out.appendPacked(bytes, qsizetype(Packed::bytes));
        } else {
            out.append(packArguments<F>(std::forward<A>(args)...));
        }
    }
}

/*! Makes F known to workers, and returns where its items' arguments are written to. */
template<auto F>
PoolArguments argumentsFor()
{
    [[maybe_unused]] const bool *known = &Registered<F>::atStart;
    if constexpr (isPacked<F>) {
        [[maybe_unused]] const bool *packed = &PackedRegistered<F>::atStart;
        return PoolArguments(qsizetype(PackedParameters<typename FunctionOf<F>::Parameters>::bytes));
    } else {
        return PoolArguments();
    }
}

template<auto F, class Range>
PoolArguments itemsOf(Range &&range)
{
    PoolArguments out = argumentsFor<F>();
    if constexpr (std::ranges::sized_range<Range>)
        out.reserve(qsizetype(std::ranges::size(range)));
    if constexpr (isPacked<F> && std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range>) {
        using Values = typename PackedParameters<typename FunctionOf<F>::Parameters>::Values;
        if constexpr (std::is_same_v<Values, std::tuple<std::remove_cv_t<std::ranges::range_value_t<Range>>>>) {
            using Value = std::remove_cv_t<std::ranges::range_value_t<Range>>;
            out.appendPacked(std::ranges::data(range), qsizetype(std::ranges::size(range) * sizeof(Value)));
            return out;
        }
    }
    for (auto &&item : range)
        appendItem<F>(out, std::forward<decltype(item)>(item));
    return out;
}

template<auto F, class Tuple>
void appendTuple(PoolArguments &out, Tuple &&tuple)
{
    std::apply([&](auto &&...value) { appendItem<F>(out, std::forward<decltype(value)>(value)...); }, std::forward<Tuple>(tuple));
}

template<auto F, class Range>
PoolArguments tuplesOf(Range &&range)
{
    PoolArguments out = argumentsFor<F>();
    for (auto &&item : range)
        appendTuple<F>(out, item);
    return out;
}

// -- what becomes of them

class PoolCore;
struct PoolJob;

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
    /*!
     * Items \a first to \a first + \a count - 1 have returned. The bytes of packed results stand one behind the other; of others an
     * uint32 with the length and the encoding of a QVariant.
     */
    void accept(qsizetype first, qsizetype count, QByteArrayView results);
    void fail(qsizetype index, const AioError &error);
    /*! \a items more have an outcome. Follows the two above; with the last of them it is done. */
    void count(qsizetype items);
    /*! The results in \a results, as accept() takes them, as QVariants; one that cannot be read is invalid. */
    QVariantList variants(qsizetype count, QByteArrayView results) const;
    /*! All that is not done yet is so now, and failed with \a error. */
    bool end(const AioError &error);
    void begin(const std::weak_ptr<PoolCore> &core, const std::shared_ptr<const PoolJob> &job);

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

protected:
    void storePacked(qsizetype first, qsizetype count, const char *bytes) override
    {
        if constexpr (std::is_trivially_copyable_v<R>)
            std::memcpy(static_cast<void *>(m_results.data() + first), bytes, std::size_t(count) * sizeof(R));
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
    qsizetype packedSize() const override { return sizeof(R); }
    QVariant packedVariant(const char *bytes) const override
    {
        R value{};
        if constexpr (std::is_trivially_copyable_v<R>)
            std::memcpy(static_cast<void *>(&value), bytes, sizeof value);
        return QVariant::fromValue(value);
    }

    const bool m_isPacked;
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

template<class T>
struct IsGenerator : std::false_type {};
template<class T>
struct IsGenerator<QCoro::Generator<T>> : std::true_type {};

} // namespace aio_detail
