// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiolines_p.h"

#include <aioprocessing/aioerror.h>

#include <utility>

namespace aio_detail {

void LineCutter::add(const QByteArray &bytes, const std::function<void(const QByteArray &)> &take)
{
    m_rest += bytes;
    QList<QByteArray> lines = m_rest.split('\n');
    m_rest = lines.takeLast();
    for (const QByteArray &line : std::as_const(lines))
        take(line.endsWith('\r') ? line.chopped(1) : line);
}

void LineCutter::end(const std::function<void(const QByteArray &)> &take)
{
    const QByteArray rest = std::exchange(m_rest, QByteArray());
    if (!rest.isEmpty())
        take(rest);
}

void LineBuffer::append(const QByteArray &line)
{
    m_lines.append(line);
    m_waits->completeAll();
}

void LineBuffer::end()
{
    m_isEnded = true;
    m_waits->completeAll();
}

void LineBuffer::cancel()
{
    m_isCancelled = true;
    m_waits->cancelAll();
}

QCoro::AsyncGenerator<QByteArray> LineBuffer::read(std::shared_ptr<LineBuffer> buffer)
{
    for (;;) {
        while (!buffer->m_lines.isEmpty()) {
            QByteArray line = buffer->m_lines.takeFirst();
            co_yield line;
        }
        if (buffer->m_isEnded)
            co_return;
        LocalWait::Outcome outcome = LocalWait::Cancelled;
        if (!buffer->m_isCancelled) {
            LocalWait wait(buffer->m_waits, QDeadlineTimer::Forever, std::stop_token(), "AioProcess::coro_lines");
            outcome = co_await wait.done();
        }
        if (outcome == LocalWait::Cancelled) {
            throwError(AioError::Cancelled, QStringLiteral("the AioProcess was destroyed while its lines were read"),
                       QStringLiteral("AioProcess::coro_lines"));
        }
    }
}

} // namespace aio_detail
