// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

#include "../sync/synctest.h"
#include "inventory.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiosharedmemory.h>

#include <QTemporaryDir>

#include <algorithm>
#include <cstring>

using namespace std::chrono_literals;

namespace {

void writeInto(AioSharedMemory &memory)
{
    std::memcpy(memory.data(), "worker", 6);
    memory.data()[memory.size() - 1] = 'z';
}

// Opens what comes through the queue.
void writeIntoWhatComes(AioQueue &queue)
{
    AioSharedMemory memory(queue.get<AioHandle>());
    writeInto(memory);
}

void count(AioSharedMemory &memory, int times)
{
    for (int i = 0; i < times; ++i) {
        const AioLocker locker(memory.lock());
        int n = 0;
        std::memcpy(&n, memory.constData(), sizeof n);
        ++n;
        std::memcpy(memory.data(), &n, sizeof n);
    }
}

void dieWithTheLock(AioSharedMemory &memory)
{
    memory.lock().acquire();
    memory.data()[0] = 'd';
    AioTest::die();
}

// The segments in the default context's directory.
QStringList segments()
{
    const QString directory = qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR") + QStringLiteral("/a-")
        + QString::fromLatin1(AioContext::defaultContext()->id());
    return AioTest::filesBelow(directory).filter(QStringLiteral("own-"));
}

// Holds memory called by its first argument, in the default context and by name, until it is killed.
AIO_TEST_ROLE(hold)
{
    QCoreApplication app(argc, argv);
    if (argc > 2)
        qputenv("AIOPROCESSING_RUNTIME_DIR", argv[2]);
    AioContext context(QStringLiteral("programs"));
    AioSharedMemory memory(QString::fromLocal8Bit(argv[1]), 10'000, context);
    AioTest::say(QByteArray(memory.constData()));
    std::strcpy(memory.data(), "helper");
    AioTest::say("ready");
    AioTest::hear();
    return 0;
}

} // namespace

class TestAioSharedMemory : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // MP-144
    void sizesThatAreNone()
    {
        for (const qsizetype size : {qsizetype(0), qsizetype(-1)})
            QCOMPARE(AioTest::codeThrownBy([&] { AioSharedMemory memory(size); }), AioError::UsageError);
        QCOMPARE(AioTest::codeThrownBy([] { AioSharedMemory memory(QStringLiteral("unheard of")); }), AioError::NotFound);
        QCOMPARE(AioTest::codeThrownBy([] { AioSharedMemory memory(qsizetype(1) << 60); }), AioError::OutOfResources);
        QVERIFY(segments().isEmpty());
    }

    // MP-147
    void workersSeeTheSame()
    {
        AioSharedMemory memory(512);
        QCOMPARE(memory.size(), 512);
        QVERIFY(std::all_of(memory.span().begin(), memory.span().end(), [](char byte) { return byte == 0; }));
        AioProcess worker(AioCall::to<&writeInto>(memory));
        AioQueue queue;
        AioProcess other(AioCall::to<&writeIntoWhatComes>(queue));
        worker.start();
        QVERIFY(worker.join());
        QCOMPARE(std::memcmp(memory.constData(), "worker", 6), 0);
        QCOMPARE(memory.constData()[511], 'z');
        std::memset(memory.data(), 0, 512);
        other.start();
        queue.put(memory);
        QVERIFY(other.join());
        QCOMPARE(std::memcmp(memory.constData(), "worker", 6), 0);
    }

    // MP-145
    void aHandleIsTheSameMemory()
    {
        AioSharedMemory memory(100);
        memory.data()[7] = 'a';
        AioSharedMemory same(memory.handle());
        QCOMPARE(same.constData()[7], 'a');
        same.data()[8] = 'b';
        QCOMPARE(memory.constData()[8], 'b');
        QCOMPARE(same.size(), 100);
        QVERIFY2(same.describe().contains(QLatin1String("100 bytes")), qPrintable(same.describe()));
    }

    void itGoesWithItsLastUser()
    {
        AioHandle handle;
        {
            auto memory = std::make_unique<AioSharedMemory>(1000);
            const AioSharedMemory same(memory->handle());
            handle = memory->handle();
            QCOMPARE(segments().size(), 1);
            memory.reset();
            QCOMPARE(segments().size(), 1);
            QCOMPARE(same.constData()[0], '\0');
        }
        QVERIFY(segments().isEmpty());
        QCOMPARE(AioTest::codeThrownBy([&] { AioSharedMemory memory(handle); }), AioError::NotFound);
    }

    void itIsTheLocksToo()
    {
        constexpr int Times = 3000;
        AioSharedMemory memory(sizeof(int));
        AioProcess worker(AioCall::to<&count>(memory, Times));
        worker.start();
        count(memory, Times);
        QVERIFY(worker.join());
        int n = 0;
        std::memcpy(&n, memory.constData(), sizeof n);
        QCOMPARE(n, 2 * Times);
        AioProcess dying(AioCall::to<&dieWithTheLock>(memory));
        AioTest::run([&]() -> QCoro::Task<> {
            co_await dying.coro_start();
            co_await dying.coro_join();
            const bool acquired = co_await memory.lock().coro_acquire(10s);
            AIO_VERIFY(acquired && memory.lock().wasAbandoned());
            AIO_COMPARE(memory.constData()[0], 'd');
            memory.lock().release();
        });
    }

    // A user that is killed changes nothing for the others; when it was the last one, the memory goes.
    void killedUsers()
    {
        AioContext context(QStringLiteral("programs"));
        HelperProcess first("hold", {"table"});
        QCOMPARE(first.readLine(), QByteArray());
        QVERIFY(first.waitForLine("ready"));
        {
            HelperProcess second("hold", {"table"});
            QCOMPARE(second.readLine(), QByteArray("helper"));
            QVERIFY(second.waitForLine("ready"));
            AioSharedMemory memory(QStringLiteral("table"), context);
            QCOMPARE(memory.size(), 10'000);
            QVERIFY(first.kill());
            QVERIFY(second.kill());
            QCOMPARE(QByteArray(memory.constData()), QByteArray("helper"));
            QCOMPARE(AioTest::codeThrownBy([&] { AioSharedMemory other(QStringLiteral("table"), 7, context); }), AioError::AlreadyExists);
            AioSharedMemory same(QStringLiteral("table"), 10'000, context);
            QCOMPARE(same.handle(), memory.handle());
        }
        HelperProcess third("hold", {"table"});
        QCOMPARE(third.readLine(), QByteArray());           // it is a new one
        QVERIFY(third.waitForLine("ready"));
        QVERIFY(third.kill());
        // whoever makes something next has heard of the death, and taken the memory away
        AioTest::run([&]() -> QCoro::Task<> {
            for (;;) {
                AioSharedMemory memory(QStringLiteral("table"), 10'000, context);
                const bool isNew = memory.constData()[0] == '\0';
                if (isNew)
                    break;
                AioEvent event(context);
                co_await event.coro_wait(1ms);
            }
        });
    }

    // All users at once are killed: the next program sweeps.
    void nothingIsLeftOfTheDead()
    {
        QTemporaryDir parent;
        const QByteArray path = QFile::encodeName(parent.filePath(QStringLiteral("runtime")));
        const QStringList before = AioTest::orphanedIpc();
        {
            HelperProcess first("hold", {"table", path});
            QVERIFY(first.waitForLine("ready"));
            HelperProcess second("hold", {"table", path});
            QVERIFY(second.waitForLine("ready"));
            QVERIFY(first.kill());
            QVERIFY(second.kill());
        }
        QVERIFY(!AioTest::additional(AioTest::orphanedIpc(), before).isEmpty());
        HelperProcess next("hold", {"another", path});
        QVERIFY(next.waitForLine("ready"));
        next.closeInput();
        QCOMPARE(next.waitForEnd(), 0);
        QCOMPARE(AioTest::additional(AioTest::orphanedIpc(), before), QStringList());
        QCOMPARE(AioTest::filesBelow(QFile::decodeName(path)), QStringList());
    }

    void otherThingsAreRefused()
    {
        AioLock lock(QStringLiteral("a lock"));
        QCOMPARE(AioTest::codeThrownBy([] { AioSharedMemory memory(QStringLiteral("a lock"), 10); }), AioError::AlreadyExists);
        QCOMPARE(AioTest::codeThrownBy([&] { AioSharedMemory memory(lock.handle()); }), AioError::TypeMismatch);
    }
};

AIO_TEST_MAIN(TestAioSharedMemory)
#include "tst_aiosharedmemory.moc"
