// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioworkerlog_p.h"

#include "codec/aiovariantcodec_p.h"
#include "process/aioworkerlink_p.h"

#include <QHash>
#include <QLoggingCategory>
#include <QMessageLogger>
#include <QMutex>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>

namespace aio_detail {

namespace {

constexpr qsizetype longestText = 16 * 1024;    // so that a frame is sent as a whole or not at all

std::atomic<WorkerLink *> s_link = nullptr;
std::atomic<int> s_lost = 0;

void forward(QtMsgType type, const QMessageLogContext &context, const QString &text)
{
    WorkerLink *link = s_link;
    if (!link)
        return;
    LogLine line;
    line.type = type;
    line.category = context.category;
    line.text = text;
    line.file = context.file;
    line.line = context.line;
    line.function = context.function;
    line.lost = s_lost.exchange(0);
    if (!link->sendLog(encodeLogLine(line)))
        s_lost += line.lost + 1;
}

// The category called \a name in this process, which lives as long as it.
QLoggingCategory &categoryCalled(const QByteArray &name)
{
    struct Known
    {
        explicit Known(const QByteArray &n) : text(n), category(text.constData()) {}
        const QByteArray text;
        QLoggingCategory category;
    };
    static QMutex mutex;
    static auto *all = new QHash<QByteArray, std::shared_ptr<Known>>;
    const QMutexLocker locker(&mutex);
    auto &known = (*all)[name];
    if (!known)
        known = std::make_shared<Known>(name);
    return known->category;
}

} // namespace

QByteArray encodeLogLine(LogLine line)
{
    constexpr qsizetype longestName = 1024;
    line.text.truncate(longestText);
    for (QByteArray *name : {&line.category, &line.file, &line.function})
        name->truncate(longestName);
    QVariantList fields;
    fields << int(line.type) << line.category << line.text << line.file << line.line << line.function << line.lost;
    QByteArray bytes;
    return encodeVariant(QVariant::fromValue(fields), bytes, "AioProcess::logLine") ? QByteArray() : bytes;
}

AioError decodeLogLine(const QByteArray &bytes, LogLine &line)
{
    QVariant value;
    if (const AioError error = decodeVariant(bytes, value, "AioProcess::logLine"))
        return error;
    const QVariantList fields = value.toList();
    static constexpr int types[] = {QMetaType::Int, QMetaType::QByteArray, QMetaType::QString, QMetaType::QByteArray,
                                    QMetaType::Int, QMetaType::QByteArray, QMetaType::Int};
    const bool isWhole = fields.size() == std::ssize(types)
        && std::equal(fields.begin(), fields.end(), std::begin(types),
                      [](const QVariant &field, int type) { return field.typeId() == type; });
    if (!isWhole)
        return makeError(AioError::ProtocolError, QStringLiteral("the worker sent a log line that cannot be read"),
                         QStringLiteral("AioProcess::logLine"));
    line.type = QtMsgType(fields[0].toInt());
    line.category = fields[1].toByteArray();
    line.text = fields[2].toString();
    line.file = fields[3].toByteArray();
    line.line = fields[4].toInt();
    line.function = fields[5].toByteArray();
    line.lost = fields[6].toInt();
    return {};
}

LogForwarding::LogForwarding(WorkerLink &link) : m_before((s_link = &link, qInstallMessageHandler(&forward))) {}

LogForwarding::~LogForwarding()
{
    qInstallMessageHandler(m_before);
    s_link = nullptr;
}

void logAgain(const LogLine &line, const QString &who)
{
    // What is fatal for the worker is critical here.
    const QtMsgType type = line.type == QtFatalMsg ? QtCriticalMsg : line.type;
    const QByteArray name = line.category.isEmpty() ? QByteArray("default") : line.category;
    if (!categoryCalled(name).isEnabled(type))
        return;
    const QMessageLogger logger(line.file.isEmpty() ? nullptr : line.file.constData(), line.line,
                                line.function.isEmpty() ? nullptr : line.function.constData(), name.constData());
    const QString text = who + QStringLiteral(": ") + line.text
        + (line.lost > 0 ? QStringLiteral(" (%1 lines before this one were lost)").arg(line.lost) : QString());
    switch (type) {
    case QtDebugMsg:
        logger.debug().noquote() << text;
        break;
    case QtInfoMsg:
        logger.info().noquote() << text;
        break;
    case QtWarningMsg:
        logger.warning().noquote() << text;
        break;
    default:
        logger.critical().noquote() << text;
        break;
    }
}

} // namespace aio_detail
