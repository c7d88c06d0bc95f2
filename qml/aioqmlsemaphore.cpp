// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlsemaphore.h"

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

int AioQmlSemaphore::value() const
{
    return call<AioSemaphore>([](const AioSemaphore &semaphore) { return semaphore.value(); });
}

QJSValue AioQmlSemaphore::acquire(const QJSValue &options)
{
    return promise<AioSemaphore>(options, [](AioSemaphore &semaphore, auto ...wait) { return semaphore.coro_acquire(wait...); });
}

bool AioQmlSemaphore::tryAcquire()
{
    return call<AioSemaphore>([](AioSemaphore &semaphore) { return semaphore.tryAcquire(); });
}

void AioQmlSemaphore::release(int count)
{
    call<AioSemaphore>([count](AioSemaphore &semaphore) { semaphore.release(count); });
}

// -- AioBoundedSemaphore

std::unique_ptr<AioObject> AioQmlBoundedSemaphore::open()
{
    auto semaphore = make<AioBoundedSemaphore>(permits());
    connect(semaphore.get(), &AioBoundedSemaphore::acquired, this, &AioQmlBoundedSemaphore::acquired);
    connect(semaphore.get(), &AioBoundedSemaphore::released, this, &AioQmlBoundedSemaphore::released);
    return semaphore;
}

int AioQmlBoundedSemaphore::value() const
{
    return call<AioBoundedSemaphore>([](const AioBoundedSemaphore &semaphore) { return semaphore.value(); });
}

QJSValue AioQmlBoundedSemaphore::acquire(const QJSValue &options)
{
    return promise<AioBoundedSemaphore>(options, [](AioBoundedSemaphore &semaphore, auto ...wait) {
        return semaphore.coro_acquire(wait...);
    });
}

bool AioQmlBoundedSemaphore::tryAcquire()
{
    return call<AioBoundedSemaphore>([](AioBoundedSemaphore &semaphore) { return semaphore.tryAcquire(); });
}

void AioQmlBoundedSemaphore::release(int count)
{
    call<AioBoundedSemaphore>([count](AioBoundedSemaphore &semaphore) {
        if (count < 1)
            aio_detail::throwError(AioError::UsageError, QStringLiteral("release(%1): release 1 permit or more").arg(count),
                                   QStringLiteral("AioBoundedSemaphore::release"));
        for (int i = 0; i < count; ++i)
            semaphore.release();
    });
}
