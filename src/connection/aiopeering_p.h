// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "connection/aiohandshake_p.h"
#include "connection/aiomessagestream_p.h"
#include "connection/aiopythonhandshake_p.h"

#include <QDeadlineTimer>
#include <QTimer>

namespace aio_detail {

/* What a side wants to know of the other one before it talks to it. */
struct Authentication
{
    bool isWanted = false;
    QByteArray key;
    bool isPython = false;
    PythonDigest minimum = PythonDigest::Sha256;

    /* Throws AioException (UsageError) for an empty key. */
    void require(const char *operation) const;
    std::unique_ptr<Handshake> makeHandshake(Handshake::Role role) const;
};

/* One handshake over a new connection, with a deadline. Goes on in step(), which the event loop calls where there is one. */
class Peering : public QObject
{
    Q_OBJECT
public:
    enum State { Running, Done, Failed };

    /* The \a limit of the stream is set when it is Done. Without a \a handshake it is Done at once. */
    Peering(std::unique_ptr<MessageStream> stream, std::unique_ptr<Handshake> handshake, const QDeadlineTimer &deadline, qint64 limit,
            QObject *parent = nullptr);

    State state() const { return m_state; }
    const AioError &error() const { return m_error; }
    const QDeadlineTimer &deadline() const { return m_deadline; }
    MessageStream *stream() const { return m_stream.get(); }
    std::unique_ptr<MessageStream> takeStream() { return std::move(m_stream); }
    void step();

Q_SIGNALS:
    /* It is Done or Failed, from now on. */
    void finished();

private:
    void armTimer();
    void onTimeout();
    void sendOutgoing();
    void judge();
    void fail(AioError::Code code, const QString &text);

    std::unique_ptr<MessageStream> m_stream;
    const std::unique_ptr<Handshake> m_handshake;
    const QDeadlineTimer m_deadline;
    const qint64 m_limit;
    QTimer *m_timer = nullptr;      // a child
    State m_state = Running;
    AioError m_error;
};

} // namespace aio_detail
