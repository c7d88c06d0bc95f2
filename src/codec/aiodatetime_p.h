// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QDateTime>
#include <QTimeZone>

namespace aio_detail {

/* That date and time \a offset seconds east of UTC. Newer Qt deprecates the constructors with a Qt::TimeSpec, and Qt 6.4 has no others. */
inline QDateTime dateTimeAt(QDate date, QTime time, int offset)
{
    const QDateTime utc = QDateTime(date, time, QTimeZone::utc()).toUTC();
    return offset == 0 ? utc : utc.addSecs(-offset).toOffsetFromUtc(offset);
}

} // namespace aio_detail
