// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aiolocalwait_p.h"

#include <QByteArray>
#include <QCoroAsyncGenerator>
#include <QList>
#include <QProcess>

#include <functional>
#include <memory>

namespace aio_detail {

/* Cuts a stream of bytes into lines. */
class LineCutter
{
public:
    /* Calls \a take for each line that is complete now, without its end. */
    void add(const QByteArray &bytes, const std::function<void(const QByteArray &)> &take);
    /* The rest behind the last line end; the stream has ended. */
    void end(const std::function<void(const QByteArray &)> &take);

private:
    QByteArray m_rest;
};

/* Lines that wait for the generators of coro_lines(). Shared between the process and the generators. */
class LineBuffer
{
public:
    void append(const QByteArray &line);
    /* No line follows. */
    void end();
    /* The process object is gone: pending waits end with Cancelled. */
    void cancel();

    /* The lines of \a buffer until its end. Static, so that no generator holds the process object. */
    static QCoro::AsyncGenerator<QByteArray> read(std::shared_ptr<LineBuffer> buffer);

private:
    QList<QByteArray> m_lines;
    bool m_isEnded = false;
    bool m_isCancelled = false;
    const std::shared_ptr<LocalWaits> m_waits = std::make_shared<LocalWaits>();
};

} // namespace aio_detail
