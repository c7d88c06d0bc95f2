// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiojoinablequeue.h>

#include "queue/aioqueue_p.h"

#include <aioprocessing/aiocontext.h>

using namespace aio_detail;
using namespace aio_raw;

namespace {

RawQueue::Policy toRaw(AioJoinableQueue::DeadConsumerPolicy policy)
{
    return policy == AioJoinableQueue::Redeliver ? RawQueue::Redeliver : RawQueue::CountAsLost;
}

} // namespace

AioJoinableQueue::AioJoinableQueue(QObject *parent) : AioJoinableQueue(defaultContext(), 0, CountAsLost, parent) { }
AioJoinableQueue::AioJoinableQueue(DeadConsumerPolicy policy, QObject *parent) : AioJoinableQueue(defaultContext(), 0, policy, parent) { }
AioJoinableQueue::AioJoinableQueue(AioContext &context, qsizetype maxSize, DeadConsumerPolicy policy, QObject *parent)
    : AioQueue(createQueue(context, maxSize, AioHandle::JoinableQueue, toRaw(policy)), parent)
{ }
AioJoinableQueue::AioJoinableQueue(const AioHandle &handle, QObject *parent)
    : AioQueue(openQueue(handle, AioHandle::JoinableQueue), parent)
{ }
AioJoinableQueue::~AioJoinableQueue() = default;

void AioJoinableQueue::taskDone()
{
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioJoinableQueue::taskDone");
    if (!RawQueue::taskDone(open.raw(), open.cell(), open.address()))
        misused(this, QStringLiteral("this process has no unfinished item; call it once after each get()"), "AioJoinableQueue::taskDone");
    Q_EMIT finished();
}

qint64 AioJoinableQueue::lostCount() const
{
    return qint64(RawQueue::lost(d_ptr->cell->raw(), d_ptr->cell->cell()));
}

bool AioJoinableQueue::join(QDeadlineTimer deadline, std::stop_token stop)
{
    RawQueue::Join operation(d_ptr->cell->raw(), d_ptr->cell->address());
    return doBlocking(this, *d_ptr, operation, deadline, std::move(stop), "AioJoinableQueue::join");
}

QCoro::Task<bool> AioJoinableQueue::coro_join(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto done = [this](const RawQueue::Join &) { Q_EMIT joined(); };
    return doLater<RawQueue::Join>(this, *d_ptr, deadline, std::move(stop), "AioJoinableQueue::coro_join", done);
}

std::optional<AioDelivery> AioJoinableQueue::getDelivery(QDeadlineTimer deadline, std::stop_token stop)
{
    PlainTarget target;
    const std::optional<QVariant> item = take(&target, deadline, std::move(stop));
    return item ? std::optional<AioDelivery>(AioDelivery(*item, target.attempts)) : std::nullopt;
}

QCoro::Task<std::optional<AioDelivery>> AioJoinableQueue::coro_getDelivery(QDeadlineTimer deadline, std::stop_token stop)
{
    PlainTarget target;
    const std::optional<QVariant> item = co_await coro_take(&target, deadline, std::move(stop));
    co_return item ? std::optional<AioDelivery>(AioDelivery(*item, target.attempts)) : std::nullopt;
}
