// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlqueue.h"

#include <QJSEngine>

// -- AioQueue

std::unique_ptr<AioObject> AioQmlQueue::open()
{
    auto queue = make<AioQueue>(qsizetype(m_maxSize));
    announce(queue.get());
    return queue;
}

void AioQmlQueue::announce(AioQueue *queue)
{
    connect(queue, &AioQueue::got, this, &AioQmlQueue::got);
    connect(queue, &AioQueue::putDone, this, &AioQmlQueue::putDone);
    connect(queue, &AioQueue::shutDownDone, this, &AioQmlQueue::shutDownDone);
}

void AioQmlQueue::setMaxSize(int maxSize)
{
    if (maxSize == m_maxSize)
        return;
    m_maxSize = maxSize;
    Q_EMIT maxSizeChanged();
    reopen();
}

QJSValue AioQmlQueue::put(const QJSValue &value, const QJSValue &options)
{
    return promise<AioQueue>(options, [&value](AioQueue &queue, auto ...wait) {
        return queue.coro_put(aio_qml::toMessage(value), wait...);
    });
}

bool AioQmlQueue::tryPut(const QJSValue &value)
{
    return call<AioQueue>([&value](AioQueue &queue) { return queue.tryPut(aio_qml::toMessage(value)); });
}

QJSValue AioQmlQueue::get(const QJSValue &options)
{
    return promise<AioQueue>(options, [](AioQueue &queue, auto ...wait) { return queue.coro_get(wait...); });
}

QJSValue AioQmlQueue::tryGet()
{
    return call<AioQueue>([this](AioQueue &queue) {
        QJSEngine *const engine = qjsEngine(this);
        const std::optional<QVariant> item = queue.tryGet();
        return item && engine ? aio_qml::toScript(engine, *item) : QJSValue();
    });
}

QJSValue AioQmlQueue::forEach(const QJSValue &function, const QJSValue &options)
{
    return AioPromises::forEach(this, function, options);
}

int AioQmlQueue::size() const
{
    return call<AioQueue>([](const AioQueue &queue) { return int(queue.size()); });
}

bool AioQmlQueue::isFull() const
{
    return call<AioQueue>([](const AioQueue &queue) { return queue.isFull(); });
}

void AioQmlQueue::close()
{
    call<AioQueue>([](AioQueue &queue) { queue.close(); });
}

void AioQmlQueue::shutDown(bool immediate)
{
    call<AioQueue>([immediate](AioQueue &queue) { queue.shutDown(immediate); });
}

bool AioQmlQueue::isShutDown() const
{
    return call<AioQueue>([](const AioQueue &queue) { return queue.isShutDown(); });
}

// -- AioSimpleQueue

std::unique_ptr<AioObject> AioQmlSimpleQueue::open()
{
    if (maxSize() != 0)
        aio_detail::throwError(AioError::UsageError, QStringLiteral("an AioSimpleQueue has no maxSize: use an AioQueue"));
    auto queue = make<AioSimpleQueue>();
    announce(queue.get());
    return queue;
}

// -- AioJoinableQueue

std::unique_ptr<AioObject> AioQmlJoinableQueue::open()
{
    auto queue = make<AioJoinableQueue>(qsizetype(maxSize()), AioJoinableQueue::DeadConsumerPolicy(m_policy));
    announce(queue.get());
    connect(queue.get(), &AioJoinableQueue::joined, this, &AioQmlJoinableQueue::joined);
    connect(queue.get(), &AioJoinableQueue::finished, this, &AioQmlJoinableQueue::finished);
    return queue;
}

void AioQmlJoinableQueue::setPolicy(DeadConsumerPolicy policy)
{
    if (policy == m_policy)
        return;
    m_policy = policy;
    Q_EMIT policyChanged();
    reopen();
}

void AioQmlJoinableQueue::taskDone()
{
    call<AioJoinableQueue>([](AioJoinableQueue &queue) { queue.taskDone(); });
}

QJSValue AioQmlJoinableQueue::join(const QJSValue &options)
{
    return promise<AioJoinableQueue>(options, [](AioJoinableQueue &queue, auto ...wait) { return queue.coro_join(wait...); });
}

QJSValue AioQmlJoinableQueue::getDelivery(const QJSValue &options)
{
    return promise<AioJoinableQueue>(options, [](AioJoinableQueue &queue, auto ...wait) { return queue.coro_getDelivery(wait...); });
}

double AioQmlJoinableQueue::lostCount() const
{
    return call<AioJoinableQueue>([](const AioJoinableQueue &queue) { return double(queue.lostCount()); });
}
