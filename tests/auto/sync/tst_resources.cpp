// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Without memory, or without descriptors: an error that says so, nothing half made, and it works again when there is some.

#include "nodescriptors.h"
#include "synctest.h"

#include <aioprocessing/aiobarrier.h>
#include <aioprocessing/aioboundedsemaphore.h>
#include <aioprocessing/aiocondition.h>
#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aioevent.h>
#include <aioprocessing/aiojoinablequeue.h>
#include <aioprocessing/aiorlock.h>

using namespace std::chrono_literals;

namespace {

void nothing() {}

// A class: how to make an object of it, and a wait for it that ends with the deadline.
struct Class
{
    const char *name;
    std::function<std::unique_ptr<AioObject>(AioContext &)> make;
    std::function<void(AioObject &)> take;          // so that it is not to be had
    std::function<bool(AioObject &, QDeadlineTimer)> wait;
    std::function<QCoro::Task<bool>(AioObject &, QDeadlineTimer)> later;
};

template<class T> T &as(AioObject &object) { return static_cast<T &>(object); }

template<class T, class... A> auto maker(A... arguments)
{
    return [=](AioContext &context) -> std::unique_ptr<AioObject> { return std::make_unique<T>(arguments..., context); };
}

void leave(AioObject &) {}

// In a thread of its own: a recursive lock is taken again by the same one.
template<class T> void takeElsewhere(AioObject &object)
{
    std::thread([&] { as<T>(object).acquire(); }).join();
}

template<class T, class... A> Class acquirable(const char *name, A... arguments)
{
    return {name, maker<T>(arguments...), &takeElsewhere<T>,
            [](AioObject &object, QDeadlineTimer deadline) { return as<T>(object).acquire(deadline); },
            [](AioObject &object, QDeadlineTimer deadline) { return as<T>(object).coro_acquire(deadline); }};
}

bool waitNotified(AioObject &object, QDeadlineTimer deadline)
{
    const AioLocker locker(as<AioCondition>(object));
    return as<AioCondition>(object).wait(deadline);
}

QCoro::Task<bool> waitNotifiedLater(AioObject &object, QDeadlineTimer deadline)
{
    const AioLocker locker = co_await as<AioCondition>(object).coro_locker();
    const bool notified = co_await as<AioCondition>(object).coro_wait(deadline);
    co_return notified;
}

bool meet(AioObject &object, QDeadlineTimer deadline)
{
    as<AioBarrier>(object).reset();
    return as<AioBarrier>(object).wait(deadline).has_value();
}

QCoro::Task<bool> meetLater(AioObject &object, QDeadlineTimer deadline)
{
    as<AioBarrier>(object).reset();
    const std::optional<int> index = co_await as<AioBarrier>(object).coro_wait(deadline);
    co_return index.has_value();
}

QCoro::Task<bool> getLater(AioObject &object, QDeadlineTimer deadline)
{
    const std::optional<QVariant> item = co_await as<AioQueue>(object).coro_get(deadline);
    co_return item.has_value();
}

template<class T> std::unique_ptr<AioObject> makeOfOne(AioContext &context) { return std::make_unique<T>(context, 1); }

std::unique_ptr<AioObject> makeActing(AioContext &context)
{
    return std::make_unique<AioBarrier>(2, AioCall::to<&nothing>(), AioBarrier::Timeout(-1), context);
}

const std::vector<Class> &classes()
{
    static const std::vector<Class> all{
        acquirable<AioLock>("lock"),
        acquirable<AioRLock>("rlock"),
        acquirable<AioSemaphore>("semaphore", 1),
        acquirable<AioBoundedSemaphore>("bounded semaphore", 1),
        acquirable<AioCondition>("condition's lock"),
        {"condition", maker<AioCondition>(), &leave, &waitNotified, &waitNotifiedLater},
        {"event", maker<AioEvent>(), &leave,
         [](AioObject &object, QDeadlineTimer deadline) { return as<AioEvent>(object).wait(deadline); },
         [](AioObject &object, QDeadlineTimer deadline) { return as<AioEvent>(object).coro_wait(deadline); }},
        {"barrier", maker<AioBarrier>(2), &leave, &meet, &meetLater},
        {"barrier with an action", &makeActing, &leave, &meet, &meetLater},
        {"queue to get from", &makeOfOne<AioQueue>, &leave,
         [](AioObject &object, QDeadlineTimer deadline) { return as<AioQueue>(object).get(deadline).has_value(); }, &getLater},
        {"queue to put into", &makeOfOne<AioQueue>, [](AioObject &object) { as<AioQueue>(object).put(0); },
         [](AioObject &object, QDeadlineTimer deadline) { return as<AioQueue>(object).put(1, deadline); },
         [](AioObject &object, QDeadlineTimer deadline) { return as<AioQueue>(object).coro_put(1, deadline); }},
        {"joinable queue", &makeOfOne<AioJoinableQueue>, [](AioObject &object) { as<AioJoinableQueue>(object).put(0); },
         [](AioObject &object, QDeadlineTimer deadline) { return as<AioJoinableQueue>(object).join(deadline); },
         [](AioObject &object, QDeadlineTimer deadline) { return as<AioJoinableQueue>(object).coro_join(deadline); }},
    };
    return all;
}

// For as long as it lives no memory is to be had in \a context but what was used before.
class NoMemory
{
public:
    explicit NoMemory(AioContext &context) : m_context(context), m_limit(context.memoryLimit()) { context.setMemoryLimit(0); }
    ~NoMemory() { m_context.setMemoryLimit(m_limit); }
    Q_DISABLE_COPY_MOVE(NoMemory)

private:
    AioContext &m_context;
    const qint64 m_limit;
};

void addRows()
{
    QTest::addColumn<int>("number");
    for (std::size_t i = 0; i < classes().size(); ++i)
        QTest::newRow(classes()[i].name) << int(i);
}

// A context of which nobody has used anything, so that each thread needs memory for its first wait.
QString freshName(const char *of)
{
    return QStringLiteral("%1 of %2").arg(QLatin1String(of), QLatin1String(QTest::currentDataTag()));
}

// Says what is wrong to the suite that started this helper.
void expect(bool holds, const char *what)
{
    if (!holds)
        AioTest::say(QByteArray("wrong: ") + what);
}

// Waits with a coroutine on a thread with an event loop of its own, the first time there.
class ThreadWithLoop
{
public:
    ThreadWithLoop()
    {
        m_object.moveToThread(&m_thread);
        m_thread.start();
        run([] {});
    }
    ~ThreadWithLoop()
    {
        m_thread.quit();
        m_thread.wait();
    }
    template<class F> void run(F f) { QMetaObject::invokeMethod(&m_object, f, Qt::BlockingQueuedConnection); }

private:
    QThread m_thread;
    QObject m_object;
};

// A process that has waited before.
AIO_TEST_ROLE(busy)
{
    QCoreApplication app(argc, argv);
    AioEvent event;
    AioLock lock;
    lock.acquire();
    ThreadWithLoop thread;
    auto older = event.coro_wait();
    AioError::Code code = AioError::NoError;
    const auto wait = [&] { return AioTest::codeOf(lock.coro_acquire(10ms)); };
    const auto waitThere = [&] { code = AioProcessing::waitBlocking(wait()); };
    {
        const AioTest::NoDescriptors none;
        thread.run(waitThere);
        expect(code == AioError::OutOfResources, "the first wait of a coroutine on another thread");
        expect(AioTest::codeThrownBy([] { AioContext another(QStringLiteral("another")); }) == AioError::OutOfResources, "attaching");
        std::thread([&] {
            // it needs no descriptor where the system can sleep on a word
            bool got = false;
            const AioError::Code blocking = AioTest::codeThrownBy([&] { got = lock.acquire(10ms); });
            expect(!got && (blocking == AioError::OutOfResources || blocking == AioError::NoError), "the first wait that blocks");
        }).join();
        event.set();
        expect(AioProcessing::waitBlocking(std::move(older)), "a wait that has begun before");
    }
    thread.run(waitThere);
    expect(code == AioError::NoError, "the next wait of a coroutine");
    expect(AioTest::codeThrownBy([] { AioContext another(QStringLiteral("another")); }) == AioError::NoError, "attaching again");
    std::thread([&] { expect(!lock.acquire(10ms), "the next wait that blocks"); }).join();
    lock.release();
    expect(lock.tryAcquire(), "the lock");
    AioTest::say("over");
    return 0;
}

// A process whose very first wait blocks: nobody watches for the deaths of others yet.
AIO_TEST_ROLE(blocking)
{
    AioEvent event;
    {
        const AioTest::NoDescriptors none;
        expect(AioTest::codeThrownBy([&] { event.wait(10s); }) == AioError::OutOfResources, "the first wait");
    }
    expect(!event.wait(10ms), "the next wait");
    event.set();
    expect(event.wait(), "the event");
    AioTest::say("over");
    return 0;
}

} // namespace

class TestResources : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void constructingWithoutMemory_data() { addRows(); }
    void constructingWithoutMemory()
    {
        QFETCH(int, number);
        const Class &which = classes()[std::size_t(number)];
        AioContext context(freshName("making"));
        std::vector<std::unique_ptr<AioLock>> fillers;
        const auto addFiller = [&] { fillers.push_back(std::make_unique<AioLock>(context)); };
        {
            const NoMemory none(context);
            while (AioTest::codeThrownBy(addFiller) == AioError::NoError) { }
            const auto make = [&] { which.make(context); };
            for (int i = 0; i < 300; ++i)
                QCOMPARE(AioTest::codeThrownBy(make), AioError::OutOfResources);
            // there is room for one lock; what needs more than that gives it back
            if (!fillers.empty()) {
                fillers.pop_back();
                for (int i = 0; i < 300; ++i) {
                    const AioError::Code code = AioTest::codeThrownBy(make);
                    QVERIFY(code == AioError::OutOfResources || code == AioError::NoError);
                }
                addFiller();
                QCOMPARE(AioTest::codeThrownBy(addFiller), AioError::OutOfResources);
            }
        }
        const std::unique_ptr<AioObject> object = which.make(context);
        which.take(*object);
        QVERIFY(!which.wait(*object, 5ms));
    }

    void waitingWithoutMemory_data() { addRows(); }
    void waitingWithoutMemory()
    {
        QFETCH(int, number);
        const Class &which = classes()[std::size_t(number)];
        AioContext context(freshName("waiting"));
        std::unique_ptr<AioObject> object = which.make(context);
        which.take(*object);
        QSignalSpy errors(object.get(), &AioObject::errorOccurred);
        {
            const NoMemory none(context);
            const AioError blocking = AioTest::errorThrownBy([&] { which.wait(*object, 20s); });
            QCOMPARE(blocking.code, AioError::OutOfResources);
            QVERIFY2(blocking.message.contains(QLatin1String("setMemoryLimit")), qPrintable(blocking.message));
            AioTest::run([&]() -> QCoro::Task<> {
                const AioError error = co_await AioTest::errorOf(which.later(*object, 20s));
                AIO_COMPARE(error.code, AioError::OutOfResources);
            });
            QCOMPARE(errors.count(), 2);
            QCOMPARE(object->error().code, AioError::OutOfResources);
            QVERIFY(!context.dump().contains(QLatin1String(" waits ")));
        }
        QVERIFY(!which.wait(*object, 5ms));
        AioTest::run([&]() -> QCoro::Task<> {
            const bool got = co_await which.later(*object, 5ms);
            AIO_VERIFY(!got);
        });
        const NoMemory none(context);
        object.reset();
    }

    // Nothing is given up for a wait that cannot begin, not even for a moment in which another could take it.
    void conditionKeepsItsLockWithoutMemory()
    {
        AioContext context(QStringLiteral("condition without memory"));
        AioCondition condition(context);
        ThreadWithLoop thread;
        int taken = 0;
        bool takenMeanwhile = false;
        const auto take = [&]() -> QCoro::Task<> {
            const AioLocker locker = co_await condition.coro_locker();
            ++taken;
        };
        AioTest::run([&]() -> QCoro::Task<> {
            condition.acquire();
            thread.run([&] { AioProcessing::spawn(take); });
            QThread::msleep(2);         // long enough that what is released would be handed over to it
            {
                const NoMemory none(context);
                AIO_COMPARE(co_await AioTest::codeOf(condition.coro_wait(20s)), AioError::OutOfResources);
                AIO_VERIFY(condition.locked());
                thread.run([&] { takenMeanwhile |= taken > 0; });
                AIO_COMPARE(AioTest::codeThrownBy([&] { condition.wait(20s); }), AioError::OutOfResources);
                thread.run([&] { takenMeanwhile |= taken > 0; });
            }
            AIO_VERIFY(!takenMeanwhile);
            condition.release();
            const AioLocker locker = co_await condition.coro_locker();
            AIO_VERIFY(locker);
        }, AioTest::LoopMayBlock);
    }

    void descriptorsAreOut_data()
    {
        QTest::addColumn<QByteArray>("role");
        QTest::newRow("after a wait") << QByteArray("busy");
        QTest::newRow("before the first wait") << QByteArray("blocking");
    }
    void descriptorsAreOut()
    {
        QFETCH(QByteArray, role);
        const Watchdog watchdog("descriptorsAreOut", 20s);
        HelperProcess helper(role.constData());
        QCOMPARE(helper.readLine(), QByteArray("over"));
        QCOMPARE(helper.waitForEnd(), 0);
    }
};

AIO_TEST_MAIN(TestResources)
#include "tst_resources.moc"
