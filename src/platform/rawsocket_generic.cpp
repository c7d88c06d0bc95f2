// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawsocket.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace aio_raw {

namespace {

int prepared(int descriptor) noexcept
{
    if (descriptor >= 0) {
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        ::fcntl(descriptor, F_SETFL, O_NONBLOCK);
    }
    return descriptor;
}

} // namespace

int openStreamSocket(int family) noexcept
{
    return prepared(::socket(family, SOCK_STREAM, 0));
}

bool openStreamPair(int (&ends)[2]) noexcept
{
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return false;
    prepared(ends[0]);
    prepared(ends[1]);
    return true;
}

int acceptStream(int listening) noexcept
{
    int descriptor;
    do {
        descriptor = ::accept(listening, nullptr, nullptr);
    } while (descriptor < 0 && errno == EINTR);
    return prepared(descriptor);
}

bool isPeerThisUser(int) noexcept
{
    return true;
}

std::int32_t peerProcess(int) noexcept
{
    return 0;
}

// Behind bytes that nobody has read the end is not seen everywhere.
bool isHungUp(int socket) noexcept
{
    pollfd entry{socket, POLLIN, 0};
    char byte;
    return ::poll(&entry, 1, 0) > 0 && ((entry.revents & (POLLHUP | POLLERR)) || ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0);
}

} // namespace aio_raw
