// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "benchmark.h"

/*
 * What queue_throughput and queue_fan_in have in common: producers in processes of their own put messages as fast as they can, and the
 * benchmark gets them. The time begins with the first message. Each message has its number in the first eight bytes, and
 * what has been got must be each number of each producer once, in its order.
 */
namespace Benchmark {

struct Load
{
    int size;               // bytes of a message
    int count;              // messages of each producer
    int producers = 1;

    /* How many messages may be under way. */
    int capacity() const { return qBound(4, (16 << 20) / size, 4096); }
    int total() const { return count * producers; }
};

/* Looks at the numbers, and at the clock. */
class Arrivals
{
public:
    explicit Arrivals(const Load &load) : m_load(load), m_next(std::size_t(load.producers)) {}

    /* A message whose first bytes are \a number has come. */
    void add(quint64 number);
    bool areComplete() const { return m_got == m_load.total(); }
    /* Messages per second. */
    Sample result() const;

    /* What the producer with \a index writes into its message \a i. */
    static constexpr quint64 number(int index, int i) { return quint64(index) << 32 | quint64(i); }

private:
    const Load m_load;
    std::vector<quint64> m_next;
    int m_got = 0;
    bool m_isCorrect = true;
    qint64 m_begin = 0;
};

// -- ours; the forms are those of the getter, but for what the name says

Sample queueTyped(const Load &load);            // 8 bytes or 1 KiB, without QVariant
Sample queueTypedCoro(const Load &load);
Sample queueTypedNaive(const Load &load);
Sample queueVariant(const Load &load);          // QVariant of a qulonglong
Sample queueBytes(const Load &load);            // QByteArray
Sample queueBytesCoro(const Load &load);
Sample queueBuffer(const Load &load);           // AioBuffer, each byte written and read
Sample queueHandOver(const Load &load);         // AioBuffer, of which only the number is written and read

} // namespace Benchmark
