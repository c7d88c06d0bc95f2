// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/rawforkserver.h"

#include "platform/rawfault.h"
#include "platform/rawlifeline.h"
#include "process/rawchannel.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aio_raw {

namespace {

constexpr std::size_t partCount = 7;
constexpr char requestMark = 'f';

std::array<int *, partCount> partsOf(ForkRequest &request) noexcept
{
    return {&request.channel, &request.lifeline, &request.briefing, &request.reply, &request.directory, &request.output,
            &request.errors};
}

// A message of one byte with room for the descriptors of a request.
struct Message
{
    char mark = requestMark;
    iovec bytes{&mark, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(partCount * sizeof(int))] = {};
    msghdr header{};

    Message() noexcept
    {
        header.msg_iov = &bytes;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
    }
};

// Waits for a request. Done with a channel of -1: it made no sense.
Received receiveRequest(int control, ForkRequest &request) noexcept
{
    Message message;
    ssize_t got;
    do {
        got = ::recvmsg(control, &message.header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        return Received::Gone;
    request = {};
    const cmsghdr *part = CMSG_FIRSTHDR(&message.header);
    if (!part || part->cmsg_type != SCM_RIGHTS)
        return Received::Done;
    int descriptors[partCount];
    const std::size_t size = part->cmsg_len - CMSG_LEN(0);
    std::memcpy(descriptors, CMSG_DATA(part), size < sizeof descriptors ? size : sizeof descriptors);
    if (size == sizeof descriptors && message.mark == requestMark) {
        for (std::size_t i = 0; i < partCount; ++i)
            *partsOf(request)[i] = descriptors[i];
    } else {
        for (std::size_t i = 0; i < size / sizeof(int); ++i)
            closeDescriptor(descriptors[i]);
    }
    return Received::Done;
}

// Forks a worker that is the application's child when this returns false, in the server, with what there is to answer. True: this
// is the worker, whose parent for now is \a between.
bool forkOrphan(ForkReply &answer, pid_t &between) noexcept
{
    volatile pid_t middle = 0;
    volatile pid_t forked = 0;
    volatile int number = 0;
    const pid_t child = ::vfork();    // shares the memory of the server, so that memory is copied once, for the worker
    if (child == 0) {
        middle = ::getpid();
        const pid_t worker = ::fork();
        if (worker == 0) {
            between = middle;
            return true;    // with a copy of this stack, which the process in between leaves as it is
        }
        forked = worker;
        number = worker < 0 ? errno : 0;
        ::_exit(0);
    }
    answer.pid = forked;
    answer.error = child < 0 ? errno : number;
    while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) { }
    return false;
}

// Sleeps until \a between has ended and left this worker to the application.
void awaitAdoption(pid_t between) noexcept
{
    constexpr int adopted = SIGUSR1;
    sigset_t set;
    sigset_t before;
    ::sigemptyset(&set);
    ::sigaddset(&set, adopted);
    ::sigprocmask(SIG_BLOCK, &set, &before);
    ::prctl(PR_SET_PDEATHSIG, adopted);
    while (::getppid() == between)
        ::sigwaitinfo(&set, nullptr);
    ::prctl(PR_SET_PDEATHSIG, 0);
    const timespec none{};
    ::sigtimedwait(&set, nullptr, &none);    // it may have come although nobody had to wait
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

// What a forked worker does before it returns to its main().
void becomeWorker(ForkRequest &request, pid_t between) noexcept
{
    if (!armLifeline(request.lifeline) || isPeerGone(request.lifeline))
        ::_exit(1);
    awaitAdoption(between);
    if (::setpgid(0, ::getpgid(::getppid())) != 0)
        ::setpgid(0, 0);
    AIO_FAULT_POINT("forkserver.worker");
    const ForkReply answer{::getpid(), 0};
    sendAll(request.reply, &answer, sizeof answer);
    if (::fchdir(request.directory) != 0)
        std::fprintf(stderr, "a worker cannot enter its working directory: %s\n", std::strerror(errno));
    ::dup2(request.output, STDOUT_FILENO);
    ::dup2(request.errors, STDERR_FILENO);
    for (int *part : {&request.reply, &request.directory, &request.output, &request.errors})
        closeDescriptor(*part);
}

} // namespace

void closeRequest(ForkRequest &request) noexcept
{
    for (int *part : partsOf(request))
        closeDescriptor(*part);
}

Sent sendForkRequest(int control, const ForkRequest &request) noexcept
{
    ForkRequest copy = request;
    Message message;
    cmsghdr *part = CMSG_FIRSTHDR(&message.header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(partCount * sizeof(int));
    int descriptors[partCount];
    for (std::size_t i = 0; i < partCount; ++i)
        descriptors[i] = *partsOf(copy)[i];
    std::memcpy(CMSG_DATA(part), descriptors, sizeof descriptors);
    ssize_t sent;
    do {
        sent = ::sendmsg(control, &message.header, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent > 0)
        return Sent::Done;
    return errno == EPIPE || errno == ECONNRESET ? Sent::Gone : Sent::Busy;
}

Received receiveForkReply(int reply, ForkReply &answer) noexcept
{
    std::size_t moved = 0;
    switch (receiveSome(reply, &answer, sizeof answer, moved)) {
    case Transfer::Again:
        return Received::Again;
    case Transfer::Done:
        return moved == sizeof answer ? Received::Done : Received::Gone;    // eight bytes are never cut in two
    case Transfer::Gone:
        break;
    }
    return Received::Gone;
}

int startForkServer(const char *program, char *const *arguments, int control, int lifeline) noexcept
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) < 0)    // else what the server opens would take its number
            ::posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
    }
    for (const int kept : {control, lifeline})
        ::posix_spawn_file_actions_adddup2(&actions, kept, kept);    // through exec, under its own number
    sigset_t set;
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&attributes, &set);
    ::sigaddset(&set, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &set);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, program, &actions, &attributes, arguments, environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    return error ? -error : pid;
}

void endForkServer(int pid) noexcept
{
    ::kill(-pid, SIGKILL);
    pid_t ended;
    do {
        ended = ::waitpid(-pid, nullptr, 0);
    } while (ended > 0 || (ended < 0 && errno == EINTR));
}

bool serveForks(int control, int lifeline, ForkRequest &request) noexcept
{
    struct sigaction ignored{};
    struct sigaction before{};
    ignored.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignored, &before);    // it interrupts workers; this server ends with the application
    std::fflush(nullptr);                      // else each worker would print it once more
    while (receiveRequest(control, request) == Received::Done) {
        if (request.channel < 0)
            continue;
        AIO_FAULT_POINT("forkserver.request");
        pid_t between = 0;
        ForkReply answer;
        if (forkOrphan(answer, between)) {
            closeDescriptor(control);
            closeDescriptor(lifeline);
            ::sigaction(SIGINT, &before, nullptr);
            becomeWorker(request, between);
            return true;
        }
        AIO_FAULT_POINT("forkserver.forked");
        if (answer.pid > 0 || answer.error)
            sendAll(request.reply, &answer, sizeof answer);
        closeRequest(request);
    }
    return false;
}

int threadCount() noexcept
{
    DIR *tasks = ::opendir("/proc/self/task");
    if (!tasks)
        return 0;
    int count = 0;
    while (const dirent *task = ::readdir(tasks))
        count += task->d_name[0] != '.';
    ::closedir(tasks);
    return count;
}

bool hasForkServer() noexcept
{
    return true;
}

bool adoptOrphans(bool does) noexcept
{
    return ::prctl(PR_SET_CHILD_SUBREAPER, does ? 1 : 0) == 0;
}

bool adoptsOrphans() noexcept
{
    int does = 0;
    return ::prctl(PR_GET_CHILD_SUBREAPER, &does) == 0 && does;
}

void reapDetached() noexcept
{
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid > 0) {
        const pid_t session = ::getsid(info.si_pid);
        if (session < 0 || session == info.si_pid || session == ::getsid(0))
            return;
        ::waitpid(info.si_pid, nullptr, WNOHANG);
        info = {};
    }
}

} // namespace aio_raw
