// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "base/aioguiwarning_p.h"

#include "base/aiologging_p.h"

#include <QCoreApplication>
#include <QMutex>
#include <QSet>
#include <QThread>

namespace aio_detail {

void warnIfGuiThread(const char *operation)
{
    const QCoreApplication *app = QCoreApplication::instance();
    if (!app || QThread::currentThread() != app->thread() || !app->inherits("QGuiApplication"))
        return;
    static QBasicMutex mutex;
    static QSet<QByteArray> warned;
    const QMutexLocker locker(&mutex);
    if (warned.contains(operation))
        return;
    warned.insert(operation);
    qCWarning(lcAioGui, "%s blocks the thread of the user interface; use its coroutine form, or a worker thread", operation);
}

} // namespace aio_detail
