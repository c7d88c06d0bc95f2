// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiopoolstats.h>

#include <QDebug>

#include <bit>

AioHistogram::AioHistogram() = default;

void AioHistogram::add(std::chrono::nanoseconds time, qint64 times)
{
    const quint64 value = quint64(std::max<qint64>(time.count(), 1));
    const qsizetype bucket = qsizetype(std::bit_width(value)) - 1;
    if (m_buckets.size() <= bucket)
        m_buckets.resize(bucket + 1, 0);
    m_buckets[bucket] += times;
    m_count += times;
    m_total += time * times;
}

std::chrono::nanoseconds AioHistogram::percentile(double percent) const
{
    qint64 left = qint64(double(m_count) * percent / 100.0);
    for (qsizetype i = 0; i < m_buckets.size(); ++i) {
        left -= m_buckets[i];
        if (left < 0 || (left == 0 && i + 1 == m_buckets.size()))
            return std::chrono::nanoseconds(qint64(1) << std::min<qsizetype>(i + 1, 62));
    }
    return std::chrono::nanoseconds(m_buckets.isEmpty() ? 0 : qint64(1) << std::min<qsizetype>(m_buckets.size(), 62));
}

namespace {

QString readable(std::chrono::nanoseconds time)
{
    const double ns = double(time.count());
    if (ns < 1e3)
        return QStringLiteral("%1 ns").arg(ns, 0, 'g', 3);
    if (ns < 1e6)
        return QStringLiteral("%1 us").arg(ns / 1e3, 0, 'g', 3);
    return ns < 1e9 ? QStringLiteral("%1 ms").arg(ns / 1e6, 0, 'g', 3) : QStringLiteral("%1 s").arg(ns / 1e9, 0, 'g', 3);
}

} // namespace

QDebug operator<<(QDebug debug, const AioPoolStats &stats)
{
    double busy = 0;
    qint64 memory = 0;
    for (const AioWorkerStats &worker : stats.workers) {
        busy += worker.busyRatio;
        memory += worker.memory;
    }
    const qsizetype count = stats.workers.size();
    QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "AioPoolStats(" << stats.completed << " tasks done, " << stats.failed << " failed, " << stats.pending
                              << " waiting, " << stats.running << " running; " << count << " workers "
                              << qRound(count ? 100 * busy / double(count) : 0) << " % busy";
    if (memory > 0)
        debug << " with " << memory / (1024 * 1024) << " MiB";
    if (stats.workersLost > 0)
        debug << ", " << stats.workersLost << " lost";
    debug << "; wait " << readable(stats.waitTime.mean()) << ", run " << readable(stats.runTime.mean()) << " (99 %: "
          << readable(stats.runTime.percentile(99)) << "))";
    return debug;
}
