// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiotest.h"
#include "faces.h"

#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioproxy.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiosemaphore.h>
#include <aioprocessing/aiotask.h>

#include <QDebug>
#include <QSemaphore>
#include <QSignalSpy>
#include <QThread>

#include <csignal>
#include <thread>

/* What the suites of this room share: handshakes with workers, which speak through a queue. */
namespace AioTest {

/* The next thing that a worker has said. */
inline QCoro::Task<QString> hear(AioQueue &said)
{
    const QVariant word = co_await said.coro_get();
    co_return word.toString();
}

inline void say(AioQueue &queue, const char *word) { queue.put(QString::fromLatin1(word)); }

/* Ends this process like a crash, with whatever it holds. */
[[noreturn]] inline void die()
{
    ::kill(::getpid(), SIGKILL);
    for (;;)
        ::pause();
}

/* \a object as QDebug prints it; that of a manager as its server does. */
inline QString printed(const AioObject &object)
{
    if (areFacesManaged()) {
        const QString state = AioProxy(object.handle()).text();
        return QStringLiteral("%1(%2, %3)").arg(QLatin1String(object.metaObject()->className()), object.key(), state);
    }
    QString text;
    QDebug(&text) << object;
    return text;
}

/* Whether \a error is the UsageError of an operation of \a object, and says which one it is. */
inline bool names(const AioError &error, const AioObject &object)
{
    const bool does = error.code == AioError::UsageError && error.message.contains(object.key()) && error.key == object.key();
    if (!does)
        qWarning() << "this does not name" << object << ":" << error;
    return does;
}

/* The error of the AioException that \a call throws. */
template<class Call>
AioError errorThrownBy(Call call)
{
    try {
        call();
    } catch (const AioException &e) {
        return e.error();
    }
    return {};
}

/* The same for what \a task throws. */
template<class T>
QCoro::Task<AioError> errorOf(QCoro::Task<T> task)
{
    AioError error;
    try {
        co_await task;
    } catch (const AioException &e) {
        error = e.error();
    }
    co_return error;
}

} // namespace AioTest
