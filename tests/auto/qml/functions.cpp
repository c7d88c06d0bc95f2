// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "functions.h"

#include <QCoreApplication>

#include <stdexcept>

AIO_FUNCTION(twice)
AIO_FUNCTION(echo)
AIO_FUNCTION(fail)
AIO_FUNCTION(holdLock)
AIO_FUNCTION(holdRLock)
AIO_FUNCTION(takePermit)
AIO_FUNCTION(borrowPermit)
AIO_FUNCTION(notifyAll)
AIO_FUNCTION(raise)
AIO_FUNCTION(meet)
AIO_FUNCTION(produce)
AIO_FUNCTION(produceSimply)
AIO_FUNCTION(consume)
AIO_FUNCTION(hang)
AIO_FUNCTION(stepwise)
AIO_FUNCTION(serve)
AIO_FUNCTION(ownPid)

int twice(int value)
{
    return 2 * value;
}

QVariant echo(const QVariant &value)
{
    return value;
}

void fail(const QString &text)
{
    throw std::runtime_error(text.toStdString());
}

void holdLock(AioLock &lock, AioEvent &held, AioEvent &leave)
{
    lock.acquire();
    held.set();
    leave.wait();
    lock.release();
}

bool holdRLock(AioRLock &lock)
{
    const bool isMine = lock.acquire() && lock.acquire();
    lock.release();
    lock.release();
    return isMine;
}

void borrowPermit(AioBoundedSemaphore &semaphore, AioEvent &held)
{
    semaphore.acquire();
    held.set();
    AioEvent().wait();
}

void notifyAll(AioCondition &condition)
{
    const AioLocker locker(condition);
    condition.notifyAll();
}

void takePermit(AioSemaphore &semaphore)
{
    semaphore.acquire();
}

void raise(AioEvent &event)
{
    event.set();
}

int meet(AioBarrier &barrier)
{
    return barrier.wait();
}

void produce(AioQueue &queue, int count)
{
    for (int i = 0; i < count; ++i)
        queue.put(i);
    queue.shutDown();
}

void produceSimply(AioSimpleQueue &queue, int count)
{
    for (int i = 0; i < count; ++i)
        queue.put(i);
}

void consume(AioJoinableQueue &queue, AioEvent &leave)
{
    queue.get();
    leave.wait();
    queue.taskDone();
}

void hang(AioEvent &begun)
{
    begun.set();
    AioEvent never;
    never.wait();
}

QString stepwise(AioTaskContext &task, AioEvent &begun, AioEvent &leave)
{
    task.setProgress(25, 100, QStringLiteral("a quarter"));
    task.log(QStringLiteral("begun"));
    begun.set();
    leave.wait();
    return QStringLiteral("done");
}

void serve(AioConnection &peer)
{
    for (QVariant number = peer.recv(); number.isValid(); number = peer.recv())
        peer.send(2 * number.toInt());
}

qint64 ownPid()
{
    return QCoreApplication::applicationPid();
}
