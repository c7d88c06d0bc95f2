// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// What several processes that want the same lock all the time get of it: how much, how evenly, and how long one may be left out.
#include "locks.h"
#include "naive.h"

#include <AioProcessing/AioProcessing>

#include <QDeadlineTimer>

#include <algorithm>
#include <memory>

using namespace Benchmark;

namespace {

qint64 s_duration = 0;      // of one measurement, in nanoseconds

struct Rules
{
    int processes = 0;
    int holdMicroseconds = 0;
};

// What the contenders share beside the lock.
struct Field
{
    std::atomic<quint32> arrived = 0;
    std::atomic<quint32> isOpen = 0;
    alignas(64) std::atomic<bool> isOver = false;
    alignas(64) quint64 counter = 0;        // what the lock protects
};

template<class Lock>
struct LockedField : Field
{
    alignas(64) Lock lock;
};

// How often one contender got the lock, and the longest time that it did not.
class Turns
{
public:
    Turns(Field &field, int holdMicroseconds) : m_field(field), m_hold(holdMicroseconds * 1000)
    {
        ++field.arrived;
        while (!field.isOpen)
            futexWait(field.isOpen, 0);
        m_latest = now();
    }

    // Call it without the lock; false: the time is over.
    bool next()
    {
        const qint64 time = now();
        m_longestGap = std::max(m_longestGap, time - m_latest);     // whoever starves at the end has starved, too
        m_latest = time;
        return !m_field.isOver.load(std::memory_order_relaxed);
    }
    // Call it with the lock.
    void take()
    {
        ++m_field.counter;
        ++m_count;
        if (m_hold)
            for (const qint64 begin = now(); now() - begin < m_hold; ) { }
    }
    // How often, and the gap in nanoseconds.
    QVariantList result() const { return {m_count, m_longestGap}; }

private:
    Field &m_field;
    const qint64 m_hold;
    qint64 m_latest = 0;
    qint64 m_longestGap = 0;
    qint64 m_count = 0;
};

// -- contenders

QVariantList contend(AioLock &lock, int field, int hold)
{
    const Shared<Field> shared(field);
    Turns turns(*shared, hold);
    while (turns.next()) {
        lock.acquire();
        turns.take();
        lock.release();
    }
    return turns.result();
}

QCoro::Task<QVariantList> contendCoro(AioLock &lock, int field, int hold)
{
    const Shared<Field> shared(field);
    Turns turns(*shared, hold);
    while (turns.next()) {
        co_await lock.coro_acquire();
        turns.take();
        lock.release();
    }
    co_return turns.result();
}

QCoro::Task<QVariantList> contendNaive(AioLock &lock, int field, int hold)
{
    const Shared<Field> shared(field);
    QThreadPool pool;
    const auto acquire = [&lock] { return lock.acquire(); };
    Turns turns(*shared, hold);
    while (turns.next()) {
        co_await naive(pool, acquire);
        turns.take();
        lock.release();
    }
    co_return turns.result();
}

template<class Lock>
QVariantList contendPeer(int field, int hold)
{
    const Shared<LockedField<Lock>> shared(field);
    Turns turns(*shared, hold);
    while (turns.next()) {
        shared->lock.acquire();
        turns.take();
        shared->lock.release();
    }
    return turns.result();
}

// -- the contest

Sample contest(Field &field, const Rules &rules, const AioCall &call)
{
    std::vector<std::unique_ptr<AioProcess>> contenders;
    for (int i = 0; i < rules.processes; ++i)
        contenders.emplace_back(std::make_unique<AioProcess>(call))->start();
    const QDeadlineTimer startTime(10'000);
    while (field.arrived < quint32(rules.processes) && !startTime.hasExpired())
        QThread::msleep(1);
    const qint64 begin = now();
    field.isOpen = 1;
    for (int i = 0; i < rules.processes; ++i)
        futexWakeOne(field.isOpen);
    QThread::usleep(static_cast<unsigned long>(s_duration / 1000));
    field.isOver = true;
    const double seconds = double(now() - begin) / 1e9;

    qint64 least = std::numeric_limits<qint64>::max();
    qint64 most = 0;
    qint64 total = 0;
    qint64 gap = 0;
    bool correct = true;
    for (auto &contender : contenders) {
        correct = contender->join(QDeadlineTimer(10'000)) && contender->exitReason() == AioProcess::CleanExit && correct;
        const QVariantList result = contender->result().toList();
        const qint64 count = result.value(0).toLongLong();
        least = std::min(least, count);
        most = std::max(most, count);
        total += count;
        gap = std::max(gap, result.value(1).toLongLong());
    }
    correct = correct && quint64(total) == field.counter;
    return {{{"ops_per_s", double(total) / seconds}, {"share_min", double(least) / double(most)}, {"gap_ms", double(gap) / 1e6}}, correct};
}

template<auto contender>
Sample aio(const Rules &rules)
{
    const Shared<Field> field;
    AioLock lock;
    return contest(*field, rules, AioCall::to<contender>(lock, field.descriptor(), rules.holdMicroseconds));
}

template<class Lock>
Sample peer(const Rules &rules)
{
    const Shared<LockedField<Lock>> field;
    return contest(*field, rules, AioCall::to<&contendPeer<Lock>>(field.descriptor(), rules.holdMicroseconds));
}

Sample python(const Rules &rules)
{
    return runPython(QStringLiteral("python_lock_contended.py"), {QString::number(s_duration), QString::number(rules.processes),
                                                                  QString::number(rules.holdMicroseconds)});
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("lock_contended", app.arguments());
    s_duration = suite.isQuick() ? 100'000'000 : 1'000'000'000;
    const auto add = [&suite](const char *impl, const char *form, Sample (*measure)(const Rules &)) {
        for (const Rules &rules : {Rules{2, 0}, Rules{4, 0}, Rules{2, 20}, Rules{4, 20}}) {
            suite.add(impl, {{"form", form}, {"procs", rules.processes}, {"hold_us", rules.holdMicroseconds}},
                      [measure, rules] { return measure(rules); });
        }
    };
    add("aio", "blocking", &aio<&contend>);
    add("aio", "coro", &aio<&contendCoro>);
    add("naive", "coro", &aio<&contendNaive>);
    add("floor_futex", "blocking", &peer<FutexLock>);
    add("boost_interprocess_mutex", "blocking", &peer<BoostMutex>);
    add("posix_sem", "blocking", &peer<PosixSemaphore>);
    add("robust_mutex", "blocking", &peer<RobustMutex>);
    add("qsystemsemaphore", "blocking", &peer<SystemSemaphore>);
    add("python_lock", "blocking", &python);
    return suite.run();
}
