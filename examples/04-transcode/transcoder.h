// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <AioProcessing/AioProcess>
#include <AioProcessing/AioTask>

#include <QFile>
#include <QString>
#include <QStringList>

#include <functional>
#include <stop_token>
#include <vector>

// A file on its way through the program.
struct Job
{
    QString source;
    QString target;
    qint64 bytes = 0;
    qint64 taken = 0;       // by the program so far
    qint64 produced = 0;
    double seconds = 0;
    QString error;          // empty: it went well
    bool isDone = false;
};

// Sends files through a filter program, several at a time.
class Transcoder
{
public:
    Transcoder(std::vector<Job> jobs, const QStringList &command);

    const std::vector<Job> &jobs() const { return m_jobs; }
    // Called when a file has got further.
    std::function<void(const Job &)> onProgress;

    // Until all files are done, or stop is requested. What is not complete then is no file either.
    QCoro::Task<> run(int atOnce, std::stop_token stop);

private:
    QCoro::Task<> takeJobs(std::stop_token stop);
    QCoro::Task<> transcode(Job &job, std::stop_token stop);
    QCoro::Task<> feed(AioProcess &process, Job &job, std::stop_token stop);

    std::vector<Job> m_jobs;
    const QStringList m_command;
    std::size_t m_next = 0;
};
