// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aiolocalwait_p.h"
#include "process/aiowatched_p.h"

#include <QByteArray>
#include <QList>
#include <QObject>

#include <memory>

namespace aio_detail {

/*
 * Standard input of a child. Writes go one after the other, each as a whole; what does not fit into the pipe waits here.
 */
class InputPipe : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /* One write. Shared with whoever waits for it. */
    struct Write
    {
        enum State { Waiting, Begun, Done, Lost };    // Lost: the child has closed its end

        bool isPending() const { return state == Waiting || state == Begun; }

        QByteArray data;
        qsizetype at = 0;
        State state = Waiting;
        const std::shared_ptr<LocalWaits> waits = std::make_shared<LocalWaits>();
    };

    /* Opens it and gives the end for the child to \a childEnd. False with errno set. */
    bool open(int &childEnd);
    /* -1: closed. */
    int descriptor() const { return m_pipe.get(); }
    bool hasWork() const { return m_pipe.isOpen() && !m_writes.isEmpty(); }
    /* Whether close() was called, or the child has closed its end. */
    bool isClosed() const { return m_isClosing || !m_pipe.isOpen(); }

    std::shared_ptr<Write> add(const QByteArray &data);
    /* Takes back a write that has not begun. False: it has. */
    bool withdraw(const Write &write);
    /* Writes what the pipe takes. */
    void flush();
    /* The child reads the end behind what was written so far. */
    void close();
    /* The child has ended, or has closed its end. */
    void lose();
    /* The process object goes: pending waits end with Cancelled. */
    void cancel();

Q_SIGNALS:
    void written();

private:
    WatchedDescriptor m_pipe;
    QList<std::shared_ptr<Write>> m_writes;
    bool m_isClosing = false;
};

} // namespace aio_detail
