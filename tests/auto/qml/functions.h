// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioProcessing>

// What workers run for the tests, which call it by name.

int twice(int value);
QVariant echo(const QVariant &value);
/*! Throws std::runtime_error. */
void fail(const QString &text);
/*! Takes the lock, says so, and keeps it until it may go on, or is killed. */
void holdLock(AioLock &lock, AioEvent &held, AioEvent &leave);
/*! Takes it twice and gives it up. */
bool holdRLock(AioRLock &lock);
void takePermit(AioSemaphore &semaphore);
/*! Takes a permit, says so, and never returns. */
void borrowPermit(AioBoundedSemaphore &semaphore, AioEvent &held);
void notifyAll(AioCondition &condition);
void raise(AioEvent &event);
int meet(AioBarrier &barrier);
void produce(AioQueue &queue, int count);
void produceSimply(AioSimpleQueue &queue, int count);
/*! Takes an item and finishes it when it may. */
void consume(AioJoinableQueue &queue, AioEvent &leave);
/*! Says that it has begun, and never returns. */
void hang(AioEvent &begun);
/*! Says that a quarter is done, and that it has begun, and goes on when it may. */
QString stepwise(AioTaskContext &task, AioEvent &begun, AioEvent &leave);
/*! Sends twice of each number that it receives, until something else comes. */
void serve(AioConnection &peer);
qint64 ownPid();
