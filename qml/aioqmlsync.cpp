// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlsync.h"

// -- AioLock

std::unique_ptr<AioObject> AioQmlLock::open()
{
    auto lock = make<AioLock>();
    connect(lock.get(), &AioLock::acquired, this, &AioQmlLock::acquired);
    connect(lock.get(), &AioLock::released, this, &AioQmlLock::released);
    connect(lock.get(), &AioLock::ownerDied, this, &AioQmlLock::ownerDied);
    return lock;
}

bool AioQmlLock::locked() const
{
    return call<AioLock>([](const AioLock &lock) { return lock.locked(); });
}

QJSValue AioQmlLock::acquire(const QJSValue &options)
{
    return promise<AioLock>(options, [](AioLock &lock, auto ...wait) { return lock.coro_acquire(wait...); });
}

bool AioQmlLock::tryAcquire()
{
    return call<AioLock>([](AioLock &lock) { return lock.tryAcquire(); });
}

void AioQmlLock::release()
{
    call<AioLock>([](AioLock &lock) { lock.release(); });
}

bool AioQmlLock::wasAbandoned() const
{
    return call<AioLock>([](const AioLock &lock) { return lock.wasAbandoned(); });
}

// -- AioRLock

std::unique_ptr<AioObject> AioQmlRLock::open()
{
    auto lock = make<AioRLock>();
    connect(lock.get(), &AioRLock::acquired, this, &AioQmlRLock::acquired);
    connect(lock.get(), &AioRLock::released, this, &AioQmlRLock::released);
    connect(lock.get(), &AioRLock::ownerDied, this, &AioQmlRLock::ownerDied);
    return lock;
}

bool AioQmlRLock::locked() const
{
    return call<AioRLock>([](const AioRLock &lock) { return lock.locked(); });
}

int AioQmlRLock::depth() const
{
    return call<AioRLock>([](const AioRLock &lock) { return lock.depth(); });
}

QJSValue AioQmlRLock::acquire(const QJSValue &options)
{
    return promise<AioRLock>(options, [](AioRLock &lock, auto ...wait) { return lock.coro_acquire(wait...); });
}

void AioQmlRLock::release()
{
    call<AioRLock>([](AioRLock &lock) { lock.release(); });
}

bool AioQmlRLock::wasAbandoned() const
{
    return call<AioRLock>([](const AioRLock &lock) { return lock.wasAbandoned(); });
}

// -- AioEvent

std::unique_ptr<AioObject> AioQmlEvent::open()
{
    auto event = make<AioEvent>();
    connect(event.get(), &AioEvent::waited, this, &AioQmlEvent::waited);
    return event;
}

bool AioQmlEvent::isSet() const
{
    return call<AioEvent>([](const AioEvent &event) { return event.isSet(); });
}

void AioQmlEvent::set()
{
    call<AioEvent>([](AioEvent &event) { event.set(); });
}

void AioQmlEvent::clear()
{
    call<AioEvent>([](AioEvent &event) { event.clear(); });
}

QJSValue AioQmlEvent::wait(const QJSValue &options)
{
    return promise<AioEvent>(options, [](AioEvent &event, auto ...wait) { return event.coro_wait(wait...); });
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

int AioQmlBarrier::waiting() const
{
    return call<AioBarrier>([](const AioBarrier &barrier) { return barrier.waiting(); });
}

bool AioQmlBarrier::isBroken() const
{
    return call<AioBarrier>([](const AioBarrier &barrier) { return barrier.isBroken(); });
}

QJSValue AioQmlBarrier::wait(const QJSValue &options)
{
    return promise<AioBarrier>(options, [](AioBarrier &barrier, auto ...wait) { return barrier.coro_wait(wait...); });
}

void AioQmlBarrier::abort()
{
    call<AioBarrier>([](AioBarrier &barrier) { barrier.abort(); });
}

void AioQmlBarrier::reset()
{
    call<AioBarrier>([](AioBarrier &barrier) { barrier.reset(); });
}
