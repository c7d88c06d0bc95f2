// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "roundtrip.h"

/* Round trips over this library's objects, and over the same ones without their coroutine forms. */
namespace Benchmark {

Sample wakeEventBlocking(const Course &course);
Sample wakeEventCoro(const Course &course);
Sample wakeEventNaive(const Course &course);
Sample wakeQueueBlocking(const Course &course);
Sample wakeQueueCoro(const Course &course);
Sample wakeQueueNaive(const Course &course);

} // namespace Benchmark
