// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiotaskinfo.h>

#include "pool/aiopoolengine_p.h"

#include <QHash>
#include <QList>

#include <atomic>
#include <deque>
#include <list>
#include <mutex>

namespace aio_detail {

/*
 * The last tasks of a pool, for whoever looks at them now and then: what a task does costs no event and no signal. Written by the engine's
 * thread, read by any. When there are too many, the one that ended first is forgotten.
 */
class TaskHistory
{
public:
    /* 0: none are kept. */
    void setCapacity(int tasks);
    int capacity() const { return m_capacity.load(std::memory_order_relaxed); }
    bool isOn() const { return capacity() > 0; }

    void started(const PoolJob &job, quint32 index, int attempt, qint64 worker);
    void progressed(const PoolJob &job, quint32 index, int value, int maximum, const QString &text);
    void logged(const PoolJob &job, quint32 index, const QString &line, qint64 lost);
    void finished(const PoolJob &job, quint32 first, quint32 count, const PoolResults &results, const PoolTimes &times, qint64 worker);
    void failed(const PoolJob &job, quint32 index, const AioError &error);

    /*
     * Those that run, and the first \a most that have ended since \a change, in the order in which they began; \a change is the last of those
     * then.
     */
    QList<AioTaskInfo> changedSince(quint64 &change, qsizetype most) const;

private:
    struct Entry
    {
        AioTaskInfo info;
        quint64 ended = 0;        // its number in the order in which they ended
        qint64 startedAt = 0;
        qsizetype letters = 0;    // of its lines
    };
    using Entries = std::list<Entry>;

    Entries::iterator running(const PoolJob &job, quint32 index);
    void end(Entries::iterator entry, AioTaskInfo::State state);
    void forgetSome();
    QString nameOf(const QByteArray &function);

    std::atomic<int> m_capacity = 0;
    mutable std::mutex m_mutex;                       // of what follows
    Entries m_entries;
    QHash<quint64, Entries::iterator> m_running;      // by id
    std::deque<Entries::iterator> m_ended;            // in this order
    QHash<QByteArray, QString> m_names;               // of functions, by key
    quint64 m_order = 0;
    quint64 m_lastEnded = 0;
};

} // namespace aio_detail
