// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioaddress.h>

#include "shm/aioruntimedirectory_p.h"

#include <QCryptographicHash>
#include <QDebug>

namespace {

const auto tcpScheme = QStringLiteral("tcp://");
const auto localScheme = QStringLiteral("local:");

// What is spelled out in a file's name; everything else, and what is long, goes by its digest.
bool isPlainName(const QString &name)
{
    if (name.isEmpty() || name.size() > 24 || name.startsWith(QLatin1Char('.')))
        return false;
    for (const QChar c : name) {
        if (!(c.unicode() < 128 && (c.isLetterOrNumber() || c == u'-' || c == u'_' || c == u'.')))
            return false;
    }
    return true;
}

} // namespace

AioAddress::AioAddress(const QString &text)
{
    if (text.startsWith(localScheme)) {
        *this = local(text.mid(localScheme.size()));
    } else if (text.startsWith(tcpScheme)) {
        const qsizetype colon = text.lastIndexOf(QLatin1Char(':'));
        QString host = text.mid(tcpScheme.size(), colon - tcpScheme.size());
        if (host.startsWith(QLatin1Char('[')) && host.endsWith(QLatin1Char(']')))
            host = host.mid(1, host.size() - 2);
        bool isNumber = false;
        const quint16 port = text.mid(colon + 1).toUShort(&isNumber);
        if (isNumber && colon >= tcpScheme.size() && !host.isEmpty())
            *this = tcp(host, port);
    }
}

AioAddress AioAddress::tcp(const QString &host, quint16 port)
{
    AioAddress address;
    address.m_kind = Tcp;
    address.m_name = host;
    address.m_port = port;
    return address;
}

AioAddress AioAddress::local(const QString &nameOrPath)
{
    AioAddress address;
    if (nameOrPath.isEmpty())
        return address;
    address.m_kind = Local;
    address.m_name = nameOrPath;
    return address;
}

QString AioAddress::localPath() const
{
    if (m_kind != Local || m_name.contains(QLatin1Char('/')))
        return m_kind == Local ? m_name : QString();
    QString file = m_name;
    if (!isPlainName(m_name)) {
        const QByteArray digest = QCryptographicHash::hash(m_name.toUtf8(), QCryptographicHash::Sha256).toHex();
        file = QStringLiteral(".%1").arg(QLatin1StringView(digest.first(24)));
    }
    return QStringLiteral("%1/s-%2").arg(aio_detail::RuntimeDirectory::instance().path(), file);
}

QString AioAddress::toString() const
{
    switch (m_kind) {
    case Null:
        break;
    case Tcp:
        return tcpScheme + (m_name.contains(QLatin1Char(':')) ? QStringLiteral("[%1]").arg(m_name) : m_name) + QLatin1Char(':')
            + QString::number(m_port);
    case Local:
        return localScheme + m_name;
    }
    return {};
}

QDebug operator<<(QDebug debug, const AioAddress &address)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace() << "AioAddress(" << qUtf8Printable(address.toString()) << ')';
}
