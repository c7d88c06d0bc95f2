// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioqueue.h>

#include "queue/aiooutmessage_p.h"
#include "queue/aiopoolwork_p.h"
#include "queue/aioqueue_p.h"
#include "queue/aioreceive_p.h"

#include <aioprocessing/aiocontext.h>

#include <QMetaMethod>

using namespace aio_detail;
using namespace aio_raw;

namespace {

std::unique_ptr<AioObjectPrivate> make(std::shared_ptr<OpenCell> cell)
{
    return std::make_unique<AioQueuePrivate>(std::move(cell), AioHandle::Queue);
}

std::shared_ptr<OpenCell> createQueue(AioContext &context, qsizetype maxSize)
{
    RawLot &lot = OpenCell::lotFor(context);
    const Address address = RawQueue::create(lot, maxSize > 0 ? std::uint64_t(maxSize) : 0);
    if (!address)
        throwOutOfMemory("AioQueue::create");
    lot.arena().publishCell(address);
    return OpenCell::adopt(context, address);
}

} // namespace

AioQueue::AioQueue(QObject *parent) : AioQueue(defaultContext(), 0, parent) { }
AioQueue::AioQueue(AioContext &context, qsizetype maxSize, QObject *parent) : AioObject(make(createQueue(context, maxSize)), parent) { }
AioQueue::AioQueue(const AioHandle &handle, QObject *parent)
    : AioObject(make(OpenCell::open(handle, AioHandle::Queue, Cell::Queue)), parent)
{ }
AioQueue::~AioQueue() = default;

AioContext &AioQueue::defaultContext()
{
    return *AioContext::defaultContext();
}

AioQueuePrivate *AioQueue::d() const
{
    return static_cast<AioQueuePrivate *>(d_ptr.get());
}

// -- put

// -- put

void AioQueue::requireOpen(const char *operation)
{
    d_ptr->cell->requireMember(operation);
    if (d()->closed.load(std::memory_order_relaxed)) {
        failOn(this, *d_ptr->waits,
               makeError(AioError::Closed, QStringLiteral("%1: this AioQueue object was closed").arg(QLatin1String(operation)),
                         QString::fromLatin1(operation), key()));
    }
}

bool AioQueue::put(const QVariant &value, QDeadlineTimer deadline, std::stop_token stop)
{
    requireOpen("AioQueue::put");
    OutMessage message;
    if (const AioError error = message.encode(value, "AioQueue::put"))
        failOn(this, *d_ptr->waits, error);
    return putMessage(message, deadline, stop);
}

bool AioQueue::putBytes(QByteArrayView bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    requireOpen("AioQueue::put");
    return putAtOnce(bytes, stop) || putMessage(OutMessage(bytes), deadline, stop);
}

bool AioQueue::putMessage(const OutMessage &message, QDeadlineTimer deadline, const std::stop_token &stop)
{
    const QueueCall call(this, *d_ptr, "AioQueue::put");
    Doorbell::countBytes(message.size());
    Block block;
    if (message.size() > RingSlot::InlineBytes) {
        block = call.reserve(message.size(), deadline, stop);
        if (!block.data)
            return false;
        message.copyTo(block.data);
    }
    RawQueue::Put operation = block.data ? RawQueue::Put(call.raw(), call.address(), block, message.size())
                                         : RawQueue::Put(call.raw(), call.address(), message.data(), message.size());
    for (;;) {
        if (!call.concludes(blockFor(call.lot(), operation, deadline, stop, call.name())))
            return false;
        if (operation.outcome() != RawQueue::Outcome::NeedsChunk)
            break;
        const Block chunk = call.reserve(RawQueue::ChunkBytes, deadline, stop);
        if (!chunk.data)
            return false;
        RawQueue::offer(call.raw(), operation.cell(), chunk);
        operation.again();
    }
    call.requireDone(operation.outcome());
    return true;
}

bool AioQueue::putAtOnce(QByteArrayView bytes, const std::stop_token &stop)
{
    if (stop.stop_requested() || bytes.size() > qsizetype(RingSlot::InlineBytes))
        return false;
    const OpenCell &cell = *d_ptr->cell;
    RawQueue::Put operation(cell.raw(), cell.address(), bytes.data(), std::size_t(bytes.size()));
    return operation.attempt() && operation.outcome() == RawQueue::Outcome::Done;
}

QCoro::Task<bool> AioQueue::coro_put(QVariant value, QDeadlineTimer deadline, std::stop_token stop)
{
    return putLater(nullptr, std::move(value), deadline, std::move(stop));
}

QCoro::Task<bool> AioQueue::coro_putBytes(QByteArrayView bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    const bool mayTry = mayDoAtOnce(stop) && !d()->closed.load(std::memory_order_relaxed) && d_ptr->cell->raw().arena().self();
    if (mayTry && putAtOnce(bytes, stop)) {
        Q_EMIT putDone();
        return readyTask(true);
    }
    return putLater(std::make_shared<OutMessage>(bytes), {}, deadline, std::move(stop));
}

QCoro::Task<bool> AioQueue::putLater(std::shared_ptr<OutMessage> message, QVariant value, QDeadlineTimer deadline, std::stop_token stop)
{
    const QueueCall call(this, *d_ptr, "AioQueue::coro_put");
    requireOpen(call.name());
    if (!message) {
        message = std::make_shared<OutMessage>();
        bool fits = true;
        AioError error = message->encodeWithin(muchWork, value, fits, call.name());
        if (!error && !fits) {
            const auto encoding = [message, value, name = call.name()] { return message->encode(value, name); };
            error = co_await inPool<AioError>(call.context(), encoding);
        }
        if (error)
            call.fail(error);
    }
    Block block;
    if (message->size() > RingSlot::InlineBytes) {
        block = co_await call.reserveLater(message->size(), deadline, stop);
        if (!block.data)
            co_return false;
    }
    // from here on the block goes back with the operation
    RawQueue::Put operation = block.data ? RawQueue::Put(call.raw(), call.address(), block, message->size())
                                         : RawQueue::Put(call.raw(), call.address(), message->data(), message->size());
    if (block.data && message->size() > std::size_t(muchWork)) {
        const auto copying = [message, to = block.data] { message->copyTo(to); };
        co_await inPool<void>(call.context(), copying);
    } else if (block.data) {
        Doorbell::countBytes(message->size());
        message->copyTo(block.data);
    }
    call.requireObject();
    for (;;) {
        Wait wait(call.lot(), operation, call.waits(), deadline, stop, call.name());
        const WaitResult result = co_await wait.done();
        if (!call.concludes(result))
            co_return false;
        if (operation.outcome() != RawQueue::Outcome::NeedsChunk)
            break;
        const Block chunk = co_await call.reserveLater(RawQueue::ChunkBytes, deadline, stop);
        if (!chunk.data)
            co_return false;
        RawQueue::offer(call.raw(), operation.cell(), chunk);
        operation.again();
    }
    call.requireDone(operation.outcome());
    call.whileAlive([this] { Q_EMIT putDone(); });
    co_return true;
}

// -- get

std::optional<QVariant> AioQueue::get(QDeadlineTimer deadline, std::stop_token stop)
{
    return take(nullptr, deadline, std::move(stop));
}

std::optional<QVariant> AioQueue::take(PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop)
{
    const QueueCall call(this, *d_ptr, "AioQueue::get");
    d_ptr->cell->requireMember(call.name());
    Receive operation(*d_ptr->cell, target, false);
    if (!call.concludes(blockFor(call.lot(), operation, deadline, std::move(stop), call.name())))
        return std::nullopt;
    call.requireDone(operation.outcome());
    if (operation.error)
        call.fail(operation.error);
    return std::move(operation.value);
}

QCoro::Task<QVariant> AioQueue::coro_get(std::stop_token stop)
{
    std::optional<QVariant> item = co_await takeLater(nullptr, noDeadline(), std::move(stop));
    co_return std::move(*item);
}

QCoro::Task<std::optional<QVariant>> AioQueue::coro_get(QDeadlineTimer deadline, std::stop_token stop)
{
    return takeLater(nullptr, deadline, std::move(stop));
}

QCoro::Task<std::optional<QVariant>> AioQueue::coro_take(PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop)
{
    return takeLater(target, deadline, std::move(stop));
}

QCoro::Task<std::optional<QVariant>> AioQueue::takeLater(PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop)
{
    const QueueCall call(this, *d_ptr, "AioQueue::coro_get");
    d_ptr->cell->requireMember(call.name());
    Receive operation(*d_ptr->cell, target, true);
    {
        Wait wait(call.lot(), operation, call.waits(), deadline, stop, call.name());
        const WaitResult result = co_await wait.done();
        if (!call.concludes(result))
            co_return std::nullopt;
    }
    call.requireDone(operation.outcome());
    AioError error = operation.error;
    QVariant item = std::move(operation.value);
    if (operation.isKeeping()) {
        const auto kept = std::make_shared<Receive>(operation);
        co_await readInPool(call.context(), kept);
        error = kept->error;
        item = std::move(kept->value);
    }
    if (error)
        call.fail(error);
    call.whileAlive([&] { announceGot(item, target); });
    co_return std::move(item);
}

void AioQueue::announceGot(const QVariant &item, const PlainTarget *target)
{
    static const QMetaMethod signal = QMetaMethod::fromSignal(&AioQueue::got);
    if (isSignalConnected(signal))
        Q_EMIT got(target && target->isFilled ? target->toVariant(target->value) : item);
}

QCoro::AsyncGenerator<QVariant> AioQueue::coro_items()
{
    const QueueCall call(this, *d_ptr, "AioQueue::coro_items");
    const auto cell = d_ptr->cell;
    cell->requireMember(call.name());
    for (;;) {
        Receive operation(*cell, nullptr, true);
        {
            Wait wait(call.lot(), operation, call.waits(), noDeadline(), {}, call.name());
            const WaitResult result = co_await wait.done();
            call.concludes(result);
        }
        if (operation.outcome() == RawQueue::Outcome::ShutDown)
            co_return;
        call.requireDone(operation.outcome());
        AioError error = operation.error;
        QVariant item = std::move(operation.value);
        if (operation.isKeeping()) {
            const auto kept = std::make_shared<Receive>(operation);
            co_await readInPool(call.context(), kept);
            error = kept->error;
            item = std::move(kept->value);
        }
        if (error)
            call.fail(error);
        co_yield item;
    }
}

// -- the rest

qsizetype AioQueue::size() const
{
    return qsizetype(RawQueue::size(d_ptr->cell->raw(), d_ptr->cell->cell()));
}

qsizetype AioQueue::maxSize() const
{
    return qsizetype(RawQueue::maxItems(d_ptr->cell->raw(), d_ptr->cell->cell()));
}

void AioQueue::close()
{
    d()->closed.store(true);
}

void AioQueue::shutDown(bool immediate)
{
    const OpenCell &open = *d_ptr->cell;
    RawQueue::shutDown(open.raw(), open.cell(), open.address(), immediate);
    Q_EMIT shutDownDone();
}

bool AioQueue::isShutDown() const
{
    return RawQueue::isShutDown(d_ptr->cell->cell());
}

void AioQueue::failTyped(const QVariant &item, QMetaType wanted) const
{
    throw AioException(
        makeError(AioError::TypeMismatch,
                  QStringLiteral("the message is a %1 and cannot be read as a %2; it was taken from the queue")
                      .arg(QLatin1String(item.isValid() ? item.typeName() : "QVariant()"), QLatin1String(wanted.name())),
                  QStringLiteral("AioQueue::get"), key()));
}

QString AioQueue::describe() const
{
    return key()
        + QStringLiteral(", %1 of %2 items%3")
              .arg(size())
              .arg(maxSize())
              .arg(isShutDown() ? QStringLiteral(", shut down") : QString());
}
