// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawlocalsocket.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace aio_raw {
namespace {

bool toAddress(const std::string &path, sockaddr_un &address) noexcept
{
    std::memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return true;
}

} // namespace

int openLocalSocket(LocalSocket kind) noexcept
{
    const int descriptor = ::socket(AF_UNIX, kind == LocalSocket::Datagram ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (descriptor >= 0)
        prepareAccepted(descriptor);
    return descriptor;
}

void prepareAccepted(int descriptor) noexcept
{
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

int bindLocalSocket(LocalSocket kind, const std::string &path) noexcept
{
    sockaddr_un address;
    const int descriptor = toAddress(path, address) ? openLocalSocket(kind) : -1;
    if (descriptor < 0)
        return -1;
    if (::bind(descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 && ::chmod(path.c_str(), 0600) == 0)
        return descriptor;
    const int error = errno;
    ::close(descriptor);
    errno = error;
    return -1;
}

bool connectLocalSocket(int socket, const std::string &path) noexcept
{
    sockaddr_un address;
    return toAddress(path, address) && ::connect(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
}

void sendDatagram(int socket, const std::string &path) noexcept
{
    sockaddr_un address;
    if (toAddress(path, address))
        ::sendto(socket, "", 1, 0, reinterpret_cast<const sockaddr *>(&address), sizeof address);
}

} // namespace aio_raw
