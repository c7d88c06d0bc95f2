// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QList>

#include <concepts>
#include <stop_token>

QT_BEGIN_NAMESPACE
class QObject;
QT_END_NAMESPACE

/*
 * Waiting for whichever of several things comes first.
 */
namespace AioProcessing {

/*!
 * Waits until at least one of \a objects is ready, and returns all that are, in the order of \a objects; an empty list when
 * \a deadline has passed. Nothing is received, accepted or taken by this.
 *
 * \list
 * \li an AioConnection is ready when there is a message, or the other side has closed,
 * \li an AioListener when there is a connection to accept,
 * \li an AioProcess when it has ended,
 * \li an AioEvent when it is set; one of a manager when that says so, which takes a round trip, and whose error is thrown,
 * \li a QSocketNotifier, which stands for its descriptor, when that can be read or written, or the other side has closed; it may be
 *     disabled, and is again afterwards.
 * \endlist
 *
 * \code
 * const QList<QObject *> ready = co_await AioProcessing::coro_waitAny(connection, process);
 * if (ready.contains(&process))
 *     co_return;
 * \endcode
 *
 * An object that is closed or destroyed while it is waited for ends the wait: Closed or Cancelled is thrown. Throws
 * AioException: Cancelled, and UsageError for an object of another class, one that stands there twice, or a closed one.
 *
 * Python: multiprocessing.connection.wait().
 */
AIOPROCESSING_EXPORT QCoro::Task<QList<QObject *>> coro_waitAny(QList<QObject *> objects,
                                                               QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever),
                                                               std::stop_token stop = {});
template<std::derived_from<QObject>... Waitables>
    requires(sizeof...(Waitables) > 0)
QCoro::Task<QList<QObject *>> coro_waitAny(Waitables &...waitables)
{
    QList<QObject *> objects;
    (objects.append(&waitables), ...);
    return coro_waitAny(std::move(objects));
}

/*! The same in the calling thread, which needs no event loop; for connections, listeners and descriptors, which must belong to it. */
AIOPROCESSING_EXPORT QList<QObject *> waitAny(const QList<QObject *> &objects,
                                              QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});

} // namespace AioProcessing
