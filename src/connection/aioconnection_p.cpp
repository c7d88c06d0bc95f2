// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aioconnection_p.h"

#include "connection/aiohandshake_p.h"
#include "connection/aiosharer_p.h"
#include "connection/aiosocketname_p.h"
#include "platform/rawfault.h"
#include "process/rawchannel.h"
#include "queue/aiooutmessage_p.h"
#include "queue/aiopoolwork_p.h"

#include <QDataStream>
#include <QPointer>
#include <QScopeGuard>
#include <QThread>

#include <algorithm>
#include <cerrno>
#include <functional>

using namespace aio_detail;

std::unique_ptr<AioConnection> AioConnectionPrivate::make(std::unique_ptr<MessageStream> stream, bool isTrusted, AioConnection::Codec codec,
                                                          QObject *parent)
{
    auto d = std::make_shared<AioConnectionPrivate>();
    d->isTrusted = isTrusted;
    d->codec = codec;
    d->maximumFrame = stream->limit();
    d->highWater = stream->highWater();
    std::unique_ptr<AioConnection> connection(new AioConnection(d, parent));
    d->open(std::move(stream));
    return connection;
}

void AioConnectionPrivate::restrict(bool readable, bool writable)
{
    isReadable = readable;
    isWritable = writable;
    updateReading();
}

void AioConnectionPrivate::open(std::unique_ptr<MessageStream> newStream)
{
    stream = newStream.release();
    stream->setParent(q);
    stream->setLimit(maximumFrame);
    stream->setHighWater(highWater);
    peer = peerAddress(stream->descriptor());
    closedWith = AioError::NoError;
    isFirstMessage = true;
    isEndAnnounced = false;
    QObject::connect(stream, &MessageStream::readable, q, [this](bool isFromLoop) { onReadable(isFromLoop); });
    QObject::connect(stream, &MessageStream::writable, q, [this](bool isFromLoop) { onWritable(isFromLoop); });
    updateReading();
}

void AioConnectionPrivate::close(AioError::Code why)
{
    if (closedWith == AioError::NoError)
        closedWith = why;
    if (stream)
        MessageStream::closeWhenSent(takeStream());
    readers.callAll();
    writers.callAll();
}

std::unique_ptr<MessageStream> AioConnectionPrivate::takeStream()
{
    MessageStream *taken = std::exchange(stream, nullptr);
    taken->disconnect(q);
    taken->setReading(false);
    taken->setParent(nullptr);
    return std::unique_ptr<MessageStream>(taken);
}

AioHandle AioConnectionPrivate::giveAway()
{
    const char *operation = "AioConnection::handle";
    requireOpen(operation, isReadable);
    if (stream->hasUnread() || stream->unsent() > 0 || !readers.isEmpty() || !writers.isEmpty()) {
        fail(AioError::UsageError,
             QStringLiteral("a connection in use cannot be given to another process: receive what has come, and wait until all is sent"),
             operation);
    }
    SharedSocket socket;
    socket.descriptor = aio_raw::duplicate(stream->descriptor());
    QDataStream facts(&socket.facts, QIODeviceBase::WriteOnly);
    facts << isReadable << isWritable << isTrusted << qint32(codec) << maximumFrame << highWater;
    const AioHandle handle = shareSocket(AioHandle::Connection, socket);
    close(AioError::Closed);
    return handle;
}

std::shared_ptr<AioConnectionPrivate> AioConnectionPrivate::fetch(const AioHandle &handle)
{
    const SharedSocket socket = fetchSocket(AioHandle::Connection, handle);
    auto d = std::make_shared<AioConnectionPrivate>();
    d->adopted = socket.descriptor;
    qint32 codec = 0;
    QDataStream(socket.facts) >> d->isReadable >> d->isWritable >> d->isTrusted >> codec >> d->maximumFrame >> d->highWater;
    d->codec = AioConnection::Codec(codec);
    return d;
}

// -- errors

void AioConnectionPrivate::fail(const AioError &failure)
{
    if (q) {
        error = failure;
        Q_EMIT q->errorOccurred(failure);
    }
    throw AioException(failure);
}

void AioConnectionPrivate::fail(AioError::Code code, const QString &text, const char *operation)
{
    fail(makeError(code, text, QLatin1StringView(operation), peer.toString()));
}

void AioConnectionPrivate::failAsCancelled(const char *operation)
{
    fail(AioError::Cancelled, QStringLiteral("%1 was cancelled").arg(QLatin1StringView(operation)), operation);
}

void AioConnectionPrivate::requireOpen(const char *operation, bool isReading)
{
    if (!q || closedWith == AioError::Cancelled)
        failAsCancelled(operation);
    if (QThread::currentThread() != q->thread()) {
        fail(AioError::UsageError, QStringLiteral("a connection is used on the thread that it belongs to: make it there, or move it with "
                                                  "moveToThread()"), operation);
    }
    if (closedWith != AioError::NoError)
        fail(AioError::Closed, QStringLiteral("this end of the connection is closed"), operation);
    if (!stream)
        fail(AioError::UsageError, QStringLiteral("there is no connection yet: call connectToPeer() first"), operation);
    if (isReading ? !isReadable : !isWritable) {
        fail(AioError::UsageError,
             isReading ? QStringLiteral("this end of the pipe only sends: receive at the first() one")
                       : QStringLiteral("this end of the pipe only receives: send at the second() one"),
             operation);
    }
}

// -- receiving

void AioConnectionPrivate::updateReading()
{
    if (stream)
        stream->setReading(isReadable && (isFollowed || watchers > 0));
}

void AioConnectionPrivate::onReadable(bool isFromLoop)
{
    const auto keep = shared_from_this();
    const QPointer<AioConnection> self(q);
    if (!isFromLoop)
        readers.callAll();
    if (stream->isReadOver())
        announceEnd();
    if (self)
        Q_EMIT q->readyRead();
    if (isFromLoop)
        readers.callAllNow();
}

void AioConnectionPrivate::onWritable(bool isFromLoop)
{
    const auto keep = shared_from_this();
    if (isFromLoop)
        writers.callAllNow();
    else
        writers.callAll();
}

void AioConnectionPrivate::announceEnd()
{
    if (!std::exchange(isEndAnnounced, true))
        Q_EMIT q->disconnected();
}

bool AioConnectionPrivate::lookForMessage()
{
    if (!stream->hasMessage() && !stream->isReadOver())
        stream->receive();
    return stream && (stream->hasMessage() || stream->isReadOver());
}

QByteArray AioConnectionPrivate::take(qint64 maxLength, const char *operation)
{
    if (!stream->hasMessage()) {
        AioError failure = stream->readError();
        failure.operation = QLatin1StringView(operation);
        fail(failure);
    }
    if (maxLength >= 0 && stream->nextSize() > maxLength) {
        fail(AioError::BufferTooShort,
             QStringLiteral("the next message has %1 bytes, and %2 are allowed: it waits to be received with more")
                 .arg(stream->nextSize()).arg(maxLength),
             operation);
    }
    const QByteArray message = stream->takeMessage();
    LocalWait::countBytes(message.size());
    if (std::exchange(isFirstMessage, false) && !isTrusted && looksLikeHandshake(message)) {
        fail(AioError::AuthenticationFailed, QStringLiteral("the other side wants to know whether this one has the key: give it the key"),
             operation);
    }
    return message;
}

QVariant AioConnectionPrivate::decode(const QByteArray &message, const char *operation)
{
    QVariant value;
    if (const AioError failure = decodeMessage(message, isTrusted, value, operation))
        fail(failure);
    return value;
}

void AioConnectionPrivate::announceReceived(const QVariant &value)
{
    if (!q)
        return;
    const QPointer<AioConnection> self(q);
    Q_EMIT q->received(value);
    if (!self || !stream)
        return;
    if (stream->hasMessage())
        Q_EMIT q->readyRead();
    else if (stream->isReadOver())
        announceEnd();
}

bool AioConnectionPrivate::blockForMessage(const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation)
{
    const auto keep = shared_from_this();
    requireOpen(operation, true);
    const Turn turn(readers);
    const auto proceed = [this, &turn, operation] {
        requireOpen(operation, true);
        if (!turn.hasCome()) {
            fail(AioError::UsageError, QStringLiteral("coroutines of this thread wait for messages of the same connection, and "
                                                      "cannot go on while it is blocked: await this one too"), operation);
        }
        if (stream->unsent() > 0)
            stream->flush();
        return lookForMessage();
    };
    Blocking wait;
    wait.proceed = std::ref(proceed);
    wait.prepare = [this](std::vector<pollfd> &entries) {
        stream->prepare(entries.emplace_back(), true);
        return QDeadlineTimer(QDeadlineTimer::Forever);
    };
    const BlockResult result = blockOn(wait, deadline, stop, operation);
    if (result == BlockResult::Stopped)
        failAsCancelled(operation);
    return result == BlockResult::Done;
}

QCoro::Task<bool> AioConnectionPrivate::pollLater(std::shared_ptr<AioConnectionPrivate> d, QDeadlineTimer deadline, std::stop_token stop,
                                                  const char *operation)
{
    for (;;) {
        if (stop.stop_requested())
            d->failAsCancelled(operation);
        d->requireOpen(operation, true);
        if (d->lookForMessage())
            co_return true;
        if (deadline.hasExpired())
            co_return false;
        LocalWait wait(d->readers.waits(), deadline, stop, operation);
        ++d->watchers;
        d->updateReading();
        const LocalWait::Outcome outcome = co_await wait.done();
        --d->watchers;
        d->updateReading();
        if (outcome == LocalWait::Cancelled)
            d->failAsCancelled(operation);
    }
}

QCoro::Task<bool> AioConnectionPrivate::untilReadable(std::shared_ptr<AioConnectionPrivate> d, const Turn &turn, QDeadlineTimer deadline,
                                                      std::stop_token stop, const char *operation)
{
    bool isDue = LocalWait::loopIsDue();
    for (;;) {
        if (stop.stop_requested())
            d->failAsCancelled(operation);
        d->requireOpen(operation, true);
        if (!isDue && turn.hasCome() && d->lookForMessage())
            co_return true;
        if (!isDue && deadline.hasExpired())
            co_return false;
        LocalWait wait(d->readers.waits(), isDue ? noDeadline() : deadline, stop, operation);
        if (std::exchange(isDue, false))
            wait.finish(LocalWait::Completed);
        ++d->watchers;
        d->updateReading();
        const LocalWait::Outcome outcome = co_await wait.done();
        --d->watchers;
        d->updateReading();
        if (outcome == LocalWait::Cancelled)
            d->failAsCancelled(operation);
    }
}

QCoro::Task<std::optional<QByteArray>> AioConnectionPrivate::takeLater(std::shared_ptr<AioConnectionPrivate> d, qint64 maxLength,
                                                                       QDeadlineTimer deadline, std::stop_token stop, const char *operation)
{
    const Turn turn(d->readers);
    const bool isReady = co_await untilReadable(d, turn, deadline, stop, operation);
    if (!isReady)
        co_return std::nullopt;
    co_return d->take(maxLength, operation);
}

QCoro::Task<std::optional<QVariant>> AioConnectionPrivate::takeValueLater(std::shared_ptr<AioConnectionPrivate> d, QDeadlineTimer deadline,
                                                                          std::stop_token stop)
{
    const char *operation = "AioConnection::coro_recv";
    const Turn turn(d->readers);
    const bool isReady = co_await untilReadable(d, turn, deadline, stop, operation);
    if (!isReady)
        co_return std::nullopt;
    QByteArray message = d->take(-1, operation);
    QVariant value;
    if (message.size() <= muchWork) {
        value = d->decode(message, operation);
    } else {
        auto decoding = [message = std::move(message), isTrusted = d->isTrusted, operation]() mutable {
            std::pair<QVariant, AioError> decoded;
            decoded.second = decodeMessage(message, isTrusted, decoded.first, operation);
            message.clear();        // gives it back here
            return decoded;
        };
        using Decoded = std::pair<QVariant, AioError>;
        const Decoded decoded = co_await inPool<Decoded>(*AioContext::defaultContext(), std::move(decoding));
        if (decoded.second)
            d->fail(decoded.second);
        value = decoded.first;
    }
    d->announceReceived(value);
    co_return value;
}

// -- sending

MessageCodec AioConnectionPrivate::codecOf(AioConnection::Codec codec)
{
    static constexpr MessageCodec codecs[] = {MessageCodec::Own, MessageCodec::Cbor, MessageCodec::Pickle};
    return codecs[codec];
}

QByteArray AioConnectionPrivate::encode(const QVariant &value, const char *operation)
{
    QByteArray message;
    if (const AioError failure = encodeMessage(codecOf(codec), value, message, operation))
        fail(failure);
    return message;
}

void AioConnectionPrivate::send(const QByteArray &message, const char *operation)
{
    AIO_FAULT_POINT("connection.send");
    LocalWait::countBytes(message.size());
    stream->send(message);
    if (stream && stream->writeError()) {
        AioError failure = stream->writeError();
        failure.operation = QLatin1StringView(operation);
        fail(failure);
    }
    if (q)
        Q_EMIT q->sent();
}

bool AioConnectionPrivate::blockingSend(const QByteArray &message, const QDeadlineTimer &deadline, const std::stop_token &stop,
                                        const char *operation)
{
    const auto keep = shared_from_this();
    requireOpen(operation, false);
    const Turn turn(writers);
    bool isBegun = false;
    const auto keepRest = qScopeGuard([this] {      // what the message has borrowed is gone after this
        if (stream)
            stream->keepAll();
    });
    const auto proceed = [&] {
        requireOpen(operation, false);
        if (!turn.hasCome()) {
            fail(AioError::UsageError, QStringLiteral("coroutines of this thread wait to send over the same connection, and "
                                                      "cannot go on while it is blocked: await this one too"), operation);
        }
        if (stream->unsent() > 0) {
            stream->flush();
            stream->receive(false);     // who sends to us while we send to him must come to an end
        }
        if (!isBegun && (stream->hasRoom() || stream->writeError())) {
            isBegun = true;
            send(message, operation);
        }
        if (isBegun && stream->writeError()) {
            AioError failure = stream->writeError();
            failure.operation = QLatin1StringView(operation);
            fail(failure);
        }
        return isBegun && stream->unsent() == 0;
    };
    Blocking wait;
    wait.proceed = std::ref(proceed);
    wait.prepare = [this](std::vector<pollfd> &entries) {
        stream->prepare(entries.emplace_back(), false);
        return QDeadlineTimer(QDeadlineTimer::Forever);
    };
    const BlockResult result = blockOn(wait, deadline, stop, operation);
    if (result == BlockResult::Done || (isBegun && stream && !stream->withdrawLast()))
        return true;
    if (result == BlockResult::Stopped)
        failAsCancelled(operation);
    return false;
}

QCoro::Task<bool> AioConnectionPrivate::untilWritable(std::shared_ptr<AioConnectionPrivate> d, const Turn &turn, QDeadlineTimer deadline,
                                                      std::stop_token stop, const char *operation)
{
    bool isDue = LocalWait::loopIsDue();
    for (;;) {
        if (stop.stop_requested())
            d->failAsCancelled(operation);
        d->requireOpen(operation, false);
        if (!isDue && turn.hasCome() && (d->stream->hasRoom() || d->stream->writeError()))
            co_return true;
        if (!isDue && deadline.hasExpired())
            co_return false;
        LocalWait wait(d->writers.waits(), isDue ? noDeadline() : deadline, stop, operation);
        if (std::exchange(isDue, false))
            wait.finish(LocalWait::Completed);
        const LocalWait::Outcome outcome = co_await wait.done();
        if (outcome == LocalWait::Cancelled)
            d->failAsCancelled(operation);
    }
}

QCoro::Task<bool> AioConnectionPrivate::sendLater(std::shared_ptr<AioConnectionPrivate> d, QByteArray message, QDeadlineTimer deadline,
                                                  std::stop_token stop, const char *operation)
{
    const Turn turn(d->writers);
    const bool isReady = co_await untilWritable(d, turn, deadline, stop, operation);
    if (isReady)
        d->send(message, operation);
    co_return isReady;
}

QCoro::Task<bool> AioConnectionPrivate::sendValueLater(std::shared_ptr<AioConnectionPrivate> d, QVariant value, QDeadlineTimer deadline,
                                                       std::stop_token stop)
{
    const char *operation = "AioConnection::coro_send";
    d->requireOpen(operation, false);
    const Turn turn(d->writers);
    const MessageCodec codec = codecOf(d->codec);
    QByteArray message;
    bool fits = true;
    if (const AioError failure = encodeMessageWithin(codec, muchWork, value, message, fits, operation))
        d->fail(failure);
    bool isReady = co_await untilWritable(d, turn, deadline, stop, operation);
    if (isReady && !fits) {
        auto encoding = [codec, value = std::move(value), operation] {
            std::pair<QByteArray, AioError> encoded;
            encoded.second = encodeMessage(codec, value, encoded.first, operation);
            return encoded;
        };
        using Encoded = std::pair<QByteArray, AioError>;
        const Encoded encoded = co_await inPool<Encoded>(*AioContext::defaultContext(), std::move(encoding));
        if (encoded.second)
            d->fail(encoded.second);
        message = encoded.first;
        isReady = co_await untilWritable(d, turn, deadline, stop, operation);
    }
    if (isReady)
        d->send(message, operation);
    co_return isReady;
}
