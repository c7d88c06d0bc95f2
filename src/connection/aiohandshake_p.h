// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QList>

#include <utility>

namespace aio_detail {

inline const auto wrongKey = QStringLiteral("the other side does not know the key: give both the same one");

/*
 * How the two sides of a new connection show each other that they know the same key, as a machine that is fed with messages:
 * what it wants to be sent is in takeOutgoing(), after construction and after each receive(). No message is longer than
 * maxHandshakeMessage. It knows nothing of time; who feeds it has the deadline.
 */
constexpr qint64 maxHandshakeMessage = 256;

class Handshake
{
public:
    enum Role { Listener, Client };
    enum State { Running, Accepted, Rejected };

    virtual ~Handshake() = default;

    /* A message of the other side. Only while it is Running. */
    virtual void receive(QByteArrayView message) = 0;

    State state() const { return m_state; }
    /* Why it was Rejected, for people; never has anything of the key in it. */
    const QString &reason() const { return m_reason; }
    QList<QByteArray> takeOutgoing() { return std::exchange(m_outgoing, {}); }

protected:
    void send(const QByteArray &message) { m_outgoing.append(message); }
    void accept() { m_state = Accepted; }
    void reject(const QString &reason)
    {
        m_state = Rejected;
        m_reason = reason;
    }

private:
    State m_state = Running;
    QString m_reason;
    QList<QByteArray> m_outgoing;
};

/* Bytes that nobody can know before. */
QByteArray freshNonce(int size);
/* Takes as long wherever they differ. */
bool isSameSecret(QByteArrayView a, QByteArrayView b);

/* Whether \a message begins a handshake that this side, which has no key, does not expect. */
bool looksLikeHandshake(QByteArrayView message);

} // namespace aio_detail
