// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/aioqueuewatch_p.h"

#include "queue/rawqueuewatch.h"

#include <QMetaMethod>

namespace aio_detail::QueueWatch {

using namespace aio_raw;

namespace {

// Waits for \a operation. False: the object or its thread is at its end, or the wait failed, which was announced.
QCoro::Task<bool> watch(QueueCall call, RawOperation &operation)
{
    Wait wait(call.lot(), operation, call.waits(), noDeadline(), {}, call.name());
    const WaitResult result = co_await wait.done();
    if (result == WaitResult::NoMemory) {
        try {
            call.concludes(result);
        } catch (const AioException &) {
            // whoever listens has heard of it
        }
    }
    co_return result == WaitResult::Completed;
}

QCoro::Task<> emitItems(AioQueue *queue, AioQueuePrivate *d, QueueCall call)
{
    RawQueue::Watch operation(call.raw(), call.address(), 0);
    for (bool goesOn = true; goesOn;) {
        const bool completed = co_await watch(call, operation);
        goesOn = false;
        call.whileAlive([&] {
            static const QMetaMethod signal = QMetaMethod::fromSignal(&AioQueue::itemAvailable);
            goesOn = completed && !operation.isOver() && d->isListenedTo(queue, signal);
            if (!goesOn)
                d->watchesItems = false;
            if (goesOn)
                Q_EMIT queue->itemAvailable();
            else if (operation.isOver())
                d->sayShutDown(queue);
        });
    }
}

QCoro::Task<> emitSpace(AioQueue *queue, AioQueuePrivate *d, QueueCall call, std::size_t bytes)
{
    bool completed = true;
    if (bytes > 0) {
        RawMemory::Reserve memory(call.raw(), bytes);       // which goes back at once
        completed = co_await watch(call, memory);
    }
    RawQueue::Watch operation(call.raw(), call.address(), 1);
    if (completed)
        completed = co_await watch(call, operation);
    call.whileAlive([&] {
        d->watchesSpace = false;
        if (completed)
            Q_EMIT queue->spaceAvailable();
    });
}

// Does \a begin on the thread of \a queue, from its event loop.
template<class F> void beginThere(AioQueue *queue, std::atomic<bool> &isOn, F begin)
{
    QMetaObject::invokeMethod(queue, [&isOn, begin] {
        if (!isOn.exchange(true))
            begin();
    }, Qt::QueuedConnection);
}

} // namespace

void watchItems(AioQueue *queue, AioQueuePrivate &d)
{
    beginThere(queue, d.watchesItems, [queue, &d] { emitItems(queue, &d, QueueCall(queue, d, "AioQueue::itemAvailable")); });
}

void watchSpace(AioQueue *queue, AioQueuePrivate &d, std::size_t bytes)
{
    beginThere(queue, d.watchesSpace, [queue, &d, bytes] { emitSpace(queue, &d, QueueCall(queue, d, "AioQueue::spaceAvailable"), bytes); });
}

} // namespace aio_detail::QueueWatch

std::shared_ptr<aio_raw::RawOperation> AioQueuePrivate::change() const
{
    return std::make_shared<aio_raw::RawQueue::Change>(cell->raw(), cell->address());
}
