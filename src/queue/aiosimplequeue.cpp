// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiosimplequeue.h>

#include "queue/aioqueue_p.h"

using namespace aio_detail;

AioSimpleQueue::AioSimpleQueue(QObject *parent) : AioSimpleQueue(defaultContext(), parent) { }
AioSimpleQueue::AioSimpleQueue(AioContext &context, QObject *parent)
    : AioQueue(createQueue(context, 0, AioHandle::SimpleQueue), parent)
{ }
AioSimpleQueue::AioSimpleQueue(const QString &key, QObject *parent) : AioSimpleQueue(key, defaultContext(), parent) { }
AioSimpleQueue::AioSimpleQueue(const QString &key, AioContext &context, QObject *parent)
    : AioQueue(nameQueue(key, context, 0, AioHandle::SimpleQueue), parent)
{
    setObjectName(key);
}
AioSimpleQueue::AioSimpleQueue(const AioHandle &handle, QObject *parent) : AioQueue(openQueue(handle, AioHandle::SimpleQueue), parent) { }
AioSimpleQueue::~AioSimpleQueue() = default;
