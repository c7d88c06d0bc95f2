// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiotaskcontext.h>

#include "base/aiologging_p.h"
#include "pool/aiotaskhost_p.h"

#include <QDebug>

using namespace aio_detail;

class AioTaskContext::Private
{
public:
    TaskHost *const host = TaskHost::current();
};

TaskHost *&TaskHost::current()
{
    static thread_local TaskHost *host = nullptr;
    return host;
}

AioTaskContext::AioTaskContext(const AioHandle &, QObject *parent) : QObject(parent), d(std::make_unique<Private>()) { }
AioTaskContext::~AioTaskContext() = default;

void AioTaskContext::setProgress(int value, int maximum, const QString &text)
{
    if (d->host)
        d->host->setProgress(value, maximum, text);
}

void AioTaskContext::log(const QString &line)
{
    if (d->host)
        d->host->log(line);
    else
        qCInfo(lcAioPool).noquote() << line;
}

bool AioTaskContext::isCancelRequested() const
{
    return d->host && d->host->isStopWanted();
}

std::stop_token AioTaskContext::stopToken()
{
    return d->host ? d->host->stopToken() : std::stop_token();
}

quint64 AioTaskContext::taskId() const
{
    return d->host ? d->host->taskId() : 0;
}

int AioTaskContext::attempt() const
{
    return d->host ? d->host->attempt() : 0;
}
