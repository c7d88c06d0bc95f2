// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QCoro/QCoroTask>

namespace AioTest {

/* Until the process \a pid has stopped, at a fault point say. */
QCoro::Task<> untilStopped(qint64 pid);

/*
 * Stops the process \a pid when all its threads are asleep, so that it does not stand in the middle of anything. Nobody should
 * wake it meanwhile.
 */
QCoro::Task<> stopAsleep(qint64 pid);

} // namespace AioTest
