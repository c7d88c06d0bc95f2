// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlsync.h"

using aio_qml::attempt;

// -- AioLock

std::unique_ptr<AioObject> AioQmlLock::open()
{
    auto lock = make<AioLock>();
    connect(lock.get(), &AioLock::acquired, this, &AioQmlLock::acquired);
    connect(lock.get(), &AioLock::released, this, &AioQmlLock::released);
    connect(lock.get(), &AioLock::ownerDied, this, &AioQmlLock::ownerDied);
    return lock;
}

QJSValue AioQmlLock::acquire(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core<AioLock>().coro_acquire(deadline, std::move(stop));
    });
}

bool AioQmlLock::tryAcquire()
{
    return attempt(this, [this] { return core<AioLock>().tryAcquire(); });
}

void AioQmlLock::release()
{
    attempt(this, [this] { core<AioLock>().release(); });
}

bool AioQmlLock::locked() const
{
    return attempt(this, [this] { return core<AioLock>().locked(); });
}

bool AioQmlLock::wasAbandoned() const
{
    return attempt(this, [this] { return core<AioLock>().wasAbandoned(); });
}

// -- AioSemaphore

std::unique_ptr<AioObject> AioQmlSemaphore::open()
{
    auto semaphore = make<AioSemaphore>(m_permits);
    connect(semaphore.get(), &AioSemaphore::acquired, this, &AioQmlSemaphore::acquired);
    connect(semaphore.get(), &AioSemaphore::released, this, &AioQmlSemaphore::released);
    return semaphore;
}

void AioQmlSemaphore::setPermits(int permits)
{
    if (permits == m_permits)
        return;
    m_permits = permits;
    Q_EMIT permitsChanged();
    reopen();
}

QJSValue AioQmlSemaphore::acquire(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core<AioSemaphore>().coro_acquire(deadline, std::move(stop));
    });
}

bool AioQmlSemaphore::tryAcquire()
{
    return attempt(this, [this] { return core<AioSemaphore>().tryAcquire(); });
}

void AioQmlSemaphore::release(int count)
{
    attempt(this, [this, count] { core<AioSemaphore>().release(count); });
}

int AioQmlSemaphore::value() const
{
    return attempt(this, [this] { return core<AioSemaphore>().value(); });
}

// -- AioEvent

std::unique_ptr<AioObject> AioQmlEvent::open()
{
    auto event = make<AioEvent>();
    connect(event.get(), &AioEvent::waited, this, &AioQmlEvent::waited);
    return event;
}

void AioQmlEvent::set()
{
    attempt(this, [this] { core<AioEvent>().set(); });
}

void AioQmlEvent::clear()
{
    attempt(this, [this] { core<AioEvent>().clear(); });
}

bool AioQmlEvent::isSet() const
{
    return attempt(this, [this] { return core<AioEvent>().isSet(); });
}

QJSValue AioQmlEvent::wait(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core<AioEvent>().coro_wait(deadline, std::move(stop));
    });
}

// -- AioBarrier

std::unique_ptr<AioObject> AioQmlBarrier::open()
{
    auto barrier = make<AioBarrier>(m_parties);
    connect(barrier.get(), &AioBarrier::passed, this, &AioQmlBarrier::passed);
    return barrier;
}

void AioQmlBarrier::setParties(int parties)
{
    if (parties == m_parties)
        return;
    m_parties = parties;
    Q_EMIT partiesChanged();
    reopen();
}

QJSValue AioQmlBarrier::wait(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core<AioBarrier>().coro_wait(deadline, std::move(stop));
    });
}

void AioQmlBarrier::abort()
{
    attempt(this, [this] { core<AioBarrier>().abort(); });
}

void AioQmlBarrier::reset()
{
    attempt(this, [this] { core<AioBarrier>().reset(); });
}

int AioQmlBarrier::waiting() const
{
    return attempt(this, [this] { return core<AioBarrier>().waiting(); });
}

bool AioQmlBarrier::isBroken() const
{
    return attempt(this, [this] { return core<AioBarrier>().isBroken(); });
}
