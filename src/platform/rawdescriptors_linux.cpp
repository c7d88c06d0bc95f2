// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawdescriptors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aio_raw {

bool openSockets(int type, int (&ends)[2]) noexcept
{
    return ::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0;
}

bool openPipe(int (&ends)[2]) noexcept
{
    return ::pipe2(ends, O_CLOEXEC) == 0;
}

int openDirectory(const char *path) noexcept
{
    return ::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int openScratch() noexcept
{
    return ::memfd_create("aioprocessing", MFD_CLOEXEC);
}

} // namespace aio_raw
