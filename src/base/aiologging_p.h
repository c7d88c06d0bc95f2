// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QLoggingCategory>

// The logging categories of the library. Each is on from "info" upwards; QT_LOGGING_RULES="aio.*.debug=true" shows all.

Q_DECLARE_LOGGING_CATEGORY(lcAioSync)       // aio.sync: locks, events and the other primitives, doorbells, repair
Q_DECLARE_LOGGING_CATEGORY(lcAioQueue)      // aio.queue
Q_DECLARE_LOGGING_CATEGORY(lcAioProcess)    // aio.process: starting, watching and ending processes; calls
Q_DECLARE_LOGGING_CATEGORY(lcAioPool)       // aio.pool
Q_DECLARE_LOGGING_CATEGORY(lcAioConnection) // aio.connection: pipes, listeners, clients, handshakes
Q_DECLARE_LOGGING_CATEGORY(lcAioManager)    // aio.manager: managers and their proxies
Q_DECLARE_LOGGING_CATEGORY(lcAioContext)    // aio.context: arenas, the runtime directory, sweeping
Q_DECLARE_LOGGING_CATEGORY(lcAioGui)        // aio.gui: blocking calls on a thread that should not block

namespace aio_detail {

/*! The category for errors of \a operation ("AioQueue::put" belongs to aio.queue); lcAioSync for unknown ones. */
const QLoggingCategory &logCategoryOf(const QString &operation);

} // namespace aio_detail
