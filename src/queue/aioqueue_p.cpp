// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/aioqueue_p.h"

#include <aioprocessing/aiocontext.h>

#include <QThread>

namespace aio_detail {

using namespace aio_raw;

namespace {

OpenCell::Maker queueMaker(qsizetype maxSize, RawQueue::Policy policy)
{
    return [=](RawLot &lot) { return RawQueue::create(lot, maxSize > 0 ? std::uint64_t(maxSize) : 0, policy); };
}

} // namespace

std::unique_ptr<AioObjectPrivate> createQueue(AioContext &context, qsizetype maxSize, AioHandle::Kind kind, RawQueue::Policy policy)
{
    return std::make_unique<AioQueuePrivate>(OpenCell::create(context, queueMaker(maxSize, policy)), kind);
}

std::unique_ptr<AioObjectPrivate> nameQueue(const QString &name, AioContext &context, qsizetype maxSize, AioHandle::Kind kind,
                                            RawQueue::Policy policy)
{
    return std::make_unique<AioQueuePrivate>(OpenCell::named(name, context, kind, Cell::Queue, queueMaker(maxSize, policy)), kind);
}

std::unique_ptr<AioObjectPrivate> openQueue(const AioHandle &handle, AioHandle::Kind kind)
{
    return std::make_unique<AioQueuePrivate>(Backing::open(handle, kind, Cell::Queue), kind);
}

std::unique_ptr<AioObjectPrivate> adoptQueue(std::shared_ptr<RemoteBackend> remote, AioHandle::Kind kind)
{
    return std::make_unique<AioQueuePrivate>(std::move(remote), kind);
}

AioError QueueCall::errorOf(AioError::Code code, const QString &what) const
{
    const auto name = QString::fromLatin1(m_name);
    return makeError(code, name + QStringLiteral(": ") + what, name, key());
}

void QueueCall::fail(const AioError &error) const
{
    failOn(m_object, *m_waits, error);
}

bool QueueCall::concludes(WaitResult result) const
{
    return aio_detail::concludes(m_object, *m_cell, *m_waits, m_kind, result, m_name);
}

void QueueCall::requireDone(RawQueue::Outcome outcome) const
{
    if (outcome == RawQueue::Outcome::Done)
        return;
    if (outcome == RawQueue::Outcome::ShutDown)
        fail(errorOf(AioError::ShutDown, QStringLiteral("the queue is shut down")));
    fail(errorOf(AioError::OutOfResources,
                 QStringLiteral("a part of the context's shared memory cannot be mapped in this process; free memory")));
}

void QueueCall::requireObject() const
{
    if (m_waits->isClosed())
        concludes(WaitResult::Cancelled);
}

WaitResult QueueCall::block(RawOperation &operation, const QDeadlineTimer &deadline, std::stop_token stop) const
{
    if (!stop.stop_requested() && operation.attempt())
        return WaitResult::Completed;
    if (!deadline.hasExpired())
        QThread::yieldCurrentThread();
    return blockFor(lot(), operation, deadline, std::move(stop), m_name);
}

Block QueueCall::reserve(std::size_t bytes, const QDeadlineTimer &deadline, const std::stop_token &stop) const
{
    if (bytes > UINT32_MAX)
        failTooLarge(bytes);
    RawMemory::Reserve operation(raw(), bytes);
    if (!concludes(blockFor(lot(), operation, deadline, stop, m_name)))
        return {};
    return takeFrom(operation, bytes);
}

QCoro::Task<Block> QueueCall::reserveLater(std::size_t bytes, QDeadlineTimer deadline, std::stop_token stop) const
{
    const QueueCall call(*this);
    if (bytes > UINT32_MAX)
        call.failTooLarge(bytes);
    RawMemory::Reserve operation(call.raw(), bytes);
    Wait wait(call.lot(), operation, call.m_waits, deadline, stop, call.m_name);
    const WaitResult result = co_await wait.done();
    if (!call.concludes(result))
        co_return Block();
    co_return call.takeFrom(operation, bytes);
}

Block QueueCall::takeFrom(RawMemory::Reserve &operation, std::size_t bytes) const
{
    if (operation.outcome() == RawMemory::Outcome::TooLarge)
        failTooLarge(bytes);
    return operation.take();
}

void QueueCall::failTooLarge(std::size_t bytes) const
{
    fail(errorOf(AioError::TooLarge,
                 QStringLiteral("a message of %1 bytes does not fit into the context's shared memory, whose limit is %2 bytes (a message "
                                "may have seven eighths of it, less what other objects use, and less than 4 GiB); send it in parts, or "
                                "raise AioContext::setMemoryLimit()")
                     .arg(bytes).arg(context().memoryLimit())));
}

} // namespace aio_detail
