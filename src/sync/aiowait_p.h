// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sync/aiodoorbell_p.h"
#include "sync/rawwait.h"

#include <aioprocessing/aioerror.h>

#include <QDeadlineTimer>

#include <coroutine>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>

namespace aio_detail {

/*
 * The pending waits of one Aio object, on whatever threads, and whether it still is there. Shared between the object and
 * its waits, which may outlive it.
 */
class WaitGroup
{
public:
    void add(Wait *wait);
    void remove(Wait *wait);
    /*! The object goes: its waits end with Cancelled. */
    void close();
    bool isClosed() const { return m_closed.load(); }
    /*! Calls \a emission if the object still is there. */
    template<class F> void whileAlive(F emission)
    {
        const std::lock_guard lock(m_life);
        if (!m_closed)
            emission();
    }

private:
    std::recursive_mutex m_life;        // held during emissions; recursive: a slot may delete the object
    std::mutex m_mutex;                 // never held while foreign code runs
    std::set<Wait *> m_waits;
    std::atomic<bool> m_closed = false;
};

/*! The absolute monotonic time of \a deadline. */
aio_raw::Nanoseconds toNanoseconds(const QDeadlineTimer &deadline);

enum class WaitResult { Completed, TimedOut, Cancelled, NoMemory };

/*
 * One coroutine's doing of one operation, now or when it can be done: `const WaitResult result = co_await wait.done();`.
 * Lives in the coroutine's frame; the awaiter is a plain pointer, since g++ 12 moves awaiters.
 *
 * A coroutine that always finds its operation done at once would keep its event loop from running; so when the loop is
 * due, the wait lets it run first, and only then tries.
 */
class Wait
{
public:
    Wait(Lot &lot, aio_raw::RawOperation &operation, std::shared_ptr<WaitGroup> group, const QDeadlineTimer &deadline,
         const std::stop_token &stop, const char *operationName);
    ~Wait();
    Q_DISABLE_COPY_MOVE(Wait)

    class Awaiter
    {
    public:
        explicit Awaiter(Wait *wait) : m_wait(wait) {}
        bool await_ready() const { return m_wait->m_result.has_value(); }
        void await_suspend(std::coroutine_handle<> coroutine) const { m_wait->m_coroutine = coroutine; }
        WaitResult await_resume() const { return *m_wait->m_result; }
    private:
        Wait *m_wait;
    };
    Awaiter done() { return Awaiter(this); }

    /*! There was no memory to begin with. */
    bool hasNoMemory() const { return m_result == WaitResult::NoMemory; }
    /*! For an operation that lingers (rawwait.h): it is done. */
    void settle()
    {
        if (m_raw)          // else there was nothing to wait for
            m_raw->settle();
    }

    /*! Ends the wait with Cancelled, soon. Any thread. */
    void cancel();

private:
    friend class Doorbell;
    void tryNow();
    void begin();
    void resume();
    /*! Looks whether the wait is over. */
    void check(bool expired);
    void complete(WaitResult result);

    Lot &m_lot;
    aio_raw::RawOperation &m_operation;
    const std::shared_ptr<WaitGroup> m_group;
    const aio_raw::Nanoseconds m_deadline;
    Doorbell *m_doorbell = nullptr;         // only if there is something to wait for
    std::optional<aio_raw::RawWait> m_raw;
    aio_raw::Address m_node = 0;
    std::optional<WaitResult> m_result;
    std::coroutine_handle<> m_coroutine;
    std::atomic<bool> m_cancelled = false;
    std::multimap<aio_raw::Nanoseconds, Wait *>::iterator m_deadlineEntry;
    bool m_hasDeadlineEntry = false;
    bool m_isReady = false;         // stands in the doorbell's queue of those to resume
    bool m_isPoked = false;         // under the doorbell's mutex
    std::optional<std::stop_callback<std::function<void()>>> m_stopCallback;
};

/*! The blocking form: does \a operation, waiting in the calling thread. */
WaitResult blockFor(Lot &lot, aio_raw::RawOperation &operation, const QDeadlineTimer &deadline, std::stop_token stop,
                    const char *operationName);

/*! The same for an operation that cannot be done at once, and whose \a wait may have begun. */
WaitResult blockIn(Lot &lot, aio_raw::RawOperation &operation, aio_raw::RawWait &wait, const QDeadlineTimer &deadline, std::stop_token stop,
                   const char *operationName);

/*! A deadline that never comes. */
inline QDeadlineTimer noDeadline() { return QDeadlineTimer(QDeadlineTimer::Forever); }

/*! What became of a wait that neither completed nor timed out. */
AioError waitError(WaitResult result, const char *operationName, const QString &key);
/*! Throws it. */
[[noreturn]] void throwWaitError(WaitResult result, const char *operationName, const QString &key);

} // namespace aio_detail
