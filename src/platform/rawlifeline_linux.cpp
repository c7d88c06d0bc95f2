// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawlifeline.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace aio_raw {

bool armLifeline(int lifeline) noexcept
{
    const int flags = ::fcntl(lifeline, F_GETFL);
    return flags >= 0 && ::fcntl(lifeline, F_SETOWN, ::getpid()) == 0 && ::fcntl(lifeline, F_SETSIG, SIGKILL) == 0
        && ::fcntl(lifeline, F_SETFL, flags | O_ASYNC) == 0;
}

bool holdLifeline(int lifeline) noexcept
{
    return armLifeline(lifeline);
}

} // namespace aio_raw
