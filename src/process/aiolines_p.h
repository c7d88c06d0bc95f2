// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "process/aiolocalwait_p.h"

#include <QByteArray>
#include <QCoroAsyncGenerator>
#include <QList>

#include <functional>
#include <memory>

namespace aio_detail {

/* Cuts a stream of bytes into lines. One that is longer than longestLine is cut in pieces. */
class LineCutter
{
public:
    static constexpr qsizetype longestLine = 1 << 20;

    /* Calls \a take for each line that is complete now, without its end. */
    void add(const QByteArray &bytes, const std::function<void(const QByteArray &)> &take);
    /* The rest behind the last line end; the stream has ended. */
    void end(const std::function<void(const QByteArray &)> &take);

private:
    QByteArray m_rest;
};

/*
 * Lines that wait for the generators of coro_lines(). Shared between the process and the generators. Holds limit bytes: while there
 * is a generator it then isFull(), and nobody appends until onSpace() is called; as long as there is none, the oldest go.
 */
class LineBuffer
{
public:
    static constexpr qsizetype limit = 1 << 20;

    void append(const QByteArray &line);
    bool isFull() const { return m_readers > 0 && m_bytes >= limit; }
    /* Called when it was full and half of it is free, or the last generator is gone. */
    std::function<void()> onSpace;
    /* No line follows. */
    void end();
    /* The process object is gone: pending waits end with Cancelled. */
    void cancel();

    /* The lines of \a buffer until its end. Static, so that no generator holds the process object. */
    static QCoro::AsyncGenerator<QByteArray> lines(const std::shared_ptr<LineBuffer> &buffer);

private:
    class Reader;
    static QCoro::AsyncGenerator<QByteArray> read(std::shared_ptr<Reader> reader);
    QByteArray take();
    void makeSpace(qsizetype before);

    QList<QByteArray> m_lines;
    qsizetype m_bytes = 0;    // with what each line costs by itself
    int m_readers = 0;
    bool m_isEnded = false;
    bool m_isCancelled = false;
    const std::shared_ptr<LocalWaits> m_waits = std::make_shared<LocalWaits>();
};

} // namespace aio_detail
