// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aiomonitor_p.h"

#include "base/aioerrno_p.h"
#include "platform/rawsystem.h"
#include "sync/rawrepair.h"

#include <QHash>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

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
            arena.ring(owner, ArrivalsDoorbell);
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
    if (m_watch.isOpen())
        return;
    const auto &directory = RuntimeDirectory::instance();
    if (!m_watch.open(directory.home(directory.entryId()))) {
        throwErrno(QStringLiteral("cannot watch other processes in the runtime directory %1").arg(directory.path()), errno,
                   QStringLiteral("AioObject::wait"));
    }
    for (Lot *lot : m_lots)
        watchLocked(*lot);
}

int Monitor::descriptor()
{
    const std::lock_guard lock(m_mutex);
    begin();
    if (m_watch.descriptor() < 0 && !startThread())
        throwErrno(QStringLiteral("cannot start a thread that watches other processes"), EAGAIN, QStringLiteral("AioObject::wait"));
    return m_watch.descriptor();
}

void Monitor::watch(Lot &lot)
{
    const std::lock_guard lock(m_mutex);
    m_lots.push_back(&lot);
    if (m_watch.isOpen())
        watchLocked(lot);
}

void Monitor::forget(Lot &lot)
{
    const std::lock_guard lock(m_mutex);
    std::erase(m_lots, &lot);
    std::erase_if(m_watched, [&](const auto &watched) {
        if (watched.second.first != &lot)
            return false;
        m_watch.remove(watched.first);
        m_known.erase(watched.second);
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
        if (state.phase == ProcessSlot::Joining || m_known.count({&lot, owner}))
            return;
        const ProcessSlot &slot = *arena.slotOf(owner);
        ProcessIdentity who{state.pid, slot.startTime.load(), {}};
        std::memcpy(who.entry, slot.entry, sizeof who.entry);
        switch (m_watch.add(++m_lastTag, who, lot.arena().segments())) {
        case RawWatch::Watching:
            m_watched[m_lastTag] = {&lot, owner};
            m_known.insert({&lot, owner});
            break;
        case RawWatch::HasEnded:
            someoneDied = true;
            break;
        case RawWatch::NotNow:
            m_isIncomplete = true;
            break;
        }
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

void Monitor::noteEnd(qint64 pid)
{
    for (const std::shared_ptr<Arena> &arena : Arena::all())
        RawRepair::repairTheDead(Lot::of(arena).raw(), pid);
}

void Monitor::handle()
{
    const std::unique_lock lock(m_mutex, std::try_to_lock);
    if (!lock || !m_watch.isOpen())
        return;     // another thread is at it
    const RawWatch::News news = m_watch.take();
    if (news.rung) {
        for (Lot *lot : m_lots)
            watchLocked(*lot);
    }
    for (const RawWatch::Tag tag : news.ended) {
        const auto dead = m_watched.find(tag);
        if (dead == m_watched.end())
            continue;
        const auto [lot, owner] = dead->second;
        m_known.erase(dead->second);
        m_watched.erase(dead);
        lot->arena().raw().ringer().forget(owner);
        RawRepair::repairTheDead(lot->raw());
    }
}

bool Monitor::ensureThread() noexcept
{
    watchTheRest();
    const std::lock_guard lock(m_mutex);
    return startThread();
}

bool Monitor::startThread() noexcept
{
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
            nameThread("aio-monitor");
            for (;;) {
                m_watch.sleep();
                handle();
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
