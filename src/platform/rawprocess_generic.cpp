// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawprocess.h"

#include "platform/rawdescriptors.h"
#include "platform/rawfault.h"
#include "platform/rawlifesigns.h"
#include "platform/rawlocalsocket.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <iterator>
#include <sys/file.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace aio_raw {
namespace {

bool isKnown(const std::uint8_t (&entry)[16]) noexcept
{
    return std::any_of(std::begin(entry), std::end(entry), [](std::uint8_t byte) { return byte != 0; });
}

} // namespace

ProcessIdentity ownIdentity() noexcept
{
    return {std::int32_t(::getpid()), 0, {}};
}

Life lifeOf(const ProcessIdentity &who, Homes &homes) noexcept
{
    // Who was killed within the few instructions of coming leaves no more than his number. He has got nothing yet, so it does
    // no harm to take another process, or a zombie, for him.
    if (!isKnown(who.entry))
        return ::kill(who.pid, 0) == 0 || errno != ESRCH ? Life::Lives : Life::Ended;
    const int lock = ::open((homes.home(who.entry) + "/lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0)
        return errno == ENOENT ? Life::Ended : Life::Unknown;
    // shared: two who look at the same time do not take each other for the process
    const bool free = ::flock(lock, LOCK_SH | LOCK_NB) == 0;
    const int error = errno;
    ::close(lock);
    return free ? Life::Ended : error == EWOULDBLOCK ? Life::Lives : Life::Unknown;
}

bool showLife(const std::string &home, int lock) noexcept
{
    if (const int error = AIO_FAULT_ERRNO("life.show")) {
        errno = error;
        return false;
    }
    const int listener = bindLocalSocket(LocalSocket::Stream, lifePath(home));
    if (listener < 0)
        return false;
    LifeSigns::instance().show(lock, listener);
    return ::listen(listener, SOMAXCONN) == 0;
}

bool lockShowsLife() noexcept
{
    return true;
}

std::uint64_t startTimeOf(std::int32_t) noexcept
{
    return UnknownTime;
}

int openProcess(const ProcessIdentity &) noexcept
{
    return -2;
}

// A thread waits for the end, which it leaves for the caller to take note of, and closes the other end of a pipe.
int openChild(std::int32_t pid) noexcept
{
    int ends[2];
    if (!openPipe(ends))
        return -1;
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);     // signals belong to the application's threads
    try {
        std::thread([pid, end = ends[1]] {
            siginfo_t info;
            while (::waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) { }
            ::close(end);
        }).detach();
    } catch (const std::system_error &) {
        ::close(std::exchange(ends[0], -1));
        ::close(ends[1]);
        errno = EAGAIN;
    }
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    return ends[0];
}

std::uint64_t pidNamespace() noexcept
{
    return 0;
}

} // namespace aio_raw
