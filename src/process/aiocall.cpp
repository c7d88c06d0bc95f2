// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiocall.h>

#include "process/aiocallcodec_p.h"
#include "process/aioregistry_p.h"

#include <QDataStream>
#include <QDebug>

AioCall AioCall::named(const QString &function)
{
    return aio_detail::CallAccess::make(function, QVariantList());
}

AioCall AioCall::withArguments(const QVariantList &arguments) const
{
    AioCall call = *this;
    call.m_arguments = arguments;
    return call;
}

AioCall AioCall::withKeyword(const QString &name, const QVariant &value) const
{
    AioCall call = *this;
    call.m_keywords.insert(name, value);
    return call;
}

AioCall AioCall::withTimeout(std::chrono::milliseconds limit) const
{
    return withOption("timeout", qlonglong(limit.count()));
}

AioCall AioCall::withSoftTimeout(std::chrono::milliseconds limit) const
{
    return withOption("softTimeout", qlonglong(limit.count()));
}

AioCall AioCall::withRetries(int count) const
{
    return withOption("retries", count);
}

AioCall AioCall::withPriority(int priority) const
{
    return withOption("priority", priority);
}

AioCall AioCall::withOption(const char *name, const QVariant &value) const
{
    AioCall call = *this;
    call.m_options.insert(QLatin1StringView(name), value);
    return call;
}

QString AioCall::displayName() const
{
    return aio_detail::displayNameOf(m_function);
}

std::chrono::milliseconds AioCall::timeout() const
{
    return std::chrono::milliseconds(m_options.value(QStringLiteral("timeout"), -1).toLongLong());
}

QVariant AioCall::run() const
{
    return aio_detail::runCall(*this);
}

QDataStream &operator<<(QDataStream &stream, const AioCall &call)
{
    QByteArray bytes;
    const AioError error = aio_detail::encodeCall(call, bytes);
    if (error)
        throw AioException(error);
    return stream << bytes;
}

QDataStream &operator>>(QDataStream &stream, AioCall &call)
{
    QByteArray bytes;
    stream >> bytes;
    if (stream.status() == QDataStream::Ok && aio_detail::decodeCall(bytes, call))
        stream.setStatus(QDataStream::ReadCorruptData);
    return stream;
}

QDebug operator<<(QDebug debug, const AioCall &call)
{
    QDebugStateSaver saver(debug);
    return debug.nospace().noquote() << "AioCall(" << call.displayName() << ", " << call.arguments().size()
                                     << " arguments)";
}
