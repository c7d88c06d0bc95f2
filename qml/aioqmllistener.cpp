// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmllistener.h"

#include <QMetaMethod>
#include <QQmlInfo>

AioQmlListener::AioQmlListener(QObject *parent) : QObject(parent) { }
AioQmlListener::~AioQmlListener() = default;

QString AioQmlListener::address() const
{
    return m_core ? m_core->address().toString() : m_address;
}

void AioQmlListener::setAddress(const QString &address)
{
    if (address == m_address)
        return;
    m_address = address;
    listen();
}

void AioQmlListener::setKey(const QString &key)
{
    if (key == m_key)
        return;
    m_key = key;
    Q_EMIT settingsChanged();
    listen();
}

void AioQmlListener::setHandshake(AioQmlConnection::Handshake handshake)
{
    if (handshake == m_handshake)
        return;
    m_handshake = handshake;
    Q_EMIT settingsChanged();
    listen();
}

void AioQmlListener::componentComplete()
{
    m_isComplete = true;
    listen();
}

void AioQmlListener::listen()
{
    if (!m_isComplete)
        return;
    m_core.reset();
    m_isAnnouncing = false;
    try {
        const AioAddress address = m_address.isEmpty() ? AioAddress() : toAddress(m_address, "AioListener::listen");
        AioListenerOptions options = m_key.isEmpty() ? AioListenerOptions() : AioListenerOptions(m_key.toUtf8());
        options.handshake = AioConnection::Handshake(m_handshake);
        m_core = std::make_unique<AioListener>(address, options);
        connect(m_core.get(), &AioListener::errorOccurred, this, &AioQmlListener::errorOccurred);
        if (isSignalConnected(QMetaMethod::fromSignal(&AioQmlListener::newConnection)))
            announceConnections();
    } catch (const AioException &e) {
        qmlWarning(this) << e.error().message;
        Q_EMIT errorOccurred(e.error());
    }
    Q_EMIT addressChanged();
}

void AioQmlListener::connectNotify(const QMetaMethod &signal)
{
    if (m_core && !m_isAnnouncing && signal == QMetaMethod::fromSignal(&AioQmlListener::newConnection))
        announceConnections();
}

// Not before somebody listens: until then they wait for accept().
void AioQmlListener::announceConnections()
{
    m_isAnnouncing = true;
    connect(m_core.get(), &AioListener::newConnection, this, [this](AioConnection *connection) {
        connection->setParent(nullptr);
        const QVariant made = toVariant(std::unique_ptr<AioConnection>(connection));
        Q_EMIT newConnection(static_cast<AioQmlConnection *>(made.value<QObject *>()));
    });
}

AioListener &AioQmlListener::core() const
{
    if (!m_core) {
        aio_detail::throwError(AioError::UsageError, QStringLiteral("it does not listen: errorOccurred() said why"),
                               QStringLiteral("AioListener::accept"));
    }
    return *m_core;
}

QJSValue AioQmlListener::accept(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core().coro_accept(deadline, std::move(stop));
    });
}

void AioQmlListener::close()
{
    aio_qml::attempt(this, [this] { core().close(); });
    Q_EMIT addressChanged();
}
