// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagerport_p.h"

#include "base/aiologging_p.h"
#include "connection/aioconnection_p.h"
#include "manager/aiomanagererrors_p.h"
#include "manager/aiopythonchannels_p.h"

#include <aioprocessing/aiotask.h>

#include <QCoreApplication>
#include <QThread>
#include <QTimer>

#include <chrono>

namespace aio_detail {

using namespace std::chrono_literals;

namespace {

constexpr auto connectTime = 10s;
constexpr auto lastWords = 2s;          // at most, at the end

RemoteResult cancelled(const PendingCall &call)
{
    return RemoteResult(cancelledCall(QLatin1StringView(call.call.operation)));
}

} // namespace

ManagerPort::~ManagerPort() = default;

// -- from any thread

std::shared_ptr<ManagerChannel> ManagerPort::submit(const std::shared_ptr<PendingCall> &call, bool isAttended)
{
    std::unique_lock lock(m_mutex);
    const auto channel = m_channel;
    if (channel) {
        lock.unlock();
        if (channel->begin(call, isAttended))
            return channel;
        lock.lock();
    }
    enqueue(call, std::move(lock));
    return nullptr;
}

void ManagerPort::cancel(const std::shared_ptr<PendingCall> &call)
{
    call->cancel();
    std::unique_lock lock(m_mutex);
    const auto channel = m_channel;
    if (!channel)
        return enqueue(call, std::move(lock));
    lock.unlock();
    channel->cancel(call);
}

void ManagerPort::enqueue(const std::shared_ptr<PendingCall> &call, std::unique_lock<std::mutex> lock)
{
    if (m_isShut) {         // nobody takes it any more
        lock.unlock();
        call->complete(cancelled(*call));
        return;
    }
    m_inbox.push_back(call);
    if (!std::exchange(m_isCalled, true))
        QMetaObject::invokeMethod(this, &ManagerPort::takeInbox, Qt::QueuedConnection);
}

void ManagerPort::noteLoss(const AioError &error)
{
    const std::lock_guard lock(m_mutex);
    if (m_isLost)
        return;
    m_loss = error;
    m_channel.reset();
    m_isLost.store(true);
}

QByteArray ManagerPort::run() const
{
    const std::lock_guard lock(m_mutex);
    return m_run;
}

void ManagerPort::takeInbox()
{
    std::vector<std::shared_ptr<PendingCall>> calls;
    {
        const std::lock_guard lock(m_mutex);
        m_isCalled = false;
        calls.swap(m_inbox);
    }
    for (const auto &call : calls)
        begin(call);
}

// -- connecting

void ManagerPort::start()
{
    AioProcessing::spawn(connectLater(shared_from_this()));
}

QCoro::Task<ManagerPort::Greeted> ManagerPort::greet(ManagerAddress where)
{
    const char *const operation = "AioManager::connectToServer";
    Greeted greeted;
    auto client = std::make_unique<AioClient>(where.address, where.key);
    client->setHandshake(AioConnection::Python, where.minimum);
    const bool isConnected = co_await client->coro_connectToPeer(QDeadlineTimer(connectTime));
    ManagerRequest request;
    request.method = nativeGreeting;
    request.arguments = {nativeVersion, QCoreApplication::applicationPid()};
    QByteArray message;
    AioError error = encodePython(request, message);
    std::optional<QByteArray> answer;
    if (isConnected && !error) {
        co_await client->coro_sendBytes(message);
        answer = co_await client->coro_recvBytes(-1, QDeadlineTimer(connectTime));
    }
    if (!answer) {
        throwError(AioError::TimedOut, QStringLiteral("the manager at %1 does not answer").arg(where.address.toString()),
                   QLatin1StringView(operation), where.address.toString());
    }
    ManagerReply reply;
    error = decodePython(*answer, reply);
    if (error)
        throw AioException(error);
    greeted.isNative = reply.kind == ManagerReply::Return;
    greeted.run = reply.value.toMap().value(QStringLiteral("run")).toByteArray();
    if (greeted.isNative)
        greeted.connection = std::move(client);
    co_return greeted;
}

QCoro::Task<> ManagerPort::connectLater(Self self)
{
    AioError error;
    Greeted greeted;
    try {
        greeted = co_await greet(self->m_where);
    } catch (const AioException &e) {
        error = e.error();
    }
    if (self->m_state == Shut)
        co_return;
    if (error) {
        self->noteLoss(error);
        self->failWaiting(error);
        co_return;
    }
    {
        const std::lock_guard lock(self->m_mutex);
        self->m_run = greeted.run;
    }
    if (greeted.isNative) {
        self->open(*greeted.connection);
        co_return;
    }
    self->m_state = Python;
    self->m_python = std::make_shared<PythonChannels>(self->m_where);
    const auto waiting = std::exchange(self->m_waiting, {});
    for (const auto &call : waiting)
        self->begin(call);
}

// What was called before goes first.
void ManagerPort::open(AioConnection &connection)
{
    const auto weak = weak_from_this();
    const auto onLost = [weak](const AioError &error) {
        if (const Self self = weak.lock())
            self->noteLoss(error);
    };
    m_native = std::make_shared<ManagerChannel>(AioConnectionPrivate::of(connection).takeStream(), m_where.address.toString(), onLost);
    m_state = Native;
    takeInbox();
    const std::lock_guard lock(m_mutex);
    m_channel = m_native;
    for (const auto &call : m_inbox)
        m_waiting.push_back(call);
    m_inbox.clear();
    const auto waiting = std::exchange(m_waiting, {});
    for (const auto &call : waiting) {
        if (call->isCancelled())
            call->complete(cancelled(*call));
        else
            m_channel->begin(call, false);
    }
}

void ManagerPort::failWaiting(const AioError &error)
{
    const auto waiting = std::exchange(m_waiting, {});
    for (const auto &call : waiting)
        call->complete(RemoteResult(error));
}

void ManagerPort::end()
{
    takeInbox();
    QTimer::singleShot(lastWords, this, &ManagerPort::shut);
    if (m_state == Native)
        m_native->whenQuiet([this] { QMetaObject::invokeMethod(this, &ManagerPort::shut, Qt::QueuedConnection); });
    else if (m_state == Python)
        m_python->whenIdle([this] { shut(); });
    else
        shut();
}

void ManagerPort::shut()
{
    if (m_state == Shut)
        return;
    const AioError error = cancelledCall(QStringLiteral("a call of a manager"));
    m_state = Shut;
    noteLoss(error);
    failWaiting(error);
    if (m_native)
        m_native->close(error);
    if (m_python)
        m_python->shut();
    {
        const std::lock_guard lock(m_mutex);
        m_isShut = true;
    }
    takeInbox();
    thread()->quit();
}

QCoro::Task<> ManagerPort::judge(Self self, std::shared_ptr<PendingCall> call)
{
    AioError error;
    bool wasConnected = false;
    {
        const std::lock_guard lock(self->m_mutex);
        error = self->m_loss;
        wasConnected = !self->m_run.isEmpty();
    }
    if (wasConnected) {
        try {
            const Greeted greeted = co_await greet(self->m_where);
            const auto text = QStringLiteral("the connection to the manager was lost, and what is there now does not know this object: "
                                             "connect again, and open or create the object again");
            error = makeError(AioError::StaleProxy, text, QStringLiteral("AioManager::call"), self->m_where.address.toString());
        } catch (const AioException &) {
            error.code = AioError::PeerDied;
        }
    }
    call->complete(RemoteResult(error));
}

// -- calls

void ManagerPort::begin(const std::shared_ptr<PendingCall> &call)
{
    if (m_state == Shut) {
        call->complete(cancelled(*call));
        return;
    }
    if (m_state == Connecting && !isLost()) {
        if (call->isCancelled())
            call->complete(cancelled(*call));
        else
            m_waiting.push_back(call);
        return;
    }
    if (call->number != 0)
        return;         // it was begun, and is cancelled
    if (m_state == Native && m_native->begin(call, false))
        return;
    call->number = ++m_lastNumber;
    if (m_state == Python)
        AioProcessing::spawn(PythonChannels::perform(m_python, call));
    else
        AioProcessing::spawn(judge(shared_from_this(), call));
}

} // namespace aio_detail
