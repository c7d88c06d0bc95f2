// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "testcoroutine.h"

#include "eventloopchecker.h"
#include "watchdog.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QTimer>

namespace AioTest {
namespace {

struct Run
{
    QEventLoop loop;
    QString exception;
    bool isOver = false;
};

QCoro::Task<> drive(const std::function<QCoro::Task<>()> &body, Run &run)
{
    QString exception;
    try {
        co_await body();
    } catch (const AioException &e) {
        QDebug(&exception) << "an AioException left the test:" << e.error();
    } catch (const std::exception &e) {
        exception = QStringLiteral("an exception left the test: %1").arg(QString::fromLocal8Bit(e.what()));
    } catch (...) {
        exception = QStringLiteral("an exception that is no std::exception left the test");
    }
    run.exception = exception;
    run.isOver = true;
    QMetaObject::invokeMethod(&run.loop, &QEventLoop::quit, Qt::QueuedConnection);
}

} // namespace

void run(const std::function<QCoro::Task<>()> &body, LoopRule rule, std::chrono::milliseconds limit)
{
    Watchdog watchdog(QTest::currentTestFunction(), limit);
    EventLoopChecker checker;
    Run run;
    drive(body, run);
    if (!run.isOver)
        run.loop.exec();
    if (!run.isOver) {
        QTest::qFail("the event loop was told to quit before the test was over", __FILE__, __LINE__);
        while (!run.isOver)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
    if (!run.exception.isEmpty())
        QTest::qFail(qPrintable(run.exception), __FILE__, __LINE__);
    if (rule == LoopStaysAlive && !QTest::currentTestFailed())
        QTest::qVerify(checker.stayedAlive(), "checker.stayedAlive()", "", __FILE__, __LINE__);
}

void NextTurn::await_suspend(std::coroutine_handle<> coroutine) const
{
    QTimer::singleShot(0, [coroutine] { coroutine.resume(); });
}

} // namespace AioTest
