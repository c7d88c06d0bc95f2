// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "connection/aiomessagestream_p.h"
#include "manager/aiopendingcall_p.h"

#include <QObject>
#include <QTimer>


#include <deque>
#include <map>
#include <unordered_map>

namespace aio_detail {

/*
 * The connection to a server that speaks the native protocol, for all threads of this process. Who makes a call sends it himself. Of those
 * who wait in blocking calls one reads for all, so that an answer wakes only who waits for it; while there are none, or coroutines wait as
 * well, the thread that this belongs to reads.
 */
class ManagerChannel : public QObject
{
    Q_OBJECT
public:
    /* Over \a stream, to the server at \a address. Calls \a onLost, on any thread, before those who wait hear of it. */
    ManagerChannel(std::unique_ptr<MessageStream> stream, const QString &address, std::function<void(const AioError &)> onLost);
    ~ManagerChannel() override;

    // -- any thread
    /* Sends \a call, for which a thread wait()s if \a isAttended. False: the connection is lost, and the call as it was before. */
    bool begin(const std::shared_ptr<PendingCall> &call, bool isAttended);
    void cancel(const std::shared_ptr<PendingCall> &call);
    /* Waits in the calling thread for the result of a call that is attended. */
    RemoteResult wait(const std::shared_ptr<PendingCall> &call);

    // -- its own thread
    /* Calls \a told when no call is pending, now or later. */
    void whenQuiet(const std::function<void()> &told);
    /* Closes the connection; what is pending fails with \a error. */
    void close(const AioError &error);

private:
    enum Reader { Nobody, Caller, OwnThread };
    using Lock = std::unique_lock<std::mutex>;
    using Ends = std::multimap<qint64, quint64>;        // when a result is overdue, by monotonic ms
    struct Awaited
    {
        std::shared_ptr<PendingCall> call;
        Ends::iterator end;
        bool isAttended = false;
    };

    struct Outgoing
    {
        std::shared_ptr<PendingCall> call;
        bool isCancel = false;
    };

    void post(void (ManagerChannel::*method)());
    void transmit(bool isUrgent, bool mayWait);
    void sendOutgoing();
    void drop(PendingCall &call, const AioError &error);
    // with the mutex
    void passOn();
    Ends::iterator watch(const PendingCall &call);
    std::shared_ptr<PendingCall> takePending(quint64 number);

    // whoever reads
    void awaitNews(qint64 end);
    void read();
    void accept(const QByteArray &message);
    void finish(const std::shared_ptr<PendingCall> &call, const RemoteResult &result);
    void lose(const AioError &error);
    void expire();

    // the own thread, posted
    void flush();
    void takeOver();
    void yield();
    void armTimer();
    void tellQuiet();
    void onReadable();
    void onIdle();

    const QString m_address;
    const std::function<void(const AioError &)> m_onLost;
    std::atomic<quint64> m_lastNumber = 0;

    std::mutex m_streamMutex;               // before the other one; is held while there are system calls
    const std::unique_ptr<MessageStream> m_stream;

    std::mutex m_mutex;                     // protects what follows
    std::vector<Outgoing> m_outgoing;
    std::unordered_map<quint64, Awaited> m_pending;
    std::deque<std::shared_ptr<PendingCall>> m_followers;       // of the caller who reads
    Reader m_reader = OwnThread;
    quint64 m_unattended = 0;               // pending calls for which no thread waits
    quint64 m_reads = 0;                    // how often a caller has read
    Ends m_ends;
    qint64 m_timerAt;                       // by monotonic ms
    bool m_isLost = false;
    bool m_isFlushPosted = false;
    bool m_isYieldPosted = false;
    bool m_isQuietWanted = false;

    // the own thread's
    QSocketNotifier *const m_readNotifier;
    QSocketNotifier *const m_writeNotifier;
    QTimer m_timer;
    QTimer m_idleTimer;
    quint64 m_readsSeen = 0;
    std::function<void()> m_quietTold;
};

} // namespace aio_detail
