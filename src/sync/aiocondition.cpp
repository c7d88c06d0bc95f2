// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiocondition.h>

#include "sync/aiolockstate_p.h"
#include "sync/rawcondition.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiorlock.h>

#include <QPointer>
#include <QScopeGuard>

using namespace aio_detail;
using namespace aio_raw;

namespace {

// The lock of a condition, while a wait has given it up: who is to have it again, and how often.
class GivenUp
{
public:
    explicit GivenUp(std::shared_ptr<OpenCell> lock)
        : m_lock(std::move(lock)), m_isRecursive(RawArena::kindOf(m_lock->cell()) == Cell::RLock)
    {
        Cell &cell = m_lock->cell();
        if (m_isRecursive) {
            m_token = cell.detail[RawRLock::HolderToken].load();
            m_depth = RawRLock::depth(cell);
            cell.detail[RawRLock::HolderToken].store(0);
        }
        RawLock::release(m_lock->raw(), cell, m_lock->address());
    }

    const OpenCell &lock() const { return *m_lock; }

    // For whoever has taken the lock again.
    void restore() const
    {
        if (m_isRecursive)
            RawRLock::claim(m_lock->cell(), m_token, m_depth);
    }

private:
    const std::shared_ptr<OpenCell> m_lock;
    const bool m_isRecursive;
    RawRLock::Token m_token = 0;
    std::uint32_t m_depth = 0;
};

bool isHeldHere(const OpenCell &lock)
{
    const std::uint64_t word = lock.cell().word.load();
    return RawLock::owner(word) == lock.raw().arena().self() && !(word & RawLock::Given);
}

Address createFor(const AioObjectPrivate &lock, RawLot &lot)
{
    const Address address = lot.arena().createCell(Cell::Condition);
    if (address) {
        lot.arena().at<Cell>(address)->detail[RawCondition::LockHandle].store(lock.cell->handle());
        lot.arena().at<Cell>(address)->detail[RawCondition::LockKind].store(lock.kind);
    }
    return address;
}

std::shared_ptr<OpenCell> makeFor(const AioObjectPrivate &lock)
{
    return OpenCell::create(lock.cell->context(), [&](RawLot &lot) { return createFor(lock, lot); });
}

Backing backingFor(const AioObjectPrivate &lock)
{
    return lock.cell ? Backing(makeFor(lock)) : Backing(lock.remote->makeCondition());
}

// The lock of a condition, which another process may have made.
class LockOfCondition
{
protected:
    // Null: it is with the condition, at a manager.
    explicit LockOfCondition(const OpenCell *opened)
    {
        if (!opened)
            return;
        const OpenCell &condition = *opened;
        const auto &detail = condition.cell().detail;
        const auto lockKind = AioHandle::Kind(detail[RawCondition::LockKind].load());
        const AioHandle handle(lockKind, condition.context().id(), detail[RawCondition::LockHandle].load());
        if (lockKind == AioHandle::RLock)
            recursive = std::make_unique<AioRLock>(handle);
        else
            simple = std::make_unique<AioLock>(handle);
    }

    std::unique_ptr<AioLock> simple;        // one of the two
    std::unique_ptr<AioRLock> recursive;
};

} // namespace

// The lock is closed after the condition, so that whoever finds the condition finds its lock.
class AioConditionPrivate final : private LockOfCondition, public AioObjectPrivate
{
public:
    explicit AioConditionPrivate(const Backing &backing)
        : LockOfCondition(backing.cell.get()), AioObjectPrivate(backing, AioHandle::Condition)
    { }

    // of a manager's: who has its lock for coroutines, this object or a locker, and whether the last one before has died
    const RawRLock::Token token = RawRLock::newToken(0);
    std::atomic<RawRLock::Token> holder = token;
    std::atomic<bool> wasAbandoned = false;

    const std::shared_ptr<OpenCell> &lockCell() { return AioObjectPrivate::of(lock()).cell; }
    AioObject *lock() { return simple ? static_cast<AioObject *>(simple.get()) : recursive.get(); }

    // Calls \a f(lock) with the lock as what it is.
    template<class F> auto withLock(F f) { return simple ? f(*simple) : f(*recursive); }
};

namespace {

std::unique_ptr<AioObjectPrivate> makeWithLock(AioContext &context)
{
    AioLock lock(context);
    return std::make_unique<AioConditionPrivate>(makeFor(AioObjectPrivate::of(&lock)));
}

std::unique_ptr<AioObjectPrivate> makeNamed(const QString &key, AioContext &context)
{
    std::unique_ptr<AioLock> lock;      // is there until the condition has opened it
    const auto maker = [&](RawLot &lot) {
        lock = std::make_unique<AioLock>(context);
        return createFor(AioObjectPrivate::of(lock.get()), lot);
    };
    for (;;) {
        const auto cell = OpenCell::named(key, context, AioHandle::Condition, Cell::Condition, maker);
        const auto held = OpenCell::tryOpen(context, cell->cell().detail[RawCondition::LockHandle].load(), Cell::Lock);
        if (held)
            return std::make_unique<AioConditionPrivate>(cell);
        // Its last user has closed it just when it was found, and its lock after it. Nobody else is to find it, else those who
        // look for it keep it open for each other.
        cell->cell().name.store(0);
    }
}

} // namespace

AioCondition::AioCondition(QObject *parent) : AioCondition(*AioContext::defaultContext(), parent) { }
AioCondition::AioCondition(AioContext &context, QObject *parent) : AioCondition(makeWithLock(context), parent) { }
AioCondition::AioCondition(const QString &key, QObject *parent) : AioCondition(key, *AioContext::defaultContext(), parent) { }
AioCondition::AioCondition(const QString &key, AioContext &context, QObject *parent) : AioCondition(makeNamed(key, context), parent)
{
    setObjectName(key);
}
AioCondition::AioCondition(AioLock &lock, QObject *parent)
    : AioCondition(std::make_unique<AioConditionPrivate>(backingFor(AioObjectPrivate::of(&lock))), parent)
{ }
AioCondition::AioCondition(AioRLock &lock, QObject *parent)
    : AioCondition(std::make_unique<AioConditionPrivate>(backingFor(AioObjectPrivate::of(&lock))), parent)
{ }
AioCondition::AioCondition(const AioHandle &handle, QObject *parent)
    : AioCondition(std::make_unique<AioConditionPrivate>(Backing::open(handle, AioHandle::Condition, Cell::Condition)), parent)
{ }
AioCondition::AioCondition(std::shared_ptr<RemoteBackend> remote, QObject *parent)
    : AioCondition(std::make_unique<AioConditionPrivate>(std::move(remote)), parent)
{ }
AioCondition::AioCondition(std::unique_ptr<AioObjectPrivate> d, QObject *parent) : AioObject(std::move(d), parent)
{
    if (!d_ptr->cell)
        return;
    const auto errorOfTheLock = [this](const AioError &error) { announce(this, error); };
    connect(this->d()->lock(), &AioObject::errorOccurred, this, errorOfTheLock, Qt::DirectConnection);
    this->d()->withLock([this](auto &lock) {
        using Lock = std::remove_reference_t<decltype(lock)>;
        connect(&lock, &Lock::ownerDied, this, &AioCondition::ownerDied, Qt::DirectConnection);
    });
}
AioCondition::~AioCondition() = default;

AioConditionPrivate *AioCondition::d() const
{
    return static_cast<AioConditionPrivate *>(d_ptr.get());
}

// -- the lock

bool AioCondition::acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell) {
        const auto reply = callRemote(this, *d_ptr, acquiringCall("AioCondition::acquire", deadline, std::move(stop), threadToken()));
        if (reply)
            tellIfAbandoned(*reply);
        return reply.has_value();
    }
    return d()->withLock([&](auto &lock) { return lock.acquire(deadline, std::move(stop)); });
}

bool AioCondition::tryAcquire()
{
    if (!d_ptr->cell)
        return acquire(QDeadlineTimer(0));
    return d()->withLock([](auto &lock) { return lock.tryAcquire(); });
}

void AioCondition::release()
{
    if (!d_ptr->cell)
        return doByName("AioCondition::release", "release", {});
    d()->withLock([](auto &lock) { lock.release(); });
}

bool AioCondition::wasAbandoned() const
{
    if (!d_ptr->cell)
        return d()->wasAbandoned.load();
    return d()->withLock([](auto &lock) { return lock.wasAbandoned(); });
}

void AioCondition::tellIfAbandoned()
{
    d()->withLock([](auto &lock) { lock.tellIfAbandoned(); });
}

void AioCondition::tellIfAbandoned(const QVariant &reply)
{
    d()->wasAbandoned.store(saysAbandoned(reply));
    if (saysAbandoned(reply))
        Q_EMIT ownerDied(reply.toLongLong());
}

// First as this thread, and if that has not the lock, as this object.
void AioCondition::doByName(const char *operation, const char *method, const QVariantList &arguments)
{
    if (d_ptr->remote->call(RemoteCall(operation, method, arguments).by(threadToken())).error)
        callRemote(this, *d_ptr, RemoteCall(operation, method, arguments).by(d()->holder));
}

QCoro::Task<> AioCondition::doLaterByName(const char *operation, const char *method, int count)
{
    const QVariantList arguments = count == 1 ? QVariantList() : QVariantList{count};
    return tellRemoteLater(this, *d_ptr, RemoteCall(operation, method, arguments).by(d()->holder));
}

QCoro::Task<> AioCondition::coro_release()
{
    if (!d_ptr->cell)
        return doLaterByName("AioCondition::coro_release", "release", 1);
    release();
    return doneTask();
}

QCoro::Task<> AioCondition::coro_notify(int count)
{
    if (!d_ptr->cell)
        return doLaterByName("AioCondition::coro_notify", "notify", count);
    notify(count);
    return doneTask();
}

QCoro::Task<> AioCondition::coro_notifyAll()
{
    if (!d_ptr->cell)
        return doLaterByName("AioCondition::coro_notifyAll", "notify_all", 1);
    notifyAll();
    return doneTask();
}

bool AioCondition::locked() const
{
    if (!d_ptr->cell)
        return callRemote(const_cast<AioCondition *>(this), *d_ptr, RemoteCall("AioCondition::locked", "locked"))->toBool();
    return d()->withLock([](auto &lock) { return lock.locked(); });
}

QCoro::Task<bool> AioCondition::coro_acquire(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto waits = d_ptr->waits;
    if (!d_ptr->cell) {
        const quint64 owner = d()->token;
        const bool gotRemotely = co_await acquireRemotelyFor(owner, deadline, std::move(stop));
        co_return gotRemotely;
    }
    auto task = d()->withLock([&](auto &lock) { return lock.coro_acquire(deadline, std::move(stop)); });
    const bool got = co_await task;
    if (got)
        waits->whileAlive([this] { Q_EMIT acquired(); });
    co_return got;
}

QCoro::Task<bool> AioCondition::acquireRemotelyFor(quint64 owner, QDeadlineTimer deadline, std::stop_token stop)
{
    const auto done = [this, owner](const QVariant &reply) {
        d()->holder.store(owner);
        tellIfAbandoned(reply);
        Q_EMIT acquired();
    };
    const RemoteCall call = acquiringCall("AioCondition::coro_acquire", deadline, std::move(stop), owner);
    return doRemoteLater(this, *d_ptr, call, done);
}

QCoro::Task<AioLocker> AioCondition::remoteLocker(QDeadlineTimer deadline, std::stop_token stop)
{
    const quint64 owner = RawRLock::newToken(0);
    const auto release = remoteReleaser(owner);
    const bool got = co_await acquireRemotelyFor(owner, deadline, std::move(stop));
    co_return got ? AioLocker::adopt(release, owner) : AioLocker();
}

std::function<void()> AioCondition::remoteReleaser(quint64 owner) const
{
    return [remote = d_ptr->remote, owner] { remote->post(RemoteCall("AioLocker::unlock", "release").by(owner)); };
}

QCoro::Task<AioLocker> AioCondition::coro_locker(QDeadlineTimer deadline, std::stop_token stop)
{
    if (!d_ptr->cell)
        return remoteLocker(deadline, std::move(stop));
    return localLocker(deadline, std::move(stop));
}

QCoro::Task<AioLocker> AioCondition::localLocker(QDeadlineTimer deadline, std::stop_token stop)
{
    const auto waits = d_ptr->waits;
    auto task = d()->withLock([&](auto &lock) { return lock.coro_locker(deadline, std::move(stop)); });
    AioLocker locker = co_await task;
    if (locker)
        waits->whileAlive([this] { Q_EMIT acquired(); });
    co_return locker;
}

std::function<void()> AioCondition::releaser() const
{
    if (!d_ptr->cell)
        return remoteReleaser(threadToken());
    return d()->withLock([](auto &lock) { return lock.releaser(); });
}

void AioCondition::requireLock(const char *operation)
{
    d_ptr->cell->requireMember(operation);
    if (!isHeldHere(*d()->lockCell()))
        misused(this, QStringLiteral("this process does not hold its lock, which is ") + describeOwner(*d()->lockCell()), operation);
}

// -- waiting

bool AioCondition::wait(QDeadlineTimer deadline, std::stop_token stop)
{
    constexpr const char *name = "AioCondition::wait";
    if (!d_ptr->cell) {
        const RemoteCall call = RemoteCall(name, "wait").waiting(RemoteCall::Timeout, deadline, std::move(stop)).by(threadToken());
        return callRemote(this, *d_ptr, call).has_value();
    }
    requireLock(name);
    const auto cell = d_ptr->cell;
    const auto waits = d_ptr->waits;
    const AioHandle::Kind kind = d_ptr->kind;
    RawCondition::Wait operation(cell->raw(), cell->address());
    RawWait wait(operation, cell->lot().blockingNodes());
    // in the queue first, so that no notification is missed after the lock is given up
    WaitResult result = WaitResult::Cancelled;
    if (!stop.stop_requested() && !wait.begin())
        result = WaitResult::NoMemory;
    if (wait.node()) {
        const GivenUp given(d()->lockCell());
        result = blockIn(cell->lot(), operation, wait, deadline, std::move(stop), name);
        RawLock::Acquire acquire(given.lock().raw(), given.lock().address());
        if (blockFor(given.lock().lot(), acquire, noDeadline(), {}, name) == WaitResult::Completed) {
            given.restore();
            tellIfAbandoned();
        } else {
            result = WaitResult::NoMemory;
        }
        if (result == WaitResult::Completed)
            wait.settle();
    }
    return concludes(this, *cell, *waits, kind, result, name);
}

bool AioCondition::waitUntil(const std::function<bool()> &predicate, QDeadlineTimer deadline, std::stop_token stop)
{
    if (d_ptr->cell)
        requireLock("AioCondition::waitUntil");
    while (!predicate()) {
        if (!wait(deadline, stop))
            return predicate();
    }
    return true;
}

QCoro::Task<bool> AioCondition::coro_wait(QDeadlineTimer deadline, std::stop_token stop)
{
    constexpr const char *name = "AioCondition::coro_wait";
    if (!d_ptr->cell) {
        const quint64 owner = d()->holder;
        const auto done = [this](const QVariant &) { Q_EMIT waited(); };
        const RemoteCall call = RemoteCall(name, "wait").waiting(RemoteCall::Timeout, deadline, std::move(stop)).by(owner);
        const auto waits = d_ptr->waits;
        const auto regain = qScopeGuard([this, owner, waits] { waits->whileAlive([&] { d()->holder.store(owner); }); });
        const bool notifiedRemotely = co_await doRemoteLater(this, *d_ptr, call, done);
        co_return notifiedRemotely;
    }
    requireLock(name);
    const auto cell = d_ptr->cell;
    const auto waits = d_ptr->waits;
    const AioHandle::Kind kind = d_ptr->kind;
    if (stop.stop_requested())
        concludes(this, *cell, *waits, kind, WaitResult::Cancelled, name);
    RawCondition::Wait operation(cell->raw(), cell->address());
    Wait wait(cell->lot(), operation, waits, deadline, stop, name);
    if (wait.hasNoMemory())
        concludes(this, *cell, *waits, kind, WaitResult::NoMemory, name);
    const GivenUp given(d()->lockCell());
    const WaitResult result = co_await wait.done();
    // The lock is taken again also when this object is gone, or the wait was cancelled.
    RawLock::Acquire acquire(given.lock().raw(), given.lock().address());
    Wait again(given.lock().lot(), acquire, std::make_shared<WaitGroup>(), noDeadline(), {}, name);
    const WaitResult regained = co_await again.done();
    if (regained != WaitResult::Completed)
        concludes(this, *cell, *waits, kind, regained, name);
    given.restore();
    waits->whileAlive([this] { tellIfAbandoned(); });
    if (result == WaitResult::Completed)
        wait.settle();
    const bool notified = concludes(this, *cell, *waits, kind, result, name);
    if (notified)
        waits->whileAlive([this] { Q_EMIT waited(); });
    co_return notified;
}

QCoro::Task<bool> AioCondition::coro_waitUntil(std::function<bool()> predicate, QDeadlineTimer deadline, std::stop_token stop)
{
    if (d_ptr->cell)
        requireLock("AioCondition::coro_waitUntil");
    const QPointer<AioCondition> self(this);
    bool inTime = true;
    for (;;) {
        const bool holds = predicate();
        if (holds || !inTime || !self)
            co_return holds;
        inTime = co_await coro_wait(deadline, stop);
    }
}

void AioCondition::notify(int count)
{
    if (!d_ptr->cell)
        return doByName("AioCondition::notify", "notify", count == 1 ? QVariantList() : QVariantList{count});
    requireLock("AioCondition::notify");
    if (count < 0)
        misused(this, QStringLiteral("%1 waiters cannot be notified").arg(count), "AioCondition::notify");
    const OpenCell &open = *d_ptr->cell;
    RawCondition::notify(open.raw(), open.cell(), open.address(), std::uint32_t(count));
}

void AioCondition::notifyAll()
{
    if (!d_ptr->cell)
        return doByName("AioCondition::notifyAll", "notify_all", {});
    requireLock("AioCondition::notifyAll");
    const OpenCell &open = *d_ptr->cell;
    RawCondition::notify(open.raw(), open.cell(), open.address(), RawCondition::All);
}

QString AioCondition::describe() const
{
    if (!d_ptr->cell)
        return key();
    return QStringLiteral("%1, %2 waiting, its lock %3")
        .arg(key()).arg(d_ptr->cell->raw().countWaiting(d_ptr->cell->address())).arg(describeOwner(*d()->lockCell()));
}
