// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aioremotejob_p.h"

#include "codec/aiovariantcodec_p.h"
#include "codec/rawbytes.h"
#include "pool/aiopooltarget_p.h"
#include "process/aioregistry_p.h"

#include <chrono>

namespace aio_detail {

using std::chrono::milliseconds;

namespace {

constexpr auto submitting = "AioPool::submit";

milliseconds toTime(const QVariant &count)
{
    return milliseconds(count.toLongLong());
}

// Arguments that are taken for numbers have to be as many bytes as the function reads.
void requireFitting(const QByteArray &function, const PoolArguments &arguments)
{
    if (!arguments.isPacked())
        return;
    const PackedTarget packed = PoolTarget(function).packed();
    const qsizetype bound = arguments.bound() ? arguments.bound()->bytes.size() : 0;
    if (packed.call && bound + arguments.stride() != qsizetype(packed.argumentBytes)) {
        throwError(AioError::TypeMismatch, QStringLiteral("the arguments do not fit the function in the manager's program"),
                   QLatin1StringView(submitting));
    }
}

} // namespace

QVariantList toParts(const PoolJob &job)
{
    const PoolArguments &arguments = job.arguments;
    const QByteArray items = arguments.slice(0, arguments.count()).toByteArray();
    const QByteArray bound = arguments.bound() ? arguments.bound()->bytes : QByteArray();
    return {job.function, qlonglong(arguments.stride()), items, bound, job.count, job.chunk, job.priority, job.retries,
            qlonglong(job.timeout.count()), qlonglong(job.softTimeout.count()), job.tellsStart};
}

std::shared_ptr<PoolJob> jobFromParts(const QVariantList &parts)
{
    auto job = std::make_shared<PoolJob>();
    std::optional<PoolArguments> arguments;
    if (parts.size() == 11)
        arguments = PoolArguments::fromBytes(parts[1].toLongLong(), parts[2].toByteArray(), parts[3].toByteArray());
    if (!arguments || arguments->count() == 0 || arguments->count() != parts[4].toLongLong()) {
        throwError(AioError::ProtocolError, QStringLiteral("the tasks for a pool of a manager make no sense"),
                   QLatin1StringView(submitting));
    }
    job->function = parts[0].toByteArray();
    job->isContextual = isContextual(QString::fromUtf8(job->function));
    job->arguments = std::move(*arguments);
    job->count = quint32(job->arguments.count());
    job->chunk = qMax(parts[5].toUInt(), 1u);
    job->priority = parts[6].toInt();
    job->retries = qMax(parts[7].toInt(), 0);
    job->timeout = toTime(parts[8]);
    job->softTimeout = toTime(parts[9]);
    job->tellsStart = parts[10].toBool();
    requireFitting(job->function, job->arguments);
    return job;
}

QVariantList toParts(const PoolSettings &settings)
{
    return {settings.workers, QVariant::fromValue(settings.initializer), settings.maxTasks, settings.maxMemory,
            qlonglong(settings.idleTimeout.count()), qlonglong(settings.cancelGrace.count())};
}

PoolSettings settingsFromParts(const QVariantList &parts)
{
    PoolSettings settings;
    settings.workers = qMax(parts.value(0).toInt(), 1);
    settings.initializer = parts.value(1).value<AioCall>();
    settings.maxTasks = qMax(parts.value(2).toInt(), 0);
    settings.maxMemory = qMax(parts.value(3).toLongLong(), 0);
    settings.idleTimeout = toTime(parts.value(4));
    settings.cancelGrace = toTime(parts.value(5));
    return settings;
}

QByteArray withoutBuffers(const PoolResults &results)
{
    if (results.buffers.isEmpty())
        return results.bytes;
    QByteArray all;
    aio_raw::ByteReader reader(results.bytes.constData(), std::size_t(results.bytes.size()));
    qsizetype next = 0;
    while (reader.left() > 0 && !reader.failed()) {
        QByteArray encoded;
        quint32 size = reader.number<quint32>();
        if (size == PoolResults::IsBuffer && next < results.buffers.size()) {
            if (encodeVariant(QVariant::fromValue(results.buffers[next++]), encoded, "AioPool::result"))
                encoded.clear();
        } else if (const char *bytes = reader.bytes(size)) {
            encoded = QByteArray(bytes, qsizetype(size));
        }
        char head[4];
        aio_raw::storeLittle(quint32(encoded.size()), head);
        all.append(head, sizeof head).append(encoded);
    }
    return all;
}

QVariantList toParts(const PoolNews &news, quint64 number)
{
    switch (news.kind) {
    case PoolNews::Started:
        return {news.kind, number, news.first, news.count, news.worker};
    case PoolNews::Progressed:
        return {news.kind, number, news.first, news.value, news.maximum, news.text};
    case PoolNews::Logged:
        if (news.text.isNull())
            return {news.kind, number, news.first, news.lost};
        return {news.kind, number, news.first, news.lost, news.text};
    case PoolNews::Finished:
        return {news.kind, number, news.first, news.count, news.results.bytes, news.times.waited, news.times.ran, news.times.items,
                news.worker};
    case PoolNews::Failed:
        return {news.kind, number, news.first, QVariant::fromValue(news.error)};
    case PoolNews::WorkerStarted:
        return {news.kind, number, news.worker};
    case PoolNews::WorkerEnded:
        return {news.kind, number, news.worker, news.value, news.isExpected};
    }
    return {};
}

PoolNews newsFromParts(const QVariantList &parts, quint64 &number)
{
    PoolNews news;
    news.kind = PoolNews::Kind(qBound(0, parts.value(0, PoolNews::Failed).toInt(), int(PoolNews::Logged)));
    number = parts.value(1).toULongLong();
    news.first = parts.value(2).toUInt();
    switch (news.kind) {
    case PoolNews::Started:
        news.count = parts.value(3).toUInt();
        news.worker = parts.value(4).toLongLong();
        break;
    case PoolNews::Progressed:
        news.value = parts.value(3).toInt();
        news.maximum = parts.value(4).toInt();
        news.text = parts.value(5).toString();
        break;
    case PoolNews::Logged:
        news.lost = qMax(parts.value(3).toLongLong(), 0ll);
        if (parts.size() > 4)
            news.text = QStringLiteral("") + parts.value(4).toString();
        break;
    case PoolNews::Finished:
        news.count = parts.value(3).toUInt();
        news.results.bytes = parts.value(4).toByteArray();
        news.times = {parts.value(5).toLongLong(), parts.value(6).toLongLong(), parts.value(7).toUInt()};
        news.worker = parts.value(8).toLongLong();
        break;
    case PoolNews::Failed:
        news.error = parts.value(3).value<AioError>();
        break;
    case PoolNews::WorkerStarted:
    case PoolNews::WorkerEnded:
        news.worker = parts.value(2).toLongLong();
        news.value = parts.value(3).toInt();
        news.isExpected = parts.value(4).toBool();
        break;
    }
    return news;
}

} // namespace aio_detail
