// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How many messages come from four other processes in a second, through one queue.
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
    Suite suite("queue_fan_in", app.arguments());
    for (const int size : {8, 1 << 10}) {
        const Load load{size, suite.isQuick() ? 50'000 : 300'000, 4};
        const Load fewer{size, load.count / 10, 4};
        const auto add = [&](const QByteArray &impl, const char *form, const Load &l, std::function<Sample(const Load &)> measure) {
            Parameters parameters = {{"size", size}, {"producers", l.producers}};
            if (form)
                parameters.insert(parameters.begin(), {"form", QByteArray(form)});
            suite.add(impl, parameters, [measure, l] { return measure(l); });
        };
        add("floor_ring", nullptr, load, &queueRing);
        add("aio", "typed", load, &queueTyped);
        add("aio", "coro", load, &queueTypedCoro);
        if (size > 8)
            add("aio", "bytes", load, &queueBytes);
        add("boost_message_queue", nullptr, load, &queueBoost);
        add("python_queue", nullptr, fewer, [](const Load &l) { return queuePython(QStringLiteral("queue"), l); });
    }
    return suite.run();
}
