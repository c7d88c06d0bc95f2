// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aioqmlconnection.h"

#include <aioprocessing/aiolistener.h>

#include <QQmlEngine>
#include <QQmlParserStatus>

#include <memory>

/*!
 * \class AioListener
 * \brief Waits at an address for connections.
 *
 * \code
 * AioListener { id: listener; address: "local:indexer"; key: "secret" }
 * listener.accept().then(peer => { root.peer = peer; return peer.recv() }).then(request => ...)
 * \endcode
 *
 * It listens when the element is complete; a change of its settings lets it listen anew. The connections that accept() and newConnection() bring
 * live as long as something refers to them.
 */
class AioQmlListener : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    QML_NAMED_ELEMENT(AioListener)
    Q_PROPERTY(QString address READ address WRITE setAddress NOTIFY addressChanged)
    Q_PROPERTY(QString key READ key WRITE setKey NOTIFY settingsChanged)
    Q_PROPERTY(AioQmlConnection::Handshake handshake READ handshake WRITE setHandshake NOTIFY settingsChanged)
    Q_PROPERTY(bool listening READ isListening NOTIFY addressChanged)
public:
    explicit AioQmlListener(QObject *parent = nullptr);
    ~AioQmlListener() override;

    /*! Where it listens, with what the system has chosen; empty at first: a local name that nobody else has. */
    QString address() const;
    void setAddress(const QString &address);
    /*! What those who connect must know; empty: all are let in. */
    QString key() const { return m_key; }
    void setKey(const QString &key);
    AioQmlConnection::Handshake handshake() const { return m_handshake; }
    void setHandshake(AioQmlConnection::Handshake handshake);
    bool isListening() const { return m_core && m_core->isListening(); }

    /*! The next AioConnection; undefined: out of time. */
    Q_INVOKABLE QJSValue accept(const QJSValue &options = QJSValue());
    Q_INVOKABLE void close();

    void classBegin() override { m_isComplete = false; }
    void componentComplete() override;

Q_SIGNALS:
    /*! Somebody has connected, and no accept() waits for him. Who listens to this has no use for accept(). */
    void newConnection(AioQmlConnection *connection);
    void errorOccurred(const AioError &error);
    void addressChanged();
    void settingsChanged();

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    void listen();
    void announceConnections();
    AioListener &core() const;

    bool m_isComplete = true;
    bool m_isAnnouncing = false;
    QString m_address;
    QString m_key;
    AioQmlConnection::Handshake m_handshake = AioQmlConnection::Native;
    std::unique_ptr<AioListener> m_core;
};
