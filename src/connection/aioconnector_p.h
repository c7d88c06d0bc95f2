// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "connection/aiopeering_p.h"
#include "connection/aiosocketname_p.h"

struct pollfd;

namespace aio_detail {

/*
 * The way from an address to a connection whose other side is known: tries one name after the other, then the handshake. Goes on in
 * step(), which the event loop calls where there is one.
 */
class Connector : public QObject
{
    Q_OBJECT
public:
    enum State { Running, Done, Failed };

    Connector(const AioAddress &address, const Authentication &authentication, std::chrono::milliseconds handshakeTime, qint64 limit,
              QObject *parent = nullptr);
    ~Connector() override;

    /* Begins; once. */
    void start(const QList<SocketName> &names);
    State state() const { return m_state; }
    const AioError &error() const { return m_error; }
    std::unique_ptr<MessageStream> takeStream() { return m_peering->takeStream(); }
    void step();
    /* When it must go on whatever happens. */
    QDeadlineTimer prepare(pollfd &entry) const;

Q_SIGNALS:
    void finished();

private:
    void tryNext(int lastNumber);
    void onConnected();
    void onPeered();
    void fail(const AioError &error);
    void dropSocket();

    const AioAddress m_address;
    const Authentication m_authentication;
    const std::chrono::milliseconds m_handshakeTime;
    const qint64 m_limit;
    QList<SocketName> m_names;
    int m_socket = -1;
    QSocketNotifier *m_notifier = nullptr;      // a child
    Peering *m_peering = nullptr;               // a child
    State m_state = Running;
    AioError m_error;
};

} // namespace aio_detail
