// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiotest.h"
#include "faces.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioproxy.h>
#include <aioprocessing/aioqueue.h>
#include <aioprocessing/aiosemaphore.h>
#include <aioprocessing/aiotask.h>

#include <QDataStream>
#include <QDebug>
#include <QProcessEnvironment>
#include <QRegularExpression>
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

/* \a handle as a word, for a command line. */
inline QByteArray textOf(const AioHandle &handle)
{
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    stream << handle;
    return bytes.toHex();
}

inline AioHandle handleFrom(const QByteArray &text)
{
    QDataStream stream(QByteArray::fromHex(text));
    AioHandle handle;
    stream >> handle;
    return handle;
}

/* Has \a worker, which is not started yet, act at a fault point (rawfault.h): "guard.locked:1:stop". */
inline void setFault(AioProcess &worker, const QByteArray &fault)
{
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("AIO_FAULT"), QString::fromLatin1(fault));
    worker.setEnvironment(environment);
}

/* What AioContext::dump() says of \a object: its own line, and those of its waiters. */
inline QString dumpOf(const AioObject &object)
{
    const QRegularExpression lines(QRegularExpression::escape(object.key()) + QStringLiteral(",[^\\n]*\\n(    [^\\n]*\\n)*"));
    return lines.match(object.context()->dump()).captured();
}

/* Whether the dump of \a context has a line for what the process \a pid does: "waits for". */
inline bool saysOf(const AioContext &context, qint64 pid, const QString &what)
{
    const QRegularExpression line(QStringLiteral("\n    %1( \\([^\n]*\\))? %2").arg(pid).arg(what));
    return line.match(context.dump()).hasMatch();
}

/* Until \a times waits of the process \a pid for one object of the default context stand in its queue. */
inline QCoro::Task<> untilWaits(qint64 pid, int times = 1)
{
    const QString what = times == 1 ? QStringLiteral("waits for") : QStringLiteral("waits %1 times").arg(times);
    while (!saysOf(*AioContext::defaultContext(), pid, what))
        co_await nextTurn();
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
