// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
// AioObject::stateChanged(): who watches an object hears of what others do with it, and nobody else pays for that.
#include "synctest.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiojoinablequeue.h>
#include <aioprocessing/aiorlock.h>

#include <QAbstractEventDispatcher>

#include <functional>

using namespace std::chrono_literals;

namespace {

constexpr int Patience = 60'000;      // ms

// -- workers
void setEvent(AioEvent &event) { event.set(); }
void clearEvent(AioEvent &event) { event.clear(); }
void lockAndDie(AioLock &lock)
{
    lock.acquire();
    AioTest::die();
}
void lockAgainAndDie(AioRLock &lock)
{
    lock.acquire();
    AioTest::die();
}
void takePermit(AioSemaphore &semaphore) { semaphore.acquire(); }
void borrowPermit(AioBoundedSemaphore &semaphore) { semaphore.acquire(); }     // which comes back when the process has ended
void putOne(AioQueue &queue) { queue.put(1); }
void getOne(AioQueue &queue) { queue.get(); }
void shutItDown(AioQueue &queue) { queue.shutDown(); }
void comeAndDie(AioBarrier &barrier)
{
    barrier.coro_wait();
    AioTest::die();
}
QCoro::Task<> watchAndDie(AioEvent &event, AioQueue &said, AioQueue &told)
{
    QObject::connect(&event, &AioObject::stateChanged, &event, [] {});
    co_await AioTest::nextTurn();
    AioTest::say(said, "watches");
    co_await told.coro_get();
    AioTest::die();
}

// What QMetaObject knows as the state of an object.
QVariantList stateOf(const QObject &object)
{
    QVariantList state;
    const QMetaObject *const meta = object.metaObject();
    for (int i = 0; i < meta->propertyCount(); ++i) {
        const QMetaProperty property = meta->property(i);
        if (property.hasNotifySignal() && property.notifySignal() == QMetaMethod::fromSignal(&AioObject::stateChanged))
            state << property.read(&object);
    }
    return state;
}

// Changes \a object, and waits until a signal has come after which it is in \a state.
void expectTold(AioObject &object, const std::function<void()> &change, const QVariantList &state)
{
    QSignalSpy told(&object, &AioObject::stateChanged);
    change();
    while (stateOf(object) != state || told.isEmpty())
        QVERIFY2(told.wait(Patience), qPrintable(object.describe()));
}

void inAnotherProcess(const AioCall &call)
{
    AioProcess worker(call);
    worker.start();
    worker.join();
}

} // namespace

class TestState : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void event()
    {
        AioEvent event;
        QSignalSpy keepsListening(&event, &AioObject::stateChanged);
        for (int round = 0; round < 3; ++round) {
            expectTold(event, [&] { event.set(); }, {true});
            expectTold(event, [&] { event.clear(); }, {false});
        }
        expectTold(event, [&] { inAnotherProcess(AioCall::to<&setEvent>(event)); }, {true});
        expectTold(event, [&] { inAnotherProcess(AioCall::to<&clearEvent>(event)); }, {false});
    }
    void lock()
    {
        AioLock lock;
        expectTold(lock, [&] { lock.acquire(); }, {true});
        expectTold(lock, [&] { lock.release(); }, {false});
        // a death is a change, too
        QSignalSpy told(&lock, &AioObject::stateChanged);
        AioProcess worker(AioCall::to<&lockAndDie>(lock));
        worker.start();
        QVERIFY(told.wait(Patience));
        while (lock.locked())
            QVERIFY(told.wait(Patience));
        worker.join();
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy spy(&lock, &AioObject::stateChanged);
            const bool mine = co_await lock.coro_acquire();
            AIO_VERIFY(mine && lock.wasAbandoned());
            lock.release();
        });
    }
    void recursiveLock()
    {
        AioRLock lock;
        expectTold(lock, [&] { lock.acquire(); }, {true});
        expectTold(lock, [&] { lock.release(); }, {false});
        inAnotherProcess(AioCall::to<&lockAgainAndDie>(lock));
        expectTold(lock, [&] { lock.acquire(); }, {true});
        expectTold(lock, [&] { lock.release(); }, {false});
    }
    void semaphore()
    {
        AioSemaphore semaphore(3);
        expectTold(semaphore, [&] { semaphore.acquire(); }, {2});
        expectTold(semaphore, [&] { inAnotherProcess(AioCall::to<&takePermit>(semaphore)); }, {1});
        expectTold(semaphore, [&] { semaphore.release(5); }, {6});
    }
    void boundedSemaphore()
    {
        AioBoundedSemaphore semaphore(2);
        QSignalSpy told(&semaphore, &AioObject::stateChanged);
        expectTold(semaphore, [&] { semaphore.acquire(); }, {1});
        inAnotherProcess(AioCall::to<&borrowPermit>(semaphore));
        expectTold(semaphore, [&] { semaphore.release(); }, {2});
    }
    void barrier()
    {
        AioBarrier barrier(3);
        std::stop_source stop;
        expectTold(barrier, [&] { barrier.coro_wait(); }, {1, false});
        expectTold(barrier, [&] { barrier.coro_wait(stop.get_token()); }, {2, false});
        expectTold(barrier, [&] { stop.request_stop(); }, {1, false});
        expectTold(barrier, [&] { inAnotherProcess(AioCall::to<&comeAndDie>(barrier)); }, {0, true});
        expectTold(barrier, [&] { barrier.reset(); }, {0, false});
    }
    void queue()
    {
        AioQueue queue;
        expectTold(queue, [&] { queue.put(7); }, {1});
        expectTold(queue, [&] { inAnotherProcess(AioCall::to<&putOne>(queue)); }, {2});
        expectTold(queue, [&] { queue.get(); }, {1});
        expectTold(queue, [&] { inAnotherProcess(AioCall::to<&getOne>(queue)); }, {0});
        expectTold(queue, [&] { inAnotherProcess(AioCall::to<&shutItDown>(queue)); }, {0});
        QVERIFY(queue.isShutDown());
    }
    void joinableQueueWithGettersAndListeners()
    {
        AioJoinableQueue queue;
        QSignalSpy items(&queue, &AioQueue::itemAvailable);
        QSignalSpy told(&queue, &AioObject::stateChanged);
        AioTest::run([&]() -> QCoro::Task<> {
            for (int i = 0; i < 500; ++i) {
                auto getting = queue.coro_get();
                co_await queue.coro_put(i);
                const QVariant item = co_await getting;
                AIO_COMPARE(item.toInt(), i);
                queue.taskDone();
            }
        });
        expectTold(queue, [&] { queue.put(1); }, {1});
        expectTold(queue, [&] { queue.get(); }, {0});
    }
    void lockThatManyWantIsStillHandedOn()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioLock lock;
            AioLock same(lock.handle());
            QSignalSpy told(&lock, &AioObject::stateChanged);
            QSignalSpy toldThere(&same, &AioObject::stateChanged);
            int inside = 0;
            int rounds = 0;
            const auto user = [&](AioLock &mine) -> QCoro::Task<> {
                for (int i = 0; i < 300; ++i) {
                    AioLocker locker = co_await mine.coro_locker();
                    AIO_COMPARE(++inside, 1);
                    co_await AioTest::nextTurn();
                    --inside;
                    ++rounds;
                }
            };
            auto first = user(lock);
            auto second = user(same);
            auto third = user(lock);
            co_await first;
            co_await second;
            co_await third;
            AIO_COMPARE(rounds, 900);
            AIO_VERIFY(!told.isEmpty() && !toldThere.isEmpty());
        });
    }

    void manyChangesAreFewSignals()
    {
        AioEvent event;
        QSignalSpy told(&event, &AioObject::stateChanged);
        QElapsedTimer time;
        time.start();
        for (int round = 0; round < 20; ++round) {
            for (int i = 0; i < 5000; ++i) {
                event.set();
                event.clear();
            }
            event.set();
            QCoreApplication::processEvents();
        }
        QVERIFY(told.size() > 0 || told.wait(Patience));
        QVERIFY2(told.size() <= time.elapsed() / 20 + 2, qPrintable(QStringLiteral("%1 in %2 ms").arg(told.size()).arg(time.elapsed())));
    }
    void nothingHappensWhileNothingChanges()
    {
        AioEvent event;
        expectTold(event, [&] { event.set(); }, {true});
        QSignalSpy told(&event, &AioObject::stateChanged);
        QVERIFY(told.wait(Patience));         // the pause is over
        told.clear();
        int turns = 0;
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, &event, [&] { ++turns; });
        QEventLoop loop;
        QTimer::singleShot(300, Qt::PreciseTimer, &loop, &QEventLoop::quit);
        loop.exec();
        QCOMPARE(told.size(), 0);
        QVERIFY2(turns <= 4, qPrintable(QString::number(turns)));
    }
    void whoDiesWatchingIsForgotten()
    {
        AioEvent event;
        AioTest::run([&]() -> QCoro::Task<> {
            AioQueue said;
            AioQueue told;
            AioProcess worker(AioCall::to<&watchAndDie>(event, said, told));
            co_await worker.coro_start();
            const QString word = co_await AioTest::hear(said);
            AIO_COMPARE(word, QStringLiteral("watches"));
            told.put(true);
            co_await worker.coro_join();
        });
        expectTold(event, [&] { event.set(); }, {true});
        expectTold(event, [&] { event.clear(); }, {false});
    }
    void objectMayGoInItsSignal()
    {
        auto *const event = new AioEvent;
        AioEvent same(event->handle());
        QPointer<AioEvent> still(event);
        connect(event, &AioObject::stateChanged, event, [event] { delete event; });
        QCoreApplication::processEvents();
        same.set();
        QTRY_VERIFY_WITH_TIMEOUT(still.isNull(), Patience);
        expectTold(same, [&] { same.clear(); }, {false});
    }
    void ofAnotherThread()
    {
        AioEvent event;
        QThread thread;
        AioEvent same(event.handle());
        same.moveToThread(&thread);
        thread.start();
        QSemaphore told;
        connect(&same, &AioObject::stateChanged, &same, [&] {
            if (QThread::currentThread() == &thread)
                told.release();
        });
        event.set();
        QVERIFY(told.tryAcquire(1, Patience));
        thread.quit();
        thread.wait();
        event.clear();                        // nobody is there any more
    }
};

AIO_TEST_MAIN(TestState)
#include "tst_state.moc"
