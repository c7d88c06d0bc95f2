// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawsystem.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace aio_raw {

namespace {

// POSIX has no such function; many systems have this one.
template<class Thread> void nameIfPossible([[maybe_unused]] Thread thread, [[maybe_unused]] const char *name) noexcept
{
    if constexpr (requires { pthread_setname_np(thread, name); })
        pthread_setname_np(thread, name);
}

} // namespace

Backend backend() noexcept
{
    return Backend::Generic;
}

bool hasForeignPrivileges() noexcept
{
    return ::getuid() != ::geteuid() || ::getgid() != ::getegid();
}

std::int64_t residentBytes(std::int64_t process) noexcept
{
    if (process != 0)
        return 0;
    rusage usage{};
    return ::getrusage(RUSAGE_SELF, &usage) == 0 ? std::int64_t(usage.ru_maxrss) * 1024 : 0;
}

bool returnMemory(char *, std::size_t) noexcept
{
    return false;
}

const char *programLink() noexcept
{
    return nullptr;
}

const char *commandLineFile() noexcept
{
    return nullptr;
}

void nameThread(const char *name) noexcept
{
    nameIfPossible(::pthread_self(), name);
}

} // namespace aio_raw
