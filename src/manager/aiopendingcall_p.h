// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagerwire_p.h"
#include "sync/aioremote_p.h"

#include <condition_variable>
#include <functional>
#include <mutex>

namespace aio_detail {

/* A call on its way to a manager: shared between who waits for it, on any thread, and the port that has it done. */
class PendingCall
{
public:
    PendingCall(const QString &objectIdent, const RemoteCall &remoteCall) : ident(objectIdent), call(remoteCall) {}

    const QString ident;            // empty: the server itself
    const RemoteCall call;
    quint64 number = 0;             // the port's

    /* The request, with what is left of the deadline, and at most \a limit of it. */
    ManagerRequest request(const QDeadlineTimer &limit = QDeadlineTimer(QDeadlineTimer::Forever)) const;
    /* The call that undoes this one, whose \a result nobody has taken. */
    RemoteCall undoing(const RemoteResult &result) const;

    // -- for the port
    /* The first result counts. False: nobody waits any more. */
    bool complete(const RemoteResult &result);
    /* complete(), and the call that undoes this one if it is done for nobody, else null. */
    std::shared_ptr<PendingCall> finish(const RemoteResult &result);
    bool isCancelled() const { return m_isCancelled.load(); }

    // -- for who waits
    void cancel() { m_isCancelled.store(true); }
    /* Calls \a told, on the port's thread, when there is a result; at once if there is one. */
    void whenDone(std::function<void()> told);
    RemoteResult wait();
    bool isDone() const;
    /* Waits for the result, or for giveTurn(), which makes the next takeTurn() true. */
    void waitForTurn();
    void giveTurn();
    bool takeTurn();
    /* Nobody takes the result. Returns the one that was there already. */
    std::optional<RemoteResult> abandon();
    RemoteResult takeResult();

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_completed;
    std::optional<RemoteResult> m_result;
    std::function<void()> m_told;
    bool m_isAbandoned = false;
    bool m_isTaken = false;
    bool m_hasTurn = false;
    std::atomic<bool> m_isCancelled = false;
};

} // namespace aio_detail
