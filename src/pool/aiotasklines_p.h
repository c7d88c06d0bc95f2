// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QString>
#include <QtGlobal>

#include <algorithm>
#include <utility>

namespace aio_detail {

/* What a line of a task costs those who keep it. */
inline qint64 costOfLine(const QString &line)
{
    return 64 + 2 * qint64(line.size());
}

/*
 * How much those who run tasks may log, so that one that floods is a burden to nobody: a burst, and then so much in a second. What is
 * more is lost, and counted.
 */
class LineAllowance
{
public:
    static constexpr qsizetype LongestLine = 4096;
    static constexpr qint64 Burst = 256 * 1024;
    static constexpr qint64 PerSecond = 1024 * 1024;

    /* Whether \a line, which is no longer than that, may go at \a now, nanoseconds; else it is lost. */
    bool takes(const QString &line, qint64 now)
    {
        const qint64 since = std::min<qint64>(now - m_at, 1'000'000'000);
        m_left = std::min(Burst, m_left + since * PerSecond / 1'000'000'000);
        m_at = now;
        if (m_left < costOfLine(line)) {
            ++m_lost;
            return false;
        }
        m_left -= costOfLine(line);
        return true;
    }
    bool hasLost() const { return m_lost > 0; }
    /* How many lines were lost since the last call. */
    qint64 takeLost() { return std::exchange(m_lost, 0); }

private:
    qint64 m_left = Burst;
    qint64 m_at = 0;
    qint64 m_lost = 0;
};

} // namespace aio_detail
