// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiohandle.h>

#include <QDataStream>
#include <QDebug>
#include <QMetaEnum>

AioHandle::AioHandle(Kind kind, const QByteArray &context, quint64 address)
    : m_kind(kind), m_context(context), m_address(address)
{
}

QString AioHandle::key() const
{
    if (isNull())
        return QStringLiteral("Null");
    return QStringLiteral("%1:%2:%3").arg(QLatin1String(QMetaEnum::fromType<Kind>().valueToKey(m_kind)),
                                          QString::fromLatin1(m_context.left(8)), QString::number(m_address, 16));
}

QDataStream &operator<<(QDataStream &stream, const AioHandle &handle)
{
    return stream << quint8(handle.m_kind) << handle.m_context << handle.m_address;
}

QDataStream &operator>>(QDataStream &stream, AioHandle &handle)
{
    quint8 kind = 0;
    AioHandle read;
    stream >> kind >> read.m_context >> read.m_address;
    if (kind > AioHandle::Proxy || read.m_context.size() > 64)
        stream.setStatus(QDataStream::ReadCorruptData);
    if (stream.status() != QDataStream::Ok)
        return stream;
    read.m_kind = AioHandle::Kind(kind);
    handle = read;
    return stream;
}

QDebug operator<<(QDebug debug, const AioHandle &handle)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace() << "AioHandle(" << qUtf8Printable(handle.key()) << ')';
}
