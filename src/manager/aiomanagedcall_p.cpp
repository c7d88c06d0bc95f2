// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedcall_p.h"

#include "manager/aiomanagererrors_p.h"
#include "platform/rawsocket.h"

#include <aioprocessing/aioerror.h>

#include <chrono>
#include <cmath>

namespace aio_detail {

namespace {
constexpr double longest = 1e9;     // seconds that are for ever
} // namespace

QDeadlineTimer toDeadline(const QVariant &seconds)
{
    bool ok = false;
    const double time = seconds.toDouble(&ok);
    if (seconds.isNull() || time < 0 || time > longest)
        return QDeadlineTimer::Forever;
    if (!ok || std::isnan(time))
        raise("TypeError", QStringLiteral("a timeout is a number of seconds"));
    return QDeadlineTimer(std::chrono::nanoseconds(qint64(time * 1e9)), Qt::PreciseTimer);
}

QVariant ManagedCall::argument(int index, const char *name, const QVariant &otherwise) const
{
    if (index < arguments.size())
        return arguments[index];
    return keywords.value(QLatin1StringView(name), otherwise);
}

QVariant ManagedCall::required(int index, const char *name) const
{
    if (index >= arguments.size() && !keywords.contains(QLatin1StringView(name)))
        raise("TypeError", QStringLiteral("%1() misses its argument '%2'").arg(method, QLatin1StringView(name)));
    return argument(index, name);
}

qlonglong ManagedCall::integer(int index, const char *name, qlonglong otherwise) const
{
    const QVariant value = argument(index, name, otherwise);
    bool ok = false;
    const qlonglong number = value.toLongLong(&ok);
    if (!ok || value.typeId() == QMetaType::QString || value.typeId() == QMetaType::QByteArray)
        raise("TypeError", QStringLiteral("'%1' of %2() is a number").arg(QLatin1StringView(name), method));
    return number;
}

QDeadlineTimer ManagedCall::timeout(int index, const char *name) const
{
    return toDeadline(argument(index, name));
}

QDeadlineTimer ManagedCall::blocking(int index, const char *name) const
{
    if (!argument(index, name, true).toBool())
        return QDeadlineTimer(0);
    return timeout(index + 1);
}

bool ManagedCall::canBeAnswered() const
{
    return !caller->isGone && !aio_raw::isHungUp(caller->socket);
}

void ManagedCall::requireWanted() const
{
    if (!isWanted())
        throw AioException(cancelledCall(method));
}

} // namespace aio_detail
