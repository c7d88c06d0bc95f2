// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aiolines_p.h"
#include "process/aiowatched_p.h"

#include <QObject>

namespace aio_detail {

/*
 * What a child writes to standard output or error, in lines. Read in steps, and not at all while it is paused: then the pipe fills,
 * and the child waits.
 */
class OutputPipe : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /* Opens it and gives the end for the child to \a childEnd. False with errno set. */
    bool open(int &childEnd);
    /* -1: closed. */
    int descriptor() const { return m_pipe.get(); }

    void setPaused(bool paused) { m_pipe.setEnabled(!paused); }
    /* One step of what is there. */
    void read();
    /* The child has ended: all that is there, and the rest of a line. Others that still have the pipe are heard no more. */
    void finish();

Q_SIGNALS:
    void line(const QByteArray &line);

private:
    bool readStep();
    void close();

    WatchedDescriptor m_pipe;
    LineCutter m_cutter;
};

} // namespace aio_detail
