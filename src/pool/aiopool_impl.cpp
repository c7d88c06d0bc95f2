// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiopool.h>

#include "base/aiologging_p.h"
#include "pool/aiopoolcore_p.h"
#include "process/aioregistry_p.h"

#include <algorithm>
#include <chrono>

namespace aio_detail {

namespace {

constexpr qsizetype mostItems = qsizetype(1) << 30;

AioError errorIn(qsizetype count, int chunkSize)
{
    if (chunkSize < 0) {
        return makeError(AioError::UsageError,
                         QStringLiteral("a chunk size of %1 makes no sense: it is 1 or more, or 0 for one that fits").arg(chunkSize),
                         QStringLiteral("AioPool::submit"));
    }
    if (count > mostItems)
        return makeError(AioError::UsageError, QStringLiteral("%1 items are more than one map can have").arg(count),
                         QStringLiteral("AioPool::submit"));
    return {};
}

AioError errorIn(const AioCall &call)
{
    if (call.isNull()) {
        return makeError(AioError::UsageError, QStringLiteral("there is no function to run: the AioCall is empty"),
                         QStringLiteral("AioPool::submit"));
    }
    if (!call.keywords().isEmpty()) {
        return makeError(AioError::UsageError, QStringLiteral("%1 is a C++ function, which takes no keyword arguments, and got '%2'")
                             .arg(call.displayName(), call.keywords().firstKey()), QStringLiteral("AioPool::submit"));
    }
    return {};
}

} // namespace

void submitItems(PoolCore &core, const QByteArray &function, bool isContextual, PoolArguments &&arguments, int chunkSize,
                 const std::shared_ptr<PoolReply> &reply)
{
    const qsizetype count = arguments.count();
    if (const AioError error = errorIn(count, chunkSize)) {
        reply->end(error);
        return;
    }
    auto job = std::make_shared<PoolJob>();
    job->count = quint32(count);
    job->chunk = quint32(chunkSize > 0 ? chunkSize : core.chunkFor(count));
    job->arguments = std::move(arguments);
    job->function = function;
    job->isContextual = isContextual;
    core.submit(std::move(job), reply);
}

namespace {

std::shared_ptr<PoolJob> jobOf(const AioCall &call)
{
    auto job = std::make_shared<PoolJob>();
    job->function = call.function().toUtf8();
    const QVariantMap options = call.options();
    const auto milliseconds = [&](const char *name) {
        return std::chrono::milliseconds(options.value(QLatin1StringView(name), -1).toLongLong());
    };
    job->timeout = milliseconds("timeout");
    job->softTimeout = milliseconds("softTimeout");
    job->retries = std::max(options.value(QStringLiteral("retries")).toInt(), 0);
    job->priority = options.value(QStringLiteral("priority")).toInt();
    job->isContextual = isContextual(call.function());
    return job;
}

} // namespace

void submitCall(PoolCore &core, const AioCall &call, const std::shared_ptr<PoolReply> &reply)
{
    if (const AioError error = errorIn(call)) {
        reply->end(error);
        return;
    }
    const auto job = jobOf(call);
    job->count = 1;
    job->arguments.append(call.arguments());
    core.submit(job, reply);
}

namespace {

/*
 * Numbers for a function of numbers need no encoding, and their results none either. False, and nothing is done: they are something
 * else, or the function is not known here.
 */
bool packItems(PoolJob &job, const QVariantList &bound, const QVariantList &items, PoolReply &reply)
{
    const std::optional<CallTarget> target = FunctionRegistry::instance().find(job.function);
    if (!target || !target->packed.call || target->packed.resultBytes == 0 || target->parameters.size() != bound.size() + 1)
        return false;
    const auto hasType = [](const QVariant &value, QMetaType type) { return value.metaType() == type; };
    const QMetaType type = target->parameters.last();
    if (!std::equal(bound.begin(), bound.end(), target->parameters.begin(), hasType)
        || !std::all_of(items.begin(), items.end(), [&](const QVariant &item) { return hasType(item, type); }))
        return false;
    job.arguments = PoolArguments(type.sizeOf());
    job.arguments.reserve(items.size());
    for (const QVariant &item : items)
        job.arguments.appendPacked(item.constData(), type.sizeOf());
    QByteArray bytes;
    for (const QVariant &value : bound)
        bytes.append(static_cast<const char *>(value.constData()), value.metaType().sizeOf());
    if (!bytes.isEmpty())
        job.arguments.bind(std::make_shared<const PoolBound>(PoolBound{bytes, {}}));
    reply.expectPacked(target->packed.result);
    return true;
}

} // namespace

void submitMap(PoolCore &core, const AioCall &call, const QVariantList &items, int chunkSize, const std::shared_ptr<PoolReply> &reply)
{
    AioError error = errorIn(call);
    if (!error)
        error = errorIn(items.size(), chunkSize);
    if (error) {
        reply->end(error);
        return;
    }
    const auto job = jobOf(call);
    job->count = quint32(items.size());
    job->chunk = quint32(chunkSize > 0 ? chunkSize : core.chunkFor(items.size()));
    if (!core.runsThisProgram() || !packItems(*job, call.arguments(), items, *reply)) {
        job->arguments.bind(encodeBound(call.arguments()));
        job->arguments.reserve(items.size());
        for (const QVariant &item : items)
            job->arguments.append(std::span(&item, 1));
    }
    core.submit(job, reply);
}

int readAheadOf(const PoolCore &core)
{
    return 4 * core.settings().workers;
}

std::exception_ptr refusalOf(const PoolCore &core)
{
    const AioError error = core.refused();
    return error ? std::make_exception_ptr(AioException(error)) : nullptr;
}

void requireChunkSize(int chunkSize, const char *operation)
{
    if (chunkSize < 1) {
        throwError(AioError::UsageError, QStringLiteral("a chunk size of %1 makes no sense: it is 1 or more").arg(chunkSize),
                   QLatin1StringView(operation));
    }
}

} // namespace aio_detail
