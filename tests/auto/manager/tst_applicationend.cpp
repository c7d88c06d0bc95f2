// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Pools and managers that are static, or live on for another reason, when the application object goes.

#include "aiotest.h"

#include <aioprocessing/aiomanager.h>
#include <aioprocessing/aiopool.h>

namespace {

int twice(int number)
{
    return 2 * number;
}

void hang()
{
    for (;;)
        ::pause();
}

void sayCode(AioError::Code code)
{
    AioTest::say(QMetaEnum::fromType<AioError::Code>().valueToKey(code));
}

AIO_TEST_ROLE(pool)
{
    std::unique_ptr<AioPool> pool;
    QFuture<void> pending;
    for (int i = 0; i < 2; ++i) {       // the second application object has a pool of its own
        {
            QCoreApplication app(argc, argv);
            pool = std::make_unique<AioPool>(1);
            AioTest::say(QByteArray::number(pool->apply<&twice>(21)));
            pending = pool->applyAsync<&hang>();
        }
        AioTest::say(pending.isFinished() ? "over" : "pending");
        sayCode(AioTest::codeThrownBy([&] { pool->apply<&twice>(21); }));
        pool.reset();
        AioTest::say("gone");
    }
    return 0;
}

AIO_TEST_ROLE(manager)
{
    auto server = std::make_unique<AioManager>();
    std::unique_ptr<AioManager> client;
    std::unique_ptr<AioQueue> queue;
    {
        QCoreApplication app(argc, argv);
        server->serve();
        client = std::make_unique<AioManager>(server->address());
        client->connectToServer();
        queue.reset(client->createQueue());
        queue->setParent(nullptr);
        client->createPool(1)->apply<&twice>(1);
        queue->put(42);
        AioTest::say(QByteArray::number(queue->get().toInt()));
    }
    sayCode(AioTest::codeThrownBy([&] { queue->get(); }));
    queue.reset();
    client.reset();
    server.reset();
    AioTest::say("gone");
    return 0;
}

} // namespace

class TestApplicationEnd : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void poolOutlivesTheApplication()
    {
        HelperProcess helper("pool");
        for (int i = 0; i < 2; ++i) {
            QVERIFY(helper.waitForLine("42"));
            QVERIFY(helper.waitForLine("over"));
            QVERIFY(helper.waitForLine("Closed"));
            QVERIFY(helper.waitForLine("gone"));
        }
        QCOMPARE(helper.waitForEnd(), 0);
    }

    void managerAndItsObjectsOutliveTheApplication()
    {
        HelperProcess helper("manager");
        QVERIFY(helper.waitForLine("42"));
        QVERIFY(helper.waitForLine("Cancelled"));
        QVERIFY(helper.waitForLine("gone"));
        QCOMPARE(helper.waitForEnd(), 0);
    }
};

AIO_TEST_MAIN(TestApplicationEnd)
#include "tst_applicationend.moc"
