// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What becomes of the others when a client of a manager is killed, or the manager itself. Clients in Python: tests/interop/tst_python_manager.cpp.

#include "aiotest.h"

#include <aioprocessing/aiomanager.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>

#include <QElapsedTimer>
#include <QTest>

#include <thread>

using namespace std::chrono_literals;

namespace {

const QByteArray key("a key that all know");

AioAddress tcp()
{
    return AioAddress::tcp(QStringLiteral("127.0.0.1"), 0);
}

// -- workers

void holdForever(AioLock &lock, AioBoundedSemaphore &semaphore, AioRLock &recursive, AioEvent &holds)
{
    lock.acquire();
    semaphore.acquire();
    recursive.acquire();
    recursive.acquire();
    holds.set();
    for (;;)
        std::this_thread::sleep_for(1h);
}

void waitAtBarrier(AioBarrier &barrier)
{
    barrier.wait();
}

void waitFor(AioCondition &condition, AioEvent &waits)
{
    condition.acquire();
    waits.set();
    condition.wait();
    for (;;)
        std::this_thread::sleep_for(1h);
}

void takeAndKeep(AioJoinableQueue &queue, AioEvent &taken)
{
    queue.get();
    queue.get();
    taken.set();
    for (;;)
        std::this_thread::sleep_for(1h);
}

void keepProxies(const QString &address, AioList &list, AioEvent &has)
{
    AioManager manager(AioAddress(address), key);
    manager.connectToServer();
    for (int i = 0; i < 1000; ++i)
        manager.createDict();
    list.append(1);
    has.set();
    for (;;)
        std::this_thread::sleep_for(1h);
}

// Kills the worker process in which `manager` has its server.
void killServer()
{
    const QList<AioProcess *> children = AioProcessing::activeChildren();
    for (AioProcess *process : children) {
        if (process->name() == QLatin1String("AioManager"))
            process->kill();
    }
}

template<class T> QCoro::Task<AioError::Code> outcomeOf(QCoro::Task<T> task)
{
    return AioTest::codeOf(std::move(task));
}

// Says when ten calls wait, and then how many of them the death of the manager has ended, and whether the loop lived meanwhile.
QCoro::Task<> waitTenTimes(QString address, AioQueue &said)
{
    AioManager client(AioAddress(address), key);
    co_await client.coro_connectToServer();
    AioEvent *event = co_await client.coro_createEvent();
    AioQueue *queue = co_await client.coro_createQueue();
    AioLock *lock = co_await client.coro_createLock();
    co_await lock->coro_acquire();
    std::vector<QCoro::Task<AioError::Code>> waits;
    for (int i = 0; i < 4; ++i)
        waits.push_back(outcomeOf(event->coro_wait()));
    for (int i = 0; i < 3; ++i) {
        waits.push_back(outcomeOf(queue->coro_get()));
        waits.push_back(outcomeOf(lock->coro_acquire()));
    }
    co_await event->coro_isSet();       // behind them all
    EventLoopChecker loop;
    said.put(QStringLiteral("waits"));
    int ended = 0;
    for (QCoro::Task<AioError::Code> &wait : waits) {
        const AioError::Code code = co_await wait;
        ended += code == AioError::PeerDied;
    }
    said.put(QVariantList{ended, loop.stayedAlive()});
}

} // namespace

class tst_ManagerDeath : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // a client that is killed gives everything back within a second
    void whatADeadClientHeldIsGivenBack_data() { addHosts(); }
    void whatADeadClientHeldIsGivenBack()
    {
        QFETCH(bool, isProcess);
        AioManager manager;
        begin(manager, isProcess);
        AioTest::run([&]() -> QCoro::Task<> {
            AioLock *lock = co_await manager.coro_createLock();
            AioBoundedSemaphore *semaphore = co_await manager.coro_createBoundedSemaphore(1);
            AioRLock *recursive = co_await manager.coro_createRLock();
            AioEvent *holds = co_await manager.coro_createEvent();
            AioProcess worker(AioCall::to<&holdForever>(*lock, *semaphore, *recursive, *holds));
            worker.start();
            co_await holds->coro_wait();
            QCoro::Task<bool> locking = lock->coro_acquire();
            QCoro::Task<bool> taking = semaphore->coro_acquire();
            QCoro::Task<bool> relocking = recursive->coro_acquire();
            QElapsedTimer clock;
            clock.start();
            worker.kill();
            const bool hasLock = co_await locking;
            const bool hasPermit = co_await taking;
            const bool hasRecursive = co_await relocking;
            AIO_VERIFY(hasLock && hasPermit && hasRecursive);
            AIO_VERIFY2(clock.elapsed() < AioTest::scaled(1s).count(), qPrintable(QString::number(clock.elapsed())));
            AIO_VERIFY(lock->wasAbandoned());
            AIO_VERIFY(recursive->wasAbandoned());
            co_await lock->coro_release();
            const bool again = co_await lock->coro_acquire();
            AIO_VERIFY(again && !lock->wasAbandoned());
            co_await worker.coro_join();
        });
        manager.shutDown();
    }

    void theBarrierOfADeadPartyBreaks()
    {
        AioManager manager;
        manager.serve();
        AioTest::run([&]() -> QCoro::Task<> {
            AioBarrier *barrier = co_await manager.coro_createBarrier(3);
            AioProcess worker(AioCall::to<&waitAtBarrier>(*barrier));
            worker.start();
            int waiting = 0;
            while (waiting == 0)
                waiting = co_await barrier->coro_waiting();
            QCoro::Task<int> passing = barrier->coro_wait();
            worker.kill();
            AIO_COMPARE(co_await outcomeOf(std::move(passing)), AioError::BrokenBarrier);
            co_await worker.coro_join();
        });
    }

    void theConditionOfADeadWaiterGoesOn()
    {
        AioManager manager;
        manager.serve();
        AioTest::run([&]() -> QCoro::Task<> {
            AioLock *lock = co_await manager.coro_createLock();
            std::unique_ptr<AioCondition> condition(manager.createCondition(*lock));
            AioEvent *waits = co_await manager.coro_createEvent();
            AioProcess worker(AioCall::to<&waitFor>(*condition, *waits));
            worker.start();
            co_await waits->coro_wait();
            // it holds the lock until it waits
            AioLocker locker = co_await condition->coro_locker();
            worker.kill();
            co_await worker.coro_join();
            co_await condition->coro_notify();
            locker.unlock();
            const bool isFree = co_await lock->coro_acquire(20s);
            AIO_VERIFY(isFree);
        }, AioTest::LoopMayBlock);
    }

    void itemsOfADeadConsumerCountAsFinished()
    {
        AioManager manager;
        manager.serve();
        AioTest::run([&]() -> QCoro::Task<> {
            AioJoinableQueue *queue = co_await manager.coro_createJoinableQueue();
            AioEvent *taken = co_await manager.coro_createEvent();
            co_await queue->coro_put(1);
            co_await queue->coro_put(2);
            AioProcess worker(AioCall::to<&takeAndKeep>(*queue, *taken));
            worker.start();
            co_await taken->coro_wait();
            QCoro::Task<bool> joining = queue->coro_join();
            worker.kill();
            const bool isJoined = co_await joining;
            AIO_VERIFY(isJoined);
            co_await worker.coro_join();
        });
        QCOMPARE(manager.findChild<AioJoinableQueue *>()->lostCount(), 2);
    }

    void theReferencesOfADeadClientAreGivenBack_data() { addHosts(); }
    void theReferencesOfADeadClientAreGivenBack()
    {
        QFETCH(bool, isProcess);
        for (const AioAddress &address : {AioAddress(), tcp()}) {
            AioManager manager(address, key);
            begin(manager, isProcess);
            AioTest::run([&]() -> QCoro::Task<> {
                AioList *list = co_await manager.coro_createList();
                AioEvent *has = co_await manager.coro_createEvent();
                AioProcess worker(AioCall::to<&keepProxies>(manager.address().toString(), *list, *has));
                worker.start();
                co_await has->coro_wait();
                delete list;        // the worker has it
                int left = co_await manager.coro_numberOfObjects();
                AIO_COMPARE(left, 1002);
                QElapsedTimer clock;
                clock.start();
                worker.kill();
                while (left != 1)
                    left = co_await manager.coro_numberOfObjects();
                AIO_VERIFY2(clock.elapsed() < AioTest::scaled(1s).count(), qPrintable(QString::number(clock.elapsed())));
                co_await worker.coro_join();
                delete has;
                left = co_await manager.coro_numberOfObjects();
                AIO_COMPARE(left, 0);
            });
            manager.shutDown();
        }
    }

    // NEW-024: ten objects with ten pending calls each
    void allCallsFailWhenTheManagerDies()
    {
        AioManager manager;
        QVERIFY(manager.start());
        AioTest::run([&]() -> QCoro::Task<> {
            std::vector<QCoro::Task<bool>> waits;
            AioEvent *event = nullptr;
            for (int i = 0; i < 10; ++i) {
                event = co_await manager.coro_createEvent();
                for (int j = 0; j < 10; ++j)
                    waits.push_back(event->coro_wait());
            }
            QElapsedTimer clock;
            clock.start();
            killServer();
            for (QCoro::Task<bool> &wait : waits)
                AIO_COMPARE(co_await outcomeOf(std::move(wait)), AioError::PeerDied);
            AIO_VERIFY2(clock.elapsed() < AioTest::scaled(1s).count(), qPrintable(QString::number(clock.elapsed())));
            AIO_COMPARE(co_await outcomeOf(event->coro_set()), AioError::PeerDied);
            AIO_VERIFY(!manager.isConnected());
        });
        QCOMPARE(AioTest::codeThrownBy([&] { manager.createLock(); }), AioError::PeerDied);
        manager.shutDown();
    }

    // NEW-024: ten programs with ten pending calls each
    void allProgramsHearOfTheDeathOfTheManager_data()
    {
        QTest::addColumn<bool>("isTcp");
        QTest::newRow("local") << false;
        QTest::newRow("tcp") << true;
    }
    void allProgramsHearOfTheDeathOfTheManager()
    {
        QFETCH(bool, isTcp);
        constexpr int programs = 10;
        AioManager manager(isTcp ? tcp() : AioAddress(), key);
        QVERIFY(manager.start());
        AioQueue said;
        AioTest::run([&]() -> QCoro::Task<> {
            std::vector<std::unique_ptr<AioProcess>> clients;
            for (int i = 0; i < programs; ++i) {
                clients.push_back(std::make_unique<AioProcess>(AioCall::to<&waitTenTimes>(manager.address().toString(), said)));
                clients.back()->start();
            }
            for (int i = 0; i < programs; ++i)
                co_await said.coro_get();
            QElapsedTimer clock;
            clock.start();
            killServer();
            int ended = 0;
            bool areAlive = true;
            for (int i = 0; i < programs; ++i) {
                const QVariantList told = co_await said.coro_get<QVariantList>();
                ended += told[0].toInt();
                areAlive = areAlive && told[1].toBool();
            }
            AIO_VERIFY2(clock.elapsed() < AioTest::scaled(1s).count(), qPrintable(QString::number(clock.elapsed())));
            AIO_COMPARE(ended, programs * 10);
            AIO_VERIFY(areAlive);
            for (const auto &client : clients)
                co_await client->coro_join();
        });
        manager.shutDown();
    }

private:
    static void addHosts()
    {
        QTest::addColumn<bool>("isProcess");
        QTest::newRow("in a thread") << false;
        QTest::newRow("in a process") << true;
    }
    static void begin(AioManager &manager, bool isProcess)
    {
        if (isProcess)
            QVERIFY(manager.start());
        else
            manager.serve();
    }
};

AIO_TEST_MAIN(tst_ManagerDeath)
#include "tst_managerdeath.moc"
