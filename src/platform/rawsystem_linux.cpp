// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawsystem.h"

#include <pthread.h>
#include <sys/auxv.h>

namespace aio_raw {

Backend backend() noexcept
{
    return Backend::Linux;
}

bool hasForeignPrivileges() noexcept
{
    return ::getauxval(AT_SECURE) != 0;
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
