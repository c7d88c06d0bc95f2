// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What queues in shared memory promise beyond tst_conformance_queue: nothing goes through their parent.

#include "aiotest.h"

#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aioqueue.h>

class TestAioQueue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void workersGoOnWhileTheirParentIsStopped()
    {
        HelperProcess parent("stoppedParent");
        QVERIFY(parent.waitForLine("started"));
        // both results arrive at the grandparent's own pipe; the parent only starts the two and is stopped
        QVERIFY(parent.stop());
        QVERIFY(parent.waitForLine("exchanged"));
        parent.cont();
        parent.send("go");
        QCOMPARE(parent.waitForEnd(), 0);
    }
};

namespace {

void exchangeAndSay(AioQueue &in, AioQueue &out, int rounds, bool begins)
{
    if (begins)
        out.put(0);
    for (int i = 0; i < rounds; ++i)
        out.put(in.get());
    if (begins)
        AioTest::say("exchanged");
}

} // namespace

AIO_TEST_ROLE(stoppedParent)
{
    QCoreApplication app(argc, argv);
    AioQueue a;
    AioQueue b;
    AioQueue idle;
    auto pending = idle.coro_get();     // an event loop with a wait of its own
    AioProcess first(AioCall::to<&exchangeAndSay>(a, b, 1000, true));
    AioProcess second(AioCall::to<&exchangeAndSay>(b, a, 1000, false));
    first.start();
    second.start();
    AioTest::say("started");
    AioTest::hear();
    return first.join() && second.join() ? 0 : 1;
}

AIO_TEST_MAIN(TestAioQueue)
#include "tst_aioqueue.moc"
