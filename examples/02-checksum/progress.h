// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QElapsedTimer>

// A line on the terminal, if standard error is one: how much is done, how fast, and how long it will take.
class Progress
{
public:
    explicit Progress(qsizetype files);

    /*! One more file, of \a bytes bytes, is done. */
    void add(qint64 bytes);
    /*! Shows the line, ten times a second at most. */
    void show();
    /*! Takes it away, so that other output can be printed. */
    void clear();

private:
    const bool m_enabled;
    const qsizetype m_files;
    qsizetype m_done = 0;
    qint64 m_bytes = 0;
    bool m_shown = false;
    QElapsedTimer m_sinceStart;
    QElapsedTimer m_sinceShown;
};
