// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "roundtrip.h"

/* Round trips over what the system and Qt have. */
namespace Benchmark {

/* A word in shared memory that both sleep on. */
Sample wakeFutex(const Course &course);
/* Two eventfds, each watched by the event loop of one process. */
Sample wakeEventFdNotifier(const Course &course);
/* A QLocalSocket in the event loop of each process. */
Sample wakeLocalSocket(const Course &course);

} // namespace Benchmark
