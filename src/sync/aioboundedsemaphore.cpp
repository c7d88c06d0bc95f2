// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioboundedsemaphore.h>

#include "base/aiologging_p.h"
#include "sync/aioobject_p.h"
#include "sync/rawboundedsemaphore.h"

#include <aioprocessing/aiocontext.h>

using namespace aio_detail;
using namespace aio_raw;

namespace {

OpenCell::Maker boundedMaker(int value)
{
    requireNumber(value, 1, int(RawBoundedSemaphore::MaxPermits), "AioBoundedSemaphore");
    return [value](RawLot &lot) { return RawBoundedSemaphore::create(lot, std::uint32_t(value)); };
}

std::shared_ptr<OpenCell> namedBounded(const QString &key, int value, AioContext &context)
{
    auto cell = OpenCell::named(key, context, AioHandle::BoundedSemaphore, Cell::BoundedSemaphore, boundedMaker(value));
    requireSame(key, AioHandle::BoundedSemaphore, QStringLiteral("permits"), int(RawBoundedSemaphore::permits(cell->cell())), value);
    return cell;
}

} // namespace

AioBoundedSemaphore::AioBoundedSemaphore(QObject *parent) : AioBoundedSemaphore(1, parent) { }
AioBoundedSemaphore::AioBoundedSemaphore(int value, QObject *parent) : AioBoundedSemaphore(value, *AioContext::defaultContext(), parent) { }
AioBoundedSemaphore::AioBoundedSemaphore(int value, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(OpenCell::create(context, boundedMaker(value)), AioHandle::BoundedSemaphore), parent)
{ }
AioBoundedSemaphore::AioBoundedSemaphore(const QString &key, int value, QObject *parent)
    : AioBoundedSemaphore(key, value, *AioContext::defaultContext(), parent)
{ }
AioBoundedSemaphore::AioBoundedSemaphore(const QString &key, int value, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(namedBounded(key, value, context), AioHandle::BoundedSemaphore), parent)
{
    setObjectName(key);
}
AioBoundedSemaphore::AioBoundedSemaphore(const AioHandle &handle, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(
                Backing::open(handle, AioHandle::BoundedSemaphore, Cell::BoundedSemaphore), AioHandle::BoundedSemaphore), parent)
{ }
AioBoundedSemaphore::AioBoundedSemaphore(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(std::move(remote), AioHandle::BoundedSemaphore), parent)
{ }
AioBoundedSemaphore::~AioBoundedSemaphore() = default;

bool AioBoundedSemaphore::tryAcquire()
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(this, *d_ptr, acquiringCall("AioBoundedSemaphore::tryAcquire", QDeadlineTimer(0), {})).has_value();
    d_ptr->cell->requireMember("AioBoundedSemaphore::tryAcquire");
    const OpenCell &open = *d_ptr->cell;
    return RawBoundedSemaphore::tryAcquire(open.raw(), open.cell(), open.address());
}

bool AioBoundedSemaphore::acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(this, *d_ptr, acquiringCall("AioBoundedSemaphore::acquire", deadline, std::move(stop))).has_value();
    if (!stop.stop_requested() && tryAcquire()) [[likely]]
        return true;
    RawBoundedSemaphore::Acquire operation(d_ptr->cell->raw(), d_ptr->cell->address());
    return doBlocking(this, *d_ptr, operation, deadline, std::move(stop), "AioBoundedSemaphore::acquire");
}

QCoro::Task<> AioBoundedSemaphore::coro_release()
{
    if (!d_ptr->cell) {
        const auto done = [this](const QVariant &) { Q_EMIT released(); };
        const RemoteCall call("AioBoundedSemaphore::coro_release", "release");
        co_await doRemoteLater(this, *d_ptr, call, done);
        co_return;
    }
    release();
}

QCoro::Task<int> AioBoundedSemaphore::coro_value()
{
    if (d_ptr->cell)
        return readyTaskOf(value());
    return askRemoteLater<int>(this, *d_ptr, RemoteCall("AioBoundedSemaphore::coro_value", "#value"));
}

void AioBoundedSemaphore::release()
{
    if (!d_ptr->cell) [[unlikely]] {
        callRemote(this, *d_ptr, RemoteCall("AioBoundedSemaphore::release", "release"));
        Q_EMIT released();
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioBoundedSemaphore::release");
    if (!RawBoundedSemaphore::release(open.raw(), open.cell(), open.address()))
        misused(this, QStringLiteral("all %1 permits are free (released twice?)").arg(initialValue()), "AioBoundedSemaphore::release");
    Q_EMIT released();
}

int AioBoundedSemaphore::value() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioBoundedSemaphore *>(this), *d_ptr, RemoteCall("AioBoundedSemaphore::value", "#value"))->toInt();
    return int(RawBoundedSemaphore::value(d_ptr->cell->raw(), d_ptr->cell->cell()));
}

int AioBoundedSemaphore::initialValue() const
{
    if (!d_ptr->cell) [[unlikely]] {
        const RemoteCall call("AioBoundedSemaphore::initialValue", "#initial");
        return callRemote(const_cast<AioBoundedSemaphore *>(this), *d_ptr, call)->toInt();
    }
    return int(RawBoundedSemaphore::permits(d_ptr->cell->cell()));
}

QCoro::Task<bool> AioBoundedSemaphore::coro_acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]] {
        const auto remotelyDone = [this](const QVariant &) { Q_EMIT acquired(); };
        return doRemoteLater(this, *d_ptr, acquiringCall("AioBoundedSemaphore::coro_acquire", deadline, std::move(stop)), remotelyDone);
    }
    if (mayDoAtOnce(stop) && tryAcquire()) {
        Q_EMIT acquired();
        return readyTask(true);
    }
    const auto done = [this](const RawBoundedSemaphore::Acquire &) { Q_EMIT acquired(); };
    return doLater<RawBoundedSemaphore::Acquire>(this, *d_ptr, deadline, std::move(stop), "AioBoundedSemaphore::coro_acquire", done);
}

QCoro::Task<AioLocker> AioBoundedSemaphore::coro_locker(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto release = releaser();
    const bool acquired = co_await coro_acquire(deadline, std::move(stop));
    co_return acquired ? AioLocker::adopt(release) : AioLocker();
}

std::function<void()> AioBoundedSemaphore::releaser() const
{
    if (!d_ptr->cell)
        return [remote = d_ptr->remote] { remote->post(RemoteCall("AioLocker::unlock", "release")); };
    return [cell = d_ptr->cell] {
        if (!RawBoundedSemaphore::release(cell->raw(), cell->cell(), cell->address()))
            qCWarning(lcAioSync) << "an AioLocker found its semaphore with all permits free";
    };
}

QString AioBoundedSemaphore::describe() const
{
    if (!d_ptr->cell)
        return key();
    return QStringLiteral("%1, %2 of %3 permits free").arg(key()).arg(value()).arg(initialValue());
}
