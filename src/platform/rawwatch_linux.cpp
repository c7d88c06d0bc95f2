// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawwatch.h"

#include <cerrno>
#include <map>
#include <sys/epoll.h>
#include <unistd.h>

// One epoll descriptor, for a pidfd of each process and the doorbell.
namespace aio_raw {
namespace {

constexpr RawWatch::Tag BellTag = UINT64_MAX;

} // namespace

struct RawWatch::Private
{
    bool watch(int descriptor, Tag tag) noexcept
    {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = tag;
        return ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
    }

    int epoll = -1;
    RawDoorbell bell;
    std::map<Tag, int> processes;       // and their pidfds
};

RawWatch::RawWatch() : d(new Private) { }

RawWatch::~RawWatch()
{
    for (const auto &[tag, descriptor] : d->processes)
        ::close(descriptor);
    if (d->epoll >= 0)
        ::close(d->epoll);
}

bool RawWatch::open(const std::string &home) noexcept
{
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return false;
    if (!d->bell.open(home, ArrivalsDoorbell)) {
        const int error = errno;
        ::close(epoll);
        errno = error;
        return false;
    }
    d->epoll = epoll;
    return d->watch(d->bell.descriptor(), BellTag);
}

bool RawWatch::isOpen() const noexcept
{
    return d->epoll >= 0;
}

int RawWatch::descriptor() const noexcept
{
    return d->epoll;
}

void RawWatch::sleep() noexcept
{
    epoll_event event;
    while (::epoll_wait(d->epoll, &event, 1, -1) < 0 && errno == EINTR) { }
}

RawWatch::News RawWatch::take() noexcept
{
    News news;
    epoll_event events[16];
    const int count = ::epoll_wait(d->epoll, events, 16, 0);
    for (int i = 0; i < count; ++i) {
        const Tag tag = events[i].data.u64;
        if (tag == BellTag) {
            news.rung = d->bell.silence();
        } else if (d->processes.count(tag)) {
            remove(tag);
            news.ended.push_back(tag);
        }
    }
    return news;
}

RawWatch::Added RawWatch::add(Tag tag, const ProcessIdentity &who, Homes &) noexcept
{
    const int descriptor = openProcess(who);
    if (descriptor < 0)
        return descriptor == -1 ? HasEnded : NotNow;
    if (!d->watch(descriptor, tag)) {
        ::close(descriptor);
        return NotNow;
    }
    d->processes[tag] = descriptor;
    return Watching;
}

void RawWatch::remove(Tag tag) noexcept
{
    const auto process = d->processes.find(tag);
    if (process == d->processes.end())
        return;
    ::close(process->second);       // which also takes it out of the epoll descriptor
    d->processes.erase(process);
}

} // namespace aio_raw
