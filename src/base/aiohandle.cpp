// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiohandle.h>

#include <QDataStream>
#include <QDebug>
#include <QMetaEnum>

namespace {
constexpr quint8 hasPeer = 0x80;
} // namespace

AioHandle::AioHandle(Kind kind, const QByteArray &context, quint64 address)
    : m_kind(kind), m_context(context), m_address(address)
{
}

AioHandle::AioHandle(Kind kind, const QByteArray &context, quint64 address, const QString &peer)
    : m_kind(kind), m_context(context), m_address(address), m_peer(peer)
{
}

QString AioHandle::key() const
{
    if (isNull())
        return QStringLiteral("Null");
    return QStringLiteral("%1:%2:%3").arg(QLatin1String(QMetaEnum::fromType<Kind>().valueToKey(m_kind)),
                                          m_peer.isEmpty() ? QString::fromLatin1(m_context.left(8)) : m_peer,
                                          QString::number(m_address, 16));
}

QDataStream &operator<<(QDataStream &stream, const AioHandle &handle)
{
    stream << quint8(int(handle.m_kind) | (handle.m_peer.isEmpty() ? 0 : hasPeer)) << handle.m_context << handle.m_address;
    return handle.m_peer.isEmpty() ? stream : stream << handle.m_peer;
}

QDataStream &operator>>(QDataStream &stream, AioHandle &handle)
{
    quint8 kind = 0;
    AioHandle read;
    stream >> kind >> read.m_context >> read.m_address;
    if (kind & hasPeer)
        stream >> read.m_peer;
    kind &= quint8(hasPeer - 1);
    if (kind > AioHandle::Pool || read.m_context.size() > 64)
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
