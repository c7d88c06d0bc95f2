// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "frameclock.h"

#include <QAbstractEventDispatcher>
#include <QDir>
#include <QFile>
#include <QQuickWindow>

#include <ctime>
#include <unistd.h>

namespace {

constexpr int Unsettled = 20;
constexpr double Refresh = 17;      // ms

qint64 timeOf(clockid_t clock)
{
    timespec time;
    clock_gettime(clock, &time);
    return qint64(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// schedstat: time on the processor, time waiting for it (ns), turns.
qint64 queueingOf(const QString &task)
{
    QFile file(QStringLiteral("/proc/%1/schedstat").arg(task));
    return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toLongLong() : 0;
}

double ms(qint64 time)
{
    return double(time) / 1e6;
}

} // namespace

FrameClock::FrameClock(QQuickWindow *window)
{
    const auto *const dispatcher = QAbstractEventDispatcher::instance();
    connect(dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, [this] { m_asleepSince = timeOf(CLOCK_MONOTONIC); });
    connect(dispatcher, &QAbstractEventDispatcher::awake, this, [this] {
        if (m_asleepSince)
            m_sleeping += timeOf(CLOCK_MONOTONIC) - std::exchange(m_asleepSince, 0);
    });
    connect(window, &QQuickWindow::frameSwapped, this, [this, window] {
        Moment moment = now();
        if (ms(moment.wall - m_last.wall) > 1.5 * Refresh)
            moment.queueing = m_lostTime.exactTotal();
        if (++m_seen > Unsettled)
            note(moment);
        m_last = now();
        window->update();
    });
    window->update();
}

void FrameClock::workFor(int ms)
{
    const qint64 end = timeOf(CLOCK_THREAD_CPUTIME_ID) + qint64(ms) * 1'000'000;
    while (timeOf(CLOCK_THREAD_CPUTIME_ID) < end) { }
}

FrameClock::Moment FrameClock::now() const
{
    Moment moment;
    const QStringList threads = QDir(QStringLiteral("/proc/self/task")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &thread : threads)
        moment.others.insert(thread.toLongLong(), queueingOf(QStringLiteral("self/task/") + thread));
    if (const QString server = qEnvironmentVariable("AIO_TEST_DISPLAY_SERVER"); !server.isEmpty())
        moment.others.insert(server.toLongLong(), queueingOf(server));
    moment.others.remove(::gettid());
    moment.queueing = m_lostTime.total();
    moment.working = timeOf(CLOCK_THREAD_CPUTIME_ID);
    moment.sleeping = m_sleeping;
    moment.wall = timeOf(CLOCK_MONOTONIC);
    return moment;
}

void FrameClock::note(const Moment &moment)
{
    ++m_frames;
    Frame frame;
    frame.working = ms(moment.working - m_last.working);
    frame.queueing = ms(moment.queueing - m_last.queueing);
    const double wall = ms(moment.wall - m_last.wall);
    // who is called while it sleeps may have to queue before it is awake
    frame.sleeping = qBound(0.0, ms(moment.sleeping - m_last.sleeping), wall - frame.working - frame.queueing);
    frame.blocked = qMax(0.0, wall - frame.working - frame.queueing - frame.sleeping);
    const double paced = qMin(frame.blocked, Refresh);
    frame.sleeping += paced;
    frame.blocked -= paced;
    for (auto other = moment.others.cbegin(); other != moment.others.cend(); ++other) {
        const double queueing = ms(other.value() - m_last.others.value(other.key(), other.value()));
        frame.excused = qMax(frame.excused, qMin(frame.blocked, queueing));
    }
    frame.length = wall - frame.queueing - frame.excused;
    if (frame.length > m_longest.length)
        m_longest = frame;
}

QString FrameClock::Frame::text() const
{
    return QStringLiteral("%1 ms (%2 working, %3 sleeping, %4 blocked; beside it %5 for want of a processor)")
        .arg(length, 0, 'f', 1).arg(working, 0, 'f', 1).arg(sleeping, 0, 'f', 1).arg(blocked - excused, 0, 'f', 1)
        .arg(deprived(), 0, 'f', 1);
}
