// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioqueue.h>

#include "queue/aiooutmessage_p.h"
#include "queue/aiopoolwork_p.h"
#include "queue/aioqueue_p.h"
#include "queue/aioqueuewatch_p.h"
#include "queue/aioreceive_p.h"
#include "queue/aioremotequeue_p.h"

#include <aioprocessing/aiocontext.h>

#include <QMetaMethod>

using namespace aio_detail;
using namespace aio_raw;

AioQueue::AioQueue(std::unique_ptr<AioObjectPrivate> d, QObject *parent) : AioObject(std::move(d), parent) { }
AioQueue::AioQueue(QObject *parent) : AioQueue(defaultContext(), 0, parent) { }
AioQueue::AioQueue(AioContext &context, qsizetype maxSize, QObject *parent)
    : AioQueue(createQueue(context, maxSize, AioHandle::Queue), parent)
{ }
AioQueue::AioQueue(const QString &key, qsizetype maxSize, AioContext &context, QObject *parent)
    : AioQueue(nameQueue(key, context, maxSize, AioHandle::Queue), parent)
{
    setObjectName(key);
}
AioQueue::AioQueue(const AioHandle &handle, QObject *parent) : AioQueue(openQueue(handle, AioHandle::Queue), parent) { }
AioQueue::AioQueue(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioQueue(adoptQueue(std::move(remote), AioHandle::Queue), parent)
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

void AioQueuePrivate::sayShutDown(AioQueue *queue)
{
    if (!saidShutDown.exchange(true))
        Q_EMIT queue->shutDownDone();
}

// -- put

void AioQueue::requireOpen(const char *operation)
{
    if (d_ptr->cell)
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
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(this, *d_ptr, puttingCall("AioQueue::put", value, deadline, std::move(stop))).has_value();
    OutMessage message;
    const AioError error = message.carry(value, d_ptr->cell->lot()) ? AioError() : message.encode(value, "AioQueue::put");
    if (error)
        failOn(this, *d_ptr->waits, error);
    return putMessage(message, deadline, stop);
}

bool AioQueue::putBytes(QByteArrayView bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    requireOpen("AioQueue::put");
    if (!d_ptr->cell) [[unlikely]]
        return put(valueOfMessage(bytes), deadline, std::move(stop));
    if (putAtOnce(bytes, stop))
        return true;
    OutMessage message(bytes);
    return putMessage(message, deadline, stop);
}

bool AioQueue::putMessage(OutMessage &message, QDeadlineTimer deadline, const std::stop_token &stop)
{
    const QueueCall call(this, *d_ptr, "AioQueue::put");
    Doorbell::countBytes(message.size());
    Block block;
    if (message.needsBlock()) {
        block = call.reserve(message.size(), deadline, stop);
        if (!block.data) {
            noteFull(message.size());
            return false;
        }
        if (!message.writeTo(block)) {
            call.raw().release(block, BlockOwner::process(call.raw().arena().self()));
            if (const AioError error = message.copyCarried(call.name()))
                call.fail(error);
            return putMessage(message, deadline, stop);
        }
    }
    RawQueue::Put operation = block.data ? RawQueue::Put(call.raw(), call.address(), block, message.size())
                                         : RawQueue::Put(call.raw(), call.address(), message.data(), message.size());
    for (;;) {
        if (!call.concludes(call.block(operation, deadline, stop))) {
            noteFull(0);
            return false;
        }
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
    if (!d_ptr->cell) [[unlikely]]
        return putRemotelyLater(std::move(value), deadline, std::move(stop));
    return putLater(nullptr, std::move(value), deadline, std::move(stop));
}

QCoro::Task<bool> AioQueue::coro_putBytes(QByteArrayView bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]]
        return putRemotelyLater(valueOfMessage(bytes), deadline, std::move(stop));
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
        AioError error = message->carry(value, call.lot()) ? AioError() : message->encodeWithin(muchWork, value, fits, call.name());
        if (!error && !fits) {
            const auto encoding = [message, value, name = call.name()] { return message->encode(value, name); };
            error = co_await inPool<AioError>(call.context(), encoding);
        }
        if (error)
            call.fail(error);
    }
    Block block;
    if (message->needsBlock()) {
        block = co_await call.reserveLater(message->size(), deadline, stop);
        if (!block.data) {
            call.whileAlive([&] { noteFull(message->size()); });
            co_return false;
        }
        if (message->carriesBuffer() && !message->writeTo(block)) {
            call.raw().release(block, BlockOwner::process(call.raw().arena().self()));
            const auto copying = [message, name = call.name()] { return message->copyCarried(name); };
            const AioError error = co_await inPool<AioError>(call.context(), copying);
            if (error)
                call.fail(error);
            block = co_await call.reserveLater(message->size(), deadline, stop);
            if (!block.data)
                co_return false;
        }
    }
    // from here on the block goes back with the operation, which the pool keeps as long as it writes
    const auto operation = block.data ? std::make_shared<RawQueue::Put>(call.raw(), call.address(), block, message->size())
                                      : std::make_shared<RawQueue::Put>(call.raw(), call.address(), message->data(), message->size());
    if (block.data && message->size() > std::size_t(muchWork)) {
        const auto copying = [message, block, operation] { message->writeTo(block); };
        co_await inPool<void>(call.context(), copying);
    } else if (block.data && !message->carriesBuffer()) {
        Doorbell::countBytes(message->size());
        message->writeTo(block);
    }
    call.requireObject();
    for (;;) {
        Wait wait(call.lot(), *operation, call.waits(), deadline, stop, call.name());
        const WaitResult result = co_await wait.done();
        if (!call.concludes(result)) {
            call.whileAlive([this] { noteFull(0); });
            co_return false;
        }
        if (operation->outcome() != RawQueue::Outcome::NeedsChunk)
            break;
        const Block chunk = co_await call.reserveLater(RawQueue::ChunkBytes, deadline, stop);
        if (!chunk.data)
            co_return false;
        RawQueue::offer(call.raw(), operation->cell(), chunk);
        operation->again();
    }
    call.requireDone(operation->outcome());
    call.whileAlive([this] { Q_EMIT putDone(); });
    co_return true;
}

// -- get

namespace {

// Throws if the message of \a operation could not be read. It is taken all the same.
void requireRead(const QueueCall &call, Receive &operation)
{
    if (!operation.error)
        return;
    operation.finishTask();
    call.fail(operation.error);
}

} // namespace

std::optional<QVariant> AioQueue::get(QDeadlineTimer deadline, std::stop_token stop)
{
    return take(nullptr, deadline, std::move(stop));
}

std::optional<QVariant> AioQueue::take(PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(this, *d_ptr, gettingCall("AioQueue::get", deadline, std::move(stop)));
    const QueueCall call(this, *d_ptr, "AioQueue::get");
    d_ptr->cell->requireMember(call.name());
    Receive operation(*d_ptr->cell, target, false);
    if (!call.concludes(call.block(operation, deadline, std::move(stop))))
        return std::nullopt;
    call.requireDone(operation.outcome());
    if (target)
        target->attempts = int(operation.attempts());
    requireRead(call, operation);
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

bool AioQueue::takeAtOnce(PlainTarget &target, QVariant &item, const std::stop_token &stop)
{
    if (!d_ptr->cell || !mayDoAtOnce(stop) || !d_ptr->cell->raw().arena().self())
        return false;
    Receive operation(*d_ptr->cell, &target, true);
    if (!operation.attempt() || operation.outcome() != RawQueue::Outcome::Done || operation.isKeeping())
        return false;           // what it has kept goes back
    if (operation.error)
        requireRead(QueueCall(this, *d_ptr, "AioQueue::coro_get"), operation);
    item = std::move(operation.value);
    announceGot(item, &target);
    return true;
}

QCoro::Task<std::optional<QVariant>> AioQueue::takeLater(PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]]
        return takeRemotelyLater(deadline, std::move(stop));
    return takeHereLater(target, deadline, std::move(stop));
}

QCoro::Task<std::optional<QVariant>> AioQueue::takeHereLater(PlainTarget *target, QDeadlineTimer deadline, std::stop_token stop)
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
    if (target)
        target->attempts = int(operation.attempts());
    if (operation.isKeeping()) {
        PoolReading reading(call, operation);
        co_await reading.done();
        reading.finish();
    }
    requireRead(call, operation);
    call.whileAlive([&] { announceGot(operation.value, target); });
    co_return std::move(operation.value);
}

void AioQueue::announceGot(const QVariant &item, const PlainTarget *target)
{
    static const QMetaMethod signal = QMetaMethod::fromSignal(&AioQueue::got);
    if (isSignalConnected(signal))
        Q_EMIT got(target && target->isFilled ? target->toVariant(target->value) : item);
}

QCoro::AsyncGenerator<QVariant> AioQueue::coro_items()
{
    return d_ptr->cell ? itemsHere() : remoteItems();
}

QCoro::AsyncGenerator<QVariant> AioQueue::itemsHere()
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
        if (operation.isKeeping()) {
            PoolReading reading(call, operation);
            co_await reading.done();
            reading.finish();
        }
        requireRead(call, operation);
        co_yield operation.value;
    }
}

// -- the rest

AioBuffer AioQueue::allocate(qsizetype bytes)
{
    return AioBuffer(bytes, d_ptr->cell ? *context() : defaultContext());
}

QCoro::Task<qsizetype> AioQueue::coro_size()
{
    if (!d_ptr->cell)
        return askRemoteLater<qsizetype>(this, *d_ptr, RemoteCall("AioQueue::coro_size", "qsize"));
    return readyTaskOf(size());
}

QCoro::Task<> AioQueue::coro_shutDown(bool immediate)
{
    if (!d_ptr->cell)
        return shutDownRemotelyLater(immediate);
    shutDown(immediate);
    return doneTask();
}

std::optional<AioBuffer> AioQueue::allocate(qsizetype bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell)
        return allocate(bytes);
    const QueueCall call(this, *d_ptr, "AioQueue::allocate");
    d_ptr->cell->requireMember(call.name());
    const Block block = call.reserve(SharedBlock::bytesFor(bytes), deadline, stop);
    return block.data ? std::optional(AioBuffer(SharedBlock::make(call.lot(), block, bytes))) : std::nullopt;
}

QCoro::Task<AioBuffer> AioQueue::coro_allocate(qsizetype bytes, std::stop_token stop)
{
    std::optional<AioBuffer> buffer = co_await coro_allocate(bytes, noDeadline(), std::move(stop));
    co_return std::move(*buffer);
}

QCoro::Task<std::optional<AioBuffer>> AioQueue::coro_allocate(qsizetype bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell)
        co_return allocate(bytes);
    const QueueCall call(this, *d_ptr, "AioQueue::coro_allocate");
    d_ptr->cell->requireMember(call.name());
    const Block block = co_await call.reserveLater(SharedBlock::bytesFor(bytes), deadline, std::move(stop));
    if (!block.data)
        co_return std::nullopt;
    const AioBuffer buffer(SharedBlock::make(call.lot(), block, bytes));
    call.whileAlive([&] { Q_EMIT allocated(buffer); });
    co_return buffer;
}

qsizetype AioQueue::size() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioQueue *>(this), *d_ptr, RemoteCall("AioQueue::size", "qsize"))->value<qsizetype>();
    return qsizetype(RawQueue::size(d_ptr->cell->raw(), d_ptr->cell->cell()));
}

qsizetype AioQueue::maxSize() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioQueue *>(this), *d_ptr, RemoteCall("AioQueue::maxSize", "#maxsize"))->value<qsizetype>();
    return qsizetype(RawQueue::maxItems(d_ptr->cell->raw(), d_ptr->cell->cell()));
}

bool AioQueue::isFull() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioQueue *>(this), *d_ptr, RemoteCall("AioQueue::isFull", "full"))->toBool();
    const bool full = size() >= maxSize();
    if (full)
        noteFull(0);
    return full;
}

void AioQueue::noteFull(std::size_t bytes) const
{
    static const QMetaMethod signal = QMetaMethod::fromSignal(&AioQueue::spaceAvailable);
    if (d_ptr->cell && isSignalConnected(signal) && !d()->watchesSpace)
        QueueWatch::watchSpace(const_cast<AioQueue *>(this), *d(), bytes);
}

void AioQueue::connectNotify(const QMetaMethod &signal)
{
    static const QMetaMethod items = QMetaMethod::fromSignal(&AioQueue::itemAvailable);
    if (d_ptr->cell && signal == items)
        QueueWatch::watchItems(this, *d());
    AioObject::connectNotify(signal);
}

void AioQueue::close()
{
    d()->closed.store(true);
}

void AioQueue::shutDown(bool immediate)
{
    if (!d_ptr->cell) [[unlikely]] {
        callRemote(this, *d_ptr, RemoteCall("AioQueue::shutDown", "shutdown", {immediate}));
        Q_EMIT shutDownDone();
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    RawQueue::shutDown(open.raw(), open.cell(), open.address(), immediate);
    d()->sayShutDown(this);
}

bool AioQueue::isShutDown() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioQueue *>(this), *d_ptr, RemoteCall("AioQueue::isShutDown", "#isshutdown"))->toBool();
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
    if (!d_ptr->cell)
        return key();
    return key()
        + QStringLiteral(", %1 of %2 items%3")
              .arg(size())
              .arg(maxSize())
              .arg(isShutDown() ? QStringLiteral(", shut down") : QString());
}
