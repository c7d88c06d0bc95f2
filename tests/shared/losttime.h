// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QtGlobal>

/*
 * The time that a thread lost without any fault of its own: it was ready to run and another one had the processor, or the
 * machine stood still, as a virtual one does now and then when its host is busy (a real-time process sees gaps of 100 ms then).
 */
namespace AioTest {

class LostTime
{
public:
    /* Of the thread that asks for total(). */
    LostTime();
    ~LostTime();
    LostTime(const LostTime &) = delete;
    LostTime &operator=(const LostTime &) = delete;

    /* In ns, from some moment on. */
    qint64 total() const;
    /* The same, for who finds just now that time is missing: the machine's last pause is certainly in it. */
    qint64 exactTotal() const;

private:
    const int m_schedstat;
};

/* Before the suite is forked: what follows is seen by it, too. */
void prepareToWatchMachine();
/* In the process that supervises the suite, from then on: a thread for each processor notes when that stands still. */
void watchMachine();

} // namespace AioTest
