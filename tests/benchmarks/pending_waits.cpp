// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// What it costs one process to have many waits pending: to begin them, to keep them, to have them released by another
// process, and to cancel them.
#include "benchmark.h"
#include "naive.h"
#include "sharedmemory.h"

#include <AioProcessing/AioProcessing>

#include <QFile>

#include <malloc.h>
#include <memory>

using namespace Benchmark;

namespace {

using Events = std::vector<std::unique_ptr<AioEvent>>;

struct Crowd
{
    int waits = 0;
    bool isDistinct = false;        // each waits for an event of its own, else all for the same one
    int events() const { return isDistinct ? waits : 1; }
};

// What this process uses just now.
struct Footprint
{
    qint64 threads = 0;
    qint64 bytes = 0;

    static Footprint now()
    {
        QFile status(QStringLiteral("/proc/self/status"));
        Footprint footprint;
        if (!status.open(QIODevice::ReadOnly))
            return footprint;
        for (const QByteArray &line : status.readAll().split('\n')) {
            const qint64 number = line.mid(line.indexOf(':') + 1).trimmed().split(' ').first().toLongLong();
            if (line.startsWith("Threads:"))
                footprint.threads = number;
            else if (line.startsWith("VmRSS:"))
                footprint.bytes = number * 1024;
        }
        return footprint;
    }
};

// -- the process that releases: sets all events as soon as it is told to, and notes when

int release(const QVariantList &handles, AioEvent &ready, AioEvent &begin, int clock)
{
    const Shared<std::atomic<qint64>> begun(clock);
    Events events;
    for (const QVariant &handle : handles)
        events.push_back(std::make_unique<AioEvent>(handle.value<AioHandle>()));
    ready.set();
    begin.wait();
    *begun = now();
    for (const auto &event : events)
        event->set();
    return int(events.size());
}

// -- the process that waits

QCoro::Task<bool> wait(AioEvent &event, std::stop_token stop) { return event.coro_wait(std::move(stop)); }

QCoro::Task<bool> waitNaive(QThreadPool &pool, AioEvent &event, std::stop_token stop)
{
    const auto call = [&event, stop] {
        try {
            return event.wait(stop);
        } catch (const AioException &) {
            return false;
        }
    };
    return naive(pool, call);
}

// How many of the waits end as they should: with true, or with Cancelled.
QCoro::Task<int> endOf(std::vector<QCoro::Task<bool>> &waits, bool expected)
{
    int count = 0;
    for (auto &pending : waits) {
        bool released = false;
        try {
            released = co_await pending;
        } catch (const AioException &exception) {
            if (exception.code() != AioError::Cancelled)
                throw;
        }
        count += released == expected;
    }
    co_return count;
}

template<class Begin>
QCoro::Task<Sample> measure(Crowd crowd, Begin begin)
{
    Events events;
    QVariantList handles;
    for (int i = 0; i < crowd.events(); ++i)
        handles << QVariant::fromValue(events.emplace_back(std::make_unique<AioEvent>())->handle());
    const auto eventOf = [&](int i) -> AioEvent & { return *events[crowd.isDistinct ? std::size_t(i) : 0]; };
    AioEvent ready;
    AioEvent go;
    const Shared<std::atomic<qint64>> begun;
    AioProcess releaser(AioCall::to<&release>(handles, ready, go, begun.descriptor()));
    releaser.start();
    co_await ready.coro_wait();         // which also brings in all that waiting needs

    const double each = 1.0 / crowd.waits;
    std::vector<QCoro::Task<bool>> waits;
    waits.reserve(std::size_t(crowd.waits));
    ::malloc_trim(0);                   // what an earlier measurement has left does not make this one look cheaper
    const Footprint before = Footprint::now();
    const qint64 start = now();
    for (int i = 0; i < crowd.waits; ++i)
        waits.push_back(begin(eventOf(i), std::stop_token()));
    const qint64 started = now();
    const Footprint during = Footprint::now();
    go.set();
    int right = co_await endOf(waits, true);
    const qint64 released = now();
    bool correct = co_await releaser.coro_join();
    correct = correct && right == crowd.waits && releaser.result().toInt() == crowd.events();

    for (const auto &event : events)
        event->clear();
    waits.clear();
    std::stop_source stop;
    for (int i = 0; i < crowd.waits; ++i)
        waits.push_back(begin(eventOf(i), stop.get_token()));
    const qint64 pending = now();
    stop.request_stop();
    right = co_await endOf(waits, false);
    const qint64 cancelled = now();
    correct = correct && right == crowd.waits;
    co_return Sample{{{"us_start", double(started - start) / 1e3 * each},
                      {"us_release", double(released - *begun) / 1e3 * each},
                      {"us_cancel", double(cancelled - pending) / 1e3 * each},
                      {"threads", double(during.threads - before.threads)},
                      {"bytes_each", double(during.bytes - before.bytes) * each}}, correct};
}

Sample aio(const Crowd &crowd)
{
    return AioProcessing::waitBlocking(measure(crowd, &wait));
}

Sample naiveWaits(const Crowd &crowd)
{
    QThreadPool pool;
    pool.setMaxThreadCount(crowd.waits);
    return AioProcessing::waitBlocking(measure(crowd, [&pool](AioEvent &event, std::stop_token stop) {
        return waitNaive(pool, event, std::move(stop));
    }));
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("pending_waits", app.arguments());
    const auto add = [&suite](const char *impl, Crowd crowd, Sample (*measure)(const Crowd &)) {
        suite.add(impl, {{"n", crowd.waits}, {"object", crowd.isDistinct ? "distinct" : "one"}, {"backend", "shm"}},
                  [measure, crowd] { return measure(crowd); });
    };
    for (int waits : {1000, 10'000, 100'000}) {
        add("aio", {waits, true}, &aio);
        add("aio", {waits, false}, &aio);
    }
    add("naive", {1000, true}, &naiveWaits);        // a thread for each: more would be refused on many machines
    add("naive", {1000, false}, &naiveWaits);
    return suite.run();
}
