// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How long it takes to have a trivial task run by a worker of a pool that is warm.
#include "benchmark.h"
#include "pool_floors.h"

#include <AioProcessing/AioPool>
#include <AioProcessing/AioWorker>

#include <QCoreApplication>
#include <QEventLoop>
#if defined(AIO_HAVE_CONCURRENT)
#include <QFutureWatcher>
#include <QThreadPool>
#include <QtConcurrent>
#endif

#include <algorithm>

using namespace Benchmark;

namespace {

constexpr int workers = 2;

qint64 s_duration = 0;

quint64 identity(quint64 value) { return value; }

Sample report(std::vector<qint64> &times, bool correct)
{
    std::sort(times.begin(), times.end());
    const auto microseconds = [&](std::size_t percent) {
        return double(times[std::min(times.size() * percent / 100, times.size() - 1)]) / 1000;
    };
    return {{{"us_p50", microseconds(50)}, {"us_p99", microseconds(99)}}, correct};
}

template<class F>
Sample timesOf(F apply)
{
    bool correct = true;
    for (quint64 i = 0; i < 50; ++i)
        correct = apply(i) == i && correct;
    std::vector<qint64> times;
    for (qint64 begin = now(), end = begin + s_duration; begin < end;) {
        correct = apply(7) == 7 && correct;
        const qint64 after = now();
        times.push_back(after - begin);
        begin = after;
    }
    return report(times, correct);
}

Sample blocking()
{
    AioPool pool(workers);
    return timesOf([&](quint64 value) { return pool.apply<&identity>(value); });
}

Sample future()
{
    AioPool pool(workers);
    return timesOf([&](quint64 value) { return pool.applyAsync<&identity>(value).result(); });
}

QCoro::Task<Sample> measureCoro()
{
    AioPool pool(workers);
    bool correct = true;
    for (quint64 i = 0; i < 50; ++i) {
        const quint64 result = co_await pool.coro_apply<&identity>(i);
        correct = correct && result == i;
    }
    std::vector<qint64> times;
    for (qint64 begin = now(), end = begin + s_duration; begin < end;) {
        const quint64 result = co_await pool.coro_apply<&identity>(quint64(7));
        correct = correct && result == 7;
        const qint64 after = now();
        times.push_back(after - begin);
        begin = after;
    }
    const Sample sample = report(times, correct);
    co_return sample;
}

Sample coro()
{
    return AioProcessing::waitBlocking(measureCoro());
}

#if defined(AIO_HAVE_CONCURRENT)
Sample qtConcurrentInLoop()
{
    QThreadPool pool;
    pool.setMaxThreadCount(workers);
    return timesOf([&](quint64 value) {
        QFutureWatcher<quint64> watcher;
        QEventLoop loop;
        QObject::connect(&watcher, &QFutureWatcherBase::finished, &loop, &QEventLoop::quit);
        watcher.setFuture(QtConcurrent::run(&pool, identity, value));
        loop.exec();
        return watcher.result();
    });
}
#endif

Sample python(const char *kind)
{
    return runPython(QStringLiteral("python_pool.py"), {QString::fromLatin1(kind), QString::number(s_duration)});
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("pool_latency", app.arguments());
    s_duration = suite.isQuick() ? 200'000'000 : 1'000'000'000;
    suite.add("aio", {{"form", "blocking"}}, &blocking);
    suite.add("aio", {{"form", "coro"}}, &coro);
    suite.add("aio", {{"form", "future"}}, &future);
    suite.add("floor_shm", {}, [] {
        FloorPool pool(workers);
        return timesOf([&](quint64 value) { return pool.apply(value); });
    });
#if defined(AIO_HAVE_CONCURRENT)
    suite.add("qtconcurrent", {}, &qtConcurrentInLoop);
#endif
    suite.add("python_pool", {}, [] { return python("pool"); });
    suite.add("python_executor", {}, [] { return python("executor"); });
    return suite.run();
}
