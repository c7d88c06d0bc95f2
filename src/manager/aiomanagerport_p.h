// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiopendingcall_p.h"

#include <aioprocessing/aioclient.h>

#include <QObject>
#include <QTimer>

#include <deque>
#include <map>
#include <unordered_map>

namespace aio_detail {

class PythonChannels;

/* Where a server is, and what it takes to get in. */
struct ManagerAddress
{
    AioAddress address;
    QByteArray key;
    AioConnection::Digest minimum = AioConnection::Sha256;
};

/*
 * The end of a link at a thread of its own: has the connection to the server, and gives each call its result, whatever becomes of the
 * server. Which protocol the server speaks is found out when it connects.
 */
class ManagerPort : public QObject, public std::enable_shared_from_this<ManagerPort>
{
    Q_OBJECT
public:
    explicit ManagerPort(const ManagerAddress &where) : m_where(where) {}
    ~ManagerPort() override;

    // -- any thread
    void submit(const std::shared_ptr<PendingCall> &call);
    void cancel(const std::shared_ptr<PendingCall> &call);
    /* What tells this run of the server from others; empty for those of Python, and before a call has had a result. */
    QByteArray run() const;
    bool isLost() const { return m_isLost.load(); }

    // -- its own thread
    void start();
    /*
     * Ends everything, and then the thread: what is pending is Cancelled. What nobody waits for, such as news of references, is done first,
     * if that does not take long.
     */
    void end();

private:
    void shut();

    enum State { Connecting, Native, Python, Lost, Shut };
    using Self = std::shared_ptr<ManagerPort>;
    struct Greeted
    {
        Greeted() {}
        std::unique_ptr<AioClient> connection;
        QByteArray run;
        bool isNative = false;
    };

    /* A connection over which the greeting was said. */
    static QCoro::Task<Greeted> greet(ManagerAddress where);
    static QCoro::Task<> connectLater(Self self);
    static QCoro::Task<> read(Self self);
    static QCoro::Task<> send(Self self, QByteArray message);
    /* Finds out what to tell of a call that comes when the connection is lost. */
    static QCoro::Task<> judge(Self self, std::shared_ptr<PendingCall> call);

    using Ends = std::multimap<qint64, quint64>;                        // when a result is overdue, by monotonic ms
    struct Awaited
    {
        std::shared_ptr<PendingCall> call;
        Ends::iterator end;
    };

    void takeInbox();
    void begin(const std::shared_ptr<PendingCall> &call);
    void beginNative(const std::shared_ptr<PendingCall> &call);
    void finish(const std::shared_ptr<PendingCall> &call, const RemoteResult &result);
    void accept(const QByteArray &message);
    void lose(const AioError &error);
    Ends::iterator watch(const PendingCall &call);
    void onTimer();
    void armTimer();
    AioError errorOf(AioError::Code code, const QString &text) const;

    const ManagerAddress m_where;
    State m_state = Connecting;
    bool m_isEnding = false;
    AioError m_loss;
    std::unique_ptr<AioClient> m_connection;
    std::shared_ptr<PythonChannels> m_channels;
    std::deque<std::shared_ptr<PendingCall>> m_waiting;                 // for the connection
    std::unordered_map<quint64, Awaited> m_pending;
    quint64 m_lastNumber = 0;
    Ends m_ends;
    QTimer *m_timer = nullptr;

    mutable std::mutex m_mutex;         // protects what follows
    std::vector<std::shared_ptr<PendingCall>> m_inbox;
    bool m_isCalled = false;
    QByteArray m_run;
    std::atomic<bool> m_isLost = false;
};

} // namespace aio_detail
