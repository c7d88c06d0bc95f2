// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "transcoder.h"

#include <AioProcessing/AioProcessing>

#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>

Transcoder::Transcoder(std::vector<Job> jobs, const QStringList &command) : m_jobs(std::move(jobs)), m_command(command) {}

QCoro::Task<> Transcoder::run(int atOnce, std::stop_token stop)
{
    std::vector<QCoro::Task<>> lanes;
    for (int i = 0; i < atOnce; ++i)
        lanes.push_back(takeJobs(stop));
    for (QCoro::Task<> &lane : lanes)
        co_await lane;
}

QCoro::Task<> Transcoder::takeJobs(std::stop_token stop)
{
    while (m_next < m_jobs.size() && !stop.stop_requested()) {
        Job &job = m_jobs[m_next++];
        co_await transcode(job, stop);
    }
}

QCoro::Task<> Transcoder::transcode(Job &job, std::stop_token stop)
{
    QElapsedTimer clock;
    clock.start();
    QDir().mkpath(QFileInfo(job.target).path());
    // The shell opens the target, and becomes the program.
    AioProcess process(QStringLiteral("sh"), QStringList{"-c", "out=$1; shift; exec \"$@\" >\"$out\"", "sh", job.target} + m_command);
    QObject::connect(&process, &AioProcess::errorLine, &process, [&job](const QByteArray &line) {
        job.error = QString::fromLocal8Bit(line);
    });
    bool isComplete = false;
    try {
        co_await process.coro_start(stop);
        co_await feed(process, job, stop);
        isComplete = co_await process.coro_join(stop);
    } catch (const AioException &exception) {
        if (job.error.isEmpty())
            job.error = exception.error().message;
    }
    if (!isComplete) {
        process.terminate();    // killed five seconds later if it does not heed that
        co_await process.coro_join();
    }
    if (!isComplete || process.exitReason() != AioProcess::CleanExit) {
        if (job.error.isEmpty())
            job.error = QStringLiteral("%1 ended with code %2").arg(m_command.constFirst()).arg(process.exitCode().value_or(-1));
        QFile::remove(job.target);
    } else {
        job.error.clear();    // what it said were warnings
        job.produced = QFileInfo(job.target).size();
    }
    job.seconds = double(clock.elapsed()) / 1000;
    job.isDone = true;
    if (onProgress)
        onProgress(job);
}

QCoro::Task<> Transcoder::feed(AioProcess &process, Job &job, std::stop_token stop)
{
    constexpr qint64 step = 256 * 1024;
    const auto file = std::make_shared<QFile>(job.source);
    const auto open = [](std::shared_ptr<QFile> f) { return f->open(QIODevice::ReadOnly); };
    const auto read = [](std::shared_ptr<QFile> f) { return f->read(step); };
    const bool isOpen = co_await AioProcessing::run(open, file);
    if (!isOpen)
        throw AioException(AioError(AioError::PermissionDenied, file->errorString()));
    for (;;) {
        const QByteArray bytes = co_await AioProcessing::run(read, file);    // disks block, so not on this thread
        if (bytes.isEmpty())
            break;
        co_await process.coro_write(bytes, stop);    // waits as long as the program does not take it
        job.taken += bytes.size();
        if (onProgress)
            onProgress(job);
    }
    process.closeInput();
}
