// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aiopeering_p.h"

#include "connection/aionativehandshake_p.h"

#include <QAbstractEventDispatcher>

namespace aio_detail {

void Authentication::require(const char *operation) const
{
    if (isWanted && key.isEmpty()) {
        throwError(AioError::UsageError,
                   QStringLiteral("the authentication key is empty: give at least 16 random bytes, or none at all if everybody may "
                                  "connect"),
                   QLatin1StringView(operation));
    }
}

std::unique_ptr<Handshake> Authentication::makeHandshake(Handshake::Role role) const
{
    if (!isWanted)
        return nullptr;
    if (isPython)
        return std::make_unique<PythonHandshake>(role, key, minimum);
    return std::make_unique<NativeHandshake>(role, key);
}

Peering::Peering(std::unique_ptr<MessageStream> stream, std::unique_ptr<Handshake> handshake, const QDeadlineTimer &deadline, qint64 limit,
                 QObject *parent)
    : QObject(parent), m_stream(std::move(stream)), m_handshake(std::move(handshake)), m_deadline(deadline), m_limit(limit)
{
    if (!m_handshake) {
        m_stream->setLimit(m_limit);
        m_state = Done;
        return;
    }
    m_stream->setLimit(maxHandshakeMessage);
    m_stream->setStepwise(true);
    connect(m_stream.get(), &MessageStream::readable, this, &Peering::step);
    if (QAbstractEventDispatcher::instance()) {
        m_timer = new QTimer(this);
        m_timer->setSingleShot(true);
        m_timer->setTimerType(Qt::PreciseTimer);
        connect(m_timer, &QTimer::timeout, this, &Peering::onTimeout);
        armTimer();
    }
    m_stream->setReading(true);
    sendOutgoing();
}

void Peering::armTimer()
{
    if (!m_deadline.isForever())
        m_timer->start(std::chrono::milliseconds(m_deadline.remainingTime() + 1));
}

void Peering::onTimeout()
{
    if (m_deadline.hasExpired())
        step();
    else
        armTimer();
}

void Peering::sendOutgoing()
{
    const auto messages = m_handshake->takeOutgoing();
    for (const QByteArray &message : messages)
        m_stream->send(message);
}

void Peering::step()
{
    if (m_state != Running)
        return;
    {
        const QSignalBlocker quiet(m_stream.get());     // readable() calls this
        m_stream->flush();
        m_stream->receive();
        while (m_stream->hasMessage() && m_handshake->state() == Handshake::Running) {
            m_handshake->receive(m_stream->takeMessage());
            sendOutgoing();
            if (m_handshake->state() == Handshake::Running)
                m_stream->receive();
        }
    }
    judge();
}

void Peering::judge()
{
    if (m_handshake->state() == Handshake::Accepted) {
        m_stream->disconnect(this);
        m_stream->setReading(false);
        m_stream->setStepwise(false);
        m_stream->setLimit(m_limit);
        m_state = Done;
        Q_EMIT finished();
    } else if (m_handshake->state() == Handshake::Rejected) {
        fail(AioError::AuthenticationFailed, m_handshake->reason());
    } else if (m_stream->readError()) {
        fail(AioError::AuthenticationFailed,
             QStringLiteral("the other side broke off before it has shown that it knows the key (%1): give both the same key and handshake")
                 .arg(m_stream->readError().message));
    } else if (m_deadline.hasExpired()) {
        fail(AioError::AuthenticationFailed, QStringLiteral("the other side has not shown in time that it knows the key: give it the key"));
    }
}

void Peering::fail(AioError::Code code, const QString &text)
{
    m_error = makeError(code, text, QStringLiteral("AioConnection::authenticate"));
    m_state = Failed;
    m_stream->disconnect(this);
    m_stream->setReading(false);
    MessageStream::closeWhenSent(std::move(m_stream));
    Q_EMIT finished();
}

} // namespace aio_detail
