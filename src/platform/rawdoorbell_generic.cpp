// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawdoorbell.h"

#include "platform/rawfault.h"
#include "platform/rawlocalsocket.h"

#include <atomic>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

// Datagram sockets. Nobody connects to them, so ringing needs one socket for all, and who never listens holds nobody up.
namespace aio_raw {
namespace {

// Never closed: threads may ring until the very end. -1: there is no descriptor.
int sender() noexcept
{
    static std::atomic<int> sender = -1;
    int known = sender.load();
    if (known >= 0)
        return known;
    const int made = openLocalSocket(LocalSocket::Datagram);
    if (made < 0 || sender.compare_exchange_strong(known, made))
        return made;
    ::close(made);
    return known;
}

void ringAt(const std::string &path) noexcept
{
    sendDatagram(sender(), path);
}

} // namespace

bool RawDoorbell::open(const std::string &home, unsigned number) noexcept
{
    m_path = doorbellPath(home, number);
    m_pid = ::getpid();
    if (const int error = AIO_FAULT_ERRNO("doorbell.make")) {
        errno = error;
        return false;
    }
    if (sender() < 0)
        return false;
    m_descriptor = bindLocalSocket(LocalSocket::Datagram, m_path);
    return m_descriptor >= 0;
}

bool RawDoorbell::silence() noexcept
{
    char byte;
    bool rung = false;
    while (::recv(m_descriptor, &byte, 1, 0) > 0)
        rung = true;
    return rung;
}

void RawDoorbell::ring() noexcept
{
    ringAt(m_path);
}

struct RawRinger::Private
{
    Homes &homes;
};

RawRinger::RawRinger(Homes &homes) : d(new Private{homes}) { }
RawRinger::~RawRinger() = default;

void RawRinger::reserve(const std::uint8_t (&)[16]) noexcept
{
    sender();
}

void RawRinger::ring(std::uint32_t, const std::uint8_t (&entry)[16], unsigned number) noexcept
{
    ringAt(doorbellPath(d->homes.home(entry), number));
}

void RawRinger::forget(std::uint32_t) noexcept { }

} // namespace aio_raw
