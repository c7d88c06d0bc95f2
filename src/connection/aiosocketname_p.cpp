// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aiosocketname_p.h"

#include "base/aioerrno_p.h"
#include "connection/aiohandshake_p.h"
#include "platform/rawsocket.h"

#include <QDataStream>
#include <QFile>
#include <QHostAddress>

#include <utility>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace aio_detail {

namespace {

const auto listening = QStringLiteral("AioListener::listen");

AioError toLocalName(const AioAddress &address, SocketName &name, const QString &operation)
{
    const QByteArray path = QFile::encodeName(address.localPath());
    auto *local = reinterpret_cast<sockaddr_un *>(&name.storage);
    if (path.contains('\0') || size_t(path.size()) >= sizeof local->sun_path) {
        return makeError(AioError::UsageError,
                         QStringLiteral("the path of the local socket %1 has more than %2 bytes, or a zero in it: use a name without "
                                        "slashes, or a shorter path").arg(address.localPath()).arg(sizeof local->sun_path - 1),
                         operation, address.toString());
    }
    local->sun_family = AF_UNIX;
    std::memcpy(local->sun_path, path.constData(), size_t(path.size()));
    name.size = socklen_t(sizeof *local);
    return {};
}

AioAddress toAddress(const sockaddr_storage &storage)
{
    if (storage.ss_family == AF_UNIX) {
        const auto *local = reinterpret_cast<const sockaddr_un *>(&storage);
        return local->sun_path[0] ? AioAddress::local(QFile::decodeName(local->sun_path)) : AioAddress();
    }
    const QHostAddress host(reinterpret_cast<const sockaddr *>(&storage));
    const bool isV6 = storage.ss_family == AF_INET6;
    const quint16 port = isV6 ? reinterpret_cast<const sockaddr_in6 *>(&storage)->sin6_port
                              : reinterpret_cast<const sockaddr_in *>(&storage)->sin_port;
    return AioAddress::tcp(host.toString(), ntohs(port));
}

bool isSameFile(const struct stat &a, const struct stat &b)
{
    return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

// Removes \a path if it still is \a mine: somebody else may have put something there.
void removeOwn(const QByteArray &path, const struct stat &mine)
{
    struct stat there;
    if (::lstat(path.constData(), &there) == 0 && isSameFile(there, mine))
        ::unlink(path.constData());
}

} // namespace

bool needsLookup(const AioAddress &address)
{
    return address.isTcp() && address.host() != QLatin1String("localhost") && QHostAddress(address.host()).isNull();
}

AioError resolve(const AioAddress &address, QList<SocketName> &names, const QString &operation)
{
    names.clear();
    if (address.isNull()) {
        return makeError(AioError::UsageError, QStringLiteral("there is no address: use AioAddress::tcp(), local(), or text such as "
                                                              "\"tcp://127.0.0.1:6000\""), operation);
    }
    if (address.isLocal()) {
        names.append(SocketName());
        return toLocalName(address, names.last(), operation);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo *found = nullptr;
    const int code = ::getaddrinfo(address.host().toUtf8().constData(), QByteArray::number(address.port()).constData(), &hints, &found);
    if (code != 0) {
        const QString why = QString::fromLocal8Bit(::gai_strerror(code));
        return makeError(AioError::NotFound, QStringLiteral("the host %1 is not known: %2").arg(address.host(), why), operation,
                         address.toString());
    }
    for (const addrinfo *entry = found; entry; entry = entry->ai_next) {
        SocketName name;
        std::memcpy(&name.storage, entry->ai_addr, entry->ai_addrlen);
        name.size = entry->ai_addrlen;
        if (name.family() == AF_INET)       // Python has no other one
            names.prepend(name);
        else
            names.append(name);
    }
    ::freeaddrinfo(found);
    return {};
}

AioAddress boundAddress(int socket)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    return ::getsockname(socket, reinterpret_cast<sockaddr *>(&storage), &size) == 0 ? toAddress(storage) : AioAddress();
}

AioAddress peerAddress(int socket)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    const bool isKnown = ::getpeername(socket, reinterpret_cast<sockaddr *>(&storage), &size) == 0;
    return isKnown && storage.ss_family != AF_UNIX ? toAddress(storage) : AioAddress();
}

void prepareSocket(int socket)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(socket, reinterpret_cast<sockaddr *>(&storage), &size) != 0)
        return;
    if (storage.ss_family == AF_UNIX) {
        const int buffer = 256 * 1024;
        ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
        return;
    }
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

// -- ListeningSocket

void ListeningSocket::fail(const AioAddress &address, int number)
{
    close();
    QString text = withErrnoText(QStringLiteral("cannot listen at %1").arg(address.toString()), number);
    if (number == EADDRINUSE)
        text += QStringLiteral("; somebody else listens there: use another name or port");
    throw AioException(makeError(codeOfErrno(number), text, listening, address.toString(), number));
}

// The lock file is removed by who holds it; so the one that was locked may not be the one that is there.
void ListeningSocket::lock(const QByteArray &path)
{
    for (;;) {
        m_lock = ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (m_lock < 0)
            return;
        if (::flock(m_lock, LOCK_EX | LOCK_NB) != 0) {
            const int number = errno == EWOULDBLOCK ? EADDRINUSE : errno;
            ::close(std::exchange(m_lock, -1));
            errno = number;
            return;
        }
        struct stat locked;
        struct stat there;
        if (::fstat(m_lock, &locked) == 0 && ::lstat(path.constData(), &there) == 0 && isSameFile(locked, there))
            return;
        ::close(std::exchange(m_lock, -1));
    }
}

void ListeningSocket::openLocal(const AioAddress &address, int backlog)
{
    SocketName name;
    if (const AioError error = toLocalName(address, name, listening))
        throw AioException(error);
    const QByteArray path = QFile::encodeName(address.localPath());
    lock(path + ".lock");
    if (m_lock < 0)
        fail(address, errno);
    m_path = path;
    struct stat found;
    if (::lstat(path.constData(), &found) == 0) {
        // not one of ours, if it is alive: those have a lock
        const int probe = S_ISSOCK(found.st_mode) ? aio_raw::openStreamSocket(AF_UNIX) : -1;
        const bool isStale = probe >= 0 && ::connect(probe, name.get(), name.size) != 0 && errno == ECONNREFUSED;
        if (probe >= 0)
            ::close(probe);
        if (!isStale)
            m_path.clear();     // nothing of it is ours to remove
        if (!isStale || ::unlink(path.constData()) != 0) {
            ::unlink((path + ".lock").constData());
            fail(address, EADDRINUSE);
        }
    }
    m_descriptor = aio_raw::openStreamSocket(AF_UNIX);
    // nobody else may connect: on Linux from the first moment on
    if (m_descriptor < 0 || ::fchmod(m_descriptor, 0600) != 0 || ::bind(m_descriptor, name.get(), name.size) != 0
        || ::chmod(path.constData(), 0600) != 0 || ::lstat(path.constData(), &m_file) != 0) {
        fail(address, errno);
    }
    if (::listen(m_descriptor, backlog) != 0)
        fail(address, errno);
    m_address = address;
}

void ListeningSocket::open(const AioAddress &given, int backlog)
{
    AioAddress address = given;
    if (address.isNull())
        address = AioAddress::local(QStringLiteral("listener-%1").arg(QLatin1StringView(freshNonce(7).toHex())));
    if (address.isLocal())
        return openLocal(address, backlog);
    QList<SocketName> names;
    if (const AioError error = resolve(address, names, listening))
        throw AioException(error);
    const SocketName &name = names.first();
    m_descriptor = aio_raw::openStreamSocket(name.family());
    const int on = 1;
    if (m_descriptor < 0 || ::setsockopt(m_descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
        || ::bind(m_descriptor, name.get(), name.size) != 0 || ::listen(m_descriptor, backlog) != 0) {
        fail(address, errno);
    }
    m_address = AioAddress::tcp(address.host(), boundAddress(m_descriptor).port());
}

SharedSocket ListeningSocket::giveAway(const QByteArray &facts)
{
    SharedSocket socket{std::exchange(m_descriptor, -1), std::exchange(m_lock, -1), facts};
    QDataStream out(&socket.facts, QIODeviceBase::WriteOnly | QIODeviceBase::Append);
    out << m_address.toString() << m_path << quint64(m_file.st_dev) << quint64(m_file.st_ino);
    return socket;
}

void ListeningSocket::adopt(const SharedSocket &socket, QDataStream &facts)
{
    QString address;
    quint64 device = 0;
    quint64 node = 0;
    facts >> address >> m_path >> device >> node;
    m_address = AioAddress(address);
    m_file.st_dev = dev_t(device);
    m_file.st_ino = ino_t(node);
    m_descriptor = socket.descriptor;
    m_lock = socket.lock;
}

void ListeningSocket::close()
{
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
    if (m_lock >= 0) {
        struct stat locked;
        if (!m_path.isEmpty()) {
            removeOwn(m_path, m_file);
            if (::fstat(m_lock, &locked) == 0)
                removeOwn(m_path + ".lock", locked);
        }
        ::close(std::exchange(m_lock, -1));
    }
    m_path.clear();
    m_file = {};
}

} // namespace aio_detail
