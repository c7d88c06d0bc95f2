// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Programs that end in an orderly way while they wait for everything and hold something: nobody complains, and others go on.

#include "mixedwaits.h"

#include <QTimer>

#include <cstdlib>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

constexpr int WaitsOfEachKind = 112;

// What another process must know to use the same objects, as a line.
QByteArray handlesOf(MixedWaits &waits)
{
    QByteArrayList texts;
    for (const AioObject *object : waits.objects())
        texts << AioTest::textOf(object->handle());
    return texts.join(' ');
}

QList<AioHandle> handlesFrom(const QByteArray &line)
{
    QList<AioHandle> handles;
    for (const QByteArray &text : line.split(' '))
        handles << AioTest::handleFrom(text);
    return handles;
}

// The objects of a MixedWaits in another process.
struct Shared
{
    explicit Shared(const QList<AioHandle> &handles)
        : lock(handles[0]), rlock(handles[1]), semaphore(handles[2]), bounded(handles[3]), event(handles[4]), condition(handles[5]),
          barrier(handles[6]), empty(handles[7]), full(handles[8])
    { }

    bool isWaitedFor() const { return lock.context()->dump().contains(QLatin1String("waits")); }

    AioLock lock;
    AioRLock rlock;
    AioSemaphore semaphore;
    AioBoundedSemaphore bounded;
    AioEvent event;
    AioCondition condition;
    AioBarrier barrier;
    AioQueue empty;
    AioQueue full;
};

// Waits for one of everything; all the same, but for the barrier, which has too many parties.
struct Wishes
{
    explicit Wishes(Shared &shared)
        : lock(shared.lock.coro_acquire()), rlock(shared.rlock.coro_acquire()), semaphore(shared.semaphore.coro_acquire()),
          bounded(shared.bounded.coro_acquire()), event(shared.event.coro_wait()), condition(sleepOn(shared.condition)),
          item(shared.empty.coro_get()), place(shared.full.coro_put(2))
    { }

    static QCoro::Task<bool> sleepOn(AioCondition &condition)
    {
        const AioLocker locker = co_await condition.coro_locker();
        const bool notified = co_await condition.coro_wait();
        co_return notified;
    }

    QCoro::Task<bool> lock;
    QCoro::Task<bool> rlock;
    QCoro::Task<bool> semaphore;
    QCoro::Task<bool> bounded;
    QCoro::Task<bool> event;
    QCoro::Task<bool> condition;
    QCoro::Task<QVariant> item;
    QCoro::Task<bool> place;
};

// Waits for all that is left when the program quits, and then when the application object goes.
AIO_TEST_ROLE(quitter)
{
    std::unique_ptr<MixedWaits> waits;
    {
        QCoreApplication app(argc, argv);
        waits = std::make_unique<MixedWaits>(WaitsOfEachKind, std::stop_token());
        AioProcessing::waitBlocking(waits->untilAllWait());
        AioTest::say(handlesOf(*waits));
        AioTest::hear();
        QTimer::singleShot(0, &app, &QCoreApplication::quit);
        QCoreApplication::exec();
        AioTest::say(waits->left() == waits->count() ? "quit" : "too early");
    }
    AioTest::say(waits->cancelled() == waits->count() ? "cancelled" : "not cancelled");
    AioTest::hear();
    waits->lock.release();
    waits->rlock.release();
    waits->semaphore.release();
    waits->bounded.release();
    waits->event.set();
    {
        const AioLocker locker(waits->condition);
        waits->condition.notify();
    }
    waits->empty.put(1);
    waits->full.get();
    AioTest::hear();
    return 0;
}

// Calls exit() from its event loop. What it prints, and what is said of it on its standard error, is heard by the test.
AIO_TEST_ROLE(exiter)
{
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    QCoreApplication app(argc, argv);
    MixedWaits waits(WaitsOfEachKind, {});
    AioProcessing::waitBlocking(waits.untilAllWait());
    AioTest::say(handlesOf(waits));
    QTimer::singleShot(0, &app, [] {
        AioTest::hear();
        std::exit(0);
    });
    return QCoreApplication::exec();
}

} // namespace

class TestEnds : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void cleanup()
    {
        QCoreApplication::processEvents();      // of the end of the other process this one hears, too, and closes what watched it
    }

    void waitsEndWithTheApplication()
    {
        const Watchdog watchdog("waitsEndWithTheApplication", 30s);
        HelperProcess helper("quitter");
        Shared shared(handlesFrom(helper.readLine()));
        QCOMPARE(shared.barrier.waiting(), WaitsOfEachKind);
        helper.send("quit");
        QVERIFY(helper.waitForLine("quit"));
        QVERIFY(helper.waitForLine("cancelled"));
        // nothing was taken, nobody has come, and what the program holds is its own
        QVERIFY(!shared.isWaitedFor());
        QVERIFY(shared.lock.locked() && shared.rlock.depth() == 1 && shared.semaphore.value() == 0 && shared.bounded.value() == 0);
        QVERIFY(!shared.event.isSet() && !shared.condition.locked());
        QVERIFY(shared.barrier.waiting() == 0 && !shared.barrier.isBroken());
        QVERIFY(shared.empty.isEmpty() && shared.full.size() == 1);
        AioTest::run([&]() -> QCoro::Task<> {
            Wishes wishes(shared);
            helper.send("release");
            co_await takeAll(wishes);
            AIO_VERIFY(!shared.lock.wasAbandoned() && !shared.rlock.wasAbandoned());
            shared.lock.release();
            shared.rlock.release();
        });
        helper.closeInput();
        QCOMPARE(helper.waitForEnd(), 0);
    }

    void programThatExitsLeavesEverythingToOthers()
    {
        const Watchdog watchdog("programThatExitsLeavesEverythingToOthers", 30s);
        HelperProcess helper("exiter");
        Shared shared(handlesFrom(helper.readLine()));
        AioTest::run([&]() -> QCoro::Task<> {
            Wishes wishes(shared);
            helper.send("exit");
            const bool gotLock = co_await wishes.lock;
            const bool gotRLock = co_await wishes.rlock;
            const bool gotPermit = co_await wishes.bounded;
            AIO_VERIFY(gotLock && gotRLock && gotPermit);
            AIO_VERIFY(shared.lock.wasAbandoned() && shared.rlock.wasAbandoned());
            // the rest is nobody's
            AIO_VERIFY(!wishes.semaphore.isReady() && !wishes.event.isReady() && !wishes.condition.isReady());
            AIO_VERIFY(!wishes.item.isReady() && !wishes.place.isReady());
            AIO_COMPARE(shared.barrier.waiting(), 0);
            shared.semaphore.release();
            shared.event.set();
            {
                const AioLocker locker = co_await shared.condition.coro_locker();
                shared.condition.notify();
            }
            co_await shared.empty.coro_put(1);
            co_await shared.full.coro_get();
            co_await takeAll(wishes);
            shared.lock.release();
            shared.rlock.release();
            AIO_VERIFY(!shared.isWaitedFor());
        });
        QCOMPARE(helper.readLine(), QByteArray());      // nobody has complained
        QCOMPARE(helper.waitForEnd(), 0);
    }

private:
    static QCoro::Task<> takeAll(Wishes &wishes)
    {
        for (auto wish : {&Wishes::lock, &Wishes::rlock, &Wishes::semaphore, &Wishes::bounded, &Wishes::event, &Wishes::condition,
                          &Wishes::place}) {
            const bool came = co_await (wishes.*wish);
            AIO_VERIFY(came);
        }
        const QVariant item = co_await wishes.item;
        AIO_COMPARE(item.toInt(), 1);
    }
};

AIO_TEST_MAIN(TestEnds)
#include "tst_ends.moc"
