// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QByteArray>
#include <QMetaType>
#include <QString>

QT_BEGIN_NAMESPACE
class QDataStream;
class QDebug;
QT_END_NAMESPACE

/*!
 * \class AioHandle
 * \brief The address of a shared object as a value: it can be stored, compared, streamed and sent.
 *
 * \code
 * queue.put(QVariant::fromValue(lock.handle()));           // one process
 * AioLock lock(queue.get().value<AioHandle>());            // another one: the same lock
 * \endcode
 *
 * A handle names an object, it does not keep it alive: an object lives as long as some process has it open. Opening a
 * handle whose object is gone, also when its memory serves another object by now, is an AioError (NotFound).
 *
 * Threads: a plain value; every thread may use its own copy.
 *
 * \sa AioObject::handle()
 */
class AIOPROCESSING_EXPORT AioHandle
{
    Q_GADGET
    Q_PROPERTY(Kind kind READ kind CONSTANT)
    Q_PROPERTY(QString key READ key CONSTANT)
public:
    enum Kind {
        Null, Lock, RLock, Semaphore, BoundedSemaphore, Event, Condition, Barrier, Queue, JoinableQueue, SimpleQueue,
        Connection, Listener, Buffer, SharedMemory, Value, Array, Proxy, Pool
    };
    Q_ENUM(Kind)

    AioHandle() = default;
    /*! A handle of \a kind at \a address (place and generation) in the shared memory of context \a context. */
    AioHandle(Kind kind, const QByteArray &context, quint64 address);
    /*! One of the object number \a address of the manager at \a peer; \a context names the manager's run, and is empty for a Python one. */
    AioHandle(Kind kind, const QByteArray &context, quint64 address, const QString &peer);

    Kind kind() const { return m_kind; }
    /*! The identity of the context that owns the object: 32 hexadecimal digits. */
    QByteArray context() const { return m_context; }
    quint64 address() const { return m_address; }
    bool isNull() const { return m_kind == Null; }
    /*! The address of the manager whose object it is, as AioAddress reads it; empty for objects of this machine's shared memory. */
    QString peer() const { return m_peer; }
    /*! A short text for people and logs, such as "Lock:1f3a…:2c0". */
    QString key() const;

    friend bool operator==(const AioHandle &, const AioHandle &) = default;
    friend size_t qHash(const AioHandle &handle, size_t seed = 0) noexcept
    { return qHashMulti(seed, int(handle.m_kind), handle.m_context, handle.m_address, handle.m_peer); }

private:
    friend AIOPROCESSING_EXPORT QDataStream &operator<<(QDataStream &, const AioHandle &);
    friend AIOPROCESSING_EXPORT QDataStream &operator>>(QDataStream &, AioHandle &);

    Kind m_kind = Null;
    QByteArray m_context;
    quint64 m_address = 0;
    QString m_peer;
};

AIOPROCESSING_EXPORT QDataStream &operator<<(QDataStream &, const AioHandle &);
/*! Sets ReadCorruptData on the stream when the bytes are not a handle. */
AIOPROCESSING_EXPORT QDataStream &operator>>(QDataStream &, AioHandle &);
AIOPROCESSING_EXPORT QDebug operator<<(QDebug, const AioHandle &);

Q_DECLARE_METATYPE(AioHandle)
