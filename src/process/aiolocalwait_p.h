// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QBasicTimer>
#include <QDeadlineTimer>
#include <QList>
#include <QObject>

#include <coroutine>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>

namespace aio_detail {

class LocalEnd;
class LocalWait;

/* The waits for one event of an object that belongs to one thread. Shared between the object and the waits. */
class LocalWaits
{
public:
    void completeAll();
    /* The same for who is called by the event loop itself, so that nobody else's call is interrupted: resumes them at once. May end anything. */
    void completeAllNow();
    void cancelAll();
    /* Has completeAll() call \a told as well, for as long as the result lives. */
    using Observer = std::function<void()>;
    [[nodiscard]] std::shared_ptr<void> observe(Observer told);

private:
    friend class LocalWait;
    void tellObservers();

    QList<LocalWait *> m_waits;
    QList<std::weak_ptr<Observer>> m_observers;
};

/*
 * One coroutine's wait for an event that its own thread announces:
 *
 *   const LocalWait::Outcome outcome = co_await wait->done();
 *
 * Lives in the coroutine's frame; destroying the frame withdraws it. The first of event, deadline, stop token, and the end of
 * the thread or of the application decides; the coroutine resumes from the event loop of the thread, never inside of the
 * call that decided (but at the end of the thread or the application, when there is no loop any more).
 */
class LocalWait : public QObject
{
    Q_OBJECT
public:
    enum Outcome { Completed, TimedOut, Cancelled };

    /* Throws AioException (UsageError) on a thread without event loop. */
    LocalWait(const std::shared_ptr<LocalWaits> &group, const QDeadlineTimer &deadline, const std::stop_token &stop,
              const char *operation);
    ~LocalWait() override;

    class Awaiter    // a plain pointer: g++ 12 moves awaiters
    {
    public:
        explicit Awaiter(LocalWait *wait) : m_wait(wait) {}
        bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> coroutine) const { m_wait->m_coroutine = coroutine; }
        Outcome await_resume() const { return *m_wait->m_outcome; }

    private:
        LocalWait *m_wait;
    };
    Awaiter done() { return Awaiter(this); }

    /* On the wait's own thread. */
    void finish(Outcome outcome);
    void finishNow(Outcome outcome);

    /*
     * Asked before each operation that may be done without a wait: whether this thread's coroutines have done so many, for so long, that
     * its event loop must run first. Any resumed wait shows that it has. Copying bytes counts as operations, too.
     */
    static bool loopIsDue();
    static void countBytes(qsizetype bytes);

protected:
    void timerEvent(QTimerEvent *event) override;

private:
    friend class LocalEnd;
    void armTimer();
    void resume();

    const std::shared_ptr<LocalWaits> m_group;
    const QDeadlineTimer m_deadline;
    QBasicTimer m_timer;
    LocalEnd &m_end;
    std::list<LocalWait *>::iterator m_place;       // there
    std::coroutine_handle<> m_coroutine;
    std::optional<Outcome> m_outcome;
    std::optional<std::stop_callback<std::function<void()>>> m_stopCallback;
};

} // namespace aio_detail
