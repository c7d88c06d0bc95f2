// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedqueue_p.h"

#include "connection/aiohandshake_p.h"

#include <aioprocessing/aiohandle.h>
#include <aioprocessing/aiotask.h>

#include <algorithm>

namespace aio_detail {

namespace {

bool hasObject(const QVariant &value)
{
    if (value.typeId() == QMetaType::QVariantList) {
        const QVariantList items = value.toList();
        return std::any_of(items.begin(), items.end(), &hasObject);
    }
    if (value.typeId() == QMetaType::QVariantMap) {
        const QVariantMap map = value.toMap();
        return std::any_of(map.begin(), map.end(), &hasObject);
    }
    return value.metaType() == QMetaType::fromType<ManagedReference>();
}

// What no client can know.
const QByteArray &ticketName()
{
    static const QByteArray name = freshNonce(16);
    return name;
}

} // namespace

// Shared memory holds no objects of this process: what has one in it stays here, and a ticket goes through the queue.
QVariant ManagedQueue::toQueue(const QVariant &item)
{
    if (!hasObject(item))
        return item;
    m_kept.insert(++m_lastTicket, item);
    return QVariant::fromValue(AioHandle(AioHandle::Proxy, ticketName(), m_lastTicket));
}

QVariant ManagedQueue::fromQueue(const QVariant &item)
{
    const auto ticket = item.metaType() == QMetaType::fromType<AioHandle>() ? item.value<AioHandle>() : AioHandle();
    return ticket.context() == ticketName() ? m_kept.take(ticket.address()) : item;
}

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
    const QVariant item = toQueue(call->required(0, "item"));
    ++m_unfinished;         // before anybody can take it
    bool isPut = false;
    AioError error;
    try {
        isPut = co_await m_queue.coro_put(item, deadline, call->stop);
    } catch (const AioException &e) {
        error = e.error();
    }
    if (!isPut) {
        fromQueue(item);
        finish(1);
    }
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
    if (!call->canBeAnswered()) {   // it came for somebody who has gone this very moment: another one shall have it
        AioProcessing::spawn(m_queue.coro_put(*item));
        throw AioException(cancelledCall(call->method));
    }
    ++m_taken[call->caller->number];
    co_return fromQueue(*item);
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
    const bool isImmediate = call.argument(0, "immediate", false).toBool();
    const qint64 dropped = isImmediate ? m_queue.size() : 0;
    m_queue.shutDown(isImmediate);
    if (isImmediate)
        m_kept.clear();
    finish(dropped);
    return {};
}

} // namespace aio_detail
