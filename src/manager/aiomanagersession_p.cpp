// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagersession_p.h"

#include "base/aiologging_p.h"
#include "connection/aioconnection_p.h"
#include "process/aiocaught_p.h"

#include <aioprocessing/aiotask.h>

namespace aio_detail {

namespace {

constexpr std::size_t mostPending = 100'000;
constexpr std::chrono::seconds firstRequestTime(10);

ManagerReply noSuchMethod(const ManagedObject &object, const QString &method)
{
    return ManagerReply(ManagerReply::Traceback,
                        pythonError("AttributeError", QStringLiteral("AttributeError: method '%1' of '%2' object is not in exposed=(%3)")
                                                          .arg(method, object.typeId, object.exposed().join(QStringLiteral(", ")))));
}

// What every object can do besides its methods.
std::optional<ManagerReply> answerFallback(const ManagedObject &object, const QString &method)
{
    if (method == QLatin1StringView("__str__") || method == QLatin1StringView("__repr__"))
        return ManagerReply(object.describe());
    if (method == QLatin1StringView("#GETVALUE"))
        return ManagerReply(object.value());
    return std::nullopt;
}

} // namespace

ManagerSession::ManagerSession(ManagerServer &server, std::unique_ptr<AioConnection> connection, std::shared_ptr<ManagerCaller> caller)
    : m_server(&server), m_connection(std::move(connection)), m_caller(std::move(caller))
{
}

void ManagerSession::start()
{
    AioProcessing::spawn(run(shared_from_this()));
}

void ManagerSession::end()
{
    ManagerServer *server = std::exchange(m_server, nullptr);
    if (!server)
        return;
    m_caller->isGone = true;
    m_stopAll.request_stop();
    const auto pending = std::exchange(m_pending, {});
    for (auto [number, source] : pending)
        source.request_stop();
    m_connection->close();
    if (m_stream)
        MessageStream::closeWhenSent(std::move(m_stream));
    server->leave(shared_from_this(), *m_caller);
}

void ManagerSession::requireServer() const
{
    if (!m_server)
        throw AioException(AioError(AioError::EndOfStream, QStringLiteral("the connection has ended")));
}

QCoro::Task<> ManagerSession::run(Self self)
{
    AioError error;
    try {
        // Python connects for each single request, and holds such connections open for methods
        const std::optional<QByteArray> message = co_await self->m_connection->coro_recvBytes(-1, QDeadlineTimer(firstRequestTime));
        ManagerRequest request;
        ManagerReply first;
        const AioError unreadable = message ? decodePython(*message, request) : AioError(AioError::TimedOut);
        self->requireServer();
        const bool isChannel = !unreadable && request.method == QLatin1StringView("accept_connection");
        if (unreadable)
            first = ManagerReply(ManagerReply::Traceback, unreadable);
        else if (!isChannel)
            first = self->m_server->administer(request, self->m_caller);
        // the greeting is answered as Python would
        co_await reply(self, first);
        self->requireServer();
        if (self->m_caller->isNative) {
            self->talkNative();
            co_return;
        }
        if (isChannel) {
            AioConnection *connection = self->m_connection.get();
            QObject::connect(connection, &AioConnection::disconnected, connection, [session = self.get()] { session->endLater(); });
            co_await talkPython(self);
        }
    } catch (const AioException &e) {
        error = e.error();
    }
    if (error)
        qCDebug(lcAioManager) << "a connection of a manager has ended:" << error;
    self->end();
}

QCoro::Task<> ManagerSession::talkPython(Self self)
{
    for (;;) {
        const QByteArray message = co_await self->m_connection->coro_recvBytes();
        ManagerRequest request;
        const AioError error = decodePython(message, request);
        ManagerReply result;
        if (error)
            result = ManagerReply(ManagerReply::Traceback, error);
        else
            result = co_await answer(self, request, self->m_stopAll.get_token());
        self->requireServer();
        co_await reply(self, result);
    }
}

void ManagerSession::endLater()
{
    const std::weak_ptr<ManagerSession> weak = weak_from_this();
    const auto end = [weak] {
        if (const Self session = weak.lock())
            session->end();
    };
    QMetaObject::invokeMethod(m_connection.get(), end, Qt::QueuedConnection);
}

// -- native: whatever has come is done at once, and the answers go together

void ManagerSession::talkNative()
{
    m_stream = AioConnectionPrivate::of(*m_connection).takeStream();
    QObject::connect(m_stream.get(), &MessageStream::readable, m_connection.get(), [this] { onMessages(); });
    QObject::connect(m_stream.get(), &MessageStream::writable, m_connection.get(), [this] { onMessages(); });
    onMessages();
}

void ManagerSession::onMessages()
{
    const Self keep = shared_from_this();
    if (std::exchange(m_isTaking, true))
        return;
    // who does not read his answers has to wait
    while (m_stream && m_stream->hasMessage() && m_stream->hasRoom())
        take(m_stream->takeMessage());
    m_isTaking = false;
    flush();        // first: each change of a notifier costs system calls
    if (m_stream)
        m_stream->setReading(m_stream->hasRoom());
}

void ManagerSession::flush()
{
    if (m_isTaking || !m_stream)
        return;
    m_isTaking = true;      // not from within the signals of the stream
    m_stream->flush();
    m_isTaking = false;
    if (m_stream->writeError() || m_stream->isReadOver())
        endLater();
}

void ManagerSession::take(const QByteArray &message)
{
    ManagerRequest request;
    const AioError error = decodeNative(message, request);
    if (error.code == AioError::ProtocolError) {
        qCDebug(lcAioManager) << "a connection of a manager ends:" << error;
        endLater();
        return;
    }
    if (request.isCancel) {
        const auto found = m_pending.find(request.number);
        if (found != m_pending.end())
            found->second.request_stop();
        return;
    }
    if (error || m_pending.size() >= mostPending) {
        ManagerReply refusal(ManagerReply::Error, error);
        if (!error)
            refusal.error = AioError(AioError::OutOfResources, QStringLiteral("a hundred thousand calls of this program are pending"));
        refusal.number = request.number;
        sendNative(refusal);
        return;
    }
    AioProcessing::spawn(serve(shared_from_this(), std::move(request)));
}

QCoro::Task<> ManagerSession::serve(Self self, ManagerRequest request)
{
    const quint64 number = request.number;
    std::stop_source source;
    self->m_pending.insert_or_assign(number, source);
    ManagerReply result = co_await answer(self, std::move(request), source.get_token());
    self->m_pending.erase(number);
    result.number = number;
    self->sendNative(result);
}

void ManagerSession::sendNative(const ManagerReply &reply)
{
    if (!m_stream)
        return;
    QByteArray bytes;
    if (const AioError error = encodeNative(reply, bytes)) {
        ManagerReply refusal(ManagerReply::Unserializable, error);
        refusal.number = reply.number;
        bytes.clear();
        if (encodeNative(refusal, bytes))
            return;
    }
    m_stream->enqueue(bytes);
    flush();
}

QCoro::Task<ManagerReply> ManagerSession::answer(Self self, ManagerRequest request, std::stop_token stop)
{
    ManagerServer &server = *self->m_server;
    const bool isNative = self->m_caller->isNative;
    if (request.ident.isEmpty())
        co_return server.administer(request, self->m_caller);
    const auto object = server.find(request.ident);
    if (!object) {
        const auto text = QStringLiteral("KeyError: '%1': the manager has no such object (any more)");
        const AioError gone(AioError::StaleProxy, text.arg(request.ident));
        co_return ManagerReply(ManagerReply::Traceback, gone);
    }
    ManagerReply result;
    try {
        if (!object->has(request.method)) {
            const auto fallback = answerFallback(*object, request.method);
            result = fallback ? *fallback : noSuchMethod(*object, request.method);
        } else {
            const auto call = std::make_shared<ManagedCall>();
            call->method = request.method;
            call->arguments = server.fromWire(request.arguments).toList();
            call->keywords = server.fromWire(request.keywords).toMap();
            call->caller = self->m_caller;
            call->owner = request.owner;
            call->stop = stop;
            result.value = co_await object->call(call);
        }
    } catch (const AioException &e) {
        result = ManagerReply(ManagerReply::Error, e.error());
    } catch (...) {
        result = ManagerReply(ManagerReply::Error, errorOfCurrentException(request.method));
    }
    if (result.kind != ManagerReply::Return || !self->m_server)
        co_return result;
    if (result.value.metaType() == QMetaType::fromType<ManagedReference>()) {
        const auto made = result.value.value<ManagedReference>().object;
        if (made->ident.isEmpty())
            co_return server.proxyReply(made, *self->m_caller);
    }
    result.value = server.toWire(result.value, isNative);
    co_return result;
}

QCoro::Task<> ManagerSession::reply(Self self, ManagerReply reply)
{
    QByteArray bytes;
    if (const AioError error = encodePython(reply, bytes)) {
        bytes.clear();
        const AioError unsendable = encodePython(ManagerReply(ManagerReply::Unserializable, error), bytes);
        Q_UNUSED(unsendable);       // a text can be sent
    }
    co_await self->m_connection->coro_sendBytes(bytes);
}

} // namespace aio_detail
