// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioqueue.h>

#include "codec/aiovariantcodec_p.h"
#include "queue/rawqueue.h"
#include "sync/aioobject_p.h"

#include <aioprocessing/aiocontext.h>

#include <limits>

using namespace aio_detail;
using namespace aio_raw;

class AioQueuePrivate final : public AioObjectPrivate
{
public:
    explicit AioQueuePrivate(std::shared_ptr<OpenCell> openCell) : AioObjectPrivate(std::move(openCell), AioHandle::Queue) {}

    std::atomic<bool> closed = false;
};

namespace {

class GetVariant final : public RawQueue::Get
{
public:
    explicit GetVariant(const OpenCell &cell) : Get(cell.raw(), cell.address()) {}

    QVariant value;
    AioError error;

protected:
    void receive(const char *data, std::size_t size) noexcept override
    {
        Doorbell::countBytes(size);
        try {
            error = decodeVariant(QByteArrayView(data, qsizetype(size)), value, "AioQueue::get");
        } catch (const std::exception &exception) {
            error = makeError(AioError::Unserializable,
                              QStringLiteral("reading a message threw: %1").arg(QString::fromUtf8(exception.what())),
                              QStringLiteral("AioQueue::get"));
        } catch (...) {
            error = makeError(AioError::Unserializable, QStringLiteral("reading a message threw an exception"),
                              QStringLiteral("AioQueue::get"));
        }
    }
};

AioError errorOf(RawQueue::Outcome outcome, const char *operation, const QString &key)
{
    const auto name = QString::fromLatin1(operation);
    if (outcome == RawQueue::Outcome::ShutDown)
        return makeError(AioError::ShutDown, QStringLiteral("%1: the queue is shut down").arg(name), name, key);
    return makeError(AioError::OutOfResources,
                     QStringLiteral("%1: the context's shared memory is used up; take messages out first, set a maxSize, or raise "
                                    "AioContext::setMemoryLimit()").arg(name), name, key);
}

std::unique_ptr<AioObjectPrivate> make(std::shared_ptr<OpenCell> cell)
{
    return std::make_unique<AioQueuePrivate>(std::move(cell));
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

QCoro::Task<bool> ready(bool value)
{
    co_return value;
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

QByteArray AioQueue::encode(const QVariant &value, const char *operation)
{
    if (d()->closed.load(std::memory_order_relaxed)) {
        failOn(this, *d_ptr->waits,
               makeError(AioError::Closed, QStringLiteral("%1: this AioQueue object was closed").arg(QLatin1String(operation)),
                         QString::fromLatin1(operation), key()));
    }
    QByteArray bytes;
    const AioError error = encodeVariant(value, bytes, operation);
    if (error)
        failOn(this, *d_ptr->waits, error);
    if (bytes.size() > qsizetype(LargestBlock)) {
        failOn(this, *d_ptr->waits, makeError(AioError::TooLarge,
            QStringLiteral("%1: the message has %2 bytes, more than the %3 that fit; send it in parts")
                .arg(QLatin1String(operation)).arg(bytes.size()).arg(LargestBlock), QString::fromLatin1(operation), key()));
    }
    Doorbell::countBytes(std::size_t(bytes.size()));
    return bytes;
}

bool AioQueue::put(const QVariant &value, QDeadlineTimer deadline, std::stop_token stop)
{
    const QByteArray bytes = encode(value, "AioQueue::put");
    const auto cell = d_ptr->cell;
    RawQueue::Put operation(cell->raw(), cell->address(), bytes.constData(), std::size_t(bytes.size()));
    const WaitResult result = blockFor(cell->lot(), operation, deadline, std::move(stop), "AioQueue::put");
    if (result == WaitResult::TimedOut)
        return false;
    if (result != WaitResult::Completed)
        failOn(this, *d_ptr->waits, result, "AioQueue::put", key());
    if (operation.outcome() != RawQueue::Outcome::Done)
        failOn(this, *d_ptr->waits, errorOf(operation.outcome(), "AioQueue::put", key()));
    return true;
}

QCoro::Task<bool> AioQueue::coro_put(QVariant value, QDeadlineTimer deadline, std::stop_token stop)
{
    try {
        return putLater(encode(value, "AioQueue::coro_put"), deadline, std::move(stop));
    } catch (const AioException &exception) {
        // a mistake in the value is the task's failure, as every other
        const auto fail = [](AioException failure) -> QCoro::Task<bool> {
            [[maybe_unused]] const bool never = co_await ready(false);
            throw failure;
        };
        return fail(exception);
    }
}

QCoro::Task<bool> AioQueue::putLater(QByteArray bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    const auto cell = d_ptr->cell;
    const auto waits = d_ptr->waits;
    RawQueue::Put operation(cell->raw(), cell->address(), bytes.constData(), std::size_t(bytes.size()));
    bytes.clear();
    Wait wait(cell->lot(), operation, waits, deadline, stop, "AioQueue::coro_put");
    const WaitResult result = co_await wait.done();
    if (result == WaitResult::TimedOut)
        co_return false;
    const QString name = AioHandle(AioHandle::Queue, cell->context().id(), cell->handle()).key();
    if (result != WaitResult::Completed)
        failOn(this, *waits, result, "AioQueue::coro_put", name);
    if (operation.outcome() != RawQueue::Outcome::Done)
        failOn(this, *waits, errorOf(operation.outcome(), "AioQueue::coro_put", name));
    waits->whileAlive([this] { Q_EMIT putDone(); });
    co_return true;
}

// -- get

std::optional<QVariant> AioQueue::get(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto cell = d_ptr->cell;
    GetVariant operation(*cell);
    const WaitResult result = blockFor(cell->lot(), operation, deadline, std::move(stop), "AioQueue::get");
    if (result == WaitResult::TimedOut)
        return std::nullopt;
    if (result != WaitResult::Completed)
        failOn(this, *d_ptr->waits, result, "AioQueue::get", key());
    if (operation.outcome() != RawQueue::Outcome::Done)
        failOn(this, *d_ptr->waits, errorOf(operation.outcome(), "AioQueue::get", key()));
    if (operation.error)
        failOn(this, *d_ptr->waits, operation.error);
    return std::move(operation.value);
}

QCoro::Task<QVariant> AioQueue::coro_get(std::stop_token stop)
{
    std::optional<QVariant> item = co_await getLater(noDeadline(), std::move(stop));
    co_return std::move(*item);
}

QCoro::Task<std::optional<QVariant>> AioQueue::coro_get(QDeadlineTimer deadline, std::stop_token stop)
{
    return getLater(deadline, std::move(stop));
}

QCoro::Task<std::optional<QVariant>> AioQueue::getLater(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto cell = d_ptr->cell;
    const auto waits = d_ptr->waits;
    GetVariant operation(*cell);
    Wait wait(cell->lot(), operation, waits, deadline, stop, "AioQueue::coro_get");
    const WaitResult result = co_await wait.done();
    if (result == WaitResult::TimedOut)
        co_return std::nullopt;
    const QString name = AioHandle(AioHandle::Queue, cell->context().id(), cell->handle()).key();
    if (result != WaitResult::Completed)
        failOn(this, *waits, result, "AioQueue::coro_get", name);
    if (operation.outcome() != RawQueue::Outcome::Done)
        failOn(this, *waits, errorOf(operation.outcome(), "AioQueue::coro_get", name));
    if (operation.error)
        failOn(this, *waits, operation.error);
    waits->whileAlive([this, &operation] { Q_EMIT got(operation.value); });
    co_return std::move(operation.value);
}

QCoro::AsyncGenerator<QVariant> AioQueue::coro_items()
{
    const auto cell = d_ptr->cell;
    const auto waits = d_ptr->waits;
    for (;;) {
        GetVariant operation(*cell);
        Wait wait(cell->lot(), operation, waits, noDeadline(), {}, "AioQueue::coro_items");
        const WaitResult result = co_await wait.done();
        const QString name = AioHandle(AioHandle::Queue, cell->context().id(), cell->handle()).key();
        if (result != WaitResult::Completed)
            failOn(this, *waits, result, "AioQueue::coro_items", name);
        if (operation.outcome() == RawQueue::Outcome::ShutDown)
            co_return;
        if (operation.outcome() != RawQueue::Outcome::Done)
            failOn(this, *waits, errorOf(operation.outcome(), "AioQueue::coro_items", name));
        if (operation.error)
            failOn(this, *waits, operation.error);
        co_yield operation.value;
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
