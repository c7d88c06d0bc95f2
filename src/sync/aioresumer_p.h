// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QObject>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace aio_detail {

/*! How long one turn of the event loop may be spent on resuming coroutines: a frame of a 120 Hz display has room for it. */
inline constexpr std::chrono::milliseconds TurnBudget(2);

class Resumer;
class Resumption;

/* Where any thread puts what a thread's resumer shall resume. Shared, so that it may be used after the thread has ended. */
class ResumerInbox
{
public:
    explicit ResumerInbox(Resumer *resumer) : m_resumer(resumer) {}

    /* Has \a resumption resumed soon. Nothing happens if the thread has ended. Any thread. */
    void put(const std::shared_ptr<Resumption> &resumption);

    // -- on the resumer's thread
    /* The next one; null: none. Another turn is under way if there are more. */
    std::shared_ptr<Resumption> take();
    void beginTurn();
    void close();
    /* Null after close(). */
    Resumer *resumer() const { return m_resumer; }

private:
    std::mutex m_postMutex;         // before the other one
    std::mutex m_mutex;
    std::deque<std::shared_ptr<Resumption>> m_queue;
    Resumer *m_resumer;             // written under both mutexes by its own thread
    bool m_turnIsPosted = false;
};

/* One coroutine's wait: shared between the coroutine, whoever completes it, and the inbox. */
class Resumption : public std::enable_shared_from_this<Resumption>
{
public:
    enum Outcome { Pending, Completed, Cancelled };

    explicit Resumption(std::shared_ptr<ResumerInbox> inbox) : m_inbox(std::move(inbox)) {}

    /* The wait is over. Any thread; the first call counts. */
    void complete();

    // -- on the coroutine's thread
    Outcome outcome() const { return m_outcome; }
    /* Whether there is nothing to wait for (any more). */
    bool isOver();
    void suspend(std::coroutine_handle<> coroutine);
    void resume(Outcome outcome);
    /* The coroutine's frame goes. */
    void withdraw();

private:
    const std::shared_ptr<ResumerInbox> m_inbox;
    std::atomic<bool> m_isComplete = false;
    Outcome m_outcome = Pending;
    std::coroutine_handle<> m_coroutine;
};

/*
 * Resumes the coroutines of one thread from its event loop, in the order in which their waits were completed, for a few
 * milliseconds at a time. When the thread's event loop ends for good, because the thread does or the QCoreApplication is
 * destroyed, those that still wait are resumed at once and find Cancelled.
 */
class Resumer : public QObject
{
    Q_OBJECT
public:
    /*
     * The inbox of the calling thread. Throws AioException: UsageError when it has no event loop, Cancelled when its event loop
     * has ended; \a operation is what could not wait.
     */
    static std::shared_ptr<ResumerInbox> inboxOfThread(const char *operation);

    ~Resumer() override;

    void turn();
    void add(Resumption *resumption) { m_suspended.insert(resumption); }
    void remove(Resumption *resumption) { m_suspended.erase(resumption); }

private:
    Resumer();

    const std::shared_ptr<ResumerInbox> m_inbox;
    std::unordered_set<Resumption *> m_suspended;
};

} // namespace aio_detail
