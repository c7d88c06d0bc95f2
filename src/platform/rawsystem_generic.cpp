// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawsystem.h"

#include <sys/resource.h>
#include <unistd.h>

namespace aio_raw {

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

void nameThread(const char *) noexcept { }

} // namespace aio_raw
