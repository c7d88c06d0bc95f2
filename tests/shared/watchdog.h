// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

/*
 * Ends the test program with a message and the backtraces of all its threads when this object lives longer than \a limit
 * (times AioTest::timeScale()). The only upper bound on time in the tests.
 */
class Watchdog
{
public:
    /* \a what must live as long as the watchdog. */
    Watchdog(const char *what, std::chrono::milliseconds limit);
    ~Watchdog();
    Watchdog(const Watchdog &) = delete;
    Watchdog &operator=(const Watchdog &) = delete;

private:
    const int m_id;
};
