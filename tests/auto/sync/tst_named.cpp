// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Programs that are not parent and child meet by the names of objects in a context with a name. The helpers are such
// programs: this one takes no part in their context.

#include "inventory.h"
#include "synctest.h"

#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiorlock.h>

using namespace std::chrono_literals;

namespace {

const auto Meeting = QStringLiteral("meeting");

// Adds to a number under a lock: "right" when nobody else did at the same time.
AIO_TEST_ROLE(adder)
{
    QCoreApplication app(argc, argv);
    AioContext context(Meeting);
    AioLock lock(QStringLiteral("guard"), context);
    AioSemaphore number(QStringLiteral("number"), 0, context);
    AioTest::say("ready");
    AioTest::hear();
    bool right = true;
    for (int i = 0; i < 500; ++i) {
        const AioLocker locker(lock);
        const int before = number.value();
        number.release();
        right &= number.value() == before + 1;
    }
    AioTest::say(right ? "right" : "wrong");
    AioTest::hear();
    AioTest::say(QByteArray::number(number.value()));
    return 0;
}

// Has the lock and the permits until it is told, or killed.
AIO_TEST_ROLE(holder)
{
    QCoreApplication app(argc, argv);
    AioContext context(Meeting);
    AioRLock lock(QStringLiteral("rlock"), context);
    AioBoundedSemaphore permits(QStringLiteral("permits"), 2, context);
    lock.acquire();
    lock.acquire();
    permits.acquire();
    permits.acquire();
    AioTest::say("holds");
    AioTest::hear();
    return 0;
}

// Waits for them in coroutines.
AIO_TEST_ROLE(heir)
{
    QCoreApplication app(argc, argv);
    AioContext context(Meeting);
    AioRLock lock(QStringLiteral("rlock"), context);
    AioBoundedSemaphore permits(QStringLiteral("permits"), 2, context);
    const auto inherit = [&]() -> QCoro::Task<> {
        auto permit = permits.coro_locker();
        auto locker = lock.coro_locker();
        AioTest::say(permit.isReady() || locker.isReady() ? "has" : "waits");
        const AioLocker first = co_await locker;
        const AioLocker second = co_await permit;
        AioTest::say(lock.wasAbandoned() && lock.depth() == 1 && permits.value() == 1 ? "inherited" : "got");
    };
    AioProcessing::waitBlocking(inherit());
    return 0;
}

// Meets another one: at a barrier, then at an event, then in a condition.
AIO_TEST_ROLE(partner)
{
    QCoreApplication app(argc, argv);
    AioContext context(Meeting);
    AioBarrier barrier(QStringLiteral("barrier"), 2, context);
    AioEvent event(QStringLiteral("event"), context);
    AioCondition condition(QStringLiteral("condition"), context);
    const auto meet = [&]() -> QCoro::Task<> {
        const int index = co_await barrier.coro_wait();
        AioTest::say(QByteArray::number(index));
        if (index == 0) {
            co_await event.coro_wait();
            const AioLocker locker = co_await condition.coro_locker();
            condition.notify();
        } else {
            const AioLocker locker = co_await condition.coro_locker();
            event.set();
            co_await condition.coro_wait();
        }
        AioTest::say("met");
    };
    AioProcessing::waitBlocking(meet());
    return 0;
}

// Opens the name as what it is not.
AIO_TEST_ROLE(mistaken)
{
    QCoreApplication app(argc, argv);
    AioContext context(Meeting);
    const AioError asEvent = AioTest::errorThrownBy([&] { AioEvent event(QStringLiteral("rlock"), context); });
    const AioError asAnotherNumber = AioTest::errorThrownBy([&] { AioBoundedSemaphore permits(QStringLiteral("permits"), 3, context); });
    const bool right = asEvent.code == AioError::AlreadyExists && asAnotherNumber.code == AioError::AlreadyExists;
    AioTest::say(right ? "refused" : "accepted");
    return 0;
}

} // namespace

class TestNamed : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    // What this process itself has until its end is no concern of the others.
    void initTestCase()
    {
        AioContext elsewhere(QStringLiteral("elsewhere"));
        AioEvent never;
        QVERIFY(!never.wait(1ms));      // the first wait starts what watches the others
    }
    void init() { m_filesBefore = files(); }
    // Nothing remains when the last user has gone; where a lock shows who lives, it is the next one to come or to go who clears up.
    void cleanup()
    {
        if (AioTest::hasLinuxBackend())
            QCOMPARE(AioTest::additional(files(), m_filesBefore).join(u' '), QString());
    }

    void unrelatedProgramsShareByName()
    {
        HelperProcess first("adder");
        HelperProcess second("adder");
        QVERIFY(first.waitForLine("ready") && second.waitForLine("ready"));
        first.send("go");
        second.send("go");
        QVERIFY(first.waitForLine("right") && second.waitForLine("right"));
        first.send("how much?");
        QCOMPARE(first.readLine(), QByteArray("1000"));
        QCOMPARE(first.waitForEnd(), 0);
        second.send("how much?");
        QCOMPARE(second.readLine(), QByteArray("1000"));
        QCOMPARE(second.waitForEnd(), 0);
    }

    void nameIsFreeAgainWhenNobodyUsesIt()
    {
        for (int round = 0; round < 2; ++round) {
            HelperProcess adder("adder");
            QVERIFY(adder.waitForLine("ready"));
            adder.send("go");
            QVERIFY(adder.waitForLine("right"));
            adder.send("how much?");
            QCOMPARE(adder.readLine(), QByteArray("500"));
            QCOMPARE(adder.waitForEnd(), 0);
        }
    }

    void killedStrangerIsInheritedFrom()
    {
        HelperProcess holder("holder");
        QVERIFY(holder.waitForLine("holds"));
        HelperProcess heir("heir");
        QVERIFY(heir.waitForLine("waits"));
        QVERIFY(holder.kill());
        QVERIFY(heir.waitForLine("inherited"));
        QCOMPARE(heir.waitForEnd(), 0);
    }

    void nextUserSweepsWhatTheKilledLeft()
    {
        {
            HelperProcess holder("holder");
            QVERIFY(holder.waitForLine("holds"));
            HelperProcess heir("heir");
            QVERIFY(heir.waitForLine("waits"));
            QVERIFY(holder.stop());         // takes no notice of the other one's end
            QVERIFY(heir.kill());
            QVERIFY(holder.kill());
        }
        HelperProcess another("heir");
        QVERIFY(another.waitForLine("has"));
        QVERIFY(another.waitForLine("got"));
        QCOMPARE(another.waitForEnd(), 0);
    }

    void strangersMeet()
    {
        HelperProcess first("partner");
        HelperProcess second("partner");
        const QByteArray indices = first.readLine() + second.readLine();
        QVERIFY2(indices == "01" || indices == "10", indices.constData());
        QVERIFY(first.waitForLine("met") && second.waitForLine("met"));
        QCOMPARE(first.waitForEnd(), 0);
        QCOMPARE(second.waitForEnd(), 0);
    }

    void anotherClassOrNumberIsRefused()
    {
        HelperProcess holder("holder");
        QVERIFY(holder.waitForLine("holds"));
        HelperProcess mistaken("mistaken");
        QVERIFY(mistaken.waitForLine("refused"));
        QCOMPARE(mistaken.waitForEnd(), 0);
        HelperProcess heir("heir");             // the objects are as they were
        QVERIFY(heir.waitForLine("waits"));
        holder.send("end");
        QCOMPARE(holder.waitForEnd(), 0);
        QVERIFY(heir.waitForLine("inherited"));
        QCOMPARE(heir.waitForEnd(), 0);
    }

    void refusalSaysWhatThereIs()
    {
        const auto name = QStringLiteral("the name");
        const auto says = [](const AioError &error, const char *text) {
            const bool does = error.code == AioError::AlreadyExists && error.message.contains(QLatin1String("the name"))
                              && error.message.contains(QLatin1String(text));
            if (!does)
                qWarning() << error << "does not say" << text;
            return does;
        };
        {
            AioLock lock(name);
            lock.acquire();
            QVERIFY(says(AioTest::errorThrownBy([&] { AioSemaphore other(name, 1); }), "AioLock"));
            QVERIFY(says(AioTest::errorThrownBy([&] { AioRLock other(name); }), "AioLock"));
            QVERIFY(says(AioTest::errorThrownBy([&] { AioEvent other(name); }), "AioLock"));
            QVERIFY(says(AioTest::errorThrownBy([&] { AioCondition other(name); }), "AioLock"));
            QVERIFY(says(AioTest::errorThrownBy([&] { AioBarrier other(name, 2); }), "AioLock"));
            AioLock same(name);
            QCOMPARE(same.handle(), lock.handle());
            QCOMPARE(same.objectName(), name);
            QVERIFY(same.locked());
            lock.release();
            AioContext elsewhere(QStringLiteral("elsewhere"));
            AioEvent ofAnotherContext(name, elsewhere);
            QVERIFY(!(ofAnotherContext.handle() == lock.handle()));
        }
        {
            AioSemaphore semaphore(name, 3);
            semaphore.acquire();
            AioSemaphore same(name, 3);
            QCOMPARE(same.value(), 2);
            QVERIFY(says(AioTest::errorThrownBy([&] { AioSemaphore other(name, 2); }), "3 permits, not 2"));
            QVERIFY(says(AioTest::errorThrownBy([&] { AioLock other(name); }), "AioSemaphore"));
            QCOMPARE(AioTest::codeThrownBy([&] { AioSemaphore other(name, -1); }), AioError::UsageError);
            QCOMPARE(semaphore.value(), 2);
        }
        {
            AioBoundedSemaphore semaphore(name, 3);
            QVERIFY(says(AioTest::errorThrownBy([&] { AioBoundedSemaphore other(name, 4); }), "3 permits, not 4"));
        }
        {
            AioBarrier barrier(name, 3);
            QVERIFY(says(AioTest::errorThrownBy([&] { AioBarrier other(name, 4); }), "3 parties, not 4"));
            QCOMPARE(AioBarrier(name, 3).parties(), 3);
        }
        {
            AioCondition condition(name);
            AioCondition same(name);
            const AioLocker locker(condition);
            QVERIFY(same.locked());
            same.notify();
        }
    }

    // Thousand times the last user closes the name while another one opens it.
    void openingRacesWithClosing()
    {
        const auto name = QStringLiteral("contended");
        std::vector<std::thread> threads;
        std::atomic<int> wrong = 0;
        for (int i = 0; i < 3; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 300; ++round) {
                    try {
                        AioCondition condition(name);
                        const AioLocker locker(condition);
                        condition.notify();
                    } catch (const AioException &e) {
                        qWarning() << e.error();
                        ++wrong;
                    }
                }
            });
        }
        for (auto &thread : threads)
            thread.join();
        QCOMPARE(wrong.load(), 0);
    }

private:
    static QStringList files() { return AioTest::filesBelow(qEnvironmentVariable("AIOPROCESSING_RUNTIME_DIR")); }

    QStringList m_filesBefore;
};

AIO_TEST_MAIN(TestNamed)
#include "tst_named.moc"
