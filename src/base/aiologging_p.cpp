// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "base/aiologging_p.h"

#include <QString>

Q_LOGGING_CATEGORY(lcAioSync, "aio.sync", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAioQueue, "aio.queue", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAioProcess, "aio.process", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAioPool, "aio.pool", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAioConnection, "aio.connection", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAioManager, "aio.manager", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAioContext, "aio.context", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAioGui, "aio.gui", QtInfoMsg)

namespace aio_detail {

const QLoggingCategory &logCategoryOf(const QString &operation)
{
    struct Family
    {
        const char *prefix;
        const QLoggingCategory &(*category)();
    };
    static constexpr Family families[] = {
        {"AioProcess", lcAioProcess}, {"AioCall", lcAioProcess},      {"AioQueue", lcAioQueue},
        {"AioBuffer", lcAioQueue},    {"AioJoinable", lcAioQueue},    {"AioSimpleQueue", lcAioQueue},
        {"AioPool", lcAioPool},       {"AioTaskContext", lcAioPool},  {"AioContext", lcAioContext},
        {"AioHandle", lcAioContext},  {"AioConnection", lcAioConnection}, {"AioListener", lcAioConnection},
        {"AioClient", lcAioConnection}, {"AioPipe", lcAioConnection},
        {"AioManager", lcAioManager}, {"AioProxy", lcAioManager},
    };
    for (const Family &family : families) {
        if (operation.startsWith(QLatin1StringView(family.prefix)))
            return family.category();
    }
    return lcAioSync();
}

} // namespace aio_detail
