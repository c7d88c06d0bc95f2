// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawdoorbell.h"

#include "platform/rawfault.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

// FIFOs. Both sides have theirs open for reading and writing: so none ever is at its end, and nobody gets SIGPIPE.
namespace aio_raw {
namespace {

int openFifo(const std::string &path) noexcept
{
    return ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
}

// A full FIFO is one that rings already.
void write(int descriptor) noexcept
{
    [[maybe_unused]] const ssize_t written = ::write(descriptor, "", 1);
}

bool isRefused(int error) noexcept
{
    if (error)
        errno = error;
    return error != 0;
}

} // namespace

bool RawDoorbell::open(const std::string &home, unsigned number) noexcept
{
    m_path = doorbellPath(home, number);
    m_pid = ::getpid();
    if (isRefused(AIO_FAULT_ERRNO("doorbell.make")) || ::mkfifo(m_path.c_str(), 0600) != 0)
        return false;
    m_descriptor = isRefused(AIO_FAULT_ERRNO("doorbell.open")) ? -1 : openFifo(m_path);
    if (m_descriptor >= 0)
        return true;
    const int error = errno;
    ::unlink(m_path.c_str());
    errno = error;
    return false;
}

bool RawDoorbell::silence() noexcept
{
    char bytes[256];
    bool rung = false;
    for (ssize_t got = sizeof bytes; got == ssize_t(sizeof bytes); rung |= got > 0)
        got = ::read(m_descriptor, bytes, sizeof bytes);
    return rung;
}

void RawDoorbell::ring() noexcept
{
    write(m_descriptor);
}

// -- RawRinger: keeps the FIFOs that it rings open

struct RawRinger::Private
{
    struct Fifo
    {
        int descriptor = -1;
        std::uint64_t lastUse = 0;
    };
    static constexpr std::size_t MaxFifos = 64;

    static void close(Fifo &fifo) noexcept
    {
        if (fifo.descriptor >= 0)
            ::close(std::exchange(fifo.descriptor, -1));
    }
    void openReserve() noexcept { reserve = ::open(reservePath.c_str(), O_RDONLY | O_CLOEXEC); }
    void closeOldest() noexcept;

    Homes &homes;
    std::mutex mutex;
    std::map<std::pair<std::uint32_t, unsigned>, Fifo> fifos;       // by owner and number
    std::uint64_t rings = 0;
    std::string reservePath;        // any will do
    int reserve = -1;               // given up for a moment to ring when there are no descriptors left
};

// Threads come and go, and with them their FIFOs.
void RawRinger::Private::closeOldest() noexcept
{
    const auto older = [](const auto &a, const auto &b) { return a.second.lastUse < b.second.lastUse; };
    const auto oldest = std::min_element(fifos.begin(), fifos.end(), older);
    close(oldest->second);
    fifos.erase(oldest);
}

RawRinger::RawRinger(Homes &homes) : d(new Private{homes, {}, {}, 0, {}, -1}) { }

RawRinger::~RawRinger()
{
    for (auto &[key, fifo] : d->fifos)
        Private::close(fifo);
    ::close(d->reserve);
}

void RawRinger::reserve(const std::uint8_t (&entry)[16]) noexcept
{
    d->reservePath = d->homes.home(entry);
    d->openReserve();
}

void RawRinger::ring(std::uint32_t owner, const std::uint8_t (&entry)[16], unsigned number) noexcept
{
    const std::lock_guard lock(d->mutex);
    Private::Fifo &fifo = d->fifos[{owner, number}];
    fifo.lastUse = ++d->rings;
    if (fifo.descriptor < 0)
        fifo.descriptor = openFifo(doorbellPath(d->homes.home(entry), number));
    const bool exhausted = fifo.descriptor < 0 && (errno == EMFILE || errno == ENFILE) && d->reserve >= 0;
    if (exhausted) {
        ::close(std::exchange(d->reserve, -1));
        fifo.descriptor = openFifo(doorbellPath(d->homes.home(entry), number));
    }
    if (fifo.descriptor >= 0)
        write(fifo.descriptor);
    if (exhausted) {
        Private::close(fifo);
        d->openReserve();
    } else if (d->fifos.size() > Private::MaxFifos) {
        d->closeOldest();
    }
}

void RawRinger::forget(std::uint32_t owner) noexcept
{
    const std::lock_guard lock(d->mutex);
    const auto first = d->fifos.lower_bound({owner, 0});
    const auto last = d->fifos.upper_bound({owner, UINT_MAX});
    std::for_each(first, last, [](auto &item) { Private::close(item.second); });
    d->fifos.erase(first, last);
}

} // namespace aio_raw
