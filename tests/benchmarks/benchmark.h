// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArray>
#include <QStringList>
#include <QVariant>

#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace Benchmark {

using Parameters = std::vector<std::pair<QByteArray, QVariant>>;

/* What one measurement gave. */
struct Sample
{
    std::vector<std::pair<QByteArray, double>> metrics;
    bool correct = true;
};

/* Thrown by a measurement whose peer is not on this machine: it is reported as skipped. */
class NotInstalled : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

/*
 * The measurements of one bench. run() does all of them in turn, as often as there are rounds, so that what disturbs the
 * machine disturbs all alike; then it prints a line of JSON for each metric with the median of the rounds.
 */
class Suite
{
public:
    /* \a arguments are those of main(): --quick; --rounds N; --only TEXT for the rows that have TEXT in title(). */
    Suite(const QByteArray &bench, const QStringList &arguments);

    bool isQuick() const { return m_isQuick; }
    void add(const QByteArray &impl, const Parameters &parameters, std::function<Sample()> measure);
    /* The exit code for main(): 1 when a result was wrong. */
    int run();

private:
    struct Entry
    {
        QByteArray impl;
        Parameters parameters;
        std::function<Sample()> measure;
        std::vector<Sample> samples;
        bool skipped = false;
    };

    void measure(Entry &entry);
    bool print(const Entry &entry) const;
    QByteArray title(const Entry &entry) const;

    const QByteArray m_bench;
    bool m_isQuick = false;
    int m_rounds = 7;
    QByteArray m_only;
    std::vector<Entry> m_entries;
};

/* Nanoseconds of the monotonic clock. */
qint64 now();

/* The first of the CPUs that this process may use. */
int firstCpu();
/* Keeps the calling thread, and the threads and processes that it starts, on \a cpu; less than 0: does nothing. */
void pinTo(int cpu);

/* pinTo() as long as the object lives. */
class Pinned
{
public:
    explicit Pinned(int cpu);
    ~Pinned();
    Q_DISABLE_COPY_MOVE(Pinned)

private:
    QByteArray m_before;
};

/* Runs \a script, which stands beside this file, with python3. It prints a JSON object: its metrics and "correct". */
Sample runPython(const QString &script, const QStringList &arguments);

} // namespace Benchmark
