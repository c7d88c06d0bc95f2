// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioClient>
#include <AioProcessing/AioListener>

#include <QDir>
#include <QFile>

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the tests of listeners share. */
namespace AioTest {

/* A peer over TCP that does what it likes. */
class RawPeer
{
public:
    explicit RawPeer(quint16 port) : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        m_isConnected = ::connect(m_socket, reinterpret_cast<const sockaddr *>(&name), sizeof name) == 0;
    }
    ~RawPeer() { ::close(m_socket); }
    Q_DISABLE_COPY_MOVE(RawPeer)

    bool isConnected() const { return m_isConnected; }
    void send(const QByteArray &bytes) const { m_isSent = ::send(m_socket, bytes.constData(), size_t(bytes.size()), MSG_NOSIGNAL) > 0; }
    /* Whether the other side has closed. */
    bool isShutOut() const
    {
        char byte;
        const ssize_t got = ::recv(m_socket, &byte, 1, MSG_DONTWAIT);
        return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    }
    void reset() const
    {
        const linger hard{1, 0};
        ::setsockopt(m_socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }

private:
    int m_socket;
    bool m_isConnected;
    mutable bool m_isSent = false;
};

/* Of this process, such as "VmSize:". */
inline qint64 memoryInKiB(const char *field)
{
    QFile file(QStringLiteral("/proc/self/status"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith(field))
            return line.mid(qsizetype(qstrlen(field))).trimmed().split(' ').first().toLongLong();
    }
    return 0;
}

inline int descriptorCount()
{
    return int(QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::NoDotAndDotDot | QDir::System | QDir::Files).size());
}

inline AioAddress anyPort()
{
    return AioAddress::tcp(QStringLiteral("127.0.0.1"), 0);
}

inline QCoro::Task<bool> exchange(AioListener &listener, AioClient &client)
{
    QCoro::Task<bool> connecting = client.coro_connectToPeer();
    const std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
    const bool isConnected = co_await connecting;
    if (!isConnected)
        co_return false;
    co_await client.coro_send(QStringLiteral("hello"));
    const QVariant heard = co_await peer->coro_recv();
    co_await peer->coro_send(heard);
    const QVariant echo = co_await client.coro_recv();
    co_return echo == QVariant(QStringLiteral("hello")) && peer->isTrusted() == client.isTrusted();
}

} // namespace AioTest
