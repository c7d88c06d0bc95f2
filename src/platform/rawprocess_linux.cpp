// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawprocess.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace aio_raw {

ProcessIdentity ownIdentity() noexcept
{
    const auto pid = std::int32_t(getpid());
    return {pid, startTimeOf(pid), {}};
}

std::uint64_t startTimeOf(std::int32_t pid) noexcept
{
    char path[32];
    std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ESRCH ? 0 : UnknownTime;
    char text[1024];
    const ssize_t size = read(fd, text, sizeof text - 1);
    const int error = errno;
    close(fd);
    if (size <= 0)
        return size < 0 && error != ESRCH ? UnknownTime : 0;
    text[size] = 0;
    // "pid (name) state ppid ... starttime": the name may contain anything, so count from its closing parenthesis
    const char *at = std::strrchr(text, ')');
    if (!at || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    at += 2;
    for (int field = 3; field < 22; ++field) {
        at = std::strchr(at, ' ');
        if (!at)
            return 0;
        ++at;
    }
    return std::strtoull(at, nullptr, 10);
}

int openProcess(const ProcessIdentity &identity) noexcept
{
    const int fd = int(syscall(SYS_pidfd_open, identity.pid, 0));
    if (fd < 0)
        return errno == ESRCH ? -1 : -2;
    // checked after the descriptor was opened: from here on the pid cannot become another process unnoticed
    const std::uint64_t started = startTimeOf(identity.pid);
    if (started == identity.startTime)
        return fd;
    close(fd);
    return started == UnknownTime ? -2 : -1;
}

int openChild(std::int32_t pid) noexcept
{
    return int(syscall(SYS_pidfd_open, pid, 0));
}

Life lifeOf(const ProcessIdentity &who, Homes &) noexcept
{
    const std::uint64_t started = who.pid > 0 ? startTimeOf(who.pid) : 0;
    if (started == UnknownTime)
        return Life::Unknown;
    return started && (who.startTime == 0 || started == who.startTime) ? Life::Lives : Life::Ended;
}

// /proc and pidfds show it.
bool showLife(const std::string &, int) noexcept
{
    return true;
}

bool lockShowsLife() noexcept
{
    return false;
}

std::uint64_t pidNamespace() noexcept
{
    struct stat info;
    return stat("/proc/self/ns/pid", &info) == 0 ? std::uint64_t(info.st_ino) : 0;
}

} // namespace aio_raw
