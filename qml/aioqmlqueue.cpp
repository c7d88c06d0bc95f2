// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlqueue.h"

#include <QJSEngine>

using aio_qml::attempt;

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
    return AioPromises::of(this, options, [this, &value](QDeadlineTimer deadline, std::stop_token stop) {
        return core<AioQueue>().coro_put(aio_qml::toMessage(value), deadline, std::move(stop));
    });
}

bool AioQmlQueue::tryPut(const QJSValue &value)
{
    return attempt(this, [&] { return core<AioQueue>().tryPut(aio_qml::toMessage(value)); });
}

QJSValue AioQmlQueue::get(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core<AioQueue>().coro_get(deadline, std::move(stop));
    });
}

QJSValue AioQmlQueue::tryGet()
{
    return attempt(this, [this] {
        QJSEngine *const engine = qjsEngine(this);
        std::optional<QVariant> item = core<AioQueue>().tryGet();
        return item && engine ? aio_qml::toScript(engine, *item) : QJSValue();
    });
}

QJSValue AioQmlQueue::forEach(const QJSValue &function, const QJSValue &options)
{
    return AioPromises::forEach(this, function, options);
}

int AioQmlQueue::size() const
{
    return attempt(this, [this] { return int(core<AioQueue>().size()); });
}

bool AioQmlQueue::isFull() const
{
    return attempt(this, [this] { return core<AioQueue>().isFull(); });
}

void AioQmlQueue::close()
{
    attempt(this, [this] { core<AioQueue>().close(); });
}

void AioQmlQueue::shutDown(bool immediate)
{
    attempt(this, [this, immediate] { core<AioQueue>().shutDown(immediate); });
}

bool AioQmlQueue::isShutDown() const
{
    return attempt(this, [this] { return core<AioQueue>().isShutDown(); });
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
    attempt(this, [this] { core<AioJoinableQueue>().taskDone(); });
}

QJSValue AioQmlJoinableQueue::join(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core<AioJoinableQueue>().coro_join(deadline, std::move(stop));
    });
}

QJSValue AioQmlJoinableQueue::getDelivery(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core<AioJoinableQueue>().coro_getDelivery(deadline, std::move(stop));
    });
}

double AioQmlJoinableQueue::lostCount() const
{
    return attempt(this, [this] { return double(core<AioJoinableQueue>().lostCount()); });
}
