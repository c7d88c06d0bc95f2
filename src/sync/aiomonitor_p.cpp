// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aiomonitor_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawprocess.h"
#include "sync/rawrepair.h"

#include <QHash>

#include <cerrno>
#include <csignal>
#include <sys/epoll.h>
#include <thread>
#include <unistd.h>

namespace aio_detail {
namespace {

using namespace aio_raw;

std::mutex s_lotsMutex;
QHash<Arena *, Lot *> &lots()
{
    static auto *hash = new QHash<Arena *, Lot *>;      // never destroyed: threads may use it until the very end
    return *hash;
}

// Those who watch already hear that this process has joined.
void announce(Lot &lot)
{
    RawArena &arena = lot.arena().raw();
    RawRepair::forEachOther(arena, [&](Owner owner, const SlotState &) {
        const ProcessSlot &slot = *arena.slotOf(owner);
        if (slot.watches.load())
            lot.arena().segments().ring(owner, slot.entry, 0);
    });
}

const bool s_hooked = [] {
    Arena::afterJoin = [](Arena &arena) { announce(Lot::of(Arena::find(arena.id()))); };
    Arena::beforeLeave = [](Arena &arena) {
        Lot &lot = Lot::of(Arena::find(arena.id()));
        Monitor::instance().forget(lot);    // who has left repairs nothing
        RawRepair::leave(lot.raw());
    };
    return true;
}();

} // namespace

// -- Lot

Lot::Lot(const std::shared_ptr<Arena> &arena) : m_arena(arena), m_raw(arena->raw()), m_blockingNodes(arena->raw(), 0)
{
    m_raw.beforeSleep = []() noexcept { return Monitor::instance().ensureThread(); };
}

Lot &Lot::of(const std::shared_ptr<Arena> &arena)
{
    Lot *made = nullptr;
    {
        const std::lock_guard lock(s_lotsMutex);
        Lot *&lot = lots()[arena.get()];
        if (lot)
            return *lot;
        made = lot = new Lot(arena);
    }
    // who died before this process came is nobody's news any more
    RawRepair::repairTheDead(made->raw());
    Monitor::instance().watch(*made);
    return *made;
}

// -- Monitor

Monitor &Monitor::instance()
{
    static auto *monitor = new Monitor;     // never destroyed: its thread may run until the very end
    return *monitor;
}

void Monitor::begin()
{
    if (m_epoll >= 0)
        return;
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        throwErrno(QStringLiteral("cannot watch other processes"), errno, QStringLiteral("AioObject::wait"));
    try {
        m_fifo = RuntimeDirectory::instance().createFifo(0);
    } catch (...) {
        ::close(epoll);
        throw;
    }
    m_epoll = epoll;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = m_fifo;
    ::epoll_ctl(m_epoll, EPOLL_CTL_ADD, m_fifo, &event);
    for (Lot *lot : m_lots)
        watchLocked(*lot);
}

int Monitor::descriptor()
{
    const std::lock_guard lock(m_mutex);
    begin();
    return m_epoll;
}

void Monitor::watch(Lot &lot)
{
    const std::lock_guard lock(m_mutex);
    m_lots.push_back(&lot);
    if (m_epoll >= 0)
        watchLocked(lot);
}

void Monitor::forget(Lot &lot)
{
    const std::lock_guard lock(m_mutex);
    std::erase(m_lots, &lot);
    std::erase_if(m_descriptors, [&](const auto &entry) {
        if (entry.first.first != &lot)
            return false;
        m_watched.erase(entry.second);
        ::close(entry.second);      // which also takes it out of the epoll descriptor
        return true;
    });
}

void Monitor::watchLocked(Lot &lot)
{
    RawArena &arena = lot.arena().raw();
    // the wish first, the look second: who joins in between rings
    if (ProcessSlot *slot = arena.slotOf(arena.self()))
        slot->watches.store(1);
    bool someoneDied = false;
    RawRepair::forEachOther(arena, [&](Owner owner, const SlotState &state) {
        if (state.phase == ProcessSlot::Joining || m_descriptors.count({&lot, owner}))
            return;
        const int fd = openProcess({state.pid, arena.slotOf(owner)->startTime.load()});
        if (fd < 0) {
            someoneDied |= fd == -1;
            if (fd != -1)
                m_isIncomplete = true;
            return;
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event);
        m_watched[fd] = {&lot, owner};
        m_descriptors[{&lot, owner}] = fd;
    });
    if (someoneDied)
        RawRepair::repairTheDead(lot.raw());
}

void Monitor::watchTheRest()
{
    if (!m_isIncomplete.load(std::memory_order_relaxed) || !m_isIncomplete.exchange(false))
        return;
    const std::lock_guard lock(m_mutex);
    for (Lot *lot : m_lots)
        watchLocked(*lot);
}

void Monitor::handle()
{
    const std::unique_lock lock(m_mutex, std::try_to_lock);
    if (!lock || m_epoll < 0)
        return;     // another thread is at it
    epoll_event events[16];
    const int count = ::epoll_wait(m_epoll, events, 16, 0);
    for (int i = 0; i < count; ++i) {
        const int fd = events[i].data.fd;
        if (fd == m_fifo) {
            char bytes[256];
            while (::read(m_fifo, bytes, sizeof bytes) > 0) { }
            for (Lot *lot : m_lots)
                watchLocked(*lot);
            continue;
        }
        const auto dead = m_watched.find(fd);
        if (dead == m_watched.end())
            continue;
        const Watched watched = dead->second;
        m_watched.erase(dead);
        m_descriptors.erase({watched.lot, watched.owner});
        ::close(fd);
        watched.lot->arena().segments().forget(watched.owner);
        RawRepair::repairTheDead(watched.lot->raw());
    }
}

bool Monitor::ensureThread() noexcept
{
    watchTheRest();
    const std::lock_guard lock(m_mutex);
    if (m_hasThread)
        return true;
    // signals belong to the application's threads
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    try {
        begin();
        std::thread([this] {
            for (;;) {
                epoll_event event;
                const int count = ::epoll_wait(m_epoll, &event, 1, -1);
                if (count > 0)
                    handle();
                else if (count < 0 && errno != EINTR)
                    return;
            }
        }).detach();
        m_hasThread = true;
    } catch (const std::exception &) {
        // out of descriptors or threads: the wait fails, the next one tries again
    }
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    return m_hasThread;
}

} // namespace aio_detail
