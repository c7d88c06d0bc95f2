// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "losttime.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

/*
 * Watches that the event loop of its thread turns: a precise timer of 10 ms, from construction on.
 *
 *   EventLoopChecker checker;
 *   ...
 *   QVERIFY(checker.stayedAlive());
 *
 * Time in which the thread could not have run is not held against the loop.
 */
class EventLoopChecker : public QObject
{
public:
    EventLoopChecker();

    /* The longest time without a turn so far, the present moment included, in ms. */
    double largestGap();
    /* Whether no gap was longer than \a limit ms (times AioTest::timeScale()). Prints the gap when there was one. */
    bool stayedAlive(int limit = 50);

private:
    void tick();

    QTimer m_timer;
    QElapsedTimer m_clock;
    const AioTest::LostTime m_lostTime;
    qint64 m_lost = 0;          // ns
    qint64 m_largestGap = 0;    // ns
};
