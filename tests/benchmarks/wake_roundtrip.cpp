// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How long it takes to wake another process and to be woken by it. All times are those of a whole round trip. On two CPUs
// that are not pinned a round trip takes less than a microsecond while each answers before the other has gone to sleep, and
// as long as an idle CPU needs to wake up else: compare what is pinned.
#include "wake_aio.h"
#include "wake_floors.h"

#include <AioProcessing/AioWorker>

#include <QCoreApplication>

using namespace Benchmark;

namespace {

Sample wakePython(const QString &object, const Course &course)
{
    return runPython(QStringLiteral("python_wake.py"), {object, QString::number(course.rounds), QString::number(course.cpu)});
}

void addAll(Suite &suite, const QByteArray &pin, const Course &course)
{
    const auto add = [&](const char *impl, Parameters parameters, std::function<Sample(const Course &)> measure) {
        parameters.emplace_back("pin", pin);
        suite.add(impl, parameters, [measure, course] { return measure(course); });
    };
    const auto parameters = [](const char *object, const char *form) { return Parameters{{"object", object}, {"form", form}}; };
    const Parameters blocking = {{"form", "blocking"}};
    const Parameters coro = {{"form", "coro"}};
    add("aio", parameters("event", "blocking"), &wakeEventBlocking);
    add("floor_futex", blocking, &wakeFutex);
    add("aio", parameters("event", "coro"), &wakeEventCoro);
    add("floor_eventfd_notifier", coro, &wakeEventFdNotifier);
    add("aio", parameters("queue", "blocking"), &wakeQueueBlocking);
    add("aio", parameters("queue", "coro"), &wakeQueueCoro);
    add("qlocalsocket", coro, &wakeLocalSocket);
    add("naive", parameters("event", "coro"), &wakeEventNaive);
    add("naive", parameters("queue", "coro"), &wakeQueueNaive);
    add("python_event", parameters("event", "blocking"), [](const Course &c) { return wakePython(QStringLiteral("event"), c); });
    add("python_queue", parameters("queue", "blocking"), [](const Course &c) { return wakePython(QStringLiteral("queue"), c); });
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    Suite suite("wake_roundtrip", app.arguments());
    const int rounds = suite.isQuick() ? 3000 : 10000;
    addAll(suite, "same", {rounds, firstCpu()});
    addAll(suite, "free", {rounds, -1});
    return suite.run();
}
