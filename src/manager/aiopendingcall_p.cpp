// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiopendingcall_p.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace aio_detail {

ManagerRequest PendingCall::request(const QDeadlineTimer &limit) const
{
    ManagerRequest request;
    request.number = number;
    request.owner = call.owner;
    request.ident = ident;
    request.method = call.method;
    request.arguments = call.arguments;
    request.keywords = call.keywords;
    if (call.form == RemoteCall::Prompt)
        return request;
    if (call.form == RemoteCall::BlockAndTimeout)
        request.arguments.append(true);
    const QDeadlineTimer end = std::min(call.deadline, limit);
    if (!end.isForever())
        request.arguments.append(double(std::max<qint64>(0, end.remainingTimeNSecs())) / 1e9);
    return request;
}

RemoteCall PendingCall::undoing(const RemoteResult &result) const
{
    RemoteCall undo(call.operation, call.undo);
    undo.owner = call.owner;
    if (std::strcmp(call.undo, "put") == 0)
        undo.arguments = {result.value};
    return undo;
}

bool PendingCall::complete(const RemoteResult &result)
{
    std::function<void()> told;
    {
        const std::lock_guard lock(m_mutex);
        if (m_isAbandoned || m_result)
            return false;
        m_result = result;
        told.swap(m_told);
        m_completed.notify_all();
    }
    if (told)
        told();
    return true;
}

std::shared_ptr<PendingCall> PendingCall::finish(const RemoteResult &result)
{
    if (complete(result) || result.error || !call.undo || call.isOutOfTime(result))
        return nullptr;
    return std::make_shared<PendingCall>(ident, undoing(result));
}

bool PendingCall::isDone() const
{
    const std::lock_guard lock(m_mutex);
    return m_result.has_value();
}

void PendingCall::waitForTurn()
{
    std::unique_lock lock(m_mutex);
    m_completed.wait(lock, [this] { return m_result.has_value() || m_hasTurn; });
}

void PendingCall::giveTurn()
{
    const std::lock_guard lock(m_mutex);
    m_hasTurn = true;
    m_completed.notify_all();
}

bool PendingCall::takeTurn()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_hasTurn, false);
}

void PendingCall::whenDone(std::function<void()> told)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_result) {
            m_told = std::move(told);
            return;
        }
    }
    told();
}

RemoteResult PendingCall::wait()
{
    std::unique_lock lock(m_mutex);
    m_completed.wait(lock, [this] { return m_result.has_value(); });
    m_isTaken = true;
    return *m_result;
}

RemoteResult PendingCall::takeResult()
{
    const std::lock_guard lock(m_mutex);
    m_isTaken = true;
    return *m_result;
}

std::optional<RemoteResult> PendingCall::abandon()
{
    const std::lock_guard lock(m_mutex);
    m_isAbandoned = true;
    m_told = nullptr;
    return m_isTaken ? std::nullopt : m_result;
}

} // namespace aio_detail
