// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "benchmark.h"

#include <AioProcessing/AioCall>
#include <AioProcessing/AioProcess>

#include <QVariant>

/*
 * Two processes wake each other in turn. This one, the pinger, measures round trips; the other one, the echo, answers each
 * ping and says in the end how many there were.
 */
namespace Benchmark {

/* How often, and on which CPU both processes run; less than 0: wherever they like. */
struct Course
{
    int rounds = 0;
    int cpu = -1;
};

/* The times of one measurement's round trips. The first tenth, while the echo starts and all gets warm, does not count. */
class RoundTrips
{
public:
    explicit RoundTrips(const Course &course);

    /* What is to be sent next. */
    int number() const { return m_number; }
    bool isDone() const { return m_number == m_rounds; }
    /* One round trip has ended, and the next one begins; \a correct: it brought what it should. */
    void lap(bool correct = true)
    {
        const qint64 time = now();
        m_times[std::size_t(m_number++)] = time - m_latest;
        m_latest = time;
        m_correct = m_correct && correct;
    }
    Sample sample(bool echoCorrect) const;

private:
    const int m_rounds;
    int m_number = 0;
    bool m_correct = true;
    qint64 m_latest;
    std::vector<qint64> m_times;
};

/* The other process. */
class Echo
{
public:
    explicit Echo(const AioCall &call);
    /* Waits for its end; whether it answered \a rounds pings, each of them right. */
    bool answered(int rounds);

private:
    AioProcess m_process;
};

} // namespace Benchmark
