// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 03-frames [--frames N]: one process renders frames into shared memory, another looks at them, and this one shows how fast that goes.

#include "frame.h"
#include "signals.h"

#include <AioProcessing/AioProcessing>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QElapsedTimer>

#include <cstdio>

namespace {

struct Totals
{
    int frames = 0;
    int wrong = 0;
    qint64 copiedBytes = 0;
    qint64 renderedIn = 0;
    qint64 waitedFor = 0;

    void add(const Report &report)
    {
        ++frames;
        wrong += report.number != report.expected || report.brightColumn != barOf(report.number);
        copiedBytes += report.copiedBytes;
        renderedIn += report.renderedIn;
        waitedFor += report.waitedFor;
    }

    void print(qint64 nanoseconds) const
    {
        const double seconds = double(nanoseconds) / 1e9;
        const double mebibytes = double(frames) * FrameWidth * FrameHeight * 4 / (1 << 20);
        std::printf("%d frames of %d x %d: %.1f frames/s, %.0f MiB/s, %lld bytes copied; ", frames, FrameWidth, FrameHeight,
                    frames / seconds, mebibytes / seconds, qlonglong(copiedBytes));
        std::printf("rendering %.1f ms each, waiting %.0f %% of the time\n", frames ? double(renderedIn) / 1e6 / frames : 0.0,
                    double(waitedFor) / double(nanoseconds) * 100);
        std::fflush(stdout);
    }
};

QCoro::Task<Totals> watch(AioQueue &reports)
{
    Totals totals;
    Totals latest;
    QElapsedTimer sinceStart;
    QElapsedTimer sincePrint;
    QCORO_FOREACH(const Report &report, reports.coro_items<Report>()) {
        if (totals.frames == 0) {
            sinceStart.start();
            sincePrint.start();
        }
        totals.add(report);
        latest.add(report);
        if (sincePrint.hasExpired(1000)) {
            latest.print(sincePrint.nsecsElapsed());
            latest = Totals();
            sincePrint.start();
        }
    }
    std::printf("all: ");
    totals.print(totals.frames ? sinceStart.nsecsElapsed() : 1);
    co_return totals;
}

QCoro::Task<Totals> run(AioQueue &frames, AioQueue &reports, int count)
{
    AioProcess renderer(AioCall::to<&render>(frames, count));
    AioProcess analyser(AioCall::to<&analyse>(frames, reports));
    // an error of one of them is the end for all
    const auto end = [&frames, &reports] {
        frames.shutDown(true);
        reports.shutDown();
    };
    AioProcess *const processes[] = {&renderer, &analyser};
    for (AioProcess *process : processes) {
        QObject::connect(process, &AioProcess::errorOccurred, process, [&end](const AioError &error) {
            std::fprintf(stderr, "03-frames: %s\n", qPrintable(error.message));
            end();
        });
        co_await process->coro_start();
    }
    Totals totals = co_await watch(reports);
    for (AioProcess *process : processes) {
        co_await process->coro_join();
        totals.wrong += process->exitReason() != AioProcess::CleanExit;
    }
    co_return totals;
}

} // namespace

int main(int argc, char **argv)
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("03-frames"));

    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Renders frames in one process, looks at them in another, and copies nothing."));
    const QCommandLineOption number({QStringLiteral("n"), QStringLiteral("frames")}, QStringLiteral("How many frames; 0: until Ctrl-C."),
                                    QStringLiteral("N"), QStringLiteral("300"));
    parser.addOption(number);
    parser.addHelpOption();
    parser.process(app);
    bool isNumber = false;
    const int count = parser.value(number).toInt(&isNumber);
    if (!isNumber || count < 0 || !parser.positionalArguments().isEmpty()) {
        std::fputs("03-frames: give --frames N\n", stderr);
        return 2;
    }

    AioQueue frames(4);                     // back-pressure: five frames in shared memory, however slow the analyser is
    AioQueue reports;
    const InterruptHandler interrupts([&frames] { frames.shutDown(true); });
    try {
        const Totals totals = AioProcessing::waitBlocking(run(frames, reports, count));
        if (interrupts.signalNumber())
            return 128 + interrupts.signalNumber();
        if (totals.wrong > 0 || (count > 0 && totals.frames != count)) {
            std::fprintf(stderr, "03-frames: %d of %d frames were wrong\n", totals.wrong, totals.frames);
            return 1;
        }
        return 0;
    } catch (const AioException &exception) {
        std::fprintf(stderr, "03-frames: %s\n", exception.what());
        return 1;
    }
}
