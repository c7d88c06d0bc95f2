// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Processes that do nothing: idle ones must cost nothing, and stopped ones must stop nobody else.

#include "mixedwaits.h"

#include <QDir>
#include <QProcess>
#include <QSocketNotifier>
#include <QStandardPaths>
#include <QTemporaryFile>

#include <csignal>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

template<class T> void blockForEver(T &object, AioQueue &said)
{
    said.put(qint64(::getpid()));
    if constexpr (requires { object.acquire(); })
        object.acquire();
    if constexpr (requires { object.wait(); })
        object.wait();
    if constexpr (requires { object.get(); })
        object.get();
}

// Waits for the lock that the worker's argument is, and stops at the fault point that the test chose on the way.
void acquireOnce(AioLock &lock)
{
    lock.acquire();
    lock.release();
}

// Waits for ever in every way: 5000 coroutines on objects of all kinds, a blocked thread, a blocked worker for each kind. Says who
// the workers are, and when its input ends how many milliseconds it took to cancel the coroutines.
AIO_TEST_ROLE(idle)
{
    QCoreApplication app(argc, argv);
    std::stop_source stop;
    MixedWaits waits(556, stop.get_token());
    AioBarrier barrier(2);
    AioQueue said;
    std::vector<std::unique_ptr<AioProcess>> workers;
    QByteArray pids;
    const auto block = [&]<class T>(T &object) {
        workers.push_back(std::make_unique<AioProcess>(AioCall::to<&blockForEver<T>>(object, said)));
        workers.back()->start();
        pids += ' ' + said.get().toByteArray();
    };
    block(waits.lock);
    block(waits.rlock);
    block(waits.semaphore);
    block(waits.bounded);
    block(waits.condition);
    block(waits.event);
    block(waits.empty);
    block(barrier);
    std::thread blocked([&] { waits.event.wait(); });
    AioTest::say(pids.trimmed());

    const auto end = [&]() -> QCoro::Task<> {
        const AioTest::LostTime lostTime;
        QElapsedTimer timer;
        timer.start();
        const qint64 lost = lostTime.total();
        stop.request_stop();
        while (waits.left() > 0)
            co_await AioTest::nextTurn();
        AioTest::say(QByteArray::number(timer.elapsed() - (lostTime.total() - lost) / 1'000'000));
        QCoreApplication::quit();
    };
    QSocketNotifier input(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&input, &QSocketNotifier::activated, &app, [&] {
        input.setEnabled(false);
        AioProcessing::spawn(end);
    });
    app.exec();
    for (auto &worker : workers)
        worker->kill();
    waits.event.set();
    blocked.join();
    return 0;
}

// How often the threads of \a process were given the processor.
qint64 switches(const QByteArray &process)
{
    qint64 sum = 0;
    const QString tasks = QStringLiteral("/proc/%1/task").arg(QString::fromLatin1(process));
    for (const QString &task : QDir(tasks).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile status(tasks + QLatin1Char('/') + task + QStringLiteral("/status"));
        if (!status.open(QIODevice::ReadOnly))
            continue;
        for (const QByteArray &line : status.readAll().split('\n')) {
            if (line.contains("ctxt_switches"))
                sum += line.split('\t').last().toLongLong();
        }
    }
    return sum;
}

QList<qint64> switches(const QList<QByteArray> &processes)
{
    QList<qint64> result;
    for (const QByteArray &process : processes)
        result << switches(process);
    return result;
}

} // namespace

class TestStalls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void idleProcessesDoNotWakeUp()
    {
        const auto seconds = std::chrono::seconds(qMax(2, qEnvironmentVariableIntValue("AIO_TEST_IDLE_SECONDS")));
        const Watchdog watchdog("idleProcessesDoNotWakeUp", 30s + 2 * seconds);
        HelperProcess helper("idle");
        QList<QByteArray> processes = helper.readLine().split(' ');
        QCOMPARE(processes.size(), 8);
        processes << QByteArray::number(helper.pid());
        QList<qint64> before;
        do {                                        // until they all have fallen asleep
            before = switches(processes);
            QThread::msleep(100);
        } while (switches(processes) != before);
        QThread::sleep(static_cast<unsigned long>(seconds.count()));
        QCOMPARE(switches(processes), before);

        const QString strace = QStandardPaths::findExecutable(QStringLiteral("strace"));
        if (!strace.isEmpty())
            traceFor(seconds, strace, processes);
        helper.closeInput();
        const std::chrono::milliseconds took(helper.readLine().toInt());
        QVERIFY2(took < AioTest::scaled(500ms), qPrintable(QStringLiteral("it took %1 ms to cancel all").arg(took.count())));
        QCOMPARE(helper.waitForEnd(), 0);
    }

    void loopLivesWhileAnotherProcessIsStopped_data()
    {
        QTest::addColumn<QByteArray>("point");
        for (const char *point : {"lot.push", "lot.pushed", "guard.locked", "lot.drain", "guard.unlock"})
            QTest::newRow(point) << QByteArray(point);
    }
    void loopLivesWhileAnotherProcessIsStopped()
    {
#if !defined(AIO_FAULT_POINTS)
        QSKIP("needs a build with fault points");
#endif
        QFETCH(QByteArray, point);
        AioLock lock;
        AioQueue other;
        AioTest::run([&]() -> QCoro::Task<> {
            lock.acquire();
            AioProcess worker(AioCall::to<&acquireOnce>(lock));
            AioTest::setFault(worker, point + ":1:stop");
            co_await worker.coro_start();
            co_await AioTest::untilStopped(worker.pid());
            // it stands in the middle of the lock's queue, or holds its guard; everybody else goes on
            const bool early = co_await lock.coro_acquire(20ms);
            AIO_VERIFY(!early);
            std::stop_source stop;
            auto cancelled = lock.coro_acquire(stop.get_token());
            stop.request_stop();
            AIO_COMPARE(co_await AioTest::codeOf(std::move(cancelled)), AioError::Cancelled);
            lock.release();
            // it may have the lock now, as whoever has waited longest; nobody waits for it
            if (lock.tryAcquire())
                lock.release();
            co_await other.coro_put(1);
            AIO_COMPARE((co_await other.coro_get()).toInt(), 1);
            ::kill(pid_t(worker.pid()), SIGCONT);
            co_await worker.coro_join();
            AIO_COMPARE(worker.exitReason(), AioProcess::CleanExit);
            const bool last = co_await lock.coro_acquire(QDeadlineTimer(5s));
            AIO_VERIFY(last);
            lock.release();
        });
    }

private:
    // Whoever is traced finishes no system call meanwhile.
    void traceFor(std::chrono::seconds time, const QString &strace, const QList<QByteArray> &processes)
    {
        QTemporaryFile log;
        QVERIFY(log.open());
        QStringList arguments{QStringLiteral("-f"), QStringLiteral("-o"), log.fileName()};
        for (const QByteArray &process : processes)
            arguments << QStringLiteral("-p") << QString::fromLatin1(process);
        QProcess tracer;
        tracer.setProcessChannelMode(QProcess::MergedChannels);
        tracer.start(strace, arguments);
        QVERIFY(tracer.waitForReadyRead());         // "attached", or why not
        QThread::sleep(static_cast<unsigned long>(time.count()));
        const bool could = tracer.state() == QProcess::Running;
        tracer.terminate();
        tracer.waitForFinished();
        if (!could)
            QSKIP(qPrintable(QStringLiteral("strace could not attach: ") + QString::fromLocal8Bit(tracer.readAll())));
        QStringList done;
        for (const QByteArray &line : log.readAll().split('\n')) {
            if (line.contains(" = "))
                done << QString::fromLocal8Bit(line);
        }
        QVERIFY2(done.isEmpty(), qPrintable(done.join(QLatin1Char('\n'))));
        qInfo("%d processes made no system call in %d seconds", int(processes.size()), int(time.count()));
    }
};

AIO_TEST_MAIN(TestStalls)
#include "tst_stalls.moc"
