// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/rawchannel.h"

#include "platform/rawdescriptors.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
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

bool takeEnds(SocketPair &pair, int parent, int worker) noexcept
{
    pair.parent = aboveStandardStreams(parent);
    pair.worker = aboveStandardStreams(worker);
    if (pair.parent < 0 || pair.worker < 0)
        return false;
    const int flags = ::fcntl(pair.parent, F_GETFL);
    return ::fcntl(pair.parent, F_SETFL, flags | O_NONBLOCK) == 0;
}

// What a call that moved \a count bytes has come to.
Transfer outcomeOf(ssize_t count, std::size_t &moved) noexcept
{
    moved = count > 0 ? std::size_t(count) : 0;
    if (count < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? Transfer::Again : Transfer::Gone;
    return count == 0 ? Transfer::Gone : Transfer::Done;
}

} // namespace

bool openSocketPair(SocketPair &pair, SocketKind kind) noexcept
{
    const int type = kind == SocketKind::Stream ? SOCK_STREAM : SOCK_SEQPACKET;
    int ends[2];
    return openSockets(type, ends) && takeEnds(pair, ends[0], ends[1]);
}

bool openPipe(SocketPair &pair, bool parentReads) noexcept
{
    int ends[2];
    return openPipe(ends) && takeEnds(pair, ends[parentReads ? 0 : 1], ends[parentReads ? 1 : 0]);
}

int duplicate(int descriptor) noexcept
{
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return copy < 0 && errno == EBADF ? aboveStandardStreams(::open("/dev/null", O_RDWR | O_CLOEXEC)) : copy;
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

int openWorkingDirectory(const char *path) noexcept
{
    const int directory = openDirectory(path);
    return directory < 0 ? -1 : aboveStandardStreams(directory);
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
    return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0
        && (type == SOCK_STREAM || type == SOCK_SEQPACKET);
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

Transfer sendAllNow(int socket, const void *data, std::size_t size) noexcept
{
    constexpr int mostWaiting = 64 * 1024;    // a third of what a socket holds by default
    int waiting = 0;
    if (::ioctl(socket, SIOCOUTQ, &waiting) == 0 && waiting > mostWaiting)
        return Transfer::Again;
    std::size_t moved = 0;
    ssize_t sent;
    do {
        sent = ::send(socket, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    const Transfer outcome = outcomeOf(sent, moved);
    return outcome == Transfer::Done && moved < size ? sendAll(socket, static_cast<const char *>(data) + moved, size - moved) : outcome;
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

Transfer receiveSome(int socket, void *data, std::size_t size, std::size_t &moved) noexcept
{
    ssize_t got;
    do {
        got = ::recv(socket, data, size, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    return outcomeOf(got, moved);
}

Transfer readSome(int descriptor, void *data, std::size_t size, std::size_t &moved) noexcept
{
    ssize_t got;
    do {
        got = ::read(descriptor, data, size);
    } while (got < 0 && errno == EINTR);
    return outcomeOf(got, moved);
}

Transfer writeSome(int descriptor, const void *data, std::size_t size, std::size_t &moved) noexcept
{
    // SIGPIPE comes to the thread that writes: blocked, and taken away again, it disturbs nobody.
    sigset_t pipeSet;
    sigset_t before;
    sigset_t pending;
    ::sigemptyset(&pipeSet);
    ::sigaddset(&pipeSet, SIGPIPE);
    ::sigpending(&pending);
    ::pthread_sigmask(SIG_BLOCK, &pipeSet, &before);
    ssize_t written;
    do {
        written = ::write(descriptor, data, size);
    } while (written < 0 && errno == EINTR);
    const Transfer outcome = outcomeOf(written, moved);
    if (outcome == Transfer::Gone && !::sigismember(&pending, SIGPIPE)) {
        const timespec none{};
        ::sigtimedwait(&pipeSet, nullptr, &none);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return outcome;
}

} // namespace aio_raw
