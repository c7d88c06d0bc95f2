// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "connection/aiomessagestream_p.h"
#include "manager/aiomanagerserver_p.h"

#include <unordered_map>

namespace aio_detail {

/*
 * One connection to a server. It begins in Python's protocol: one request to the server, after which it ends; or `accept_connection`, after
 * which it calls methods, one after the other; or this library's greeting, after which it calls as many as it likes at once.
 * When the other side goes, its calls are cancelled, and what it held is given back.
 */
class ManagerSession : public std::enable_shared_from_this<ManagerSession>
{
public:
    ManagerSession(ManagerServer &server, std::unique_ptr<AioConnection> connection, std::shared_ptr<ManagerCaller> caller);

    void start();
    /* Ends it now. */
    void end();

private:
    using Self = std::shared_ptr<ManagerSession>;

    static QCoro::Task<> run(Self self);
    static QCoro::Task<> talkPython(Self self);
    /* The native protocol from now on. */
    void talkNative();
    void onMessages();
    void take(const QByteArray &message);
    /* Answers one of many. */
    static QCoro::Task<> serve(Self self, ManagerRequest request);
    void sendNative(const ManagerReply &reply);
    void flush();
    void endLater();
    static QCoro::Task<ManagerReply> answer(Self self, ManagerRequest request, std::stop_token stop);
    static QCoro::Task<> reply(Self self, ManagerReply reply);
    void requireServer() const;

    ManagerServer *m_server;                            // null: it has ended
    const std::unique_ptr<AioConnection> m_connection;
    std::unique_ptr<MessageStream> m_stream;            // what the connection was, when it has become native
    bool m_isTaking = false;
    const std::shared_ptr<ManagerCaller> m_caller;
    std::stop_source m_stopAll;
    std::unordered_map<quint64, std::stop_source> m_pending;
};

} // namespace aio_detail
