// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How many messages of one size come from another process in a second.
#include "queue_floors.h"
#include "queue_loads.h"

#include <AioProcessing/AioWorker>

#include <QCoreApplication>

using namespace Benchmark;

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("queue_throughput", app.arguments());
    const bool isQuick = suite.isQuick();
    const auto add = [&](const QByteArray &impl, const char *form, const Load &load, std::function<Sample(const Load &)> measure) {
        Parameters parameters = {{"size", load.size}};
        if (form)
            parameters.insert(parameters.begin(), {"form", QByteArray(form)});
        suite.add(impl, parameters, [measure, load] { return measure(load); });
    };
    for (const int size : {8, 1 << 10, 1 << 16, 1 << 20, 16 << 20}) {
        const int most = isQuick ? 200'000 : 2'000'000;
        const Load load{size, qBound(20, int((isQuick ? 256ll : 2048ll) * (1 << 20) / size), most)};
        const Load handOver{size, most / 8};
        Load python = load;
        python.count = qMin(load.count, isQuick ? 20'000 : 100'000);
        add("floor_ring", nullptr, load, &queueRing);
        if (size <= 1 << 10) {
            add("aio", "typed", load, &queueTyped);
            add("aio", "coro", load, &queueTypedCoro);
        }
        if (size == 8) {
            add("aio", "qvariant", load, &queueVariant);
            Load few = load;
            few.count /= 20;
            add("naive", "coro", few, &queueTypedNaive);
        } else {
            add("aio", "bytes", load, &queueBytes);
            add("aio", "handover", handOver, &queueHandOver);
        }
        if (size >= 1 << 16) {
            add("aio", "bytes_coro", load, &queueBytesCoro);
            add("aio", "buffer", load, &queueBuffer);
            add("floor_slots", nullptr, load, &queueSlots);
        }
        add("boost_message_queue", nullptr, load, &queueBoost);
        add("floor_pipe", nullptr, load, &queuePipe);
        add("floor_unix", nullptr, load, &queueUnixSocket);
        for (const char *kind : {"queue", "simplequeue"})
            add("python_" + QByteArray(kind), nullptr, python, [kind](const Load &l) { return queuePython(QString::fromLatin1(kind), l); });
    }
    return suite.run();
}
