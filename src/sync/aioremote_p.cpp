// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "sync/aioremote_p.h"

namespace aio_detail {

bool RemoteCall::isOutOfTime(const RemoteResult &result) const
{
    if (form == Prompt)
        return false;
    if (result.error)
        return result.error.code == AioError::TimedOut;
    return result.value.typeId() == QMetaType::Bool && !result.value.toBool();
}

RemoteCall acquiringCall(const char *operation, const QDeadlineTimer &deadline, std::stop_token stop, quint64 owner)
{
    return RemoteCall(operation, "acquire").waiting(RemoteCall::BlockAndTimeout, deadline, std::move(stop)).by(owner)
        .undoneBy("release").inParts();
}

std::shared_ptr<RemoteBackend> (*RemoteBackend::opener)(const AioHandle &) = nullptr;

std::shared_ptr<RemoteBackend> RemoteBackend::open(const AioHandle &handle)
{
    if (!opener)
        throwError(AioError::UsageError, QStringLiteral("%1 belongs to a manager, and this program has none").arg(handle.key()),
                   QStringLiteral("AioManager::open"), handle.key());
    return opener(handle);
}

} // namespace aio_detail
