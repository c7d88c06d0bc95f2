// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// How long it takes to start a process that does nothing and to hear of its end.
#include "benchmark.h"
#include "process_floors.h"

#include <AioProcessing/AioContext>
#include <AioProcessing/AioProcess>

#include <QCoreApplication>
#include <QProcess>

#include <algorithm>
#include <cstring>

using namespace Benchmark;

namespace {

constexpr const char *withoutApplication = "AIO_BENCHMARK_WITHOUT_APPLICATION";

int one() { return 1; }

int s_rounds = 0;

/* The times of s_rounds calls of \a startAndJoin, after one that does not count. */
template<class F>
Sample timesOf(F startAndJoin)
{
    bool correct = startAndJoin();
    std::vector<qint64> times;
    for (int i = 0; i < s_rounds; ++i) {
        const qint64 begin = now();
        correct = startAndJoin() && correct;
        times.push_back(now() - begin);
    }
    std::sort(times.begin(), times.end());
    const auto microseconds = [&](std::size_t percent) {
        return double(times[std::min(times.size() * percent / 100, times.size() - 1)]) / 1000;
    };
    return {{{"us_p50", microseconds(50)}, {"us_p99", microseconds(99)}}, correct};
}

Sample aio(AioContext::StartMethod method)
{
    AioContext::defaultContext()->setStartMethod(method);
    return timesOf([] {
        AioProcess process(AioCall::to<&one>());
        process.start();
        return process.join() && process.result() == QVariant(1);
    });
}

// In a process with that much memory of its own.
Sample inLargeParent(AioContext::StartMethod method)
{
    const std::size_t bytes = std::size_t(512) << 20;
    const std::unique_ptr<char[]> memory(new char[bytes]);
    std::memset(memory.get(), 1, bytes);
    return aio(method);
}

Sample withoutApplicationObject()
{
    qputenv(withoutApplication, "1");
    const Sample sample = aio(AioContext::ForkServer);
    qunsetenv(withoutApplication);
    return sample;
}

Sample aioProgram()
{
    return timesOf([] {
        AioProcess process(staticProgram());
        process.start();
        return process.join() && process.exitCode() == 0;
    });
}

bool runQProcess(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.start(program, arguments);
    return process.waitForFinished(-1) && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0;
}

Sample qprocessMinimal()
{
    return timesOf([] { return runQProcess(QCoreApplication::applicationFilePath(), {QStringLiteral("--minimal")}); });
}

Sample qprocessProgram()
{
    return timesOf([] { return runQProcess(staticProgram(), {}); });
}

Sample zygote(Zygote::Kind kind)
{
    Zygote server(kind);
    return timesOf([&] { return server.startAndJoin(); });
}

Sample python(const char *method)
{
    return runPython(QStringLiteral("python_start.py"), {QString::fromLatin1(method), QString::number(s_rounds)});
}

std::unique_ptr<QCoreApplication> makeApplication(int &argc, char **argv)
{
    if (qEnvironmentVariableIsSet(withoutApplication))
        return nullptr;
    return std::make_unique<QCoreApplication>(argc, argv);
}

} // namespace

int main(int argc, char *argv[])
{
    if (Zygote::isOne(argc, argv))
        return Zygote::serve(argc, argv);
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv, makeApplication);
    QCoreApplication app(argc, argv);
    if (argc > 1 && std::strcmp(argv[1], "--minimal") == 0)
        return 0;
    Suite suite("process_start", app.arguments());
    s_rounds = suite.isQuick() ? 30 : 150;
    const auto method = [](const char *name, const char *application, const char *parent = "small") {
        return Parameters{{"method", name}, {"application", application}, {"parent", parent}};
    };
    suite.add("aio", method("forkserver", "qcore"), [] { return aio(AioContext::ForkServer); });
    suite.add("floor_zygote_qcore", {}, [] { return zygote(Zygote::WithApplication); });
    suite.add("aio", method("forkserver", "none"), &withoutApplicationObject);
    suite.add("floor_zygote", {}, [] { return zygote(Zygote::Plain); });
    suite.add("aio", method("forkserver", "qcore", "512 MiB"), [] { return inLargeParent(AioContext::ForkServer); });
    suite.add("aio", method("spawn", "qcore"), [] { return aio(AioContext::Spawn); });
    suite.add("qprocess_minimal", {}, &qprocessMinimal);
    suite.add("aio", method("spawn", "qcore", "512 MiB"), [] { return inLargeParent(AioContext::Spawn); });
    suite.add("aio", {{"method", "program"}}, &aioProgram);
    suite.add("qprocess_program", {}, &qprocessProgram);
    suite.add("floor_static_exec", {}, [] { return timesOf(&runStaticProgram); });
    for (const char *name : {"fork", "forkserver", "spawn"})
        suite.add(QByteArray("python_") + name, {}, [name] { return python(name); });
    return suite.run();
}
