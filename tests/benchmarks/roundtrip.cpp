// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "roundtrip.h"

#include <algorithm>

namespace Benchmark {

RoundTrips::RoundTrips(const Course &course) : m_rounds(course.rounds), m_latest(now()), m_times(std::size_t(course.rounds)) { }

Sample RoundTrips::sample(bool echoCorrect) const
{
    std::vector<qint64> times(m_times.begin() + m_rounds / 10, m_times.end());
    std::sort(times.begin(), times.end());
    const auto microseconds = [&times](double share) {
        const auto index = std::size_t(share * double(times.size()));
        return double(times[std::min(index, times.size() - 1)]) / 1000;
    };
    return {{{"us_p50", microseconds(0.5)}, {"us_p99", microseconds(0.99)}}, m_correct && isDone() && echoCorrect};
}

Echo::Echo(const AioCall &call) : m_process(call)
{
    m_process.start();
}

bool Echo::answered(int rounds)
{
    return m_process.join() && m_process.exitReason() == AioProcess::CleanExit && m_process.result().toInt() == rounds;
}

} // namespace Benchmark
