// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagerport_p.h"

#include "base/aiologging_p.h"
#include "manager/aiomanagererrors_p.h"
#include "manager/aiopythonchannels_p.h"

#include <aioprocessing/aiotask.h>

#include <QCoreApplication>
#include <QThread>

#include <algorithm>
#include <chrono>
#include <limits>

namespace aio_detail {

using namespace std::chrono_literals;

namespace {

constexpr auto connectTime = 10s;
constexpr auto answerTime = 30s;        // within which a server answers what waits for nothing
constexpr auto lastWords = 2s;          // at most, at the end
constexpr auto grace = 10s;             // after a deadline, within which it says so

const auto operationName = QStringLiteral("AioManager::call");

constexpr qint64 never = std::numeric_limits<qint64>::max();

qint64 nowInMs()
{
    return QDeadlineTimer::current().deadline();
}

qint64 endOf(const RemoteCall &call)
{
    if (call.form == RemoteCall::Prompt)
        return nowInMs() + std::chrono::milliseconds(answerTime).count();
    return call.deadline.isForever() ? never : nowInMs() + call.deadline.remainingTime() + std::chrono::milliseconds(grace).count();
}

} // namespace

ManagerPort::~ManagerPort() = default;

AioError ManagerPort::errorOf(AioError::Code code, const QString &text) const
{
    return makeError(code, text, operationName, m_where.address.toString());
}

// -- from any thread

void ManagerPort::submit(const std::shared_ptr<PendingCall> &call)
{
    const std::lock_guard lock(m_mutex);
    m_inbox.push_back(call);
    if (!std::exchange(m_isCalled, true))
        QMetaObject::invokeMethod(this, &ManagerPort::takeInbox, Qt::QueuedConnection);
}

void ManagerPort::cancel(const std::shared_ptr<PendingCall> &call)
{
    call->cancel();
    submit(call);
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
    m_timer = new QTimer(this);
    m_timer->setSingleShot(true);
    connect(m_timer, &QTimer::timeout, this, &ManagerPort::onTimer);
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
        self->lose(error);
        co_return;
    }
    {
        const std::lock_guard lock(self->m_mutex);
        self->m_run = greeted.run;
    }
    if (greeted.isNative) {
        self->m_state = Native;
        self->m_connection = std::move(greeted.connection);
        AioProcessing::spawn(read(self));
    } else {
        self->m_state = Python;
        self->m_channels = std::make_shared<PythonChannels>(self->m_where);
    }
    const auto waiting = std::exchange(self->m_waiting, {});
    for (const auto &call : waiting)
        self->begin(call);
}

void ManagerPort::lose(const AioError &error)
{
    if (m_state == Lost || m_state == Shut)
        return;
    const bool wasConnected = m_state == Native && error.code != AioError::Cancelled;
    m_state = Lost;
    m_isLost.store(true);
    m_loss = error;
    if (wasConnected)
        m_loss = errorOf(AioError::PeerDied, QStringLiteral("the connection to the manager is lost: %1").arg(error.message));
    m_connection.reset();
    const auto pending = std::exchange(m_pending, {});
    const auto waiting = std::exchange(m_waiting, {});
    m_ends.clear();
    for (const auto &[number, awaited] : pending)
        finish(awaited.call, RemoteResult(m_loss));
    for (const auto &call : waiting)
        finish(call, RemoteResult(m_loss));
}

void ManagerPort::end()
{
    takeInbox();
    m_isEnding = true;
    const bool isQuiet = m_state == Native ? m_pending.empty() : m_state != Python;
    if (isQuiet)
        return shut();
    if (m_state == Python)
        m_channels->whenIdle([this] { shut(); });
    QTimer::singleShot(lastWords, this, &ManagerPort::shut);
}

void ManagerPort::shut()
{
    if (m_state == Shut)
        return;
    lose(cancelledCall(QStringLiteral("a call of a manager")));
    m_state = Shut;
    if (m_channels)
        m_channels->shut();
    delete std::exchange(m_timer, nullptr);
    takeInbox();
    thread()->quit();
}

QCoro::Task<> ManagerPort::judge(Self self, std::shared_ptr<PendingCall> call)
{
    AioError error = self->m_loss;
    if (!self->run().isEmpty()) {
        try {
            const Greeted greeted = co_await greet(self->m_where);
            error = self->errorOf(AioError::StaleProxy,
                                  QStringLiteral("the connection to the manager was lost, and what is there now does not know this object: "
                                                 "connect again, and open or create the object again"));
        } catch (const AioException &) {
            error.code = AioError::PeerDied;
        }
    }
    call->complete(RemoteResult(error));
}

// -- calls

void ManagerPort::begin(const std::shared_ptr<PendingCall> &call)
{
    const bool isBegun = call->number != 0;
    switch (m_state) {
    case Connecting:
        if (call->isCancelled() && std::erase(m_waiting, call) > 0)
            finish(call, RemoteResult(cancelledCall(QLatin1StringView(call->call.operation))));
        else if (!isBegun)
            m_waiting.push_back(call);
        break;
    case Native:
        if (!isBegun) {
            beginNative(call);
        } else if (m_pending.count(call->number) > 0) {
            ManagerRequest cancelling;
            cancelling.number = call->number;
            cancelling.isCancel = true;
            QByteArray message;
            if (!encodeNative(cancelling, message))
                AioProcessing::spawn(send(shared_from_this(), message));
        }
        break;
    case Python:
        if (!isBegun) {
            call->number = ++m_lastNumber;
            AioProcessing::spawn(PythonChannels::perform(m_channels, call));
        }
        break;
    case Lost:
        if (!isBegun) {
            call->number = ++m_lastNumber;
            AioProcessing::spawn(judge(shared_from_this(), call));
        }
        break;
    case Shut:
        finish(call, RemoteResult(cancelledCall(QLatin1StringView(call->call.operation))));
        break;
    }
}

void ManagerPort::beginNative(const std::shared_ptr<PendingCall> &call)
{
    if (call->isCancelled())
        return finish(call, RemoteResult(cancelledCall(QLatin1StringView(call->call.operation))));
    call->number = ++m_lastNumber;
    QByteArray message;
    if (const AioError error = encodeNative(call->request(), message))
        return finish(call, RemoteResult(error));
    m_pending.emplace(call->number, Awaited{call, watch(*call)});
    AioProcessing::spawn(send(shared_from_this(), message));
}

QCoro::Task<> ManagerPort::send(Self self, QByteArray message)
{
    AioError error;
    try {
        co_await self->m_connection->coro_sendBytes(std::move(message));
    } catch (const AioException &e) {
        error = e.error();
    }
    if (error)
        self->lose(error);
}

QCoro::Task<> ManagerPort::read(Self self)
{
    AioError error;
    while (!error && self->m_connection) {
        try {
            const QByteArray message = co_await self->m_connection->coro_recvBytes();
            self->accept(message);
        } catch (const AioException &e) {
            error = e.error();
        }
    }
    self->lose(error);
}

void ManagerPort::accept(const QByteArray &message)
{
    ManagerReply reply;
    const AioError error = decodeNative(message, reply);
    const auto found = m_pending.find(reply.number);
    if (found == m_pending.end())
        return;
    const std::shared_ptr<PendingCall> call = found->second.call;
    if (found->second.end != m_ends.end())
        m_ends.erase(found->second.end);
    m_pending.erase(found);
    RemoteResult result(reply.value);
    result.error = error ? error : reply.error;
    if (result.error && result.error.operation.isEmpty())
        result.error.operation = QLatin1StringView(call->call.operation);
    finish(call, result);
    if (m_isEnding && m_pending.empty())
        QMetaObject::invokeMethod(this, &ManagerPort::shut, Qt::QueuedConnection);
}

void ManagerPort::finish(const std::shared_ptr<PendingCall> &call, const RemoteResult &result)
{
    if (call->complete(result) || result.error || !call->call.undo || call->call.isOutOfTime(result))
        return;
    begin(std::make_shared<PendingCall>(call->ident, call->undoing(result)));
}

// -- results that are overdue

ManagerPort::Ends::iterator ManagerPort::watch(const PendingCall &call)
{
    const qint64 end = endOf(call.call);
    if (end == never)
        return m_ends.end();
    const auto entry = m_ends.emplace(end, call.number);
    if (entry == m_ends.begin() && !m_timer->isActive())
        armTimer();
    return entry;
}

// It may ring early, when what it was set for has come.
void ManagerPort::armTimer()
{
    if (!m_ends.empty())
        m_timer->start(int(std::clamp<qint64>(m_ends.begin()->first - nowInMs(), 1, 24 * 3600 * 1000)));
}

void ManagerPort::onTimer()
{
    while (!m_ends.empty() && m_ends.begin()->first <= nowInMs()) {
        const auto found = m_pending.find(m_ends.begin()->second);
        m_ends.erase(m_ends.begin());
        found->second.end = m_ends.end();
        const auto call = found->second.call;
        // its late result finds nobody, and is undone
        call->complete(RemoteResult(errorOf(AioError::TimedOut, QStringLiteral("%1: the manager has not answered in time; is it stopped?")
                                                                    .arg(QLatin1StringView(call->call.operation)))));
    }
    armTimer();
}

} // namespace aio_detail
