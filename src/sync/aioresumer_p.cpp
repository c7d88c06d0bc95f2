// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aioresumer_p.h"

#include <aioprocessing/aioerror.h>

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QThread>

#include <utility>

namespace aio_detail {
namespace {

thread_local Resumer *t_resumer = nullptr;
thread_local bool t_loopHasEnded = false;

void endOfLoop()
{
    t_loopHasEnded = true;      // first, so that what is resumed now cannot wait again
    delete std::exchange(t_resumer, nullptr);
}

// Threads that are no QThreads end without the signal finished().
struct LoopEndsAtThreadExit
{
    ~LoopEndsAtThreadExit() { endOfLoop(); }
};

// A program may make one application object after another.
void newApplication()
{
    t_loopHasEnded = false;
}
Q_COREAPP_STARTUP_FUNCTION(newApplication)

} // namespace

// -- ResumerInbox

void ResumerInbox::put(const std::shared_ptr<Resumption> &resumption)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_resumer)
            return;
        m_queue.push_back(resumption);
        if (std::exchange(m_turnIsPosted, true))
            return;
    }
    // without the lock, for which the thread that wakes up now would have to wait
    const std::lock_guard lock(m_postMutex);
    if (m_resumer)
        QMetaObject::invokeMethod(m_resumer, &Resumer::turn, Qt::QueuedConnection);
}

void ResumerInbox::beginTurn()
{
    const std::lock_guard lock(m_mutex);
    m_turnIsPosted = false;
}

std::shared_ptr<Resumption> ResumerInbox::take()
{
    const std::lock_guard lock(m_mutex);
    if (m_queue.empty())
        return nullptr;
    const auto resumption = std::move(m_queue.front());
    m_queue.pop_front();
    // now, since the coroutine that is resumed next may run an event loop of its own
    if (!m_queue.empty() && !std::exchange(m_turnIsPosted, true))
        QMetaObject::invokeMethod(m_resumer, &Resumer::turn, Qt::QueuedConnection);
    return resumption;
}

void ResumerInbox::close()
{
    std::deque<std::shared_ptr<Resumption>> dropped;
    const std::scoped_lock lock(m_postMutex, m_mutex);
    m_resumer = nullptr;
    m_queue.swap(dropped);
}

// -- Resumption

void Resumption::complete()
{
    if (!m_isComplete.exchange(true))
        m_inbox->put(shared_from_this());
}

bool Resumption::isOver()
{
    if (!m_inbox->resumer())
        resume(Cancelled);
    return m_outcome != Pending;
}

void Resumption::suspend(std::coroutine_handle<> coroutine)
{
    m_coroutine = coroutine;
    m_inbox->resumer()->add(this);
}

void Resumption::resume(Outcome outcome)
{
    if (m_outcome != Pending)
        return;
    m_outcome = outcome;
    const auto coroutine = m_coroutine;
    withdraw();
    if (coroutine)
        coroutine.resume();     // may destroy this
}

void Resumption::withdraw()
{
    m_coroutine = nullptr;
    if (Resumer *resumer = m_inbox->resumer())
        resumer->remove(this);
}

// -- Resumer

std::shared_ptr<ResumerInbox> Resumer::inboxOfThread(const char *operationName)
{
    const auto operation = QString::fromLatin1(operationName);
    if (t_loopHasEnded)
        throwError(AioError::Cancelled, QStringLiteral("%1: the event loop of this thread has ended").arg(operation), operation);
    if (!QAbstractEventDispatcher::instance()) {
        throwError(AioError::UsageError,
                   QStringLiteral("%1 must wait and this thread has no event loop that could resume it; call it after "
                                  "QCoreApplication was made, or in a QThread").arg(operation), operation);
    }
    if (!t_resumer)
        t_resumer = new Resumer;
    return t_resumer->m_inbox;
}

Resumer::Resumer() : m_inbox(std::make_shared<ResumerInbox>(this))
{
    const auto *app = QCoreApplication::instance();
    if (app && app->thread() == thread()) {
        qAddPostRoutine(&endOfLoop);
    } else {
        connect(thread(), &QThread::finished, this, &endOfLoop, Qt::DirectConnection);
        thread_local LoopEndsAtThreadExit atThreadExit;
    }
}

Resumer::~Resumer()
{
    while (!m_suspended.empty())
        (*m_suspended.begin())->resume(Resumption::Cancelled);
    m_inbox->close();
}

void Resumer::turn()
{
    const auto inbox = m_inbox;     // a coroutine may end the loop, and with it this
    inbox->beginTurn();
    const QDeadlineTimer end(TurnBudget, Qt::PreciseTimer);
    do {
        const auto resumption = inbox->take();
        if (!resumption)
            return;
        resumption->resume(Resumption::Completed);
    } while (!end.hasExpired());
}

} // namespace aio_detail
