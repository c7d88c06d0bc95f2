// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How late the ticks of a precise timer of 16 ms come while an event loop is flooded with messages or results.
#include "benchmark.h"

#include <AioProcessing/AioProcessing>

#include <QCoreApplication>
#include <QEventLoop>
#include <QTimer>

#include <algorithm>

using namespace Benchmark;

namespace {

constexpr qint64 Period = 16'000'000;       // ns

// -- loads: each goes on until its stop token says so, or the queue is shut down

void produceNumbers(AioQueue &queue)
{
    try {
        for (quint64 i = 0;; ++i)
            queue.put(i);
    } catch (const AioException &) {        // shut down
    }
}

void produceBytes(AioQueue &queue)
{
    try {
        const QByteArray bytes(16 << 20, 'x');
        for (;;)
            queue.put(bytes);
    } catch (const AioException &) {
    }
}

int half(int value)
{
    return value / 2;
}

QCoro::Task<> getAll(AioQueue &queue, qint64 &count)
{
    QCORO_FOREACH(const QVariant &item, queue.coro_items())
        count += item.isValid();
}

QCoro::Task<> mapAll(AioPool &pool, qint64 &count, std::stop_token stop)
{
    QList<int> numbers(100'000);
    for (int i = 0; i < int(numbers.size()); ++i)
        numbers[i] = i;
    while (!stop.stop_requested()) {
        const QList<int> halves = co_await pool.coro_map<&half>(numbers, 1);
        count += halves.size();
    }
}

// -- the ticks

Sample ticksFor(int seconds, const qint64 *count)
{
    std::vector<qint64> late;
    qint64 expected = now() + Period;
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    QEventLoop loop;
    const qint64 end = now() + qint64(seconds) * 1'000'000'000;
    QObject::connect(&timer, &QTimer::timeout, &loop, [&] {
        const qint64 time = now();
        late.push_back(std::max<qint64>(0, time - expected));
        expected = time + Period;
        if (time > end)
            loop.quit();
    });
    timer.start(int(Period / 1'000'000));
    loop.exec();
    std::sort(late.begin(), late.end());
    const auto ms = [](qint64 ns) { return double(ns) / 1e6; };
    return {{{"ms_p99", ms(late[late.size() * 99 / 100])}, {"ms_max", ms(late.back())}}, !count || *count > 0};
}

template<auto Producer> Sample underMessages(int seconds, int capacity)
{
    AioQueue queue(capacity);
    AioProcess producer(AioCall::to<Producer>(queue));
    producer.start();
    qint64 count = 0;
    auto getting = getAll(queue, count);
    const Sample sample = ticksFor(seconds, &count);
    queue.shutDown(true);
    AioProcessing::waitBlocking(std::move(getting));
    producer.join();
    return sample;
}

Sample underResults(int seconds)
{
    AioPool pool(2);
    std::stop_source stop;
    qint64 count = 0;
    auto mapping = mapAll(pool, count, stop.get_token());
    Sample sample = ticksFor(seconds, nullptr);
    stop.request_stop();
    AioProcessing::waitBlocking(std::move(mapping));
    AioProcessing::waitBlocking(pool.coro_close());
    sample.correct = count > 0;
    return sample;
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("loop_liveness", app.arguments());
    const int seconds = suite.isQuick() ? 1 : 4;
    suite.add("floor_idle", {}, [=] { return ticksFor(seconds, nullptr); });
    suite.add("aio", {{"load", QByteArray("small")}}, [=] { return underMessages<&produceNumbers>(seconds, 4096); });
    suite.add("aio", {{"load", QByteArray("large")}}, [=] { return underMessages<&produceBytes>(seconds, 4); });
    suite.add("aio", {{"load", QByteArray("pool")}}, [=] { return underResults(seconds); });
    return suite.run();
}
