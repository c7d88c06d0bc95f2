// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagerchannel_p.h"

#include <aioprocessing/aioclient.h>

#include <QObject>

#include <deque>

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
    /*
     * Has \a call done. Returns the channel over which it has been sent, where a thread wait()s for one that \a isAttended; null: it is done
     * by this port's thread.
     */
    std::shared_ptr<ManagerChannel> submit(const std::shared_ptr<PendingCall> &call, bool isAttended = false);
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
    enum State { Connecting, Native, Python, Shut };
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
    /* Finds out what to tell of a call that comes when the connection is lost. */
    static QCoro::Task<> judge(Self self, std::shared_ptr<PendingCall> call);

    // -- any thread
    /* With the \a lock of the mutex. */
    void enqueue(const std::shared_ptr<PendingCall> &call, std::unique_lock<std::mutex> lock);
    void noteLoss(const AioError &error);

    // -- its own thread
    void takeInbox();
    void begin(const std::shared_ptr<PendingCall> &call);
    void open(AioConnection &connection);
    void failWaiting(const AioError &error);
    void shut();

    const ManagerAddress m_where;
    State m_state = Connecting;
    std::shared_ptr<ManagerChannel> m_native;
    std::shared_ptr<PythonChannels> m_python;
    std::deque<std::shared_ptr<PendingCall>> m_waiting;                 // for the connection
    quint64 m_lastNumber = 0;

    mutable std::mutex m_mutex;         // protects what follows
    std::vector<std::shared_ptr<PendingCall>> m_inbox;
    bool m_isCalled = false;
    bool m_isShut = false;
    QByteArray m_run;
    std::shared_ptr<ManagerChannel> m_channel;      // m_native, until it is lost
    AioError m_loss;
    std::atomic<bool> m_isLost = false;
};

} // namespace aio_detail
