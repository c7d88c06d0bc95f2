// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What is the same on all systems.

#include "platform/rawsocket.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aio_raw {

bool sendDescriptor(int socket, int descriptor, const void *data, std::size_t size) noexcept
{
    iovec part{const_cast<void *>(data), size};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    ssize_t sent;
    do {
        sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0 && std::size_t(sent) < size)
        errno = EMSGSIZE;
    return sent == ssize_t(size);
}

int receiveDescriptor(int socket, void *data, std::size_t size) noexcept
{
    constexpr std::size_t most = 8;     // what comes in excess is closed by the kernel
    iovec part{data, size};
    alignas(cmsghdr) char control[CMSG_SPACE(most * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t got;
    do {
        got = ::recvmsg(socket, &message, 0);
    } while (got < 0 && errno == EINTR);
    int found = -1;
    for (cmsghdr *header = CMSG_FIRSTHDR(&message); got >= 0 && header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int descriptor;
            std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (found < 0) {
                found = descriptor;
                ::fcntl(found, F_SETFD, FD_CLOEXEC);
            } else {
                ::close(descriptor);
            }
        }
    }
    if (got == ssize_t(size) && found >= 0)
        return found;
    if (found >= 0)
        ::close(found);
    if (got >= 0)
        errno = got == 0 ? EPIPE : got == ssize_t(size) ? ENODATA : EPROTO;
    return -1;
}

} // namespace aio_raw
