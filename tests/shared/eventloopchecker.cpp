// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "eventloopchecker.h"

#include "timescale.h"

#include <QDebug>

EventLoopChecker::EventLoopChecker()
{
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &EventLoopChecker::tick);
    m_lost = m_lostTime.total();
    m_clock.start();
    m_timer.start(10);
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
    constexpr qint64 Long = 30'000'000;
    const qint64 gap = m_clock.nsecsElapsed();
    const qint64 lost = gap > Long ? m_lostTime.exactTotal() : m_lostTime.total();
    m_clock.start();
    m_largestGap = qMax(m_largestGap, gap - (lost - m_lost));
    m_lost = lost;
}
