// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 02-checksum [--jobs N] [--pool] PATH...: SHA-256 of all files below the paths, by several processes, printed as sha256sum does.

#include "files.h"
#include "hasher.h"
#include "progress.h"
#include "signals.h"

#include <AioProcessing/AioProcessing>

#include <QCommandLineParser>
#include <QCoreApplication>

#include <cstdio>
#include <map>
#include <memory>
#include <vector>

namespace {

// What is printed: a line for each file, in their order.
class Report
{
public:
    explicit Report(std::vector<File> files) : m_files(std::move(files)), m_progress(qsizetype(m_files.size())) { }

    std::size_t size() const { return m_files.size(); }
    HashRequest request(std::size_t index) const { return HashRequest(qint64(index), m_files[index].name); }
    int exitCode() const { return m_exitCode; }

    /*! The next file in order has \a result. */
    void print(const HashResult &result)
    {
        const File &file = m_files[m_printed++];
        m_progress.clear();
        const QByteArray error = file.error.isEmpty() ? result.error : file.error;
        if (!error.isEmpty()) {
            std::fprintf(stderr, "02-checksum: %s: %s\n", file.name.constData(), error.constData());
            m_exitCode = 1;
        } else {
            const QByteArray line = checksumLine(file.name, result.hash);
            std::fwrite(line.constData(), 1, std::size_t(line.size()), stdout);
        }
        m_progress.show();
    }
    /*! Some file with \a bytes bytes has been read. */
    void add(qint64 bytes) { m_progress.add(bytes); }
    /*! Takes the progress line away. */
    void finish() { m_progress.clear(); }

private:
    const std::vector<File> m_files;
    Progress m_progress;
    std::size_t m_printed = 0;
    int m_exitCode = 0;
};

// By worker processes and two queues.
class QueueHasher
{
public:
    QueueHasher(Report &report, int jobs) : m_report(report)
    {
        for (int i = 0; i < jobs; ++i) {
            auto &worker = m_workers.emplace_back(std::make_unique<AioProcess>(AioCall::to<&hashFiles>(m_names, m_results)));
            QObject::connect(worker.get(), &AioProcess::finished, [this](int, AioProcess::ExitReason reason) {
                // a worker that is killed takes the file with it that it was reading
                if (reason != AioProcess::CleanExit)
                    m_lost.request_stop();
            });
        }
    }

    std::stop_source &lost() { return m_lost; }

    QCoro::Task<> run(std::stop_token stop)
    {
        for (const auto &worker : m_workers)
            worker->start();
        AioProcessing::spawn(feed(stop));
        // results come in any order
        std::map<std::size_t, HashResult> waiting;
        for (std::size_t printed = 0; printed < m_report.size(); ++printed) {
            while (!waiting.count(printed)) {
                const HashResult result = co_await m_results.coro_get<HashResult>(stop);
                waiting[std::size_t(result.index)] = result;
                m_report.add(result.bytes);
            }
            m_report.print(waiting[printed]);
            waiting.erase(printed);
        }
        for (const auto &worker : m_workers)
            co_await worker->coro_join();
    }

private:
    QCoro::Task<> feed(std::stop_token stop)
    {
        for (std::size_t i = 0; i < m_report.size(); ++i) {
            const HashRequest request = m_report.request(i);
            co_await m_names.coro_put(request, QDeadlineTimer::Forever, stop);
        }
        m_names.shutDown();
    }

    Report &m_report;
    AioQueue m_names{64};       // bounded: the walk does not run away from the workers
    AioQueue m_results;
    std::vector<std::unique_ptr<AioProcess>> m_workers;
    std::stop_source m_lost;
};

// By a pool, which does all that; a worker that is killed costs the file that it was reading, and is replaced.
QCoro::Task<> hashInPool(Report &report, int jobs, std::stop_token stop)
{
    AioPool pool(jobs);
    const std::stop_callback interrupted(stop, [&pool] { pool.terminate(); });
    QList<HashRequest> requests;
    for (std::size_t i = 0; i < report.size(); ++i)
        requests.append(report.request(i));
    QCORO_FOREACH(const AioResult<HashResult> &outcome, pool.coro_imapResults<&hashFile>(requests, 16)) {
        if (stop.stop_requested())
            break;
        HashResult result = outcome.valueOr(HashResult());
        if (!outcome)
            result.error = outcome.error().message.toLocal8Bit();
        report.add(result.bytes);
        report.print(result);
    }
    if (stop.stop_requested())
        throw AioException(AioError(AioError::Cancelled));
    co_await pool.coro_close();
}

} // namespace

int main(int argc, char **argv)
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("02-checksum"));

    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("SHA-256 of files and of all files below directories, as sha256sum prints it."));
    const QCommandLineOption jobs({QStringLiteral("j"), QStringLiteral("jobs")},
                                  QStringLiteral("How many processes read and hash."), QStringLiteral("N"),
                                  QString::number(AioProcessing::cpuCount()));
    const QCommandLineOption usesPool(QStringLiteral("pool"), QStringLiteral("Let an AioPool do it, instead of processes and queues."));
    parser.addOptions({jobs, usesPool});
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("PATH..."),
                                 QStringLiteral("Files and directories. Symbolic links below a directory are not followed."));
    parser.process(app);
    bool isNumber = false;
    const int count = parser.value(jobs).toInt(&isNumber);
    if (parser.positionalArguments().isEmpty() || !isNumber || count < 1 || count > 256) {
        std::fputs("02-checksum: give at least one PATH, and --jobs a number from 1 to 256\n", stderr);
        return 2;
    }

    std::stop_source stop;
    const InterruptHandler interrupts([&stop] { stop.request_stop(); });
    try {
        const QStringList paths = parser.positionalArguments();
        Report report(AioProcessing::waitBlocking(AioProcessing::run(&findFiles, paths, stop.get_token())));
        if (parser.isSet(usesPool)) {
            AioProcessing::waitBlocking(hashInPool(report, count, stop.get_token()));
        } else {
            QueueHasher hasher(report, count);
            const std::stop_callback lost(hasher.lost().get_token(), [&stop] { stop.request_stop(); });
            AioProcessing::waitBlocking(hasher.run(stop.get_token()));
        }
        report.finish();
        return report.exitCode();
    } catch (const AioException &exception) {
        if (exception.code() != AioError::Cancelled) {
            std::fprintf(stderr, "02-checksum: %s\n", exception.what());
            return 1;
        }
    }
    if (interrupts.signalNumber())
        return 128 + interrupts.signalNumber();
    std::fputs("02-checksum: a worker process was killed, so not all files could be read\n", stderr);
    return 1;
}
