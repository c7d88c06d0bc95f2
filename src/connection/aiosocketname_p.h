// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioaddress.h>
#include <aioprocessing/aioerror.h>

#include "connection/aiosharer_p.h"

#include <QList>

#include <sys/socket.h>
#include <sys/stat.h>

QT_BEGIN_NAMESPACE
class QDataStream;
QT_END_NAMESPACE

namespace aio_detail {

/* An address as the kernel has it. */
struct SocketName
{
    sockaddr_storage storage{};
    socklen_t size = 0;

    int family() const { return storage.ss_family; }
    const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

/*
 * The names of \a address, in the order to try them in. Looking up the name of a host blocks, unless it is an IP address or "localhost"
 * (needsLookup()). Returns an error with code NoError or why there are none.
 */
bool needsLookup(const AioAddress &address);
AioError resolve(const AioAddress &address, QList<SocketName> &names, const QString &operation);

/* What \a socket is bound to. */
AioAddress boundAddress(int socket);
/* Who is at the other end of \a socket; null for a local one. */
AioAddress peerAddress(int socket);

/*
 * Over TCP: no waiting for acknowledgements before small messages, and none for ever for a host that is gone. Local sockets get a buffer in
 * which there is room for some messages of 64 KiB, so that the two sides need not take turns.
 */
void prepareSocket(int socket);

/*
 * A socket that listens. That of a local address has a file, and beside it a lock file, which is taken before the name: a listener that
 * lives is never robbed, and the name of a dead one is taken over.
 */
class ListeningSocket
{
public:
    ListeningSocket() = default;
    ~ListeningSocket() { close(); }
    Q_DISABLE_COPY_MOVE(ListeningSocket)

    /* Throws AioException: AddressInUse, PermissionDenied ... */
    void open(const AioAddress &address, int backlog);
    void close();
    /* It, for another process: closed here, but what is in the file system stays. The facts are appended to those that are there. */
    SharedSocket giveAway(const QByteArray &facts);
    /* What another process gave away; \a facts stands where those of this begin. */
    void adopt(const SharedSocket &socket, QDataStream &facts);
    int descriptor() const { return m_descriptor; }
    const AioAddress &address() const { return m_address; }

private:
    void openLocal(const AioAddress &address, int backlog);
    void lock(const QByteArray &path);
    [[noreturn]] void fail(const AioAddress &address, int number);

    AioAddress m_address;
    int m_descriptor = -1;
    int m_lock = -1;
    QByteArray m_path;
    struct stat m_file{};       // what was made there
};

} // namespace aio_detail
