// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "progress.h"

#include <cstdio>
#include <unistd.h>

Progress::Progress(qsizetype files) : m_enabled(::isatty(STDERR_FILENO)), m_files(files)
{
    m_sinceStart.start();
}

void Progress::add(qint64 bytes)
{
    ++m_done;
    m_bytes += bytes;
    show();
}

void Progress::show()
{
    if (!m_enabled || m_shown || (m_sinceShown.isValid() && !m_sinceShown.hasExpired(100)))
        return;
    const double seconds = qMax(0.001, double(m_sinceStart.elapsed()) / 1000);
    const auto left = m_done ? qint64(seconds * double(m_files - m_done) / double(m_done)) : 0;
    std::fprintf(stderr, "\r\033[K%lld of %lld files, %.1f MiB/s, %lld:%02lld left", qlonglong(m_done), qlonglong(m_files),
                 double(m_bytes) / seconds / (1 << 20), qlonglong(left / 60), qlonglong(left % 60));
    std::fflush(stderr);
    m_shown = true;
    m_sinceShown.start();
}

void Progress::clear()
{
    if (!m_shown)
        return;
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
    m_shown = false;
}
