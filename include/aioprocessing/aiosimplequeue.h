// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioqueue.h>

/*!
 * \class AioSimpleQueue
 * \brief A queue without a limit of its own: put, get, isEmpty and close are all that is needed of it.
 *
 * \code
 * AioSimpleQueue results;
 * AioProcess worker(AioCall::to<&compute>(results));
 * \endcode
 *
 * Guarantees, threads and lifetime, errors: those of AioQueue, which it is.
 *
 * Python: multiprocessing.SimpleQueue, aioprocessing.AioSimpleQueue. Unlike there a put never waits for the reader but when the
 * memory is out, and every wait has a deadline and can be cancelled.
 *
 * \sa AioQueue
 */
class AIOPROCESSING_EXPORT AioSimpleQueue : public AioQueue
{
    Q_OBJECT
public:
    /*! A new queue in the default context, or in \a context. */
    explicit AioSimpleQueue(QObject *parent = nullptr);
    explicit AioSimpleQueue(AioContext &context, QObject *parent = nullptr);
    /*! The queue called \a key, made if need be. Programs that name it share it. */
    explicit AioSimpleQueue(const QString &key, QObject *parent = nullptr);
    AioSimpleQueue(const QString &key, AioContext &context, QObject *parent = nullptr);
    /*! The queue that \a handle names. Throws NotFound when it is gone. */
    explicit AioSimpleQueue(const AioHandle &handle, QObject *parent = nullptr);
    ~AioSimpleQueue() override;
};
