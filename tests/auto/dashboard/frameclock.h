// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "losttime.h"

#include <QMap>
#include <QObject>
#include <QString>

QT_BEGIN_NAMESPACE
class QQuickWindow;
QT_END_NAMESPACE

/*
 * How long the frames of a window take that is drawn all the time, by the thread that shows it. The time from frame to frame is
 *
 *   working     the thread has the processor
 *   queueing    it could run, and other threads and processes have the processors, or the machine stands still
 *   sleeping    it waits for the next event, or (the scene graph does that) for the next refresh of a screen of 60 Hz
 *   blocked     it waits for anything else, such as a mutex
 *
 * Queueing says nothing about this program. Nor does blocking as far as some other thread of the program, or the display server, which may have
 * what this one waits for, was queueing meanwhile. The rest is the length of the frame, and nothing is left out of it: not the sleep either, since a frame that
 * nobody has asked for is late, too.
 */
class FrameClock : public QObject
{
public:
    struct Frame
    {
        double length = 0;      // ms, as are the others
        double working = 0;
        double queueing = 0;
        double sleeping = 0;
        double blocked = 0;
        double excused = 0;     // of blocked

        /* How long it was kept from working by others, which is not part of its length. */
        double deprived() const { return queueing + excused; }
        /* For people. */
        QString text() const;
    };

    /* The first frames, of a window that is about to settle, do not count. */
    explicit FrameClock(QQuickWindow *window);

    /* Computes, for so many ms of a processor's time. */
    static void workFor(int ms);

    const Frame &longest() const { return m_longest; }
    int frames() const { return m_frames; }

private:
    /* So far, in ns. */
    struct Moment
    {
        qint64 wall = 0;
        qint64 working = 0;
        qint64 queueing = 0;
        qint64 sleeping = 0;
        QMap<qint64, qint64> others;        // threads of this process, and the display server, and how long each was queueing
    };

    Moment now() const;
    void note(const Moment &moment);

    const AioTest::LostTime m_lostTime;
    qint64 m_sleeping = 0;
    qint64 m_asleepSince = 0;
    Moment m_last;
    Frame m_longest;
    int m_seen = 0;
    int m_frames = 0;
};
