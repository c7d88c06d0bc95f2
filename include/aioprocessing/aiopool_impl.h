// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

// Bodies of the templates of AioPool. Do not include this directly: include <AioProcessing/AioPool>.

#include <aioprocessing/aiopool.h>
#include <aioprocessing/aiopoolarguments_impl.h>

#include <span>

namespace aio_detail {

/*! Errors of the submission are those of \a reply. A \a chunkSize of 0 is one that fits. */
AIOPROCESSING_EXPORT void submitItems(PoolCore &core, const QByteArray &function, bool isContextual, PoolArguments &&arguments,
                                      int chunkSize, const std::shared_ptr<PoolReply> &reply);
AIOPROCESSING_EXPORT void submitCall(PoolCore &core, const AioCall &call, const std::shared_ptr<PoolReply> &reply);
AIOPROCESSING_EXPORT void submitMap(PoolCore &core, const AioCall &call, const QVariantList &items, int chunkSize,
                                    const std::shared_ptr<PoolReply> &reply);
/*! How many chunks of an imap are under way at the most. */
AIOPROCESSING_EXPORT int readAheadOf(const PoolCore &core);
/*! The AioException why the pool takes nothing more; null: it does. */
AIOPROCESSING_EXPORT std::exception_ptr refusalOf(const PoolCore &core);
/*! Throws UsageError unless \a chunkSize is at least 1. */
AIOPROCESSING_EXPORT void requireChunkSize(int chunkSize, const char *operation);

template<auto F, class Range>
QCoro::AsyncGenerator<AioResult<Result<F>>> eachResult(std::shared_ptr<PoolCore> core, Range items, PoolBoundPtr bound, int chunkSize,
                                                        bool isOrdered)
{
    using R = Result<F>;
    const char *const operation = "AioPool::coro_imap";
    requireChunkSize(chunkSize, operation);
    const std::size_t ahead = std::size_t(readAheadOf(*core));
    const auto bell = std::make_shared<PoolBell>();
    PendingReplies<R> pending;
    std::exception_ptr inputError;
    auto &range = ItemsIn<Range>::range(items);
    auto next = std::ranges::begin(range);
    const auto end = std::ranges::end(range);
    bool hasMore = true;
    for (;;) {
        while (hasMore && pending.replies.size() < ahead) {
            inputError = refusalOf(*core);
            if (inputError) {
                hasMore = false;
                break;
            }
            PoolArguments arguments = ItemWriterFor<F, Range>::begin(bound);
            qsizetype count = 0;
            try {
                for (hasMore = next != end; hasMore && count < chunkSize; hasMore = next != end) {
                    ItemWriterFor<F, Range>::append(arguments, *next);
                    ++count;
                    ++next;
                }
            } catch (...) {
                inputError = std::current_exception();    // thrown when what came before it is through
                hasMore = false;
            }
            if (count == 0)
                break;
            const auto reply = std::make_shared<EachReply<R>>(count, isPacked<F>);
            pending.replies.push_back(reply);
            submitItems(*core, Registered<F>::key(), Given<typename FunctionOf<F>::Parameters>::takesContext, std::move(arguments),
                        chunkSize, reply);
            reply->whenDone([bell] { bell->ring(); });
        }
        if (pending.replies.empty())
            break;
        std::size_t index = 0;
        while (!isOrdered && index + 1 < pending.replies.size() && !pending.replies[index]->isDone())
            ++index;
        if (!pending.replies[index]->isDone()) {
            Wakeup wakeup(operation);
            bell->arm(wakeup.trigger());
            bool isAnyDone = false;
            for (const auto &reply : pending.replies)
                isAnyDone = isAnyDone || (reply->isDone() && (!isOrdered || reply == pending.replies.front()));
            if (!isAnyDone)
                co_await wakeup.done();
            continue;
        }
        const std::shared_ptr<EachReply<R>> done = pending.replies[index];
        pending.replies.erase(pending.replies.begin() + qsizetype(index));
        for (qsizetype i = 0; i < done->count(); ++i) {
            AioResult<R> result = done->take(i);
            co_yield result;
        }
    }
    if (inputError)
        std::rethrow_exception(inputError);
}

template<auto F, class Range>
QCoro::AsyncGenerator<Result<F>> eachValue(std::shared_ptr<PoolCore> core, Range items, PoolBoundPtr bound, int chunkSize, bool isOrdered)
{
    auto results = eachResult<F, Range>(std::move(core), std::move(items), std::move(bound), chunkSize, isOrdered);
    auto it = co_await results.begin();
    while (it != results.end()) {
        Result<F> value = (*it).value();
        co_yield value;
        co_await ++it;
    }
}

template<auto F, class Range>
constexpr void checkImap()
{
    static_assert(!std::is_void_v<Result<F>>, "AioPool::coro_imap: the function returns nothing; use coro_map");
    static_assert(!IsGenerator<Range>::value,
                  "AioPool::coro_imap: QCoro::Generator cannot be moved safely (its move constructor copies the handle); collect it into "
                  "a QList or use coro_map");
}

} // namespace aio_detail

template<class Reply, auto F>
std::shared_ptr<Reply> AioPool::start(aio_detail::PoolArguments &&arguments, int chunkSize)
{
    using namespace aio_detail;
    const auto reply = std::make_shared<Reply>(arguments.count(), isPacked<F>);
    submitItems(*m_core, Registered<F>::key(), Given<typename FunctionOf<F>::Parameters>::takesContext, std::move(arguments),
                chunkSize, reply);
    return reply;
}

template<class Reply>
std::shared_ptr<Reply> AioPool::startCall(const AioCall &call)
{
    const auto reply = std::make_shared<Reply>(1, false);
    aio_detail::submitCall(*m_core, call, reply);
    return reply;
}

template<class Reply>
std::shared_ptr<Reply> AioPool::startMap(const AioCall &call, const QVariantList &items, int chunkSize)
{
    const auto reply = std::make_shared<Reply>(items.size(), false);
    aio_detail::submitMap(*m_core, call, items, chunkSize, reply);
    return reply;
}

// -- one task

#define AIO_PRIVATE_ONE_ITEM(F, args) \
    aio_detail::PoolArguments arguments = aio_detail::argumentsFor<F>(); \
    aio_detail::appendItem<F>(arguments, std::forward<A>(args)...);

template<auto F, class... A>
aio_detail::Result<F> AioPool::apply(A &&...args)
{
    AIO_PRIVATE_ONE_ITEM(F, args)
    const auto reply = start<aio_detail::ResultsReply<aio_detail::Result<F>>, F>(std::move(arguments), 1);
    reply->wait({}, "AioPool::apply");
    return reply->takeOne();
}

template<auto F, class... A>
QCoro::Task<aio_detail::Result<F>> AioPool::coro_apply(A &&...args)
{
    AIO_PRIVATE_ONE_ITEM(F, args)
    auto reply = start<aio_detail::ResultsReply<aio_detail::Result<F>>, F>(std::move(arguments), 1);
    return aio_detail::resultOfReply<aio_detail::Result<F>>(std::move(reply), {}, "AioPool::coro_apply");
}

template<auto F, class... A>
    requires(aio_detail::UnsafeTemporary<A &&> || ...)
QCoro::Task<aio_detail::Result<F>> AioPool::coro_apply(A &&...args)
{
    AIO_PRIVATE_ONE_ITEM(F, args)
    auto reply = start<aio_detail::ResultsReply<aio_detail::Result<F>>, F>(std::move(arguments), 1);
    return aio_detail::resultOfReply<aio_detail::Result<F>>(std::move(reply), {}, "AioPool::coro_apply");
}

template<auto F, class... A>
QFuture<aio_detail::Result<F>> AioPool::applyAsync(A &&...args)
{
    AIO_PRIVATE_ONE_ITEM(F, args)
    return aio_detail::futureOf<aio_detail::Result<F>>(
        start<aio_detail::FutureReply<aio_detail::Result<F>>, F>(std::move(arguments), 1));
}

#undef AIO_PRIVATE_ONE_ITEM

template<class R>
R AioPool::apply(const AioTypedCall<R> &call, std::stop_token stop)
{
    const auto reply = startCall<aio_detail::ResultsReply<R>>(call);
    reply->wait(stop, "AioPool::apply");
    return reply->takeOne();
}

template<class R>
QCoro::Task<R> AioPool::coro_apply(const AioTypedCall<R> &call, std::stop_token stop)
{
    return aio_detail::resultOfReply<R>(startCall<aio_detail::ResultsReply<R>>(call), std::move(stop), "AioPool::coro_apply");
}

template<class R>
QFuture<R> AioPool::applyAsync(const AioTypedCall<R> &call)
{
    return aio_detail::futureOf<R>(startCall<aio_detail::FutureReply<R>>(call));
}

// -- one task for each item

template<auto F, class Range>
AioPool::ResultList<F> AioPool::map(Range &&items, int chunkSize)
{
    using Reply = aio_detail::ResultsReply<aio_detail::Result<F>>;
    const auto reply = start<Reply, F>(aio_detail::itemsOf<F>(std::forward<Range>(items)), chunkSize);
    reply->wait({}, "AioPool::map");
    return reply->takeAll();
}

template<auto F, class T>
AioPool::ResultList<F> AioPool::map(std::initializer_list<T> items, int chunkSize)
{
    const std::span<const T> range(items.begin(), items.size());
    return map<F>(range, chunkSize);
}

template<auto F, class Range>
QCoro::Task<AioPool::ResultList<F>> AioPool::coro_map(Range &&items, int chunkSize, std::stop_token stop)
{
    using R = aio_detail::Result<F>;
    auto reply = start<aio_detail::ResultsReply<R>, F>(aio_detail::itemsOf<F>(std::forward<Range>(items)), chunkSize);
    return aio_detail::resultsOfReply<R>(std::move(reply), std::move(stop), "AioPool::coro_map");
}

template<auto F, class T>
QCoro::Task<AioPool::ResultList<F>> AioPool::coro_map(std::initializer_list<T> items, int chunkSize, std::stop_token stop)
{
    const std::span<const T> range(items.begin(), items.size());
    return coro_map<F>(range, chunkSize, std::move(stop));
}

template<auto F, class Range>
QFuture<aio_detail::Result<F>> AioPool::mapAsync(Range &&items, int chunkSize)
{
    using R = aio_detail::Result<F>;
    return aio_detail::futureOf<R>(
        start<aio_detail::FutureReply<R>, F>(aio_detail::itemsOf<F>(std::forward<Range>(items)), chunkSize));
}

template<auto F, class Range>
AioPool::ResultList<F> AioPool::starmap(Range &&items, int chunkSize)
{
    using Reply = aio_detail::ResultsReply<aio_detail::Result<F>>;
    const auto reply = start<Reply, F>(aio_detail::tuplesOf<F>(std::forward<Range>(items)), chunkSize);
    reply->wait({}, "AioPool::starmap");
    return reply->takeAll();
}

template<auto F, class Range>
QCoro::Task<AioPool::ResultList<F>> AioPool::coro_starmap(Range &&items, int chunkSize, std::stop_token stop)
{
    using R = aio_detail::Result<F>;
    auto reply = start<aio_detail::ResultsReply<R>, F>(aio_detail::tuplesOf<F>(std::forward<Range>(items)), chunkSize);
    return aio_detail::resultsOfReply<R>(std::move(reply), std::move(stop), "AioPool::coro_starmap");
}

template<auto F, class Range>
QFuture<aio_detail::Result<F>> AioPool::starmapAsync(Range &&items, int chunkSize)
{
    using R = aio_detail::Result<F>;
    return aio_detail::futureOf<R>(
        start<aio_detail::FutureReply<R>, F>(aio_detail::tuplesOf<F>(std::forward<Range>(items)), chunkSize));
}

// -- results one by one

template<auto F, class Range>
QCoro::AsyncGenerator<aio_detail::Result<F>> AioPool::coro_imap(Range items, int chunkSize)
{
    aio_detail::checkImap<F, Range>();
    auto bound = aio_detail::boundOf<F>(items);
    return aio_detail::eachValue<F, Range>(m_core, std::move(items), std::move(bound), chunkSize, true);
}

template<auto F, class Range>
QCoro::AsyncGenerator<aio_detail::Result<F>> AioPool::coro_imapUnordered(Range items, int chunkSize)
{
    aio_detail::checkImap<F, Range>();
    auto bound = aio_detail::boundOf<F>(items);
    return aio_detail::eachValue<F, Range>(m_core, std::move(items), std::move(bound), chunkSize, false);
}

template<auto F, class Range>
QCoro::AsyncGenerator<AioResult<aio_detail::Result<F>>> AioPool::coro_imapResults(Range items, int chunkSize)
{
    aio_detail::checkImap<F, Range>();
    auto bound = aio_detail::boundOf<F>(items);
    return aio_detail::eachResult<F, Range>(m_core, std::move(items), std::move(bound), chunkSize, true);
}

template<auto F, class Range>
QCoro::AsyncGenerator<AioResult<aio_detail::Result<F>>> AioPool::coro_imapUnorderedResults(Range items, int chunkSize)
{
    aio_detail::checkImap<F, Range>();
    auto bound = aio_detail::boundOf<F>(items);
    return aio_detail::eachResult<F, Range>(m_core, std::move(items), std::move(bound), chunkSize, false);
}
