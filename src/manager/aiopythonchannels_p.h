// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "connection/aioline_p.h"
#include "manager/aiomanagerport_p.h"

namespace aio_detail {

/*
 * Calls of a server of Python's, which takes one at a time over a connection: so there is one connection for each call that is pending,
 * kept for later calls. Whoever has a recursive lock there is the connection that has acquired it, so each owner has his own. A wait
 * that may be cut is asked for in parts, so that it can be cancelled, and ends over there soon after this program has.
 */
class PythonChannels : public std::enable_shared_from_this<PythonChannels>
{
public:
    explicit PythonChannels(const ManagerAddress &where) : m_where(where) {}

    static QCoro::Task<> perform(std::shared_ptr<PythonChannels> self, std::shared_ptr<PendingCall> call);
    /* Calls \a told when no call is under way. */
    void whenIdle(const std::function<void()> &told);
    /* Closes all connections. */
    void shut();

private:
    struct Channel
    {
        std::unique_ptr<AioClient> connection;
        Line line;
        int depth = 0;          // how often its owner has the lock
        bool wasInPart = false; // its last wait was cut
    };
    using Self = std::shared_ptr<PythonChannels>;
    using ChannelPtr = std::shared_ptr<Channel>;

    static QCoro::Task<RemoteResult> ask(Self self, std::shared_ptr<PendingCall> call);
    static QCoro::Task<RemoteResult> askOnce(Self self, std::shared_ptr<PendingCall> call, QDeadlineTimer limit);
    static QCoro::Task<std::unique_ptr<AioClient>> connectToServer(Self self);
    static QCoro::Task<ManagerReply> exchange(AioClient &connection, ManagerRequest request);
    static QCoro::Task<ChannelPtr> open(Self self);
    ChannelPtr channelOf(quint64 owner);
    void count(const PendingCall &call, const ChannelPtr &channel, const RemoteResult &result);

    const ManagerAddress m_where;
    bool m_isShut = false;
    int m_active = 0;
    std::function<void()> m_told;
    std::vector<ChannelPtr> m_idle;
    std::map<quint64, ChannelPtr> m_owned;
};

} // namespace aio_detail
