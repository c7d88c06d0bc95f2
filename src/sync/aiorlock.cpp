// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiorlock.h>

#include "base/aiologging_p.h"
#include "sync/aiolockstate_p.h"
#include "sync/rawrlock.h"

#include <aioprocessing/aiocontext.h>

using namespace aio_detail;
using namespace aio_raw;

class AioRLockPrivate final : public AioObjectPrivate
{
public:
    explicit AioRLockPrivate(const Backing &backing) : AioObjectPrivate(backing, AioHandle::RLock) {}

    RawRLock::Token newToken() const { return RawRLock::newToken(cell ? cell->raw().arena().self() : 0); }
    // the object as an owner
    const RawRLock::Token token = newToken();
    std::atomic<bool> wasAbandoned = false;     // of a manager's: when it was acquired last
};

namespace {

bool releaseFor(const OpenCell &open, RawRLock::Token owner)
{
    return RawRLock::release(open.raw(), open.cell(), open.address(), owner);
}

std::function<void()> releaserFor(std::shared_ptr<OpenCell> cell, RawRLock::Token owner)
{
    return [cell = std::move(cell), owner] {
        if (!releaseFor(*cell, owner))
            qCWarning(lcAioSync) << "an AioLocker found that its owner does not hold the AioRLock any more";
    };
}

std::function<void()> remoteReleaserFor(std::shared_ptr<RemoteBackend> remote, RawRLock::Token owner)
{
    return [remote = std::move(remote), owner] { remote->post(RemoteCall("AioLocker::unlock", "release").by(owner)); };
}

} // namespace

AioRLock::AioRLock(QObject *parent) : AioRLock(*AioContext::defaultContext(), parent) { }
AioRLock::AioRLock(AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioRLockPrivate>(OpenCell::create(context, OpenCell::plain(Cell::RLock))), parent)
{ }
AioRLock::AioRLock(const QString &key, QObject *parent) : AioRLock(key, *AioContext::defaultContext(), parent) { }
AioRLock::AioRLock(const QString &key, AioContext &context, QObject *parent)
    : AioObject(std::make_unique<AioRLockPrivate>(
                OpenCell::named(key, context, AioHandle::RLock, Cell::RLock, OpenCell::plain(Cell::RLock))), parent)
{
    setObjectName(key);
}
AioRLock::AioRLock(const AioHandle &handle, QObject *parent)
    : AioObject(std::make_unique<AioRLockPrivate>(Backing::open(handle, AioHandle::RLock, Cell::RLock)), parent)
{ }
AioRLock::AioRLock(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioObject(std::make_unique<AioRLockPrivate>(std::move(remote)), parent)
{ }
AioRLock::~AioRLock() = default;

AioRLockPrivate *AioRLock::d() const
{
    return static_cast<AioRLockPrivate *>(d_ptr.get());
}

bool AioRLock::acquireRemote(const QDeadlineTimer &deadline, std::stop_token stop, const char *operation)
{
    const std::optional<QVariant> value = callRemote(this, *d_ptr, acquiringCall(operation, deadline, std::move(stop), threadToken()));
    if (value)
        tellIfAbandoned(*value);
    return value.has_value();
}

void AioRLock::tellIfAbandoned(const QVariant &reply)
{
    d()->wasAbandoned.store(saysAbandoned(reply));
    if (saysAbandoned(reply))
        Q_EMIT ownerDied(reply.toLongLong());
}

bool AioRLock::tryAcquire()
{
    if (!d_ptr->cell) [[unlikely]]
        return acquireRemote(QDeadlineTimer(0), {}, "AioRLock::tryAcquire");
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioRLock::tryAcquire");
    if (!RawRLock::tryAcquire(open.raw(), open.cell(), open.address(), threadToken(open)))
        return false;
    tellIfAbandoned();
    return true;
}

bool AioRLock::acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]]
        return acquireRemote(deadline, std::move(stop), "AioRLock::acquire");
    if (!stop.stop_requested() && tryAcquire()) [[likely]]
        return true;
    RawRLock::Acquire operation(d_ptr->cell->raw(), d_ptr->cell->address(), threadToken(*d_ptr->cell));
    if (!doBlocking(this, *d_ptr, operation, deadline, std::move(stop), "AioRLock::acquire"))
        return false;
    tellIfAbandoned();
    return true;
}

void AioRLock::release()
{
    if (!d_ptr->cell) [[unlikely]] {
        const RemoteCall call = RemoteCall("AioRLock::release", "release").by(threadToken());
        if (d_ptr->remote->call(call).error)
            callRemote(this, *d_ptr, RemoteCall("AioRLock::release", "release").by(d()->token));
        d()->wasAbandoned.store(false);
        Q_EMIT released();
        return;
    }
    const OpenCell &open = *d_ptr->cell;
    open.requireMember("AioRLock::release");
    if (!releaseFor(open, threadToken(open)) && !releaseFor(open, d()->token)) {
        misused(this, QStringLiteral("neither this thread nor this object owns the lock, which is ") + describeOwner(open),
                "AioRLock::release");
    }
    Q_EMIT released();
}

QCoro::Task<> AioRLock::coro_release()
{
    if (!d_ptr->cell) {
        const auto done = [this](const QVariant &) { Q_EMIT released(); };
        const quint64 owner = d()->token;
        co_await doRemoteLater(this, *d_ptr, RemoteCall("AioRLock::coro_release", "release").by(owner), done);
        co_return;
    }
    release();
}

QCoro::Task<bool> AioRLock::coro_locked()
{
    if (d_ptr->cell)
        return readyTask(locked());
    return askRemoteLater<bool>(this, *d_ptr, RemoteCall("AioRLock::coro_locked", "locked"));
}

bool AioRLock::locked() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioRLock *>(this), *d_ptr, RemoteCall("AioRLock::locked", "locked"))->toBool();
    return RawLock::owner(d_ptr->cell->cell().word.load()) != 0;
}

int AioRLock::depth() const
{
    if (!d_ptr->cell) [[unlikely]]
        return callRemote(const_cast<AioRLock *>(this), *d_ptr, RemoteCall("AioRLock::depth", "#depth"))->toInt();
    return locked() ? int(RawRLock::depth(d_ptr->cell->cell())) : 0;
}

bool AioRLock::wasAbandoned() const
{
    if (!d_ptr->cell) [[unlikely]]
        return d()->wasAbandoned.load();
    return d_ptr->cell->cell().word.load() & RawLock::Abandoned;
}

void AioRLock::tellIfAbandoned()
{
    if (const auto pid = abandonedBy(*d_ptr->cell)) [[unlikely]]
        Q_EMIT ownerDied(*pid);
}

QCoro::Task<bool> AioRLock::coro_acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    return acquireFor(d()->token, deadline, std::move(stop));
}

QCoro::Task<bool> AioRLock::acquireFor(quint64 owner, QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) [[unlikely]] {
        const auto remotelyDone = [this](const QVariant &value) {
            tellIfAbandoned(value);
            Q_EMIT acquired();
        };
        return doRemoteLater(this, *d_ptr, acquiringCall("AioRLock::coro_acquire", deadline, std::move(stop), owner), remotelyDone);
    }
    const auto done = [this](const RawRLock::Acquire &) {
        tellIfAbandoned();
        Q_EMIT acquired();
    };
    return doLater<RawRLock::Acquire>(this, *d_ptr, deadline, std::move(stop), "AioRLock::coro_acquire", done, owner);
}

QCoro::Task<AioLocker> AioRLock::lockerFor(quint64 owner, QDeadlineTimer deadline, std::stop_token stop)
{
    const auto release = d_ptr->cell ? releaserFor(d_ptr->cell, owner) : remoteReleaserFor(d_ptr->remote, owner);
    const bool acquired = co_await acquireFor(owner, deadline, std::move(stop));
    co_return acquired ? AioLocker::adopt(release, owner) : AioLocker();
}

QCoro::Task<AioLocker> AioRLock::coro_locker(QDeadlineTimer deadline, std::stop_token stop)
{
    return lockerFor(d()->newToken(), deadline, std::move(stop));
}

QCoro::Task<AioLocker> AioRLock::coro_locker(const AioLocker &outer, QDeadlineTimer deadline, std::stop_token stop)
{
    const bool owns = outer.owner() && (!d_ptr->cell || RawRLock::isHeldBy(d_ptr->cell->cell(), outer.owner()));
    if (!owns && outer && d_ptr->cell) {
        misused(this, QStringLiteral("the outer locker owns something else (it must come from coro_locker() of this lock)"),
                "AioRLock::coro_locker");
    }
    return owns ? lockerFor(outer.owner(), deadline, std::move(stop)) : coro_locker(deadline, std::move(stop));
}

std::function<void()> AioRLock::releaser() const
{
    return d_ptr->cell ? releaserFor(d_ptr->cell, threadToken(*d_ptr->cell)) : remoteReleaserFor(d_ptr->remote, threadToken());
}

QString AioRLock::describe() const
{
    if (!d_ptr->cell)
        return key();
    const int times = depth();
    const QString often = times > 1 ? QStringLiteral(", %1 times").arg(times) : QString();
    return key() + QStringLiteral(", ") + describeOwner(*d_ptr->cell) + often;
}
