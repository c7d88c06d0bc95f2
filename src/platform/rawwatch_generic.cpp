// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawwatch.h"

#include "platform/rawclock.h"
#include "platform/rawlifesigns.h"
#include "platform/rawlocalsocket.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A connection to each process, which ends with it. That tells when to look at its lock: the kernel takes a process's descriptors
 * away one by one, so the lock may still be there then, and is looked at again, soon first and later every second. That is also
 * what is done for a process to which there is no connection, because it accepts none (it never waits for anything itself, and many
 * who watched it have come and gone) or because there is no descriptor for it.
 */
namespace aio_raw {
namespace {

constexpr Nanoseconds FirstPause = 1'000'000;
constexpr Nanoseconds LongestPause = 1'000'000'000;

} // namespace

struct RawWatch::Private
{
    struct Process
    {
        Tag tag;
        ProcessIdentity identity;
        Homes *homes;
        int connection = -1;
        Nanoseconds pause = FirstPause;
        Nanoseconds nextLook = 0;       // if there is no connection

        void connect() noexcept;
        void disconnect() noexcept;
        bool hasEnded() noexcept;
    };

    std::vector<pollfd> entries() noexcept;
    Nanoseconds nextLook() const noexcept;

    std::mutex mutex;                   // for the processes: sleep() looks at them while others come
    std::vector<Process> processes;
    RawDoorbell bell;
};

void RawWatch::Private::Process::connect() noexcept
{
    connection = openLocalSocket(LocalSocket::Stream);
    if (connection >= 0 && !connectLocalSocket(connection, lifePath(homes->home(identity.entry))))
        disconnect();
}

void RawWatch::Private::Process::disconnect() noexcept
{
    ::close(connection);
    connection = -1;
}

bool RawWatch::Private::Process::hasEnded() noexcept
{
    char byte;
    if (connection >= 0) {
        if (::recv(connection, &byte, 1, 0) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return false;
        disconnect();
        pause = FirstPause;
        nextLook = 0;
    }
    if (now() < nextLook)
        return false;
    if (lifeOf(identity, *homes) == Life::Ended)
        return true;
    nextLook = now() + pause;
    pause = std::min(pause * 2, LongestPause);
    connect();
    return false;
}

std::vector<pollfd> RawWatch::Private::entries() noexcept
{
    std::vector<pollfd> all{{bell.descriptor(), POLLIN, 0}};
    for (const int descriptor : LifeSigns::instance().watched())
        all.push_back({descriptor, POLLIN, 0});
    const std::lock_guard lock(mutex);
    for (const Process &process : processes) {
        if (process.connection >= 0)
            all.push_back({process.connection, POLLIN, 0});
    }
    return all;
}

Nanoseconds RawWatch::Private::nextLook() const noexcept
{
    Nanoseconds next = Never;
    for (const Process &process : processes) {
        if (process.connection < 0)
            next = std::min(next, process.nextLook);
    }
    return next;
}

RawWatch::RawWatch() : d(new Private) { }

RawWatch::~RawWatch()
{
    for (Private::Process &process : d->processes)
        process.disconnect();
}

bool RawWatch::open(const std::string &home) noexcept
{
    return d->bell.open(home, ArrivalsDoorbell);
}

bool RawWatch::isOpen() const noexcept
{
    return d->bell.descriptor() >= 0;
}

int RawWatch::descriptor() const noexcept
{
    return -1;
}

void RawWatch::sleep() noexcept
{
    Nanoseconds next;
    {
        const std::lock_guard lock(d->mutex);
        next = d->nextLook();
    }
    std::vector<pollfd> entries = d->entries();
    const Nanoseconds left = next == Never ? Never : std::max<Nanoseconds>(0, next - now());
    ::poll(entries.data(), nfds_t(entries.size()), next == Never ? -1 : int(left / 1'000'000 + 1));
}

RawWatch::News RawWatch::take() noexcept
{
    News news;
    news.rung = d->bell.silence();
    LifeSigns::instance().accept();
    const std::lock_guard lock(d->mutex);
    std::erase_if(d->processes, [&](Private::Process &process) {
        if (!process.hasEnded())
            return false;
        news.ended.push_back(process.tag);
        return true;
    });
    return news;
}

RawWatch::Added RawWatch::add(Tag tag, const ProcessIdentity &who, Homes &homes) noexcept
{
    Private::Process process{tag, who, &homes};
    process.connect();
    {
        const std::lock_guard lock(d->mutex);
        d->processes.push_back(process);
    }
    d->bell.ring();         // whoever sleeps does not look at it yet
    return Watching;
}

void RawWatch::remove(Tag tag) noexcept
{
    const std::lock_guard lock(d->mutex);
    std::erase_if(d->processes, [tag](Private::Process &process) {
        if (process.tag != tag)
            return false;
        process.disconnect();
        return true;
    });
}

} // namespace aio_raw
