// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QMetaType>
#include <QString>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

/*!
 * \class AioAddress
 * \brief Where a listener is to be found: a TCP host and port, or a local socket.
 *
 * \code
 * AioListener listener(AioAddress::local(QStringLiteral("indexer")), AioListenerOptions(key));
 * AioClient client(AioAddress(QStringLiteral("tcp://127.0.0.1:6000")), key);
 * \endcode
 *
 * A local address without a slash is a name in this user's runtime directory, which no other user can enter; one with a slash is a path.
 * localPath() is where a program of another kind finds it, such as a Python one. Names may be of any length, paths of about a
 * hundred bytes.
 *
 * Threads: a plain value; every thread may use its own copy.
 */
class AIOPROCESSING_EXPORT AioAddress
{
    Q_GADGET
    Q_PROPERTY(QString text READ toString CONSTANT)
public:
    /*! No address. A listener makes one up: a local name that nobody else has. */
    AioAddress() = default;
    /*! The address that \a text spells: "tcp://host:port", "tcp://[::1]:port", "local:name" or "local:/path". Null if it is none. */
    explicit AioAddress(const QString &text);
    /*! \a host is a name or an IPv4 or IPv6 address. A listener with \a port 0 gets a free one. */
    static AioAddress tcp(const QString &host, quint16 port);
    static AioAddress local(const QString &nameOrPath);

    bool isNull() const { return m_kind == Null; }
    bool isTcp() const { return m_kind == Tcp; }
    bool isLocal() const { return m_kind == Local; }
    QString host() const { return m_kind == Tcp ? m_name : QString(); }
    quint16 port() const { return m_port; }
    /*! The path of a local address; of a name, the one in this user's runtime directory. */
    QString localPath() const;
    /*! As AioAddress(const QString &) reads it. */
    QString toString() const;

    friend bool operator==(const AioAddress &, const AioAddress &) = default;

private:
    enum Kind { Null, Tcp, Local };
    Kind m_kind = Null;
    QString m_name;
    quint16 m_port = 0;
};

AIOPROCESSING_EXPORT QDebug operator<<(QDebug, const AioAddress &);

Q_DECLARE_METATYPE(AioAddress)
