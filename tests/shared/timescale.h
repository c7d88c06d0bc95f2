// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace AioTest {

/*
 * How much slower than a quiet machine this test runs: AIO_TEST_TIME_SCALE (a number such as 2.5), else 4 with a sanitizer,
 * else 1. Every limit of the test kit is multiplied by it; tests themselves need no limits.
 */
double timeScale();

/* Whether memory or threads are checked, which makes a fork or a large allocation many times as slow. */
bool isSanitized();

inline std::chrono::milliseconds scaled(std::chrono::milliseconds time)
{
    return std::chrono::milliseconds(std::chrono::milliseconds::rep(double(time.count()) * timeScale()));
}

} // namespace AioTest
