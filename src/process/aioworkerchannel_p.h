// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include "process/aiowatched_p.h"
#include "process/rawframe.h"

#include <QByteArray>
#include <QObject>
#include <QVariant>

namespace aio_detail {

/*
 * The parent's side of the channel to one worker: hears what becomes of its call. Works from the event loop of its thread, or
 * by pump() where a blocking call keeps that loop from running. Never blocks.
 */
class WorkerChannel : public QObject
{
    Q_OBJECT
public:
    /* Takes over the non-blocking \a descriptor. */
    WorkerChannel(int descriptor, QObject *parent);

    /* Receives what is there, and emits the signals for it. */
    void pump();

    /* -1 when the channel is closed. */
    int descriptor() const { return m_socket.get(); }
    /* Whether the worker has said how its call ended. */
    bool isDone() const { return m_isDone; }

Q_SIGNALS:
    /* The worker has come up and begins with its call. */
    void ready();
    void resultArrived(const QVariant &result);
    /* The function failed, or the worker could not come up. */
    void errorArrived(const AioError &error);
    /* The worker sent what it may not send; the channel is closed. */
    void violated(const AioError &error);

private:
    bool takeFrames();
    bool handleFrame(aio_raw::FrameType type, const QByteArray &body);
    void violate(const QString &what);
    void close();

    QByteArray m_in;
    bool m_isReady = false;
    bool m_isDone = false;
    WatchedDescriptor m_socket;
};

} // namespace aio_detail
