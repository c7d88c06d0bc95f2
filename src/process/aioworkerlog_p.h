// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QString>
#include <QtGlobal>

namespace aio_detail {

class WorkerLink;

/* A line that a worker logs: the body of a Log frame. */
struct LogLine
{
    QtMsgType type = QtDebugMsg;
    QByteArray category;
    QString text;
    QByteArray file;
    int line = 0;
    QByteArray function;
    int lost = 0;    // lines before it that the parent did not take in time
};

QByteArray encodeLogLine(LogLine line);
[[nodiscard]] AioError decodeLogLine(const QByteArray &bytes, LogLine &line);

/* In a worker, as long as it lives: what this process logs goes through \a link, instead of standard error. */
class LogForwarding
{
public:
    explicit LogForwarding(WorkerLink &link);
    ~LogForwarding();
    Q_DISABLE_COPY_MOVE(LogForwarding)

private:
    const QtMessageHandler m_before;
};

/* In the parent: logs \a line in its own category, as far as that is enabled here, with \a who in front. */
void logAgain(const LogLine &line, const QString &who);

} // namespace aio_detail
