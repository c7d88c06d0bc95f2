// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiosemaphore.h>

#include "base/aiologging_p.h"
#include "sync/aioobject_p.h"
#include "sync/rawsemaphore.h"

#include <aioprocessing/aiocontext.h>

using namespace aio_detail;
using namespace aio_raw;

namespace {

OpenCell::Maker semaphoreMaker(int value)
{
    requireNumber(value, 0, int(RawSemaphore::MaxValue), "AioSemaphore");
    return [value](RawLot &lot) {
        const Address address = lot.arena().createCell(Cell::Semaphore);
        if (address) {
            lot.arena().at<Cell>(address)->word.store(std::uint64_t(value) * RawSemaphore::One);
            lot.arena().at<Cell>(address)->detail[RawSemaphore::InitialValue].store(std::uint64_t(value));
        }
        return address;
    };
}

std::shared_ptr<OpenCell> namedSemaphore(const QString &key, int value, AioContext &context)
{
    auto cell = OpenCell::named(key, context, AioHandle::Semaphore, Cell::Semaphore, semaphoreMaker(value));
    const auto madeWith = int(cell->cell().detail[RawSemaphore::InitialValue].load());
    requireSame(key, AioHandle::Semaphore, QStringLiteral("permits"), madeWith, value);
    return cell;
}

// Python before 3.9 knows release() of one only
QVariantList permitArguments(int count)
{
    return count == 1 ? QVariantList() : QVariantList{count};
}

} // namespace

AioSemaphore::AioSemaphore(QObject *parent) : AioSemaphore(1, parent) { }
AioSemaphore::AioSemaphore(int value, QObject *parent) : AioSemaphore(value, *AioContext::defaultContext(), parent) { }
AioSemaphore::AioSemaphore(int value, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(OpenCell::create(context, semaphoreMaker(value)), AioHandle::Semaphore), parent)
{ }
AioSemaphore::AioSemaphore(const QString &key, int value, QObject *parent)
    : AioSemaphore(key, value, *AioContext::defaultContext(), parent)
{ }
AioSemaphore::AioSemaphore(const QString &key, int value, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(namedSemaphore(key, value, context), AioHandle::Semaphore), parent)
{
    setObjectName(key);
}
AioSemaphore::AioSemaphore(const AioHandle &handle, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(
                Backing::open(handle, AioHandle::Semaphore, Cell::Semaphore), AioHandle::Semaphore), parent)
{ }
AioSemaphore::AioSemaphore(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioObject(std::make_unique<AioObjectPrivate>(std::move(remote), AioHandle::Semaphore), parent)
{ }
AioSemaphore::~AioSemaphore() = default;

bool AioSemaphore::tryAcquire()
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(this, *d_ptr, acquiringCall("AioSemaphore::tryAcquire", QDeadlineTimer(0), {})).has_value();
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioSemaphore::tryAcquire");
    return RawSemaphore::tryAcquire(open.raw(), open.cell(), open.address());
}

bool AioSemaphore::acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(this, *d_ptr, acquiringCall("AioSemaphore::acquire", deadline, std::move(stop))).has_value();
    if (!stop.stop_requested() && tryAcquire()) [[likely]]
        return true;
    RawSemaphore::Acquire operation(d_ptr->cell->raw(), d_ptr->cell->address());
    return doBlocking(this, *d_ptr, operation, deadline, std::move(stop), "AioSemaphore::acquire");
}

QCoro::Task<> AioSemaphore::coro_release(int count)
{
    if (!d_ptr->cell) {
        const auto done = [this](const QVariant &) { Q_EMIT released(); };
        const RemoteCall call("AioSemaphore::coro_release", "release", permitArguments(count));
        co_await doRemoteLater(this, *d_ptr, call, done);
        co_return;
    }
    release(count);
}

QCoro::Task<int> AioSemaphore::coro_value()
{
    if (d_ptr->cell)
        return readyTaskOf(value());
    return askRemoteLater<int>(this, *d_ptr, RemoteCall("AioSemaphore::coro_value", "#value"));
}

void AioSemaphore::release(int count)
{
    if (!d_ptr->cell) [[unlikely]] {
        callRemote(this, *d_ptr, RemoteCall("AioSemaphore::release", "release", permitArguments(count)));
        Q_EMIT released();
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioSemaphore::release");
    if (count < 0)
        misused(this, QStringLiteral("%1 permits cannot be released").arg(count), "AioSemaphore::release");
    if (!RawSemaphore::release(open.raw(), open.cell(), open.address(), std::uint32_t(count)))
        misused(this, QStringLiteral("there would be more than %1 permits").arg(RawSemaphore::MaxValue), "AioSemaphore::release");
    Q_EMIT released();
}

int AioSemaphore::value() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioSemaphore *>(this), *d_ptr, RemoteCall("AioSemaphore::value", "#value"))->toInt();
    return int(RawSemaphore::value(d_ptr->cell->cell().word.load()));
}

QCoro::Task<bool> AioSemaphore::coro_acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]] {
        const auto remotelyDone = [this](const QVariant &) { Q_EMIT acquired(); };
        return doRemoteLater(this, *d_ptr, acquiringCall("AioSemaphore::coro_acquire", deadline, std::move(stop)), remotelyDone);
    }
    if (mayDoAtOnce(stop) && tryAcquire()) {
        Q_EMIT acquired();
        return readyTask(true);
    }
    const auto done = [this](const RawSemaphore::Acquire &) { Q_EMIT acquired(); };
    return doLater<RawSemaphore::Acquire>(this, *d_ptr, deadline, std::move(stop), "AioSemaphore::coro_acquire", done);
}

QCoro::Task<AioLocker> AioSemaphore::coro_locker(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto release = releaser();
    const bool acquired = co_await coro_acquire(deadline, std::move(stop));
    co_return acquired ? AioLocker::adopt(release) : AioLocker();
}

std::function<void()> AioSemaphore::releaser() const
{
    if (!d_ptr->cell)
        return [remote = d_ptr->remote] { remote->post(RemoteCall("AioLocker::unlock", "release")); };
    return [cell = d_ptr->cell] {
        if (!RawSemaphore::release(cell->raw(), cell->cell(), cell->address(), 1))
            qCWarning(lcAioSync) << "an AioLocker found its semaphore with all the permits there can be";
    };
}

QString AioSemaphore::describe() const
{
    if (!d_ptr->cell)
        return key();
    return QStringLiteral("%1, %2 permits free").arg(key()).arg(value());
}
