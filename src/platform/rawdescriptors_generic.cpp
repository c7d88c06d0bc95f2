// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawdescriptors.h"

#include <cstdlib>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aio_raw {
namespace {

bool closeOnExec(const int (&ends)[2]) noexcept
{
    return ::fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && ::fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

} // namespace

bool openSockets(int type, int (&ends)[2]) noexcept
{
    return ::socketpair(AF_UNIX, type, 0, ends) == 0 && closeOnExec(ends);
}

bool openPipe(int (&ends)[2]) noexcept
{
    return ::pipe(ends) == 0 && closeOnExec(ends);
}

int openDirectory(const char *path) noexcept
{
    return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int openScratch() noexcept
{
    char path[] = "/tmp/aioprocessing-XXXXXX";
    const int descriptor = ::mkstemp(path);
    if (descriptor >= 0) {
        ::unlink(path);
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
    return descriptor;
}

} // namespace aio_raw
