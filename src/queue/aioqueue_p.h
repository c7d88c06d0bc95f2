// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/rawqueue.h"
#include "sync/aioobject_p.h"
#include "sync/rawmemory.h"

#include <aioprocessing/aioqueue.h>

QT_BEGIN_NAMESPACE
class QMetaMethod;
QT_END_NAMESPACE

class AioQueuePrivate : public AioObjectPrivate
{
public:
    using AioObjectPrivate::AioObjectPrivate;

    /* Emits shutDownDone(), once. */
    void sayShutDown(AioQueue *queue);
    std::shared_ptr<aio_raw::RawOperation> change() const override;

    std::atomic<bool> closed = false;
    std::atomic<bool> saidShutDown = false;
    std::atomic<bool> watchesItems = false;     // aioqueuewatch_p.h
    std::atomic<bool> watchesSpace = false;
};

namespace aio_detail {

/* A new queue. Throws AioException. */
std::unique_ptr<AioObjectPrivate> createQueue(AioContext &context, qsizetype maxSize, AioHandle::Kind kind,
                                              aio_raw::RawQueue::Policy policy = aio_raw::RawQueue::Plain);
std::unique_ptr<AioObjectPrivate> nameQueue(const QString &name, AioContext &context, qsizetype maxSize, AioHandle::Kind kind,
                                            aio_raw::RawQueue::Policy policy = aio_raw::RawQueue::Plain);
std::unique_ptr<AioObjectPrivate> openQueue(const AioHandle &handle, AioHandle::Kind kind);
/* One of a manager. */
std::unique_ptr<AioObjectPrivate> adoptQueue(std::shared_ptr<RemoteBackend> remote, AioHandle::Kind kind);

/* One call of a queue: what it works on, and how what became of it is told. Stays valid when the queue object is gone. */
class QueueCall
{
public:
    QueueCall(AioObject *object, AioObjectPrivate &d, const char *name)
        : m_object(object), m_cell(d.cell), m_waits(d.waits), m_kind(d.kind), m_name(name)
    { }

    const char *name() const { return m_name; }
    AioContext &context() const { return m_cell->context(); }
    const std::shared_ptr<OpenCell> &cell() const { return m_cell; }
    Lot &lot() const { return m_cell->lot(); }
    aio_raw::RawLot &raw() const { return m_cell->raw(); }
    aio_raw::Address address() const { return m_cell->address(); }
    const std::shared_ptr<WaitGroup> &waits() const { return m_waits; }
    template<class F> void whileAlive(F emission) const { m_waits->whileAlive(emission); }

    /*
     * Does \a operation, waiting in the calling thread. Before it goes to sleep it lets others run once: who gets faster than others put
     * (or the other way round) would sleep and be woken for each message else.
     */
    WaitResult block(aio_raw::RawOperation &operation, const QDeadlineTimer &deadline, std::stop_token stop) const;
    /* A block of this process, in which to put a message; none: the deadline passed. Waits in the calling thread. Throws AioException. */
    aio_raw::Block reserve(std::size_t bytes, const QDeadlineTimer &deadline, const std::stop_token &stop) const;
    QCoro::Task<aio_raw::Block> reserveLater(std::size_t bytes, QDeadlineTimer deadline, std::stop_token stop) const;

    /* True: the wait is over with a result; false: its deadline passed. Throws everything else. */
    bool concludes(WaitResult result) const;
    /* Throws if the queue could not do it. */
    void requireDone(aio_raw::RawQueue::Outcome outcome) const;
    /* Throws if the queue object is gone. */
    void requireObject() const;
    [[noreturn]] void fail(const AioError &error) const;

private:
    aio_raw::Block takeFrom(aio_raw::RawMemory::Reserve &operation, std::size_t bytes) const;
    [[noreturn]] void failTooLarge(std::size_t bytes) const;
    AioError errorOf(AioError::Code code, const QString &what) const;
    QString key() const { return AioHandle(m_kind, m_cell->context().id(), m_cell->handle()).key(); }

    AioObject *const m_object;
    const std::shared_ptr<OpenCell> m_cell;
    const std::shared_ptr<WaitGroup> m_waits;
    const AioHandle::Kind m_kind;
    const char *const m_name;
};

} // namespace aio_detail
