// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 04-transcode [--jobs N] [--with "xz -9"] SOURCE TARGET: all files below SOURCE through a filter program, into the same tree below
// TARGET. A program like any other runs beside an event loop: fed as fast as it reads, watched, and ended by Ctrl-C.

#include "signals.h"
#include "transcoder.h"

#include <AioProcessing/AioProcessing>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QFileInfo>

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace {

std::vector<Job> findJobs(const QString &source, const QString &target, const QString &suffix)
{
    std::vector<Job> jobs;
    const QDir top(QDir(source).absolutePath());
    QDirIterator files(top.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        Job job;
        job.source = files.next();
        job.target = QDir(target).filePath(top.relativeFilePath(job.source) + suffix);
        job.bytes = files.fileInfo().size();
        jobs.push_back(job);
    }
    std::sort(jobs.begin(), jobs.end(), [](const Job &a, const Job &b) { return a.source < b.source; });
    return jobs;
}

void showProgress(const Job &job)
{
    static const bool isTerminal = ::isatty(STDERR_FILENO);
    const qint64 percent = job.bytes > 0 ? job.taken * 100 / job.bytes : 100;
    if (isTerminal && (job.isDone || job.bytes > (1 << 20)))
        std::fprintf(stderr, "%3lld %% %s\n", static_cast<long long>(percent), qPrintable(job.source));
}

// The table of what became of the files. False: not all went well.
bool report(const std::vector<Job> &jobs)
{
    qint64 before = 0;
    qint64 after = 0;
    bool isClean = true;
    std::printf("%12s %12s %6s %8s  %s\n", "before", "after", "ratio", "seconds", "file");
    for (const Job &job : jobs) {
        if (!job.isDone)
            continue;
        if (!job.error.isEmpty()) {
            std::printf("%12lld %12s %6s %8.2f  %s: %s\n", static_cast<long long>(job.bytes), "-", "-", job.seconds, qPrintable(job.source),
                        qPrintable(job.error));
            isClean = false;
            continue;
        }
        const double ratio = job.bytes > 0 ? double(job.produced) / double(job.bytes) : 1;
        std::printf("%12lld %12lld %6.3f %8.2f  %s\n", static_cast<long long>(job.bytes), static_cast<long long>(job.produced), ratio,
                    job.seconds, qPrintable(job.source));
        before += job.bytes;
        after += job.produced;
    }
    std::printf("%12lld %12lld %6.3f %8s  total\n", static_cast<long long>(before), static_cast<long long>(after),
                before > 0 ? double(after) / double(before) : 1, "");
    return isClean;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);    // only programs are started: no worker of this one
    QCoreApplication::setApplicationName(QStringLiteral("04-transcode"));

    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Sends all files of a directory through a program, into another directory."));
    const QCommandLineOption jobs({QStringLiteral("j"), QStringLiteral("jobs")}, QStringLiteral("How many files at once."),
                                  QStringLiteral("N"), QString::number(AioProcessing::cpuCount()));
    const QCommandLineOption with({QStringLiteral("w"), QStringLiteral("with")},
                                  QStringLiteral("A program that reads standard input and writes standard output."),
                                  QStringLiteral("COMMAND"), QStringLiteral("gzip -c"));
    const QCommandLineOption suffix({QStringLiteral("s"), QStringLiteral("suffix")}, QStringLiteral("Behind the names below TARGET."),
                                    QStringLiteral("TEXT"), QStringLiteral(".gz"));
    parser.addOptions({jobs, with, suffix});
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("SOURCE"), QStringLiteral("Where the files are."));
    parser.addPositionalArgument(QStringLiteral("TARGET"), QStringLiteral("Where they go."));
    parser.process(app);
    const QStringList paths = parser.positionalArguments();
    const QStringList command = QProcess::splitCommand(parser.value(with));
    const int atOnce = parser.value(jobs).toInt();
    if (paths.size() != 2 || command.isEmpty() || atOnce < 1 || atOnce > 256) {
        std::fputs("04-transcode: give SOURCE and TARGET, and --jobs a number from 1 to 256\n", stderr);
        return 2;
    }

    std::stop_source stop;
    const InterruptHandler interrupts([&stop] { stop.request_stop(); });
    const QString ending = parser.value(suffix);
    Transcoder transcoder(AioProcessing::waitBlocking(AioProcessing::run(&findJobs, paths[0], paths[1], ending)), command);
    transcoder.onProgress = &showProgress;
    AioProcessing::waitBlocking(transcoder.run(atOnce, stop.get_token()));
    const bool isClean = report(transcoder.jobs());
    return interrupts.signalNumber() ? 128 + interrupts.signalNumber() : isClean ? 0 : 1;
}
