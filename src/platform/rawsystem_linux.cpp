// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawsystem.h"

#include <cstdlib>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

namespace aio_raw {

Backend backend() noexcept
{
    return Backend::Linux;
}

bool hasForeignPrivileges() noexcept
{
    return ::getauxval(AT_SECURE) != 0;
}

std::int64_t residentBytes(std::int64_t process) noexcept
{
    char path[40] = "/proc/self/statm";
    if (process != 0)
        std::snprintf(path, sizeof path, "/proc/%lld/statm", static_cast<long long>(process));
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    char text[128] = {};
    const ssize_t size = ::read(file, text, sizeof text - 1);
    ::close(file);
    const char *second = size > 0 ? std::strchr(text, ' ') : nullptr;
    return second ? std::strtoll(second, nullptr, 10) * ::sysconf(_SC_PAGESIZE) : 0;
}

bool returnMemory(char *memory, std::size_t bytes) noexcept
{
    return ::madvise(memory, bytes, MADV_REMOVE) == 0;
}

const char *programLink() noexcept
{
    return "/proc/self/exe";
}

const char *commandLineFile() noexcept
{
    return "/proc/self/cmdline";
}

void nameThread(const char *name) noexcept
{
    ::pthread_setname_np(::pthread_self(), name);
}

} // namespace aio_raw
