// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/aiomonitor_p.h"
#include "sync/rawbell.h"

#include <QObject>
#include <QTimer>

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
QT_END_NAMESPACE

namespace aio_detail {

class Wait;

/*
 * The doorbell of one thread: hears of the turns of its coroutines' waits, of their deadlines and of their cancellation,
 * and resumes them from the event loop, in the order in which they were heard of, for a few milliseconds at a time.
 */
class Doorbell : public QObject
{
    Q_OBJECT
public:
    /*! The one of the calling thread. Throws AioException (UsageError) when the thread has no event loop. */
    static Doorbell &ofThread(const char *operation);
    /*! The one of the calling thread if it has one. */
    static Doorbell *existing();
    /*!
     * Asked before each operation: whether this thread's coroutines have completed so many at once, and for so long, that
     * its event loop must run before they do more.
     */
    static bool loopIsDue();
    /*! Copying so much counts as operations, too. */
    static void countBytes(std::size_t bytes);

    ~Doorbell() override;

    // -- for Wait, on this thread
    /*! Null: memory is out. */
    aio_raw::RawNodePool *nodes(Lot &lot);
    void add(Wait &wait, aio_raw::Address node);
    /*! Forgets \a wait, wherever it stands. */
    void remove(Wait &wait);
    /*! The wait is over: resume it from the event loop. */
    void finish(Wait &wait);
    /*! Resume \a wait when the event loop has run once. */
    void resumeLater(Wait &wait);

    /*! Has \a wait looked at soon. Any thread; \a wait must be pending here. */
    void poke(Wait *wait);
    /*! While this thread blocks in a call on \a cell, its own coroutines cannot take their turn there; 0: it goes on. */
    void setBlockedAt(Lot &lot, aio_raw::Address cell);

private:
    struct Bell
    {
        Lot *lot = nullptr;
        aio_raw::Address address = 0;
        std::unique_ptr<aio_raw::RawNodePool> nodes;
        std::unordered_map<aio_raw::Address, Wait *> waits;     // by node

        aio_raw::Cell &cell() { return *lot->arena().raw().at<aio_raw::Cell>(address); }
    };

    Doorbell();
    Bell *bellOf(Lot &lot);
    void onRing();
    void process();
    void processLater();
    void collect();
    void collectMarked(Bell &bell);
    void collectPoked();
    void collectExpired();
    void forget(Wait &wait);
    static void beginTurn();
    Wait *takeReady();
    bool sleepNow();
    void armTimer();
    void end();

    static void endOfThread();

    const unsigned m_number;
    aio_raw::RawDoorbell m_bell;
    std::unique_ptr<QSocketNotifier> m_rings;
    std::unique_ptr<QSocketNotifier> m_deaths;
    QTimer m_timer;
    std::vector<std::unique_ptr<Bell>> m_bells;
    std::multimap<aio_raw::Nanoseconds, Wait *> m_deadlines;
    aio_raw::Nanoseconds m_armedFor = 0;
    std::deque<Wait *> m_ready;
    bool m_continues = false;
    std::mutex m_mutex;
    std::vector<Wait *> m_poked;                        // under the mutex
};

} // namespace aio_detail
