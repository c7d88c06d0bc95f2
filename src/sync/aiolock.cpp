// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiolock.h>

#include "base/aiologging_p.h"
#include "sync/aiolockstate_p.h"
#include "sync/rawlock.h"

#include <aioprocessing/aiocontext.h>

#include <QMetaMethod>

using namespace aio_detail;
using namespace aio_raw;

class AioLockPrivate final : public AioObjectPrivate
{
public:
    explicit AioLockPrivate(const Backing &backing) : AioObjectPrivate(backing, AioHandle::Lock) {}

    std::atomic<bool> tellsRelease = false;
    std::atomic<bool> wasAbandoned = false;     // of a manager's: when it was acquired last
};

AioLock::AioLock(QObject *parent) : AioLock(*AioContext::defaultContext(), parent) { }
AioLock::AioLock(AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioLockPrivate>(OpenCell::create(context, OpenCell::plain(Cell::Lock))), parent)
{ }
AioLock::AioLock(const QString &key, QObject *parent) : AioLock(key, *AioContext::defaultContext(), parent) { }
AioLock::AioLock(const QString &key, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioLockPrivate>(
                OpenCell::named(key, context, AioHandle::Lock, Cell::Lock, OpenCell::plain(Cell::Lock))), parent)
{
    setObjectName(key);
}
AioLock::AioLock(const AioHandle &handle, QObject *parent)
    : AioObject(std::make_unique<AioLockPrivate>(Backing::open(handle, AioHandle::Lock, Cell::Lock)), parent)
{ }
AioLock::AioLock(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioObject(std::make_unique<AioLockPrivate>(std::move(remote)), parent)
{ }
AioLock::~AioLock() = default;

AioLockPrivate *AioLock::d() const
{
    return static_cast<AioLockPrivate *>(d_ptr.get());
}

bool AioLock::acquireRemote(const QDeadlineTimer &deadline, std::stop_token stop, const char *operation)
{
    const std::optional<QVariant> value = callRemote(this, *d_ptr, acquiringCall(operation, deadline, std::move(stop)));
    if (value)
        tellIfAbandoned(*value);
    return value.has_value();
}

void AioLock::tellIfAbandoned(const QVariant &reply)
{
    d()->wasAbandoned.store(saysAbandoned(reply));
    if (saysAbandoned(reply))
        Q_EMIT ownerDied(reply.toLongLong());
}

bool AioLock::tryAcquire()
{
    if (!d_ptr->cell) [[unlikely]]
        return acquireRemote(QDeadlineTimer(0), {}, "AioLock::tryAcquire");
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioLock::tryAcquire");
    if (!RawLock::tryAcquire(open.raw(), open.cell(), open.address(), open.raw().arena().self()))
        return false;
    tellIfAbandoned();
    return true;
}

bool AioLock::acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]]
        return acquireRemote(deadline, std::move(stop), "AioLock::acquire");
    if (!stop.stop_requested() && tryAcquire()) [[likely]]
        return true;
    RawLock::Acquire operation(d_ptr->cell->raw(), d_ptr->cell->address());
    if (!doBlocking(this, *d_ptr, operation, deadline, std::move(stop), "AioLock::acquire"))
        return false;
    tellIfAbandoned();
    return true;
}

void AioLock::release()
{
    if (!d_ptr->cell) [[unlikely]] {
        callRemote(this, *d_ptr, RemoteCall("AioLock::release", "release"));
        d()->wasAbandoned.store(false);
        return tellReleased();
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioLock::release");
    if (!RawLock::release(open.raw(), open.cell(), open.address()))
        misused(this, QStringLiteral("nobody holds the lock (released twice?)"), "AioLock::release");
    tellReleased();
}

void AioLock::tellReleased()
{
    if (d()->tellsRelease.load(std::memory_order_relaxed))
        Q_EMIT released();
}

QCoro::Task<> AioLock::coro_release()
{
    if (!d_ptr->cell) {
        const auto done = [this](const QVariant &) {
            d()->wasAbandoned.store(false);
            tellReleased();
        };
        co_await doRemoteLater(this, *d_ptr, RemoteCall("AioLock::coro_release", "release"), done);
        co_return;
    }
    release();
}

QCoro::Task<bool> AioLock::coro_locked()
{
    if (d_ptr->cell)
        return readyTask(locked());
    return askRemoteLater<bool>(this, *d_ptr, RemoteCall("AioLock::coro_locked", "locked"));
}

bool AioLock::locked() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioLock *>(this), *d_ptr, RemoteCall("AioLock::locked", "locked"))->toBool();
    return RawLock::owner(d_ptr->cell->cell().word.load()) != 0;
}

bool AioLock::wasAbandoned() const
{
    if (!d_ptr->cell) [[unlikely]]
        return d()->wasAbandoned.load();
    return d_ptr->cell->cell().word.load() & RawLock::Abandoned;
}

void AioLock::tellIfAbandoned()
{
    if (const auto pid = abandonedBy(*d_ptr->cell)) [[unlikely]]
        Q_EMIT ownerDied(*pid);
}

QCoro::Task<bool> AioLock::coro_acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]] {
        const auto remotelyDone = [this](const QVariant &value) {
            tellIfAbandoned(value);
            Q_EMIT acquired();
        };
        return doRemoteLater(this, *d_ptr, acquiringCall("AioLock::coro_acquire", deadline, std::move(stop)), remotelyDone);
    }
    if (mayDoAtOnce(stop) && tryAcquire()) {
        Q_EMIT acquired();
        return readyTask(true);
    }
    const auto done = [this](const RawLock::Acquire &) {
        tellIfAbandoned();
        Q_EMIT acquired();
    };
    return doLater<RawLock::Acquire>(this, *d_ptr, deadline, std::move(stop), "AioLock::coro_acquire", done);
}

QCoro::Task<AioLocker> AioLock::coro_locker(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto release = releaser();
    const bool acquired = co_await coro_acquire(deadline, std::move(stop));
    co_return acquired ? AioLocker::adopt(release) : AioLocker();
}

std::function<void()> AioLock::releaser() const
{
    auto *self = const_cast<AioLock *>(this);
    if (!d_ptr->cell) {
        return [self, remote = d_ptr->remote, waits = d_ptr->waits] {
            remote->post(RemoteCall("AioLocker::unlock", "release"));
            waits->whileAlive([self] {
                self->d()->wasAbandoned.store(false);
                self->tellReleased();
            });
        };
    }
    return [self, cell = d_ptr->cell, waits = d_ptr->waits] {
        // if somebody has released it meanwhile, it may be another process's by now
        const bool mine = RawLock::owner(cell->cell().word.load(std::memory_order_relaxed)) == cell->raw().arena().self();
        if (!mine || !RawLock::release(cell->raw(), cell->cell(), cell->address()))
            qCWarning(lcAioSync) << "an AioLocker found its lock released by somebody else";
        else
            waits->whileAlive([self] { self->tellReleased(); });
    };
}

QString AioLock::describe() const
{
    return d_ptr->cell ? key() + QStringLiteral(", ") + describeOwner(*d_ptr->cell) : key();
}

void AioLock::connectNotify(const QMetaMethod &signal)
{
    if (signal == QMetaMethod::fromSignal(&AioLock::released))
        d()->tellsRelease.store(true);
    AioObject::connectNotify(signal);
}
