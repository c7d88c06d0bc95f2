// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioconnection.h>

#include "connection/aioconnection_p.h"

#include <QMetaMethod>

#include <cstring>

using namespace aio_detail;

namespace {

QCoro::Task<QVariant> valueLater(std::shared_ptr<AioConnectionPrivate> d, std::stop_token stop)
{
    const std::optional<QVariant> value = co_await AioConnectionPrivate::takeValueLater(d, noDeadline(), stop);
    co_return *value;
}

QCoro::Task<std::optional<QByteArray>> bytesUntil(std::shared_ptr<AioConnectionPrivate> d, qint64 maxLength, QDeadlineTimer deadline,
                                                  std::stop_token stop)
{
    const std::optional<QByteArray> message =
        co_await AioConnectionPrivate::takeLater(d, maxLength, deadline, stop, "AioConnection::coro_recvBytes");
    if (message)
        d->announceReceived(*message);
    co_return message;
}

QCoro::Task<QByteArray> bytesLater(std::shared_ptr<AioConnectionPrivate> d, qint64 maxLength, std::stop_token stop)
{
    const std::optional<QByteArray> message = co_await bytesUntil(d, maxLength, QDeadlineTimer(QDeadlineTimer::Forever), stop);
    co_return *message;
}

void requireOffset(AioConnectionPrivate &d, qint64 size, qint64 offset, const char *operation)
{
    if (offset < 0 || offset > size) {
        d.fail(AioError::UsageError, QStringLiteral("the offset %1 does not lie in a buffer of %2 bytes").arg(offset).arg(size), operation);
    }
}

QCoro::Task<QByteArray> bytesInto(std::shared_ptr<AioConnectionPrivate> d, QByteArray buffer, qint64 offset, std::stop_token stop)
{
    requireOffset(*d, buffer.size(), offset, "AioConnection::coro_recvBytesInto");
    const qint64 room = buffer.size() - offset;
    const QByteArray message = co_await bytesLater(d, room, stop);
    buffer.resize(qsizetype(offset) + message.size());
    std::memcpy(buffer.data() + offset, message.constData(), size_t(message.size()));
    co_return buffer;
}

} // namespace

AioConnection::AioConnection(std::shared_ptr<AioConnectionPrivate> d, QObject *parent) : QObject(parent), d_ptr(std::move(d))
{
    d_ptr->q = this;
}

AioConnection::AioConnection(const AioHandle &handle, QObject *parent) : QObject(parent), d_ptr(AioConnectionPrivate::fetch(handle))
{
    d_ptr->q = this;
    d_ptr->open(std::make_unique<MessageStream>(std::exchange(d_ptr->adopted, -1)));
}

AioConnection::~AioConnection()
{
    d_ptr->close(AioError::Cancelled);
    d_ptr->q = nullptr;
}

AioHandle AioConnection::handle() const
{
    return d_ptr->giveAway();
}

// -- blocking

bool AioConnection::send(const QVariant &value, QDeadlineTimer deadline, std::stop_token stop)
{
    const char *operation = "AioConnection::send";
    d_ptr->requireOpen(operation, false);
    return d_ptr->blockingSend(d_ptr->encode(value, operation), deadline, stop, operation);
}

QVariant AioConnection::recv(std::stop_token stop)
{
    return *recv(noDeadline(), std::move(stop));
}

std::optional<QVariant> AioConnection::recv(QDeadlineTimer deadline, std::stop_token stop)
{
    const char *operation = "AioConnection::recv";
    const auto d = d_ptr;
    if (!d->blockForMessage(deadline, stop, operation))
        return std::nullopt;
    const QVariant value = d->decode(d->take(-1, operation), operation);
    d->announceReceived(value);
    return value;
}

bool AioConnection::sendBytes(QByteArrayView bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    const QByteArray borrowed = QByteArray::fromRawData(bytes.data(), bytes.size());
    return d_ptr->blockingSend(borrowed, deadline, stop, "AioConnection::sendBytes");
}

QByteArray AioConnection::recvBytes(qint64 maxLength, std::stop_token stop)
{
    return *recvBytes(maxLength, noDeadline(), std::move(stop));
}

std::optional<QByteArray> AioConnection::recvBytes(qint64 maxLength, QDeadlineTimer deadline, std::stop_token stop)
{
    const char *operation = "AioConnection::recvBytes";
    const auto d = d_ptr;
    if (!d->blockForMessage(deadline, stop, operation))
        return std::nullopt;
    const QByteArray message = d->take(maxLength, operation);
    d->announceReceived(message);
    return message;
}

qint64 AioConnection::recvBytesInto(char *buffer, qint64 size, qint64 offset, std::stop_token stop)
{
    const char *operation = "AioConnection::recvBytesInto";
    const auto d = d_ptr;
    requireOffset(*d, size, offset, operation);
    d->blockForMessage(noDeadline(), stop, operation);
    const QByteArray message = d->take(size - offset, operation);
    std::memcpy(buffer + offset, message.constData(), size_t(message.size()));
    d->announceReceived(message);
    return message.size();
}

bool AioConnection::poll(QDeadlineTimer deadline, std::stop_token stop)
{
    return d_ptr->blockForMessage(deadline, stop, "AioConnection::poll");
}

// -- coroutines

QCoro::Task<bool> AioConnection::coro_send(QVariant value, QDeadlineTimer deadline, std::stop_token stop)
{
    return AioConnectionPrivate::sendValueLater(d_ptr, std::move(value), deadline, std::move(stop));
}

QCoro::Task<QVariant> AioConnection::coro_recv(std::stop_token stop)
{
    return valueLater(d_ptr, std::move(stop));
}

QCoro::Task<std::optional<QVariant>> AioConnection::coro_recv(QDeadlineTimer deadline, std::stop_token stop)
{
    return AioConnectionPrivate::takeValueLater(d_ptr, deadline, std::move(stop));
}

QCoro::Task<bool> AioConnection::coro_sendBytes(QByteArray bytes, QDeadlineTimer deadline, std::stop_token stop)
{
    return AioConnectionPrivate::sendLater(d_ptr, std::move(bytes), deadline, std::move(stop), "AioConnection::coro_sendBytes");
}

QCoro::Task<QByteArray> AioConnection::coro_recvBytes(qint64 maxLength, std::stop_token stop)
{
    return bytesLater(d_ptr, maxLength, std::move(stop));
}

QCoro::Task<std::optional<QByteArray>> AioConnection::coro_recvBytes(qint64 maxLength, QDeadlineTimer deadline, std::stop_token stop)
{
    return bytesUntil(d_ptr, maxLength, deadline, std::move(stop));
}

QCoro::Task<QByteArray> AioConnection::coro_recvBytesInto(QByteArray buffer, qint64 offset, std::stop_token stop)
{
    return bytesInto(d_ptr, std::move(buffer), offset, std::move(stop));
}

QCoro::Task<bool> AioConnection::coro_poll(QDeadlineTimer deadline, std::stop_token stop)
{
    return AioConnectionPrivate::pollLater(d_ptr, deadline, std::move(stop), "AioConnection::coro_poll");
}

// -- the rest

void AioConnection::close()
{
    const bool wasOpen = isOpen();
    d_ptr->close(AioError::Closed);
    if (wasOpen && !std::exchange(d_ptr->isEndAnnounced, true))
        Q_EMIT disconnected();
}

bool AioConnection::isOpen() const { return d_ptr->stream; }
bool AioConnection::isReadable() const { return d_ptr->isReadable; }
bool AioConnection::isWritable() const { return d_ptr->isWritable; }
AioAddress AioConnection::peerAddress() const { return d_ptr->peer; }
bool AioConnection::isTrusted() const { return d_ptr->isTrusted; }
AioConnection::Codec AioConnection::codec() const { return d_ptr->codec; }
void AioConnection::setCodec(Codec codec) { d_ptr->codec = codec; }
qint64 AioConnection::maximumFrame() const { return d_ptr->maximumFrame; }
qint64 AioConnection::highWaterMark() const { return d_ptr->highWater; }
qint64 AioConnection::bytesToWrite() const { return d_ptr->stream ? d_ptr->stream->unsent() : 0; }
AioError AioConnection::error() const { return d_ptr->error; }

void AioConnection::setMaximumFrame(qint64 bytes)
{
    d_ptr->maximumFrame = qMax<qint64>(bytes, 0);
    if (d_ptr->stream)
        d_ptr->stream->setLimit(d_ptr->maximumFrame);
}

void AioConnection::setHighWaterMark(qint64 bytes)
{
    d_ptr->highWater = qMax<qint64>(bytes, 1);
    if (d_ptr->stream)
        d_ptr->stream->setHighWater(d_ptr->highWater);
}

void AioConnection::connectNotify(const QMetaMethod &signal)
{
    if (signal != QMetaMethod::fromSignal(&AioConnection::readyRead) && signal != QMetaMethod::fromSignal(&AioConnection::disconnected))
        return;
    QMetaObject::invokeMethod(this, [this] {
        d_ptr->isFollowed = true;
        d_ptr->updateReading();
    });
}
