// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"
#include "process/aiolocalwait_p.h"

#include <aioprocessing/aioqueue.h>

namespace aio_detail {

/*
 * A queue of Python's, over one in the shared memory of this process. What is got and not finished is only counted: unfinished items of a caller
 * that goes are those of Python's Queue as before, and count as finished in a JoinableQueue.
 */
class ManagedQueue : public ManagedObjectOf<ManagedQueue>
{
public:
    explicit ManagedQueue(const ManagedCall &call);
    static const Methods &methods();
    QString describe() const override { return m_queue.describe(); }
    void forget(const ManagerCaller &caller) override { m_taken.remove(caller.number); }

protected:
    void finish(qint64 count);
    qint64 m_lost = 0;                  // counted as finished because their consumer has gone

    QMap<quint64, qint64> m_taken;      // got and not finished, by caller

private:
    QCoro::Task<QVariant> put(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariant> putNow(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariant> get(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariant> getNow(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariant> join(std::shared_ptr<const ManagedCall> call);
    QCoro::Task<QVariant> putUntil(std::shared_ptr<const ManagedCall> call, QDeadlineTimer deadline);
    QCoro::Task<QVariant> getUntil(std::shared_ptr<const ManagedCall> call, QDeadlineTimer deadline);
    QVariant taskDone(const ManagedCall &call);
    /* An item as the queue has it, and the other way round. */
    QVariant toQueue(const QVariant &item);
    QVariant fromQueue(const QVariant &item);
    QVariant size(const ManagedCall &) { return qlonglong(m_queue.size()); }
    QVariant isEmpty(const ManagedCall &) { return m_queue.isEmpty(); }
    QVariant isFull(const ManagedCall &) { return m_queue.isFull(); }
    QVariant shutDown(const ManagedCall &call);
    QVariant maxSize(const ManagedCall &) { return qlonglong(m_queue.maxSize()); }
    QVariant lost(const ManagedCall &) { return m_lost; }
    QVariant isShutDown(const ManagedCall &) { return m_queue.isShutDown(); }

    AioQueue m_queue;
    qint64 m_unfinished = 0;
    QHash<quint64, QVariant> m_kept;    // items with objects in them, by ticket
    quint64 m_lastTicket = 0;
    const std::shared_ptr<LocalWaits> m_joins = std::make_shared<LocalWaits>();
};

class ManagedJoinableQueue final : public ManagedQueue
{
public:
    using ManagedQueue::ManagedQueue;
    void forget(const ManagerCaller &caller) override
    {
        const qint64 unfinished = m_taken.take(caller.number);
        m_lost += unfinished;
        finish(unfinished);
    }
};

} // namespace aio_detail
