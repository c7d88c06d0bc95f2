// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QList>
#include <QMetaType>
#include <QString>

#include <chrono>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

/*!
 * \class AioHistogram
 * \brief How long things took, as counts: bucket i counts what took from 2^i to 2^(i+1) nanoseconds. A value.
 *
 * \code
 * qInfo() << pool.stats().runTime.percentile(99);
 * \endcode
 */
class AIOPROCESSING_EXPORT AioHistogram
{
    Q_GADGET
    Q_PROPERTY(qint64 count READ count CONSTANT)
public:
    AioHistogram();

    void add(std::chrono::nanoseconds time, qint64 times = 1);
    qint64 count() const { return m_count; }
    /*! The sum of all times. */
    std::chrono::nanoseconds total() const { return m_total; }
    /*! 0 when there is none. */
    std::chrono::nanoseconds mean() const { return std::chrono::nanoseconds(m_count ? m_total.count() / m_count : 0); }
    /*! A time that \a percent of all do not exceed, to a factor of two; 0 when there is none. */
    std::chrono::nanoseconds percentile(double percent) const;
    /*! The counts; empty buckets at the end are left out. */
    const QList<qint64> &buckets() const { return m_buckets; }

private:
    QList<qint64> m_buckets;
    qint64 m_count = 0;
    std::chrono::nanoseconds m_total{0};
};

/*!
 * \class AioWorkerStats
 * \brief What one worker of a pool has done so far. A value.
 */
class AIOPROCESSING_EXPORT AioWorkerStats
{
    Q_GADGET
    Q_PROPERTY(qint64 pid MEMBER pid CONSTANT)
    Q_PROPERTY(qint64 tasks MEMBER tasks CONSTANT)
    Q_PROPERTY(double busyRatio MEMBER busyRatio CONSTANT)
    Q_PROPERTY(qint64 memory MEMBER memory CONSTANT)
    Q_PROPERTY(bool busy MEMBER busy CONSTANT)
    Q_PROPERTY(quint64 task MEMBER task CONSTANT)
    Q_PROPERTY(QString function MEMBER function CONSTANT)
public:
    AioWorkerStats() = default;

    /*! Its process id; 0 while it starts. */
    qint64 pid = 0;
    /*! How many tasks it has finished. */
    qint64 tasks = 0;
    /*! The part of its life, 0 to 1, in which it ran tasks. */
    double busyRatio = 0;
    /*! Resident bytes when it looked last; 0 when that is not known. */
    qint64 memory = 0;
    bool busy = false;
    /*! The task that it runs, and the name of its function; 0 and empty: none. */
    quint64 task = 0;
    QString function;
};

/*!
 * \class AioPoolStats
 * \brief What a pool has done so far, as AioPool::stats() says. A value.
 *
 * \code
 * qInfo() << pool.stats();      // 1000 tasks (2 failed), 4 workers 93 % busy, wait 1.2 ms, run 3.5 ms, ...
 * \endcode
 */
class AIOPROCESSING_EXPORT AioPoolStats
{
    Q_GADGET
    Q_PROPERTY(qint64 completed MEMBER completed CONSTANT)
    Q_PROPERTY(qint64 failed MEMBER failed CONSTANT)
    Q_PROPERTY(qint64 pending MEMBER pending CONSTANT)
    Q_PROPERTY(qint64 running MEMBER running CONSTANT)
    Q_PROPERTY(qint64 workersStarted MEMBER workersStarted CONSTANT)
    Q_PROPERTY(qint64 workersLost MEMBER workersLost CONSTANT)
public:
    AioPoolStats() = default;

    qint64 completed = 0;
    /*! Tasks that failed or were cancelled. */
    qint64 failed = 0;
    qint64 pending = 0;
    qint64 running = 0;
    qint64 workersStarted = 0;
    /*! Workers that ended although the pool did not want it. */
    qint64 workersLost = 0;
    /*! From submission to begin, and from begin to end. A group of tasks that took less than a microsecond each counts as the mean. */
    AioHistogram waitTime;
    AioHistogram runTime;
    QList<AioWorkerStats> workers;
};

AIOPROCESSING_EXPORT QDebug operator<<(QDebug debug, const AioPoolStats &stats);

Q_DECLARE_METATYPE(AioPoolStats)
