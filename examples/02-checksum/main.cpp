// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 02-checksum [--jobs N] PATH...: SHA-256 of all files below the paths, by several processes, printed as sha256sum does.

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

class Checksum
{
public:
    Checksum(std::vector<File> files, int jobs) : m_files(std::move(files)), m_progress(qsizetype(m_files.size()))
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

    QCoro::Task<int> run(std::stop_token stop)
    {
        for (const auto &worker : m_workers)
            worker->start();
        AioProcessing::spawn(feed(stop));
        for (std::size_t printed = 0; printed < m_files.size(); ++printed) {
            while (!m_waiting.count(printed)) {
                const HashResult result = co_await m_results.coro_get<HashResult>(stop);
                m_waiting[std::size_t(result.index)] = result;
                m_progress.add(result.bytes);
            }
            print(m_files[printed], m_waiting[printed]);
            m_waiting.erase(printed);
        }
        for (const auto &worker : m_workers)
            co_await worker->coro_join();
        m_progress.clear();
        co_return m_exitCode;
    }

private:
    QCoro::Task<> feed(std::stop_token stop)
    {
        for (std::size_t i = 0; i < m_files.size(); ++i) {
            const HashRequest request(qint64(i), m_files[i].name);
            co_await m_names.coro_put(request, QDeadlineTimer::Forever, stop);
        }
        m_names.shutDown();
    }

    // Results come in any order and are printed in that of the files.
    void print(const File &file, const HashResult &result)
    {
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

    const std::vector<File> m_files;
    AioQueue m_names{64};       // bounded: the walk does not run away from the workers
    AioQueue m_results;
    std::vector<std::unique_ptr<AioProcess>> m_workers;
    std::map<std::size_t, HashResult> m_waiting;
    Progress m_progress;
    std::stop_source m_lost;
    int m_exitCode = 0;
};

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
    parser.addOption(jobs);
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
        Checksum checksum(AioProcessing::waitBlocking(AioProcessing::run(&findFiles, paths, stop.get_token())), count);
        const std::stop_callback lost(checksum.lost().get_token(), [&stop] { stop.request_stop(); });
        return AioProcessing::waitBlocking(checksum.run(stop.get_token()));
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
