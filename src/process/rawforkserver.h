// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

/*
 * The fork server: the application's executable, started once, which forks a worker whenever the application asks. It has one
 * thread, never makes an application object and never attaches an arena. A worker is forked through a process in between,
 * which ends at once, so that the application, a child subreaper for that time, becomes its parent: it hears of the worker's end
 * itself, also when the server was killed.
 *
 * A request is one message with descriptors. Both the server and the worker answer it, once the application is the worker's
 * parent: thus an answer means that exactly one worker was forked, whoever is killed meanwhile, and the end of the answer's
 * socket without an answer means that none was.
 */
namespace aio_raw {

/* Whether there can be one on this system. */
bool hasForkServer() noexcept;

/* The descriptors that make a worker; whoever holds the request owns them. */
struct ForkRequest
{
    int channel = -1;
    int lifeline = -1;
    int briefing = -1;
    int reply = -1;
    int directory = -1;    // the working directory
    int output = -1;       // standard output and error
    int errors = -1;
};

void closeRequest(ForkRequest &request) noexcept;

struct ForkReply
{
    std::int32_t pid = 0;
    std::int32_t error = 0;    // errno of the fork that failed
};

enum class Sent { Done, Busy, Gone };

/* Sends copies of the descriptors without waiting. Busy: not now; Gone: nobody listens any more. */
Sent sendForkRequest(int control, const ForkRequest &request) noexcept;

enum class Received { Done, Again, Gone };

/* Takes the answer to a request, without waiting. Gone: there is no worker and there will be none. */
Received receiveForkReply(int reply, ForkReply &answer) noexcept;

/*
 * Starts \a program as a fork server that keeps \a control and \a lifeline: its pid, or minus the number of the error. It leads a
 * process group of its own, in which everything is that has not become a worker yet; workers are in this process's group.
 */
int startForkServer(const char *program, char *const *arguments, int control, int lifeline) noexcept;

/* Kills the fork server \a pid, and what it had under way, and waits for their end. */
void endForkServer(int pid) noexcept;

/*
 * The fork server's life. False: the application is gone, or wants no more workers. True: this is a worker; \a request holds its
 * channel, lifeline and briefing, and all else is as the request wants it.
 */
bool serveForks(int control, int lifeline, ForkRequest &request) noexcept;

/* How many threads this process has; 0 when that cannot be found out. */
int threadCount() noexcept;

/* Whether this process becomes the parent of what its descendants leave behind, as the fork server's workers. */
bool adoptOrphans(bool does) noexcept;
bool adoptsOrphans() noexcept;

/*
 * Takes note of the end of orphans that are certainly none of this process's own children, since they are in a session that neither
 * it nor they began: programs that were started detached. The end of any other is left to whoever may wait for it.
 */
void reapDetached() noexcept;

} // namespace aio_raw
