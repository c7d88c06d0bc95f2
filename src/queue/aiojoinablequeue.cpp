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
AioJoinableQueue::AioJoinableQueue(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioQueue(adoptQueue(std::move(remote), AioHandle::JoinableQueue), parent)
{ }
AioJoinableQueue::~AioJoinableQueue() = default;

namespace {

// Python's join() has no timeout, and there is none where it is for ever.
RemoteCall joiningCall(const char *operation, const QDeadlineTimer &deadline, std::stop_token stop)
{
    return RemoteCall(operation, "join").waiting(RemoteCall::Timeout, deadline, std::move(stop));
}

} // namespace

QCoro::Task<> AioJoinableQueue::taskDoneRemotelyLater()
{
    const auto done = [this](const QVariant &) { Q_EMIT finished(); };
    const RemoteCall call("AioJoinableQueue::coro_taskDone", "task_done");
    co_await doRemoteLater(this, *d_ptr, call, done);
}

QCoro::Task<> AioJoinableQueue::coro_taskDone()
{
    if (!d_ptr->cell)
        return taskDoneRemotelyLater();
    taskDone();
    return doneTask();
}

void AioJoinableQueue::taskDone()
{
    if (!d_ptr->cell) {
        callRemote(this, *d_ptr, RemoteCall("AioJoinableQueue::taskDone", "task_done"));
        Q_EMIT finished();
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioJoinableQueue::taskDone");
    if (!RawQueue::taskDone(open.raw(), open.cell(), open.address()))
        misused(this, QStringLiteral("this process has no unfinished item; call it once after each get()"), "AioJoinableQueue::taskDone");
    Q_EMIT finished();
}

qint64 AioJoinableQueue::lostCount() const
{
    if (!d_ptr->cell)
        return callRemote(const_cast<AioJoinableQueue *>(this), *d_ptr, RemoteCall("AioJoinableQueue::lostCount", "#lost"))->toLongLong();
    return qint64(RawQueue::lost(d_ptr->cell->raw(), d_ptr->cell->cell()));
}

bool AioJoinableQueue::join(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell)
        return callRemote(this, *d_ptr, joiningCall("AioJoinableQueue::join", deadline, std::move(stop))).has_value();
    RawQueue::Join operation(d_ptr->cell->raw(), d_ptr->cell->address());
    return doBlocking(this, *d_ptr, operation, deadline, std::move(stop), "AioJoinableQueue::join");
}

QCoro::Task<bool> AioJoinableQueue::coro_join(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) {
        const auto remotelyDone = [this](const QVariant &) { Q_EMIT joined(); };
        return doRemoteLater(this, *d_ptr, joiningCall("AioJoinableQueue::coro_join", deadline, std::move(stop)), remotelyDone);
    }
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
