// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiolines_p.h"

#include <aioprocessing/aioerror.h>

#include <utility>

namespace aio_detail {

namespace {

constexpr qsizetype costOfLine = 64;    // of an empty one

qsizetype costOf(const QByteArray &line)
{
    return line.size() + costOfLine;
}

} // namespace

void LineCutter::add(const QByteArray &bytes, const std::function<void(const QByteArray &)> &take)
{
    m_rest += bytes;
    QList<QByteArray> lines = m_rest.split('\n');
    m_rest = lines.takeLast();
    if (m_rest.size() >= longestLine)
        lines.append(std::exchange(m_rest, QByteArray()));
    for (const QByteArray &line : std::as_const(lines))
        take(line.endsWith('\r') ? line.chopped(1) : line);
}

void LineCutter::end(const std::function<void(const QByteArray &)> &take)
{
    const QByteArray rest = std::exchange(m_rest, QByteArray());
    if (!rest.isEmpty())
        take(rest);
}

// A generator, from coro_lines() until it is destroyed, whether anybody has begun to read or not.
class LineBuffer::Reader
{
public:
    explicit Reader(const std::shared_ptr<LineBuffer> &lines) : buffer(lines) { ++buffer->m_readers; }
    ~Reader()
    {
        if (--buffer->m_readers == 0)
            buffer->makeSpace(limit);
    }
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    const std::shared_ptr<LineBuffer> buffer;
};

void LineBuffer::append(const QByteArray &line)
{
    m_lines.append(line);
    m_bytes += costOf(line);
    while (m_readers == 0 && m_bytes > limit && m_lines.size() > 1)
        take();
    m_waits->completeAll();
}

QByteArray LineBuffer::take()
{
    QByteArray line = m_lines.takeFirst();
    m_bytes -= costOf(line);
    return line;
}

// Once, when the number of bytes passes half of the limit.
void LineBuffer::makeSpace(qsizetype before)
{
    constexpr qsizetype half = limit / 2;
    if (onSpace && before > half && (m_bytes <= half || m_readers == 0))
        onSpace();
}

void LineBuffer::end()
{
    m_isEnded = true;
    m_waits->completeAll();
}

void LineBuffer::cancel()
{
    m_isCancelled = true;
    onSpace = nullptr;
    m_waits->cancelAll();
}

QCoro::AsyncGenerator<QByteArray> LineBuffer::lines(const std::shared_ptr<LineBuffer> &buffer)
{
    return read(std::make_shared<Reader>(buffer));
}

QCoro::AsyncGenerator<QByteArray> LineBuffer::read(std::shared_ptr<Reader> reader)
{
    // Whoever takes lines that are there is resumed inside of the generator, and the other way round: without optimisation on an
    // ever deeper stack. A turn of the event loop unwinds it.
    constexpr int linesInATurn = 256;
    const std::shared_ptr<LineBuffer> buffer = reader->buffer;
    for (int taken = 1;; ++taken) {
        while (!buffer->m_lines.isEmpty() && taken++ % linesInATurn != 0) {
            const qsizetype before = buffer->m_bytes;
            QByteArray line = buffer->take();
            buffer->makeSpace(before);
            co_yield line;
        }
        if (buffer->m_isEnded && buffer->m_lines.isEmpty())
            co_return;
        LocalWait::Outcome outcome = buffer->m_lines.isEmpty() ? LocalWait::Cancelled : LocalWait::Completed;
        if (!buffer->m_isCancelled) {
            LocalWait wait(buffer->m_waits, QDeadlineTimer::Forever, std::stop_token(), "AioProcess::coro_lines");
            if (!buffer->m_lines.isEmpty())
                wait.finish(LocalWait::Completed);
            outcome = co_await wait.done();
        }
        if (outcome == LocalWait::Cancelled) {
            throwError(AioError::Cancelled, QStringLiteral("the AioProcess was destroyed while its lines were read"),
                       QStringLiteral("AioProcess::coro_lines"));
        }
    }
}

} // namespace aio_detail
