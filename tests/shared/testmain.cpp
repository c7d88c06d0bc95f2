// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "testmain.h"

#include "process/aiodump_p.h"
#include "supervisor.h"
#include "timescale.h"
#include "watchdog.h"

#include <QCoreApplication>
#include <QThread>

namespace AioTest {
namespace {

constexpr std::chrono::milliseconds SuiteLimit = std::chrono::minutes(5);

// Qt keeps some things from the first event loop to the end of the process.
void warmUp(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCoreApplication::processEvents();
    QThread thread;
    thread.start();
    thread.quit();
    thread.wait();
}

int runSuite(int argc, char **argv, const std::function<int(int, char **)> &suite)
{
    const Watchdog watchdog("the suite", SuiteLimit);
    // Qt Test 6.4 counts the time of all functions, not of one, against this limit: the dogs of this kit watch instead
    if (!qEnvironmentVariableIsSet("QTEST_FUNCTION_TIMEOUT"))
        qputenv("QTEST_FUNCTION_TIMEOUT", QByteArray::number(qint64(scaled(2 * SuiteLimit).count())));
    warmUp(argc, argv);
    aio_detail::dumpOnSignalIfWanted();
    LeakCheck leaks;
    int failures = 0;
    {
        QCoreApplication app(argc, argv);
        failures = suite(argc, argv);
    }
    const bool clean = leaks.nothingLeaked();
    return failures != 0 || clean ? failures : EXIT_FAILURE;
}

} // namespace

int main(int argc, char **argv, const std::function<int(int, char **)> &suite)
{
    int exitCode = 0;
    if (runRole(argc, argv, &exitCode))
        return exitCode;
    return supervise([&] { return runSuite(argc, argv, suite); });
}

} // namespace AioTest
