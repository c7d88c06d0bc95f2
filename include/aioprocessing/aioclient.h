// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioconnection.h>

#include <chrono>
#include <memory>

class AioClientPrivate;

/*!
 * \class AioClient
 * \brief The connection to a listener.
 *
 * \code
 * AioClient client(AioAddress::local(QStringLiteral("indexer")), key);
 * co_await client.coro_connectToPeer();
 * co_await client.coro_send(QStringLiteral("hello"));
 * \endcode
 *
 * Guarantees, threads and lifetime: those of AioConnection. The name of a host is looked up without blocking the event loop. It connects
 * once, as Python does: when nobody listens there yet, that is ConnectionRefused at once.
 *
 * Errors of connecting: AioException with ConnectionRefused, AuthenticationFailed (also when the listener does not finish the handshake
 * in time), PermissionDenied, NotFound (no such host), UsageError, Cancelled; connected() is the signal of success.
 *
 * Python: multiprocessing.connection.Client.
 *
 * \sa AioListener
 */
class AIOPROCESSING_EXPORT AioClient : public AioConnection
{
    Q_OBJECT
    Q_PROPERTY(AioAddress address READ address CONSTANT)
public:
    /*! To a listener that lets everybody in. */
    explicit AioClient(const AioAddress &address, QObject *parent = nullptr);
    /*! To a listener that wants \a key, and which must know it, too. An empty one is a UsageError of connectToPeer(). */
    AioClient(const AioAddress &address, const QByteArray &key, QObject *parent = nullptr);
    ~AioClient() override;

    AioAddress address() const;
    /*! How the sides show each other that they know the key; Native unless set. \a minimum is for Python's, where Md5 allows those before 3.12. */
    void setHandshake(Handshake handshake, Digest minimum = Sha256);
    /*! How long the handshake may take; 5 s unless set. */
    void setHandshakeTimeout(std::chrono::milliseconds time);

    /*! Connects. False: \a deadline passed, and there is no connection. */
    bool connectToPeer(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    bool connectToPeer(std::stop_token stop) { return connectToPeer(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }
    QCoro::Task<bool> coro_connectToPeer(QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever), std::stop_token stop = {});
    QCoro::Task<bool> coro_connectToPeer(std::stop_token stop)
    { return coro_connectToPeer(QDeadlineTimer(QDeadlineTimer::Forever), std::move(stop)); }

Q_SIGNALS:
    /*! connectToPeer() has succeeded. */
    void connected();

private:
    const std::shared_ptr<AioClientPrivate> m_client;
};
