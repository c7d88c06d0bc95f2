// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedqueue_p.h"

#include <aioprocessing/aiotask.h>

namespace aio_detail {

ManagedQueue::ManagedQueue(const ManagedCall &call) : m_queue(qsizetype(call.integer(0, "maxsize", 0))) {}

const ManagedQueue::Methods &ManagedQueue::methods()
{
    using Q = ManagedQueue;
    static const Methods all{
        {QStringLiteral("empty"), now(&Q::isEmpty)},         {QStringLiteral("full"), now(&Q::isFull)},
        {QStringLiteral("get"), later(&Q::get)},             {QStringLiteral("get_nowait"), later(&Q::getNow)},
        {QStringLiteral("join"), later(&Q::join)},           {QStringLiteral("put"), later(&Q::put)},
        {QStringLiteral("put_nowait"), later(&Q::putNow)},   {QStringLiteral("qsize"), now(&Q::size)},
        {QStringLiteral("shutdown"), now(&Q::shutDown)},     {QStringLiteral("task_done"), now(&Q::taskDone)},
        {QStringLiteral("#lost"), now(&Q::lost)},
        {QStringLiteral("#maxsize"), now(&Q::maxSize)},      {QStringLiteral("#isshutdown"), now(&Q::isShutDown)},
    };
    return all;
}

QCoro::Task<QVariant> ManagedQueue::put(std::shared_ptr<const ManagedCall> call)
{
    return putUntil(call, call->blocking(1, "block"));
}

QCoro::Task<QVariant> ManagedQueue::putNow(std::shared_ptr<const ManagedCall> call)
{
    return putUntil(std::move(call), QDeadlineTimer(0));
}

QCoro::Task<QVariant> ManagedQueue::putUntil(std::shared_ptr<const ManagedCall> call, QDeadlineTimer deadline)
{
    ++m_unfinished;         // before anybody can take it
    bool isPut = false;
    AioError error;
    try {
        isPut = co_await m_queue.coro_put(call->required(0, "item"), deadline, call->stop);
    } catch (const AioException &e) {
        error = e.error();
    }
    if (!isPut)
        finish(1);
    if (error)
        throw AioException(error);
    if (!isPut)
        raise("queue.Full", {});
    co_return QVariant();
}

QCoro::Task<QVariant> ManagedQueue::get(std::shared_ptr<const ManagedCall> call)
{
    return getUntil(call, call->blocking(0, "block"));
}

QCoro::Task<QVariant> ManagedQueue::getNow(std::shared_ptr<const ManagedCall> call)
{
    return getUntil(std::move(call), QDeadlineTimer(0));
}

QCoro::Task<QVariant> ManagedQueue::getUntil(std::shared_ptr<const ManagedCall> call, QDeadlineTimer deadline)
{
    const std::optional<QVariant> item = co_await m_queue.coro_get(deadline, call->stop);
    if (!item)
        raise("_queue.Empty", {});
    if (call->caller->isGone) {     // it came for somebody who has gone this very moment: another one shall have it
        AioProcessing::spawn(m_queue.coro_put(*item));
        throw AioException(cancelledCall(call->method));
    }
    ++m_taken[call->caller->number];
    co_return *item;
}

QVariant ManagedQueue::taskDone(const ManagedCall &call)
{
    if (m_unfinished == 0)
        raise("ValueError", QStringLiteral("task_done() called too many times"));
    auto own = m_taken.find(call.caller->number);
    if (own != m_taken.end() && --*own == 0)
        m_taken.erase(own);
    finish(1);
    return {};
}

void ManagedQueue::finish(qint64 count)
{
    m_unfinished = qMax<qint64>(0, m_unfinished - count);
    if (m_unfinished == 0)
        m_joins->completeAll();
}

QCoro::Task<QVariant> ManagedQueue::join(std::shared_ptr<const ManagedCall> call)
{
    const QDeadlineTimer deadline = call->timeout(0);
    while (m_unfinished > 0) {
        LocalWait wait(m_joins, deadline, call->stop, "AioJoinableQueue::join");
        const LocalWait::Outcome outcome = co_await wait.done();
        call->requireWanted();
        if (outcome == LocalWait::TimedOut)
            raise("TimeoutError", QStringLiteral("items are not finished yet"));
    }
    co_return QVariant();
}

QVariant ManagedQueue::shutDown(const ManagedCall &call)
{
    m_queue.shutDown(call.argument(0, "immediate", false).toBool());
    return {};
}

} // namespace aio_detail
