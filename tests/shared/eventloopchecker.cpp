// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "eventloopchecker.h"

#include "timescale.h"

#include <QDebug>

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

EventLoopChecker::EventLoopChecker() : m_schedstat(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC))
{
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &EventLoopChecker::tick);
    m_waited = waitedForProcessor();
    m_clock.start();
    m_timer.start(10);
}

EventLoopChecker::~EventLoopChecker()
{
    ::close(m_schedstat);
}

double EventLoopChecker::largestGap()
{
    tick();
    return double(m_largestGap) / 1e6;
}

bool EventLoopChecker::stayedAlive(int limit)
{
    const double gap = largestGap();
    const double allowed = limit * AioTest::timeScale();
    if (gap <= allowed)
        return true;
    qWarning("the event loop stood still for %.1f ms, more than %.1f ms", gap, allowed);
    return false;
}

void EventLoopChecker::tick()
{
    const qint64 gap = m_clock.nsecsElapsed();
    m_clock.start();
    const qint64 waited = waitedForProcessor();
    m_largestGap = qMax(m_largestGap, gap - (waited - m_waited));
    m_waited = waited;
}

// /proc/thread-self/schedstat: time on the processor, time waiting for it (ns), turns. 0 where the kernel has none.
qint64 EventLoopChecker::waitedForProcessor() const
{
    char text[96] = {};
    if (::pread(m_schedstat, text, sizeof text - 1, 0) <= 0)
        return 0;
    const char *second = std::strchr(text, ' ');
    return second ? std::strtoll(second, nullptr, 10) : 0;
}
