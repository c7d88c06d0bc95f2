// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Whoever gets what a dead process held is told so, once, by every form of acquiring; nobody else is.

#include "synctest.h"

#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiorlock.h>

using namespace std::chrono_literals;

namespace {

enum Face { Lock, RLock, Condition };

template<class Test> void withFace(Test test)
{
    QFETCH_GLOBAL(int, face);
    switch (face) {
    case Lock:
        return test(std::make_unique<AioLock>());
    case RLock:
        return test(std::make_unique<AioRLock>());
    case Condition:
        return test(std::make_unique<AioCondition>());
    }
}

template<class T> void holdForEver(T &object, AioQueue &said)
{
    object.acquire();
    AioTest::say(said, "holds");
    for (;;)
        QThread::sleep(1000);
}

// Says of how many deaths it has heard when it has got it.
template<class T> void acquireAndCount(T &object, AioQueue &said)
{
    QSignalSpy died(&object, &T::ownerDied);
    AioTest::say(said, "waits");
    object.acquire();
    const bool wasAbandoned = object.wasAbandoned();
    object.release();
    said.put(wasAbandoned == (died.count() == 1) ? QVariant(died.count()) : QVariant(-1));
}

// A process that holds \a object.
template<class T> class Holder
{
public:
    Holder(T &object, AioQueue &said) : m_process(AioCall::to<&holdForEver<T>>(object, said))
    {
        m_process.start();
        said.get();
    }

    qint64 pid() const { return m_process.pid(); }
    void killAndReap()
    {
        m_process.kill();
        m_process.join();
    }
    // Whoever waits hears of it without the help of this process's event loop.
    void kill() const { ::kill(pid_t(pid()), SIGKILL); }

private:
    AioProcess m_process;
};

// Whether \a died has heard of the one death, that of \a pid.
bool toldOf(const QSignalSpy &died, qint64 pid)
{
    return died.count() == 1 && died.first().first().toLongLong() == pid;
}

} // namespace

class TestOwnerDied : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<int>("face");
        QTest::newRow("lock") << int(Lock);
        QTest::newRow("rlock") << int(RLock);
        QTest::newRow("condition") << int(Condition);
    }

    void blockingAcquireIsTold()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            T other(object->handle());
            QSignalSpy died(object.get(), &T::ownerDied);
            QSignalSpy ofTheOther(&other, &T::ownerDied);
            Holder<T> holder(*object, said);
            holder.kill();
            QVERIFY(object->acquire(30s));
            QVERIFY(toldOf(died, holder.pid()));
            QVERIFY(object->wasAbandoned() && other.wasAbandoned());
            object->release();
            QVERIFY(object->acquire() && !object->wasAbandoned());
            object->release();
            QCOMPARE(died.count(), 1);
            QCOMPARE(ofTheOther.count(), 0);
        });
    }

    void tryAcquireIsTold()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            QSignalSpy died(object.get(), &T::ownerDied);
            Holder<T> holder(*object, said);
            const qint64 pid = holder.pid();
            QVERIFY(!object->tryAcquire());
            holder.killAndReap();
            QVERIFY(object->tryAcquire());
            QVERIFY(toldOf(died, pid));
            object->release();
        });
    }

    void coroutinesAreTold()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            QSignalSpy died(object.get(), &T::ownerDied);
            Holder<T> holder(*object, said);
            AioTest::run([&]() -> QCoro::Task<> {
                auto first = object->coro_locker();
                auto second = object->coro_locker();
                holder.kill();
                AioLocker locker = co_await first;
                AIO_VERIFY(locker && toldOf(died, holder.pid()));
                AIO_VERIFY(object->wasAbandoned());
                locker.unlock();
                const AioLocker next = co_await second;
                AIO_VERIFY(next && !object->wasAbandoned());
                AIO_COMPARE(died.count(), 1);
            });
        });
    }

    // Two processes listen and wait: one of them gets it and is told.
    void oneOfTwoProcessesIsTold()
    {
        withFace([](auto object) {
            using T = typename decltype(object)::element_type;
            AioQueue said;
            AioQueue waits;
            QSignalSpy died(object.get(), &T::ownerDied);
            Holder<T> holder(*object, said);
            AioTest::run([&]() -> QCoro::Task<> {
                AioProcess waiter(AioCall::to<&acquireAndCount<T>>(*object, waits));
                waiter.start();
                AIO_COMPARE(co_await AioTest::hear(waits), QStringLiteral("waits"));
                auto waiting = object->coro_locker();
                holder.kill();
                {
                    const AioLocker locker = co_await waiting;
                    AIO_VERIFY(locker);
                }
                const QVariant told = co_await waits.coro_get();
                AIO_COMPARE(told.toInt() + died.count(), 1);
                co_await waiter.coro_join();
            });
        });
    }
};

AIO_TEST_MAIN(TestOwnerDied)
#include "tst_ownerdied.moc"
