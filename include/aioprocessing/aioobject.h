// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aioglobal.h>
#include <aioprocessing/aiohandle.h>

#include <QObject>

#include <memory>

class AioContext;
class AioObjectPrivate;
namespace aio_detail { class RemoteBackend; }

/*!
 * \class AioObject
 * \brief What all shared primitives have in common: a handle, a context, and news of errors.
 *
 * Threads and lifetime: every method of a primitive may be called from any thread. Destroying the object ends its pending
 * waits, on whatever thread, with AioError::Cancelled; it must not be destroyed while another thread is inside one of its
 * methods. The shared state lives on as long as any process has the object open.
 *
 * Coroutines: an operation that can be done at once is done without suspending; only when a thread does a great many of
 * them without returning to its event loop (64, and for 2 ms), the next one lets the loop run first. A coroutine that had
 * to wait resumes on its own thread, from the event loop.
 *
 * Errors: failures of an operation are thrown as AioException and announced by errorOccurred().
 */
class AIOPROCESSING_EXPORT AioObject : public QObject
{
    Q_OBJECT
public:
    ~AioObject() override;

    /*! The value under which other processes open this object. */
    AioHandle handle() const;
    /*! The context whose shared memory holds the object; null for the object of a manager. */
    AioContext *context() const;
    /*! handle().key() */
    QString key() const { return handle().key(); }
    /*! The last failure that errorOccurred() has announced; NoError: there was none. */
    AioError error() const;
    /*! The key and the state as QDebug prints them, such as "Lock:1f3a…:2c0, locked by 4711". */
    virtual QString describe() const { return key(); }

Q_SIGNALS:
    /*! An operation of this object failed with \a error, also when nobody awaits the task of that operation. */
    void errorOccurred(const AioError &error);
    /*!
     * What the properties read has changed: whether an event is set, who has a lock, the value of a semaphore, how many wait at a barrier and whether
     * it is broken, the size of a queue. Whoever changed it, in whatever process, also by dying. It comes from the event loop of the object's
     * thread, once for many changes, at most fifty times a second, and once more when changes have ceased; what came and went in between may be missed. Not for AioCondition, and not
     * for objects of a manager.
     *
     * Costs: nothing without listeners, and no wake-up while nothing changes. With them, whoever makes the first change after a signal and
     * its pause also wakes this thread (some microseconds); the changes until the next one cost as little as always.
     */
    void stateChanged();

protected:
    void connectNotify(const QMetaMethod &signal) override;
    friend class AioObjectPrivate;
    AioObject(std::unique_ptr<AioObjectPrivate> d, QObject *parent);

    const std::unique_ptr<AioObjectPrivate> d_ptr;
};

AIOPROCESSING_EXPORT QDebug operator<<(QDebug, const AioObject &);
AIOPROCESSING_EXPORT QDebug operator<<(QDebug, const AioObject *);
