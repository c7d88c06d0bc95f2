// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiotest.h"

#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiolock.h>
#include <aioprocessing/aiopool.h>
#include <aioprocessing/aioqueue.h>

#include <QCoreApplication>
#include <QCoro/QCoroFuture>
#include <QSignalSpy>
#include <QTest>

/* The error that \a call throws. */
template<class Call>
AioError errorOf(Call call)
{
    try {
        call();
    } catch (const AioException &e) {
        return e.error();
    }
    return {};
}

/* QFuture::result() of Qt 6.4 misses an exception that comes while it begins to wait; waitForFinished() does not. */
template<class T>
T resultOf(QFuture<T> &future)
{
    future.waitForFinished();
    return future.result();
}

inline int twice(int value)
{
    return 2 * value;
}

inline qint64 ownPid()
{
    return QCoreApplication::applicationPid();
}

inline QString greet(const QString &name, int times)
{
    return QStringLiteral("hello %1 ").arg(name).repeated(times).trimmed();
}

/* Says that it has begun, and waits for leave to go on. */
inline int waitForLeave(AioQueue &said, AioEvent &leave, int value)
{
    said.put(value);
    leave.wait();
    return value;
}
