// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioqmlconnection.h"

#include <QQmlInfo>

using aio_qml::attempt;

// -- AioConnection

AioQmlConnection::AioQmlConnection(QObject *parent) : QObject(parent) { }

AioQmlConnection::AioQmlConnection(std::shared_ptr<AioConnection> core, QObject *parent) : QObject(parent)
{
    adopt(std::move(core));
}

AioQmlConnection::~AioQmlConnection() = default;

void AioQmlConnection::adopt(std::shared_ptr<AioConnection> core)
{
    m_core = std::move(core);
    if (m_codec)
        m_core->setCodec(AioConnection::Codec(*m_codec));
    AioConnection *const connection = m_core.get();
    connect(connection, &AioConnection::readyRead, this, &AioQmlConnection::readyRead);
    connect(connection, &AioConnection::received, this, &AioQmlConnection::received);
    connect(connection, &AioConnection::sent, this, &AioQmlConnection::sent);
    connect(connection, &AioConnection::errorOccurred, this, &AioQmlConnection::errorOccurred);
    connect(connection, &AioConnection::disconnected, this, [this] {
        Q_EMIT openChanged();
        Q_EMIT disconnected();
    });
    Q_EMIT openChanged();
}

AioConnection &AioQmlConnection::core() const
{
    if (!m_core) {
        aio_detail::throwError(AioError::UsageError,
                               QStringLiteral("the connection was not opened: give it a handle, or connect the client"),
                               QStringLiteral("AioConnection"));
    }
    return *m_core;
}

void AioQmlConnection::setHandle(const AioHandle &handle)
{
    if (handle == m_handle)
        return;
    m_handle = handle;
    try {
        adopt(std::make_shared<AioConnection>(handle));
    } catch (const AioException &e) {
        qmlWarning(this) << e.error().message;
        Q_EMIT errorOccurred(e.error());
    }
}

AioHandle AioQmlConnection::giveAway()
{
    const AioHandle handle = core().handle();
    Q_EMIT openChanged();
    return handle;
}

AioQmlConnection::Codec AioQmlConnection::codec() const
{
    return m_core ? Codec(m_core->codec()) : m_codec.value_or(DataStream);
}

void AioQmlConnection::setCodec(Codec codec)
{
    m_codec = codec;
    if (m_core)
        m_core->setCodec(AioConnection::Codec(codec));
    Q_EMIT codecChanged();
}

QJSValue AioQmlConnection::send(const QJSValue &value, const QJSValue &options)
{
    return AioPromises::of(this, options, [this, &value](QDeadlineTimer deadline, std::stop_token stop) {
        return core().coro_send(aio_qml::toMessage(value), deadline, std::move(stop));
    });
}

QJSValue AioQmlConnection::recv(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core().coro_recv(deadline, std::move(stop));
    });
}

QJSValue AioQmlConnection::sendBytes(const QJSValue &data, const QJSValue &options)
{
    return AioPromises::of(this, options, [this, &data](QDeadlineTimer deadline, std::stop_token stop) {
        return core().coro_sendBytes(aio_qml::toBytes(data), deadline, std::move(stop));
    });
}

QJSValue AioQmlConnection::recvBytes(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core().coro_recvBytes(-1, deadline, std::move(stop));
    });
}

QJSValue AioQmlConnection::poll(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return core().coro_poll(deadline, std::move(stop));
    });
}

void AioQmlConnection::close()
{
    attempt(this, [this] { core().close(); });
}

QVariant toVariant(std::unique_ptr<AioConnection> &&connection)
{
    if (!connection)
        return {};
    auto *const object = new AioQmlConnection(std::shared_ptr<AioConnection>(std::move(connection)));
    QQmlEngine::setObjectOwnership(object, QQmlEngine::JavaScriptOwnership);
    return QVariant::fromValue<QObject *>(object);
}

AioAddress toAddress(const QString &text, const char *operation)
{
    const AioAddress address(text);
    if (address.isNull()) {
        aio_detail::throwError(AioError::UsageError,
                               QStringLiteral("'%1' is no address: they look like tcp://host:port or local:name").arg(text),
                               QLatin1StringView(operation));
    }
    return address;
}

// -- AioClient

QJSValue AioQmlClient::connectToPeer(const QJSValue &options)
{
    return AioPromises::of(this, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        const AioAddress address = toAddress(m_address, "AioClient::connectToPeer");
        const auto client = m_key.isEmpty() ? std::make_shared<AioClient>(address) : std::make_shared<AioClient>(address, m_key.toUtf8());
        if (m_handshake == Python)
            client->setHandshake(AioConnection::Python);
        connect(client.get(), &AioClient::connected, this, [this] {
            Q_EMIT openChanged();
            Q_EMIT connected();
        });
        adopt(client);
        return client->coro_connectToPeer(deadline, std::move(stop));
    });
}

// -- AioPipe

AioQmlPipe::AioQmlPipe(QObject *parent) : QObject(parent)
{
    try {
        const auto pipe = std::make_shared<AioPipe>();
        m_first = new AioQmlConnection(std::shared_ptr<AioConnection>(pipe, &pipe->first()), this);
        m_second = new AioQmlConnection(std::shared_ptr<AioConnection>(pipe, &pipe->second()), this);
    } catch (const AioException &e) {
        qmlWarning(this) << e.error().message;
    }
}
