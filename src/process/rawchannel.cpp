// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/rawchannel.h"

#include "platform/rawdescriptors.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aio_raw {

namespace {

// In a process that has closed its standard streams, new descriptors take their numbers, which QProcess then overwrites.
int aboveStandardStreams(int descriptor) noexcept
{
    if (descriptor > STDERR_FILENO)
        return descriptor;
    const int moved = ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    ::close(descriptor);
    return moved;
}

} // namespace

bool openSocketPair(SocketPair &pair) noexcept
{
    int ends[2];
    if (!openSockets(SOCK_STREAM, ends))
        return false;
    pair.parent = aboveStandardStreams(ends[0]);
    pair.worker = aboveStandardStreams(ends[1]);
    if (pair.parent < 0 || pair.worker < 0)
        return false;
    const int flags = ::fcntl(pair.parent, F_GETFL);
    return ::fcntl(pair.parent, F_SETFL, flags | O_NONBLOCK) == 0;
}

int openMemory(const void *data, std::size_t size) noexcept
{
    int memory = openScratch();
    if (memory < 0 || (memory = aboveStandardStreams(memory)) < 0)
        return -1;
    const char *at = static_cast<const char *>(data);
    while (size > 0) {
        const ssize_t written = ::write(memory, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            const int number = errno;
            ::close(memory);
            errno = number;
            return -1;
        }
        at += written;
        size -= std::size_t(written);
    }
    ::lseek(memory, 0, SEEK_SET);
    return memory;
}

void closeDescriptor(int &descriptor) noexcept
{
    if (descriptor >= 0)
        ::close(descriptor);
    descriptor = -1;
}

bool isRegularFile(int descriptor) noexcept
{
    struct stat status;
    return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

bool isLocalSocket(int descriptor) noexcept
{
    sockaddr_storage name{};
    int type = 0;
    socklen_t size = sizeof name;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr *>(&name), &size) != 0 || name.ss_family != AF_UNIX)
        return false;
    size = sizeof type;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

bool keepOnExec(int descriptor) noexcept
{
    return ::fcntl(descriptor, F_SETFD, 0) == 0;
}

bool closeOnExec(int descriptor) noexcept
{
    return ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

bool isPeerGone(int descriptor) noexcept
{
    pollfd entry{descriptor, POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

Transfer sendAll(int socket, const void *data, std::size_t size) noexcept
{
    const char *at = static_cast<const char *>(data);
    while (size > 0) {
        const ssize_t sent = ::send(socket, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return Transfer::Gone;
        at += sent;
        size -= std::size_t(sent);
    }
    return Transfer::Done;
}

Transfer readAll(int file, void *data, std::size_t size) noexcept
{
    char *at = static_cast<char *>(data);
    while (size > 0) {
        const ssize_t got = ::read(file, at, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return Transfer::Gone;
        at += got;
        size -= std::size_t(got);
    }
    return Transfer::Done;
}

Transfer receiveSome(int descriptor, void *data, std::size_t size, std::size_t &moved) noexcept
{
    moved = 0;
    ssize_t got;
    do {
        got = ::recv(descriptor, data, size, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? Transfer::Again : Transfer::Gone;
    moved = std::size_t(got);
    return got == 0 ? Transfer::Gone : Transfer::Done;
}

} // namespace aio_raw
