// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/rawforkserver.h"

#include "process/rawchannel.h"

#include <cerrno>
#include <initializer_list>

// There is none: a process that survives its parent's death cannot be handed to another parent here.
namespace aio_raw {

bool hasForkServer() noexcept
{
    return false;
}

void closeRequest(ForkRequest &request) noexcept
{
    for (int *part : {&request.channel, &request.lifeline, &request.briefing, &request.reply, &request.directory, &request.output,
                      &request.errors})
        closeDescriptor(*part);
}

Sent sendForkRequest(int, const ForkRequest &) noexcept
{
    return Sent::Gone;
}

Received receiveForkReply(int, ForkReply &) noexcept
{
    return Received::Gone;
}

int startForkServer(const char *, char *const *, int, int) noexcept
{
    return -ENOSYS;
}

void endForkServer(int) noexcept { }

bool serveForks(int, int, ForkRequest &) noexcept
{
    return false;
}

int threadCount() noexcept
{
    return 0;
}

bool adoptOrphans(bool) noexcept
{
    return false;
}

bool adoptsOrphans() noexcept
{
    return false;
}

void reapDetached() noexcept { }

} // namespace aio_raw
