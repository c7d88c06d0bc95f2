// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

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
 * Time in which the thread was ready to run but another process had the processor is not held against the loop.
 */
class EventLoopChecker : public QObject
{
public:
    EventLoopChecker();
    ~EventLoopChecker() override;

    /* The longest time without a turn so far, the present moment included, in ms. */
    double largestGap();
    /* Whether no gap was longer than \a limit ms (times AioTest::timeScale()). Prints the gap when there was one. */
    bool stayedAlive(int limit = 50);
    /* How long this thread has waited for a processor so far, in ns: other processes had it. */
    qint64 waitedForProcessor() const;

private:
    void tick();

    QTimer m_timer;
    QElapsedTimer m_clock;
    const int m_schedstat;
    qint64 m_waited = 0;        // ns
    qint64 m_largestGap = 0;    // ns
};
