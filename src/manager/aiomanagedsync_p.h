// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiosemaphore.h>

namespace aio_detail {

/* Its permits belong to nobody, so those of a caller that goes stay taken. */
class ManagedSemaphore final : public ManagedObjectOf<ManagedSemaphore>
{
public:
    explicit ManagedSemaphore(const ManagedCall &call);
    static const Methods &methods();
    QString describe() const override { return m_semaphore.describe(); }

private:
    QCoro::Task<QVariant> acquire(std::shared_ptr<const ManagedCall> call);
    QVariant release(const ManagedCall &call);
    QVariant permits(const ManagedCall &) { return m_semaphore.value(); }

    AioSemaphore m_semaphore;
};

/* Permits of a caller that goes come back. */
class ManagedBoundedSemaphore final : public ManagedObjectOf<ManagedBoundedSemaphore>
{
public:
    explicit ManagedBoundedSemaphore(const ManagedCall &call);
    static const Methods &methods();
    QString describe() const override { return m_semaphore.describe(); }
    void forget(const ManagerCaller &caller) override;

private:
    QCoro::Task<QVariant> acquire(std::shared_ptr<const ManagedCall> call);
    QVariant release(const ManagedCall &call);
    QVariant permits(const ManagedCall &) { return m_semaphore.value(); }
    QVariant initialPermits(const ManagedCall &) { return m_semaphore.initialValue(); }

    AioBoundedSemaphore m_semaphore;
    QMap<quint64, int> m_taken;         // by caller
};

class ManagedEvent final : public ManagedObjectOf<ManagedEvent>
{
public:
    explicit ManagedEvent(const ManagedCall &) {}
    static const Methods &methods();
    QString describe() const override { return m_event.describe(); }

private:
    QVariant isSet(const ManagedCall &) { return m_event.isSet(); }
    QVariant set(const ManagedCall &);
    QVariant clear(const ManagedCall &);
    QCoro::Task<QVariant> wait(std::shared_ptr<const ManagedCall> call);

    AioEvent m_event;
};

/* A party that goes while it waits breaks the barrier. */
class ManagedBarrier final : public ManagedObjectOf<ManagedBarrier>
{
public:
    explicit ManagedBarrier(const ManagedCall &call);
    static const Methods &methods();
    QString describe() const override { return m_barrier.describe(); }

private:
    QVariant attribute(const ManagedCall &call);
    QCoro::Task<QVariant> wait(std::shared_ptr<const ManagedCall> call);
    QVariant abort(const ManagedCall &);
    QVariant reset(const ManagedCall &);

    const QVariant m_timeout;
    AioBarrier m_barrier;
};

} // namespace aio_detail
