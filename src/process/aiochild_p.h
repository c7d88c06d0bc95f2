// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QDeadlineTimer>
#include <QObject>

#include <csignal>

namespace aio_detail {

/*
 * A child process, however it came to be. Belongs to its thread. Its signals are emitted from the event loop, or from look()
 * where a blocking call keeps that loop from running; failed() also while it is started.
 */
class Child : public QObject
{
    Q_OBJECT
public:
    using QObject::QObject;

    /* 0 as long as it is not known. */
    virtual qint64 pid() const = 0;
    /* From the start until ended() or failed(). */
    virtual bool isRunning() const = 0;
    /* Sends \a number, or has it sent as soon as there is a process. */
    virtual void signal(int number) = 0;
    /* It has not come up in time: kills it, and what should have brought it up. */
    virtual void giveUp() { signal(SIGKILL); }
    /* Becomes readable when there is something to look at; -1: it cannot be polled for, look() must wait. */
    virtual int descriptor() const = 0;
    /* Deals with what has happened first. Waits until \a deadline for something to happen only if there is no descriptor(). */
    virtual void look(const QDeadlineTimer &deadline) = 0;
    /* Blocks until it has ended, or \a deadline is over; without signals. Whether it has ended. */
    virtual bool waitForEnd(const QDeadlineTimer &deadline) = 0;

Q_SIGNALS:
    /* It executes, and its pid is known. */
    void executed();
    /* It could not be started. */
    void failed(const AioError &error);
    /* \a signalNumber is 0 where it ended by itself with \a exitCode. */
    void ended(int exitCode, int signalNumber);
};

/* What is left of \a deadline in milliseconds, as poll() wants it: rounded up, -1 for ever, a day at most. */
int pollTime(const QDeadlineTimer &deadline);

} // namespace aio_detail
