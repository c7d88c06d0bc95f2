// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiobuffer.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>

#include "pool/aiopoolengine_p.h"
#include "pool/aiopoolrecords_p.h"
#include "pool/rawlane.h"

#include <QByteArray>
#include <QPointer>

#include <deque>
#include <memory>
#include <vector>

namespace aio_detail {

/* Items of a job that are together: in the queue, or on their way through a worker. */
struct PoolRange
{
    PoolJobPtr job;
    quint32 first = 0;
    quint32 count = 0;
    int attempt = 1;
};

/* What became of items, for PoolEvents. */
struct PoolNews
{
    enum Kind { Started, Progressed, Finished, Failed, WorkerStarted, WorkerEnded, Logged };
    Kind kind = Failed;
    PoolJobPtr job;
    quint32 first = 0;
    quint32 count = 1;
    PoolResults results;
    PoolTimes times;
    AioError error;
    int value = 0;
    int maximum = 0;
    QString text;
    qint64 lost = 0;
    qint64 worker = 0;
    bool isExpected = false;
};

/* Says \a all to \a events. */
void tellNews(std::vector<PoolNews> &all, PoolEvents &events);

/*
 * The scheduler's side of one worker: what it was sent and has not answered. Used with the engine's mutex held, but for the process, which
 * belongs to the engine's thread.
 */
class LocalWorker
{
public:
    enum State {
        Starting,
        Ready,
        Leaving,    // it was told to end, and does when it has done what it has
        Dying       // it was killed
    };
    /* Why it is to be killed, or was. */
    enum Doom { NoDoom, TaskTimedOut, TaskCancelled, PoolTerminated, Misbehaved, KilledByUser };

    /* Throws AioException. */
    LocalWorker();
    ~LocalWorker();
    Q_DISABLE_COPY_MOVE(LocalWorker)

    bool isIdle() const { return flying.empty(); }
    bool takesTasks() const { return state == Ready && doom == NoDoom && m_unsent.empty(); }
    bool isSending() const { return !m_unsent.empty(); }

    /* Sends it \a range, whose function it knows as \a function, known to others as number \a function as well. */
    void send(const PoolRange &range, quint32 function, const std::vector<QByteArray> &functions);
    void sendExit();
    /* Has it forget bound arguments that nothing needs any more. */
    void forgetBounds();
    /* Goes on with what there was no room for. */
    void flush();

    /* Reads what it has written, and appends what that says to \a news. False: it makes no sense. */
    bool drain(std::vector<PoolNews> &news);
    /* Whether the first item that is flying has begun. */
    bool isRunning() const { return !flying.empty() && m_lane.begun() != m_finished; }
    /* When it began; only for timed items, while it runs. */
    qint64 beganAt() const { return m_lane.head().beganAt.load(std::memory_order_relaxed); }
    /* Takes back what has not begun and appends it to \a back, in order. */
    void takeBack(std::vector<PoolRange> &back);
    /* Asks the item that runs to stop. */
    void wantStop();
    /* It has ended: what it had begun, which may be nothing; and what it had not, appended to \a back. */
    std::optional<PoolRange> remains(std::vector<PoolRange> &back);
    /* Whether it is to ring for each outcome, or only when it has nothing to do. */
    void setAwaited(bool isAwaited);
    bool isAwaited() const { return m_isAwaited; }
    qint64 memory() const { return m_lane.head().memory.load(std::memory_order_relaxed); }
    AioWorkerStats stats(qint64 now) const;
    quint32 itemsFlying() const { return m_items; }

    State state = Starting;
    Doom doom = NoDoom;
    AioError doomError;
    qint64 killAt = INT64_MAX;
    bool isSoftTold = false;          // the item that runs was asked to stop since its time is over
    qint64 number = 0;                // 0: not known yet
    QPointer<AioProcess> process;     // of the engine's thread
    std::deque<PoolRange> flying;     // in the order in which it runs them
    qint64 handed = 0;                // items that it got and has not given back
    qint64 lastNews = 0;              // when it said something or was given something to do
    const qint64 startedAt;
    /* The arguments of its process. */
    AioCall call(AioEvent &news, const PoolSettings &settings);

private:
    struct Piece
    {
        QByteArray bytes;
        PoolJobPtr job;               // keeps what view is of
        QByteArrayView view;
    };
    bool takeRecord(const RecordHead &head, const char *bytes, std::vector<PoolNews> &news);
    enum Form { Packed, Encoded, Boxed };
    bool takeOutcome(PoolNews::Kind kind, QByteArrayView bytes, Form form, std::vector<PoolNews> &news);
    void takeTimes(const Times &times, std::vector<PoolNews> &news);
    void append(const QByteArray &bytes, const PoolJobPtr &job = {}, QByteArrayView view = {});
    void commit();
    quint32 sendBound(const PoolBoundPtr &bound);

    AioQueue m_box;
    AioEvent m_wake;
    AioEvent m_attention;
    AioBuffer m_memory;
    aio_raw::Lane m_lane;
    std::deque<Piece> m_unsent;
    quint32 m_functions = 0;          // how many it knows
    struct KnownBound
    {
        std::weak_ptr<const PoolBound> bound;
        quint32 number = 0;
    };
    std::vector<KnownBound> m_bounds; // that it has
    quint32 m_lastBound = 0;
    quint32 m_items = 0;              // that are flying
    quint32 m_finished = 0;           // outcomes so far
    RecordHead m_head;                // of a record that is not complete yet
    bool m_hasHead = false;
    QByteArray m_body;
    bool m_isAwaited = true;
    qint64 m_tasks = 0;
    qint64 m_busy = 0;
    qint64 m_lastOutcome = 0;         // or when it got something to do after it had nothing
};

} // namespace aio_detail
