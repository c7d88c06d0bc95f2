// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlcondition.h"

#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiorlock.h>

namespace {

std::unique_ptr<AioCondition> conditionOf(const AioQmlObject &lock)
{
    const AioHandle handle = lock.requireHandle();
    if (handle.kind() == AioHandle::RLock) {
        AioRLock core(handle);
        return std::make_unique<AioCondition>(core);
    }
    AioLock core(handle);           // throws for anything that is no lock
    return std::make_unique<AioCondition>(core);
}

bool isTrue(QJSValue predicate)
{
    const QJSValue result = predicate.call();
    if (result.isError())
        aio_detail::throwError(AioError::RemoteError, result.toString(), QStringLiteral("AioCondition::waitUntil"));
    return result.toBool();
}

} // namespace

std::unique_ptr<AioObject> AioQmlCondition::open()
{
    const bool isNew = name().isEmpty() && !isGiven();
    auto condition = m_lock && isNew ? conditionOf(*m_lock) : make<AioCondition>();
    connect(condition.get(), &AioCondition::acquired, this, &AioQmlCondition::acquired);
    connect(condition.get(), &AioCondition::waited, this, &AioQmlCondition::waited);
    connect(condition.get(), &AioCondition::ownerDied, this, &AioQmlCondition::ownerDied);
    return condition;
}

void AioQmlCondition::setLock(AioQmlObject *lock)
{
    if (lock == m_lock)
        return;
    m_lock = lock;
    Q_EMIT lockChanged();
    reopen();
}

QJSValue AioQmlCondition::acquire(const QJSValue &options)
{
    return promise<AioCondition>(options, [](AioCondition &condition, auto ...wait) { return condition.coro_acquire(wait...); });
}

bool AioQmlCondition::tryAcquire()
{
    return call<AioCondition>([](AioCondition &condition) { return condition.tryAcquire(); });
}

void AioQmlCondition::release()
{
    call<AioCondition>([](AioCondition &condition) { condition.release(); });
}

bool AioQmlCondition::wasAbandoned() const
{
    return call<AioCondition>([](const AioCondition &condition) { return condition.wasAbandoned(); });
}

QJSValue AioQmlCondition::wait(const QJSValue &options)
{
    return promise<AioCondition>(options, [](AioCondition &condition, auto ...wait) { return condition.coro_wait(wait...); });
}

QJSValue AioQmlCondition::waitUntil(const QJSValue &predicate, const QJSValue &options)
{
    return promise<AioCondition>(options, [&predicate](AioCondition &condition, auto ...wait) {
        if (!predicate.isCallable())
            aio_detail::throwError(AioError::UsageError, QStringLiteral("waitUntil() takes a function, as in () => queue.size > 10"),
                                   QStringLiteral("AioCondition::waitUntil"));
        return condition.coro_waitUntil([predicate] { return isTrue(predicate); }, wait...);
    });
}

void AioQmlCondition::notify(int count)
{
    call<AioCondition>([count](AioCondition &condition) { condition.notify(count); });
}

void AioQmlCondition::notifyAll()
{
    call<AioCondition>([](AioCondition &condition) { condition.notifyAll(); });
}
