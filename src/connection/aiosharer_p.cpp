// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aiosharer_p.h"

#include "base/aioerrno_p.h"
#include "connection/aiohandshake_p.h"
#include "platform/rawdescriptors.h"
#include "platform/rawsocket.h"
#include "shm/aioruntimedirectory_p.h"

#include <QDeadlineTimer>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace aio_detail {

namespace {

constexpr std::chrono::minutes keptFor(10);
constexpr int tokenSize = 16;
constexpr int patience = 5000;      // ms for the other process to say what it wants, and to answer

struct Request
{
    std::uint64_t number;
    char token[tokenSize];
};

struct Answer       // comes with the descriptor; that of a lock comes with the next byte, and the facts after those
{
    std::uint32_t hasLock;
    std::uint32_t factsSize;
};
constexpr std::uint32_t mostFacts = 1 << 20;

bool isReady(int descriptor, short events, int ms)
{
    pollfd entry{descriptor, events, 0};
    int count;
    do {
        count = ::poll(&entry, 1, ms);
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

bool sendAll(int socket, const QByteArray &bytes)
{
    for (qsizetype sent = 0; sent < bytes.size();) {
        if (!isReady(socket, POLLOUT, patience))
            return false;
        const ssize_t part = ::send(socket, bytes.constData() + sent, size_t(bytes.size() - sent), MSG_NOSIGNAL);
        if (part < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        sent += std::max<ssize_t>(part, 0);
    }
    return true;
}

bool receiveAll(int socket, QByteArray &bytes)
{
    for (qsizetype got = 0; got < bytes.size();) {
        if (!isReady(socket, POLLIN, patience))
            return false;
        const ssize_t part = ::recv(socket, bytes.data() + got, size_t(bytes.size() - got), 0);
        if (part == 0 || (part < 0 && errno != EINTR && errno != EAGAIN))
            return false;
        got += std::max<ssize_t>(part, 0);
    }
    return true;
}

// All of \a shared, or nothing: then its descriptors are closed.
bool receiveShared(int socket, SharedSocket &shared)
{
    Answer answer{};
    if (!isReady(socket, POLLIN, patience))
        return false;
    shared.descriptor = aio_raw::receiveDescriptor(socket, &answer, sizeof answer);
    if (shared.descriptor < 0)
        return false;
    char byte;
    if (answer.hasLock && isReady(socket, POLLIN, patience))
        shared.lock = aio_raw::receiveDescriptor(socket, &byte, 1);
    shared.facts.resize(qsizetype(std::min(answer.factsSize, mostFacts)));
    if ((!answer.hasLock || shared.lock >= 0) && receiveAll(socket, shared.facts))
        return true;
    shared.close();
    return false;
}

bool toName(const std::string &home, sockaddr_un &name)
{
    const std::string path = home + "/share";
    name.sun_family = AF_UNIX;
    if (path.size() >= sizeof name.sun_path)
        return false;
    std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
    return true;
}

class Sharer
{
public:
    static Sharer &instance()
    {
        static auto *sharer = new Sharer;       // its thread may be there until the very end
        return *sharer;
    }

    AioHandle add(AioHandle::Kind kind, const SharedSocket &socket);

private:
    struct Share
    {
        SharedSocket socket;
        QByteArray token;
        QDeadlineTimer until;
    };

    void listen();
    void close();
    void run();
    void serve(int socket);
    QDeadlineTimer dropOld();

    std::mutex m_mutex;
    std::map<std::uint64_t, Share> m_shares;
    std::uint64_t m_lastNumber = 0;
    int m_listening = -1;
    bool m_isRunning = false;
};

void Sharer::listen()
{
    if (m_listening >= 0)
        return;
    auto &directory = RuntimeDirectory::instance();
    sockaddr_un name{};
    errno = ENAMETOOLONG;
    const bool fits = toName(directory.home(directory.entryId()), name);
    const int socket = fits ? aio_raw::openStreamSocket(AF_UNIX) : -1;
    if (socket < 0 || ::bind(socket, reinterpret_cast<const sockaddr *>(&name), sizeof name) != 0
        || ::chmod(name.sun_path, 0600) != 0 || ::listen(socket, 64) != 0) {
        const int number = errno;
        if (socket >= 0)
            ::close(socket);
        throwErrno(QStringLiteral("cannot give a connection to another process"), number, QStringLiteral("AioConnection::handle"));
    }
    m_listening = socket;
}

void Sharer::close()
{
    auto &directory = RuntimeDirectory::instance();
    sockaddr_un name{};
    if (toName(directory.home(directory.entryId()), name))
        ::unlink(name.sun_path);
    ::close(std::exchange(m_listening, -1));
}

AioHandle Sharer::add(AioHandle::Kind kind, const SharedSocket &socket)
{
    const std::lock_guard lock(m_mutex);
    listen();
    const std::uint64_t number = ++m_lastNumber;
    const QByteArray token = freshNonce(tokenSize);
    m_shares[number] = {socket, token, QDeadlineTimer(keptFor)};
    if (!std::exchange(m_isRunning, true))
        std::thread([this] { run(); }).detach();
    return AioHandle(kind, toHex(RuntimeDirectory::instance().entryId()) + token.toHex(), number);
}

// When the next one is too old; for ever: there is none.
QDeadlineTimer Sharer::dropOld()
{
    QDeadlineTimer next = QDeadlineTimer::Forever;
    for (auto it = m_shares.begin(); it != m_shares.end();) {
        if (it->second.until.hasExpired()) {
            it->second.socket.close();
            it = m_shares.erase(it);
        } else {
            next = std::min(next, it->second.until);
            ++it;
        }
    }
    return next;
}

void Sharer::run()
{
    for (;;) {
        QDeadlineTimer next;
        {
            const std::lock_guard lock(m_mutex);
            next = dropOld();
            if (m_shares.empty()) {
                close();
                m_isRunning = false;
                return;
            }
        }
        if (isReady(m_listening, POLLIN, int(next.remainingTime()) + 1)) {
            const int socket = aio_raw::acceptStream(m_listening);
            if (socket >= 0) {
                serve(socket);
                ::close(socket);
            }
        }
    }
}

void Sharer::serve(int socket)
{
    Request request;
    if (!aio_raw::isPeerThisUser(socket) || !isReady(socket, POLLIN, patience)
        || ::recv(socket, &request, sizeof request, 0) != ssize_t(sizeof request)) {
        return;
    }
    Share share;
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_shares.find(request.number);
        if (found == m_shares.end() || !isSameSecret(found->second.token, QByteArrayView(request.token, tokenSize)))
            return;
        share = found->second;
        m_shares.erase(found);
    }
    SharedSocket &shared = share.socket;
    const Answer answer{shared.lock >= 0, std::uint32_t(shared.facts.size())};
    if (aio_raw::sendDescriptor(socket, shared.descriptor, &answer, sizeof answer)
        && (shared.lock < 0 || aio_raw::sendDescriptor(socket, shared.lock, "", 1))) {
        sendAll(socket, shared.facts);
    }
    shared.close();
}

} // namespace

void SharedSocket::close()
{
    for (int *which : {&descriptor, &lock}) {
        if (*which >= 0)
            ::close(std::exchange(*which, -1));
    }
}

AioHandle shareSocket(AioHandle::Kind kind, SharedSocket socket)
{
    try {
        return Sharer::instance().add(kind, socket);
    } catch (const AioException &) {
        socket.close();
        throw;
    }
}

SharedSocket fetchSocket(AioHandle::Kind kind, const AioHandle &handle)
{
    const auto operation = kind == AioHandle::Listener ? QStringLiteral("AioListener::open") : QStringLiteral("AioConnection::open");
    const QByteArray ids = QByteArray::fromHex(handle.context());
    if (handle.kind() != kind || ids.size() != qsizetype(sizeof(Identity)) + tokenSize) {
        const auto what = kind == AioHandle::Listener ? QStringLiteral("listener") : QStringLiteral("connection");
        throw AioException(makeError(AioError::TypeMismatch, QStringLiteral("the handle %1 is not one of a %2").arg(handle.key(), what),
                                     operation, handle.key()));
    }
    Identity entry;
    std::memcpy(entry, ids.constData(), sizeof entry);
    Request request{handle.address(), {}};
    std::memcpy(request.token, ids.constData() + sizeof entry, tokenSize);
    sockaddr_un name{};
    SharedSocket shared;
    const int socket = toName(RuntimeDirectory::instance().home(entry), name) ? aio_raw::openStreamSocket(AF_UNIX) : -1;
    const bool isThere = socket >= 0 && ::connect(socket, reinterpret_cast<const sockaddr *>(&name), sizeof name) == 0
        && aio_raw::isPeerThisUser(socket) && ::send(socket, &request, sizeof request, MSG_NOSIGNAL) == ssize_t(sizeof request)
        && receiveShared(socket, shared);
    if (socket >= 0)
        ::close(socket);
    if (!isThere) {
        throw AioException(makeError(AioError::NotFound,
                                     QStringLiteral("what the handle %1 stands for is not to be had: it is good for one time, for ten "
                                                    "minutes, and as long as the process lives that made it").arg(handle.key()),
                                     operation, handle.key()));
    }
    return shared;
}

} // namespace aio_detail
