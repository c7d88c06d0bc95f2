// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "platform/rawwatch.h"
#include "shm/aiocontext_p.h"
#include "sync/rawlot.h"
#include "sync/rawwait.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

namespace aio_detail {

/* What the primitives of one arena share in this process: its lot, and the nodes of its blocking waits. */
class Lot
{
public:
    explicit Lot(const std::shared_ptr<Arena> &arena);
    /* The one of \a arena. It lives until the process ends. */
    static Lot &of(const std::shared_ptr<Arena> &arena);

    Arena &arena() { return *m_arena; }
    aio_raw::RawLot &raw() { return m_raw; }
    aio_raw::RawNodePool &blockingNodes() { return m_blockingNodes; }

private:
    const std::shared_ptr<Arena> m_arena;
    aio_raw::RawLot m_raw;
    aio_raw::RawNodePool m_blockingNodes;
};

/*
 * Watches the other processes of this process's arenas, and hears of those that join. An event loop does so where there is one and
 * the backend has a descriptor for it; else one thread does, which the first wait starts. Whoever hears of a death repairs.
 */
class Monitor
{
public:
    static Monitor &instance();

    /*
     * Readable when somebody has died or joined; -1: a thread watches instead. Watching begins with the first call. Throws
     * AioException: out of descriptors or threads.
     */
    int descriptor();
    /* The process with \a pid has ended, as its parent knows: repairs what it has left, whether or not anybody watches. */
    static void noteEnd(qint64 pid);
    /* Deals with what made the descriptor readable. Any thread; never waits for another one. */
    void handle();
    /* Starts the thread that watches for processes whose event loop, if any, does not run. False: out of resources. */
    bool ensureThread() noexcept;
    /* Watches those for whom there was no descriptor before. Called at the begin of waits. */
    void watchTheRest();
    /* Looks for processes that have joined \a lot's arena, and asks those to come to ring. */
    void watch(Lot &lot);
    /* Waits for a repair of \a lot that is going on, and begins no other. */
    void forget(Lot &lot);

private:
    void watchLocked(Lot &lot);
    void begin();
    bool startThread() noexcept;

    using Watched = std::pair<Lot *, aio_raw::Owner>;
    std::mutex m_mutex;
    aio_raw::RawWatch m_watch;
    bool m_hasThread = false;
    std::atomic<bool> m_isIncomplete = false;
    std::vector<Lot *> m_lots;
    aio_raw::RawWatch::Tag m_lastTag = 0;
    std::map<aio_raw::RawWatch::Tag, Watched> m_watched;
    std::set<Watched> m_known;                                      // those that are watched
};

} // namespace aio_detail
