// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// A parent with much memory: a start costs it no more than another one, since nothing copies its page tables.

#include "processtest.h"

#include <aioprocessing/aiocontext.h>

#include <QSignalSpy>

#include <functional>
#include <sys/mman.h>

using namespace std::chrono_literals;

static int add(int a, int b) { return a + b; }
static void waitForEver()
{
    say("ready");
    for (;;)
        ::pause();
}

// Whether the event loop, which turns each 10 ms, is never more than 5 ms late while \a round runs. What copies page tables is late each time;
// another process that had the caches, once.
static bool holdsUpNothing(const std::function<void()> &round)
{
    for (int i = 0; i < 3 && !QTest::currentTestFailed(); ++i) {
        EventLoopChecker loop;
        round();
        if (loop.stayedAlive(10 + 5))
            return true;
    }
    return false;
}

class tst_AioProcessLarge : public QObject
{
    Q_OBJECT

    static constexpr std::size_t Bytes = std::size_t(1) << 30;
    void *m_memory = MAP_FAILED;

private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<AioContext::StartMethod>("method");
        QTest::newRow("spawned") << AioContext::Spawn;
#ifdef Q_OS_LINUX
        QTest::newRow("forked") << AioContext::ForkServer;
#endif
    }
    void initTestCase()
    {
        m_memory = ::mmap(nullptr, Bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (m_memory == MAP_FAILED)
            QSKIP("this machine has no GiB to give");
    }
    void cleanupTestCase()
    {
        if (m_memory != MAP_FAILED)
            ::munmap(m_memory, Bytes);
        AioContext::defaultContext()->setStartMethod(AioContext::Spawn);
    }

    void init()
    {
        QFETCH_GLOBAL(AioContext::StartMethod, method);
        AioContext::defaultContext()->setStartMethod(method);
        AioProcess warm(AioCall::to<&add>(1, 2));       // the fork server is up
        warm.start();
        QVERIFY(warm.join());
    }

    void startAndJoinHoldUpNothing()
    {
        QVERIFY(holdsUpNothing([] {
            for (int i = 0; i < 20; ++i) {
                AioProcess process(AioCall::to<&add>(i, 2));
                QSignalSpy finished(&process, &AioProcess::finished);
                process.start();
                QVERIFY(finished.wait(30000));
                QCOMPARE(process.result(), QVariant(i + 2));
            }
        }));
    }

    void awaitedStartAndJoinHoldUpNothing()
    {
        const auto startAndJoin = []() -> QCoro::Task<> {
            for (int i = 0; i < 20; ++i) {
                AioProcess process(AioCall::to<&add>(i, 2));
                co_await process.coro_start();
                co_await process.coro_join();
                AIO_COMPARE(process.result(), QVariant(i + 2));
            }
        };
        QVERIFY(holdsUpNothing([&] { AioTest::run(startAndJoin); }));
    }

    void terminateKillAndDestructionHoldUpNothing()
    {
        QVERIFY(holdsUpNothing([] {
            for (int i = 0; i < 9; ++i) {
                AioProcess process(AioCall::to<&waitForEver>());
                QSignalSpy lines(&process, &AioProcess::outputLine);
                QSignalSpy finished(&process, &AioProcess::finished);
                process.start();
                QVERIFY(lines.wait(30000));
                if (i % 3 == 0)
                    process.terminate();
                else if (i % 3 == 1)
                    process.kill();
                else
                    continue;
                QVERIFY(finished.wait(30000));
            }
        }));
    }
};

AIO_TEST_MAIN(tst_AioProcessLarge)
#include "tst_aioprocess_large.moc"
