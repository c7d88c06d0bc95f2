// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiopythonchannels_p.h"

#include "manager/aiomanagererrors_p.h"

#include <aioprocessing/aiotask.h>

#include <QScopeGuard>

#include <algorithm>

namespace aio_detail {

using namespace std::chrono_literals;

namespace {

constexpr auto connectTime_python = 10s;
constexpr auto part = 500ms;

} // namespace

void PythonChannels::shut()
{
    m_isShut = true;
    m_idle.clear();
    m_owned.clear();
}

void PythonChannels::whenIdle(const std::function<void()> &told)
{
    if (m_active == 0)
        told();
    else
        m_told = told;
}

QCoro::Task<> PythonChannels::perform(Self self, std::shared_ptr<PendingCall> call)
{
    RemoteResult result;
    ++self->m_active;
    const auto end = qScopeGuard([self] {
        if (--self->m_active == 0 && self->m_told)
            self->m_told();
    });
    try {
        result = co_await ask(self, call);
    } catch (const AioException &e) {
        result.error = e.error();
        const auto code = result.error.code;
        // it has let this process in before
        const bool isGone = code == AioError::AuthenticationFailed || code == AioError::EndOfStream
            || code == AioError::ConnectionRefused || code == AioError::PeerDied;
        if (isGone) {
            result.error.code = AioError::PeerDied;
            const auto text = QStringLiteral("the manager at %1 is gone: %2");
            result.error.message = text.arg(self->m_where.address.toString(), result.error.message);
        }
    }
    if (result.error && result.error.operation.isEmpty())
        result.error.operation = QLatin1StringView(call->call.operation);
    const auto undoing = call->finish(result);
    if (undoing)
        co_await perform(self, undoing);
}

QCoro::Task<RemoteResult> PythonChannels::ask(Self self, std::shared_ptr<PendingCall> call)
{
    RemoteResult result;
    for (;;) {
        if (call->isCancelled())
            co_return RemoteResult(cancelledCall(QLatin1StringView(call->call.operation)));
        QDeadlineTimer limit(QDeadlineTimer::Forever);
        if (call->call.isDivisible)
            limit = QDeadlineTimer(part, Qt::PreciseTimer);
        result = co_await askOnce(self, call, limit);
        const bool isOver = !call->call.isOutOfTime(result) || !call->call.isDivisible || call->call.deadline.hasExpired();
        if (isOver)
            co_return result;
    }
}

QCoro::Task<RemoteResult> PythonChannels::askOnce(Self self, std::shared_ptr<PendingCall> call, QDeadlineTimer limit)
{
    ManagerReply reply;
    if (call->ident.isEmpty()) {
        const std::unique_ptr<AioClient> connection = co_await connectToServer(self);
        reply = co_await exchange(*connection, call->request());
    } else {
        ChannelPtr channel = self->channelOf(call->call.owner);
        if (!channel) {
            channel = co_await open(self);
            if (call->call.owner)
                self->m_owned.insert_or_assign(call->call.owner, channel);
        }
        const Turn turn(channel->line);
        while (!turn.hasCome()) {
            LocalWait wait(channel->line.waits(), QDeadlineTimer(QDeadlineTimer::Forever), {}, "AioManager::call");
            co_await wait.done();
        }
        reply = co_await exchange(*channel->connection, call->request(limit));
        // A server that is about to end says None once more, as if it had been asked. So None for an item is believed when it answers again.
        const bool isDoubtful = call->call.form != RemoteCall::Prompt && reply.kind == ManagerReply::Return && !reply.value.isValid();
        if (isDoubtful && (call->call.undo || channel->wasInPart)) {
            ManagerRequest question;
            question.ident = call->ident;
            question.method = QStringLiteral("__str__");
            co_await exchange(*channel->connection, question);
        }
        channel->wasInPart = call->call.isDivisible && reply.error;
        RemoteResult result(reply.value);
        result.error = reply.error;
        self->count(*call, channel, result);
        co_return result;
    }
    RemoteResult result(reply.value);
    result.error = reply.error;
    co_return result;
}

// An owner keeps his connection for as long as he has the lock.
void PythonChannels::count(const PendingCall &call, const ChannelPtr &channel, const RemoteResult &result)
{
    const bool isDone = call.call.owner && !result.error && !call.call.isOutOfTime(result);
    if (isDone && call.call.method == QLatin1StringView("acquire"))
        ++channel->depth;
    else if (isDone && call.call.method == QLatin1StringView("release"))
        --channel->depth;
    if (channel->depth > 0 || m_isShut)
        return;
    if (call.call.owner)
        m_owned.erase(call.call.owner);
    m_idle.push_back(channel);
}

PythonChannels::ChannelPtr PythonChannels::channelOf(quint64 owner)
{
    if (const auto found = m_owned.find(owner); owner && found != m_owned.end())
        return found->second;
    if (m_idle.empty())
        return nullptr;
    ChannelPtr channel = m_idle.back();
    m_idle.pop_back();
    if (owner)
        m_owned.insert_or_assign(owner, channel);
    return channel;
}

QCoro::Task<std::unique_ptr<AioClient>> PythonChannels::connectToServer(Self self)
{
    auto client = std::make_unique<AioClient>(self->m_where.address, self->m_where.key);
    client->setHandshake(AioConnection::Python, self->m_where.minimum);
    const bool isConnected = co_await client->coro_connectToPeer(QDeadlineTimer(connectTime_python));
    if (!isConnected) {
        throwError(AioError::TimedOut, QStringLiteral("the manager at %1 does not answer").arg(self->m_where.address.toString()),
                   QStringLiteral("AioManager::call"), self->m_where.address.toString());
    }
    co_return std::move(client);
}

QCoro::Task<ManagerReply> PythonChannels::exchange(AioClient &connection, ManagerRequest request)
{
    for (QVariant &argument : request.arguments) {
        const auto handle = argument.metaType() == QMetaType::fromType<AioHandle>() ? argument.value<AioHandle>() : AioHandle();
        if (!handle.isNull() && handle.kind() != AioHandle::Proxy)
            argument = toPythonProxy(handle);
    }
    QByteArray message;
    if (const AioError error = encodePython(request, message))
        throw AioException(error);
    co_await connection.coro_sendBytes(message);
    const QByteArray answer = co_await connection.coro_recvBytes();
    ManagerReply reply;
    if (const AioError error = decodePython(answer, reply))
        throw AioException(error);
    co_return reply;
}

QCoro::Task<PythonChannels::ChannelPtr> PythonChannels::open(Self self)
{
    auto channel = std::make_shared<Channel>();
    channel->connection = co_await connectToServer(self);
    ManagerRequest request;
    request.method = QStringLiteral("accept_connection");
    request.arguments = {QStringLiteral("AioProcessing")};
    const ManagerReply reply = co_await exchange(*channel->connection, request);
    if (reply.error)
        throw AioException(reply.error);
    co_return channel;
}

} // namespace aio_detail
