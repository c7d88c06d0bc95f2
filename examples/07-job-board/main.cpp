// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 07-job-board [--qt N] [--python N] [--at ADDRESS] NUMBER...    the prime factors of each number, found by N Qt and N Python processes
//
// A manager has a queue of jobs, a dictionary of results, a queue of those who have come and an event that lets them begin. The workers of both
// kinds use them at the same time; with --at tcp://0.0.0.0:5000 those of other machines could, too. Ctrl-C ends all.

#include "signals.h"

#include <AioProcessing/AioProcessing>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QRandomGenerator>

#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

using namespace std::chrono_literals;

namespace {

QByteArray newKey()
{
    quint32 words[8];
    QRandomGenerator::system()->fillRange(words);
    return QByteArray(reinterpret_cast<const char *>(words), sizeof words).toHex();
}

QVariantList factorsOf(qlonglong number)
{
    QVariantList factors;
    for (qlonglong divisor = 2; divisor * divisor <= number; ++divisor) {
        for (; number % divisor == 0; number /= divisor)
            factors.append(divisor);
    }
    if (number > 1)
        factors.append(number);
    return factors;
}

// A Qt worker. That its objects are a manager's is nothing to it.
void work(AioJoinableQueue &jobs, AioDict &results, AioQueue &arrivals, AioEvent &opening, const QString &name)
{
    arrivals.put(name);
    opening.wait();
    for (;;) {
        const QVariant job = jobs.get();
        if (job.isNull())
            break;
        const QVariantList result{name, factorsOf(job.toLongLong())};
        results.insert(job.toString(), result);
        jobs.taskDone();
    }
    jobs.taskDone();
}

struct Options
{
    int qtWorkers = 2;
    int pythonWorkers = 2;
    AioAddress address;
    QList<qlonglong> numbers;
};

// As Python has it: host:port, or a path.
QString toPython(const AioAddress &address)
{
    return address.isTcp() ? QStringLiteral("%1:%2").arg(address.host()).arg(address.port()) : address.localPath();
}

using Workers = std::vector<std::unique_ptr<AioProcess>>;

QCoro::Task<int> useBoard(AioManager &board, Workers &workers, Options options, std::stop_token stop)
{
    AioJoinableQueue *jobs = co_await board.coro_createJoinableQueue();
    AioDict *results = co_await board.coro_createDict();
    AioQueue *arrivals = co_await board.coro_createQueue();
    AioEvent *opening = co_await board.coro_createEvent();
    co_await board.coro_publish(QStringLiteral("jobs"), *jobs);
    co_await board.coro_publish(QStringLiteral("results"), *results);
    co_await board.coro_publish(QStringLiteral("arrivals"), *arrivals);
    co_await board.coro_publish(QStringLiteral("opening"), *opening);

    for (int i = 1; i <= options.qtWorkers; ++i) {
        const AioCall call = AioCall::to<&work>(*jobs, *results, *arrivals, *opening, QStringLiteral("qt %1").arg(i));
        workers.push_back(std::make_unique<AioProcess>(call));
        workers.back()->start();
    }
    for (int i = 1; i <= options.pythonWorkers; ++i) {
        const QStringList arguments{QStringLiteral(SCRIPT), toPython(board.address()), QStringLiteral("python %1").arg(i)};
        workers.push_back(std::make_unique<AioProcess>(QStringLiteral("python3"), arguments));
        co_await workers.back()->coro_start(stop);
        co_await workers.back()->coro_write(board.authKey() + '\n');
    }

    for (const qlonglong number : options.numbers)
        co_await jobs->coro_put(number);
    for (std::size_t i = 0; i < workers.size(); ++i)
        co_await jobs->coro_put(QVariant());        // one "no more" for each
    for (std::size_t i = 0; i < workers.size(); ++i) {
        const std::optional<QVariant> name = co_await arrivals->coro_get(30s, stop);
        if (!name) {
            std::fprintf(stderr, "07-job-board: a worker has not come\n");
            co_return 1;
        }
    }
    std::fprintf(stderr, "07-job-board: %zu workers have come\n", workers.size());
    co_await opening->coro_set();                   // now they all begin
    co_await jobs->coro_join(stop);                 // also if a worker has died: what it had counts as finished

    const QVariantMap found = co_await results->coro_toMap();
    int missing = 0;
    for (const qlonglong number : options.numbers) {
        const QVariantList result = found.value(QString::number(number)).toList();
        QStringList factors;
        const QVariantList list = result.value(1).toList();
        for (const QVariant &factor : list)
            factors.append(factor.toString());
        if (result.isEmpty())
            ++missing;
        else
            std::printf("%lld = %s (%s)\n", number, qPrintable(factors.join(QStringLiteral(" * "))), qPrintable(result[0].toString()));
    }
    for (const auto &worker : workers)
        co_await worker->coro_join(stop);
    if (missing > 0)
        std::fprintf(stderr, "07-job-board: %d jobs were lost with their workers\n", missing);
    co_return missing > 0 ? 1 : 0;
}

QCoro::Task<int> runBoard(Options options, std::stop_token stop)
{
    AioManager board(options.address, newKey());
    board.setMinimumDigest(AioConnection::Md5);     // Python before 3.12 knows no other
    board.serve();
    Workers workers;
    int code = 1;
    std::exception_ptr failure;
    try {
        code = co_await useBoard(board, workers, options, stop);
    } catch (const AioException &) {
        failure = std::current_exception();
    }
    for (const auto &worker : workers) {        // before the board goes
        if (worker->isAlive()) {
            worker->kill();
            co_await worker->coro_join();
        }
    }
    if (failure)
        std::rethrow_exception(failure);
    co_return code;
}

} // namespace

int main(int argc, char *argv[])
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    const QCommandLineOption qt(QStringLiteral("qt"), QStringLiteral("How many Qt workers."), QStringLiteral("N"), QStringLiteral("2"));
    const QCommandLineOption python(QStringLiteral("python"), QStringLiteral("How many Python workers."), QStringLiteral("N"),
                                    QStringLiteral("2"));
    const QCommandLineOption at(QStringLiteral("at"), QStringLiteral("Where to listen, such as tcp://127.0.0.1:0."),
                                QStringLiteral("ADDRESS"));
    parser.addOptions({qt, python, at});
    parser.addPositionalArgument(QStringLiteral("NUMBER"), QStringLiteral("What to factor."), QStringLiteral("NUMBER..."));
    parser.process(app);
    Options options;
    options.qtWorkers = parser.value(qt).toInt();
    options.pythonWorkers = parser.value(python).toInt();
    options.address = AioAddress(parser.value(at));
    const QStringList words = parser.positionalArguments();
    for (const QString &word : words)
        options.numbers.append(word.toLongLong());
    if (options.numbers.isEmpty() || options.numbers.contains(0) || options.qtWorkers + options.pythonWorkers < 1)
        parser.showHelp(2);
    std::stop_source stop;
    const InterruptHandler interrupts([&stop] { stop.request_stop(); });
    try {
        return AioProcessing::waitBlocking(runBoard(options, stop.get_token()));
    } catch (const AioException &e) {
        if (interrupts.signalNumber())
            return 128 + interrupts.signalNumber();     // the workers have ended with the board
        std::fprintf(stderr, "07-job-board: %s\n", e.what());
        return 1;
    }
}
