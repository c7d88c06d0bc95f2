// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "processtest.h"

#include <QLoggingCategory>
#include <QSignalSpy>
#include <QThread>

#include <stdexcept>

using namespace std::chrono_literals;

static int add(int a, int b) { return a + b; }
static void throwLogicError() { throw std::logic_error("boom"); }
static void waitForEver()
{
    for (;;)
        ::pause();
}

namespace {

struct Ending
{
    std::optional<bool> value;
    std::optional<AioError::Code> error;
    QThread *thread = nullptr;
};

// Waits for the end of a process on behalf of a test, which keeps the Ending.
QCoro::Task<> joinInto(Ending &ending, AioProcess &process, QDeadlineTimer deadline, std::stop_token stop)
{
    try {
        const bool ended = co_await process.coro_join(deadline, stop);
        ending.value = ended;
    } catch (const AioException &e) {
        ending.error = e.code();
    }
    ending.thread = QThread::currentThread();
}

QCoro::Task<int> resultOf(AioTypedCall<int> call)
{
    AioProcess process(call);
    co_await process.coro_start();
    const bool ended = co_await process.coro_join();
    if (!ended)
        throw std::logic_error("coro_join() without deadline returned false");
    co_return process.result().toInt();
}

} // namespace

class tst_AioProcessCoro : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void resultOfAFunction()
    {
        EventLoopChecker loop;
        QCOMPARE(AioProcessing::waitBlocking(resultOf(AioCall::to<&add>(20, 3))), 23);
        QVERIFY(loop.stayedAlive(100));
    }

    void severalWaitsOfOneProcessAllResume()
    {
        AioProcess process(AioCall::to<&add>(1, 2));
        process.start();
        QSignalSpy finished(&process, &AioProcess::finished);
        Ending endings[3];
        for (Ending &ending : endings)
            joinInto(ending, process, QDeadlineTimer::Forever, {});
        EventLoopChecker loop;
        for (const Ending &ending : endings) {
            QTRY_COMPARE(ending.value, std::optional(true));
            QCOMPARE(ending.thread, QThread::currentThread());
        }
        QCOMPARE(finished.size(), 1);
        QVERIFY(loop.stayedAlive(100));
        Ending late;    // completes at once
        joinInto(late, process, QDeadlineTimer(0), {});
        QCOMPARE(late.value, std::optional(true));
    }

    void deadlineIsNeverEarlyAndHasNoEffect()
    {
        AioProcess process(AioCall::to<&waitForEver>());
        process.start();
        for (const auto limit : {0ms, 1ms, 30ms, 202ms}) {
            EventLoopChecker loop;
            Ending ending;
            QElapsedTimer clock;
            clock.start();
            joinInto(ending, process, QDeadlineTimer(limit), {});
            QTRY_COMPARE(ending.value, std::optional(false));
            QVERIFY(clock.nsecsElapsed() >= std::chrono::nanoseconds(limit).count());
            QVERIFY(loop.stayedAlive(100));
        }
        QVERIFY(process.isAlive());
    }

    void stopTokenCancels_data()
    {
        QTest::addColumn<int>("when");
        QTest::newRow("before") << 0;
        QTest::newRow("while it waits") << 1;
        QTest::newRow("from another thread") << 2;
    }
    void stopTokenCancels()
    {
        QFETCH(int, when);
        AioProcess process(AioCall::to<&waitForEver>());
        process.start();
        std::stop_source stop;
        if (when == 0)
            stop.request_stop();
        Ending ending;
        EventLoopChecker loop;
        joinInto(ending, process, QDeadlineTimer::Forever, stop.get_token());
        QVERIFY(!ending.error);    // resumes from the event loop, never inside the call
        const std::unique_ptr<QThread> thread(QThread::create([&] { stop.request_stop(); }));
        if (when == 1) {
            stop.request_stop();
            QVERIFY(!ending.error);
        } else if (when == 2) {
            thread->start();
        }
        QTRY_COMPARE(ending.error, std::optional(AioError::Cancelled));
        QCOMPARE(ending.thread, QThread::currentThread());
        thread->wait();
        QVERIFY(process.isAlive());
        QVERIFY(loop.stayedAlive(100));
    }

    void destructionCancels()
    {
        auto process = std::make_unique<AioProcess>(AioCall::to<&waitForEver>());
        process->start();
        Ending endings[2];
        joinInto(endings[0], *process, QDeadlineTimer::Forever, {});
        joinInto(endings[1], *process, QDeadlineTimer(1h), {});
        EventLoopChecker loop;
        process.reset();
        QVERIFY(!endings[0].error && !endings[1].error);    // never inside of the destructor
        for (const Ending &ending : endings)
            QTRY_COMPARE(ending.error, std::optional(AioError::Cancelled));
        QVERIFY(loop.stayedAlive(100));
    }

    void cancelRacesWithTheEnd()
    {
        for (int round = 0; round < 20; ++round) {
            AioProcess process(AioCall::to<&add>(1, 2));
            process.start();
            std::stop_source stop;
            Ending ending;
            joinInto(ending, process, QDeadlineTimer::Forever, stop.get_token());
            const std::unique_ptr<QThread> thread(QThread::create([&] {
                QThread::usleep(quint32(round) * 300);
                stop.request_stop();
            }));
            thread->start();
            QTRY_VERIFY(ending.value || ending.error);
            thread->wait();
            QVERIFY(ending.value.has_value() != ending.error.has_value());
        }
    }

    void startThrowsWhatWentWrong()
    {
        AioProcess process(QStringLiteral("/nonexistent/program"));
        QCOMPARE(errorOf([&] { AioProcessing::waitBlocking(process.coro_start()); }).code, AioError::NotFound);
        QCOMPARE(process.exitReason(), AioProcess::LaunchFailed);
    }

    void startOfAFunctionThatFailsAtOnceSucceeds()
    {
        AioProcess process(AioCall::to<&throwLogicError>());
        AioProcessing::waitBlocking(process.coro_start());
        QVERIFY(AioProcessing::waitBlocking(process.coro_join(30s)));
        QCOMPARE(process.error().code, AioError::RemoteError);
    }

    void joinOnAThreadOfItsOwn()
    {
        int result = 0;
        const std::unique_ptr<QThread> thread(QThread::create([&] {
            result = AioProcessing::waitBlocking(resultOf(AioCall::to<&add>(4, 5)));
        }));
        EventLoopChecker loop;
        QSignalSpy finished(thread.get(), &QThread::finished);
        thread->start();
        QVERIFY(finished.wait(30000));
        QCOMPARE(result, 9);
        QVERIFY(loop.stayedAlive(100));
    }

    void waitOfAnEndingThreadIsCancelled()
    {
        Ending ending;
        class Waiter : public QThread
        {
        public:
            explicit Waiter(Ending &e) : m_ending(e) {}
            void run() override
            {
                AioProcess process(AioCall::to<&waitForEver>());
                process.start();
                joinInto(m_ending, process, QDeadlineTimer::Forever, {});
            }    // destroys the process, and no event loop runs any more

        private:
            Ending &m_ending;
        } thread(ending);
        thread.start();
        QVERIFY(thread.wait(30000));
        QCOMPARE(ending.error, std::optional(AioError::Cancelled));
    }

    void waitBeforeStartIsAUsageError()
    {
        AioProcess process(AioCall::to<&add>(1, 2));
        Ending ending;
        joinInto(ending, process, QDeadlineTimer::Forever, {});
        QCOMPARE(ending.error, std::optional(AioError::UsageError));
    }

    void linesOfAProgram()
    {
        const auto collect = [](AioProcess &process, QByteArrayList &lines) -> QCoro::Task<> {
            auto generator = process.coro_lines();
            auto it = co_await generator.begin();
            while (it != generator.end()) {
                lines.append(*it);
                co_await ++it;
            }
        };
        AioProcess process(QStringLiteral("sh"), {"-c", "echo one; echo two; printf rest"});
        process.start();
        QByteArrayList lines;
        EventLoopChecker loop;
        AioProcessing::waitBlocking(collect(process, lines));
        QCOMPARE(lines, (QByteArrayList{"one", "two", "rest"}));
        QVERIFY(loop.stayedAlive(100));
        QTRY_VERIFY(!process.isAlive());
    }

    void linesOfADestroyedProcessAreCancelled()
    {
        auto process = std::make_unique<AioProcess>(AioCall::to<&waitForEver>());
        std::optional<AioError::Code> error;
        const auto collect = [](AioProcess &p, std::optional<AioError::Code> &code) -> QCoro::Task<> {
            auto generator = p.coro_lines();
            try {
                const auto it = co_await generator.begin();
                Q_UNUSED(it)
            } catch (const AioException &e) {
                code = e.code();
            }
        };
        collect(*process, error);
        process->start();
        process.reset();
        QTRY_COMPARE(error, std::optional(AioError::Cancelled));
    }
};

AIO_TEST_MAIN(tst_AioProcessCoro)
#include "tst_aioprocess_coro.moc"
