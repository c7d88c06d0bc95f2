// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Managers of this library with clients in Python, and the other way round; the Python of this machine, or those in AIO_PYTHONS.

#include "aiotest.h"
#include "pythonpeer.h"

#include <AioProcessing/AioManager>
#include <AioProcessing/AioRemoteObject>

#include <QElapsedTimer>
#include <QLoggingCategory>

using namespace std::chrono_literals;

namespace {

const QByteArray key("a key that both know");
const auto script = QStringLiteral(AIO_SOURCE_DIR "/manager_peer.py");

AioAddress newAddress(bool isTcp)
{
    return isTcp ? AioAddress::tcp(QStringLiteral("127.0.0.1"), 0) : AioAddress();
}

QStringList serverArguments(bool isTcp)
{
    return {QStringLiteral("server"), isTcp ? QStringLiteral("tcp") : QStringLiteral("local"), QString::fromLatin1(key)};
}

class Counter
{
public:
    explicit Counter(int start) : m_value(start) {}
    int increment(int by) { return m_value += by; }
    int value() const { return m_value; }
    void fail() { throw AioException(AioError(AioError::RemoteError, QStringLiteral("on purpose"))); }
    QCoro::Task<QString> later(QString word)
    {
        co_await AioTest::nextTurn();
        co_return word;
    }
    int secret() { return 42; }

private:
    int m_value;
};

const bool isCounterKnown = AioManager::registerType<Counter, int>(QStringLiteral("Counter"), {
    {"increment", &Counter::increment}, {"value", &Counter::value}, {"fail", &Counter::fail}, {"later", &Counter::later}});

int cubed(int number)
{
    return number * number * number;
}
AIO_FUNCTION(cubed)

} // namespace

class tst_PythonManager : public QObject
{
    Q_OBJECT

    QStringList m_pythons;

    void addRows(bool withTcp = true) const
    {
        QTest::addColumn<QString>("python");
        QTest::addColumn<bool>("isTcp");
        for (const QString &python : m_pythons) {
            QTest::newRow(("local, " + python.toLocal8Bit()).constData()) << python << false;
            if (withTcp)
                QTest::newRow(("tcp, " + python.toLocal8Bit()).constData()) << python << true;
        }
    }

    // Waits until it has.
    static bool hasSoManyObjects(AioManager &manager, int count)
    {
        const QDeadlineTimer deadline(AioTest::scaled(20s));
        while (manager.numberOfObjects() != count) {
            if (deadline.hasExpired()) {
                qWarning("there are %d objects", manager.numberOfObjects());
                return false;
            }
        }
        return true;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false"));
        QVERIFY(isCounterKnown);
        m_pythons = AioTest::pythons();
        if (m_pythons.isEmpty()) {
            QVERIFY2(!qEnvironmentVariableIsSet("CI"), "CI must have a python3");
            QSKIP("there is no python3 here");
        }
    }

    // every type that a manager has, and that exceptions keep theirs
    void pythonUsesEveryType_data() { addRows(); }
    void pythonUsesEveryType()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        AioManager manager(newAddress(isTcp), key);
        manager.setMinimumDigest(AioTest::weakestDigestOf(python));
        manager.serve();
        AioTest::Peer peer(python, script, {QStringLiteral("client"), AioTest::toPython(manager.address()), QString::fromLatin1(key)});
        QCOMPARE(peer.line(), "done");
        QVERIFY(peer.endsWell());
        QCOMPARE(manager.numberOfObjects(), 0);
    }

    void pythonSharesPublishedObjects_data() { addRows(); }
    void pythonSharesPublishedObjects()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        AioManager manager(newAddress(isTcp), key);
        manager.setMinimumDigest(AioTest::weakestDigestOf(python));
        manager.serve();
        AioTest::run([&]() -> QCoro::Task<> {
            AioQueue *jobs = co_await manager.coro_createQueue();
            AioDict *results = co_await manager.coro_createDict();
            AioEvent *event = co_await manager.coro_createEvent();
            co_await manager.coro_publish(QStringLiteral("jobs"), *jobs);
            co_await manager.coro_publish(QStringLiteral("results"), *results);
            co_await manager.coro_publish(QStringLiteral("event"), *event);
            const QStringList arguments{QStringLiteral("shared"), AioTest::toPython(manager.address()), QString::fromLatin1(key)};
            AioTest::Peer peer(python, script, arguments);
            for (int i = 1; i <= 20; ++i)
                co_await jobs->coro_put(i);
            co_await event->coro_set();
            co_await jobs->coro_put(QVariant());
            while (!peer.hasLine())
                co_await AioTest::nextTurn();
            AIO_COMPARE(peer.line(), "done");
            const qsizetype size = co_await results->coro_size();
            AIO_COMPARE(size, 20);
            const QVariant square = co_await results->coro_value(20);
            AIO_COMPARE(square.toInt(), 400);
        });
    }

    // Python's own manager leaves the lock locked
    void theLockOfADeadPythonClientIsGivenBack_data() { addRows(); }
    void theLockOfADeadPythonClientIsGivenBack()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        AioManager manager(newAddress(isTcp), key);
        manager.setMinimumDigest(AioTest::weakestDigestOf(python));
        manager.serve();
        AioLock &lock = *manager.createLock();
        manager.publish(QStringLiteral("lock"), lock);
        AioTest::Peer peer(python, script, {QStringLiteral("hold"), AioTest::toPython(manager.address()), QString::fromLatin1(key)});
        QCOMPARE(peer.line(), "holds");
        QVERIFY(!lock.tryAcquire());
        QElapsedTimer clock;
        clock.start();
        peer.kill();
        QVERIFY(lock.acquire(20s));
        QVERIFY(clock.elapsed() < AioTest::scaled(1s).count());
        QVERIFY(lock.wasAbandoned());
    }

    // Its process is known where the connections are local; over TCP they could be anybody's, so the objects stay, as with Python's own manager.
    void theReferencesOfADeadPythonClientAreGivenBack_data() { addRows(); }
    void theReferencesOfADeadPythonClientAreGivenBack()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        AioManager manager(newAddress(isTcp), key);
        manager.setMinimumDigest(AioTest::weakestDigestOf(python));
        manager.serve();
        AioLock &lock = *manager.createLock();
        AioEvent &event = *manager.createEvent();
        manager.publish(QStringLiteral("lock"), lock);
        manager.publish(QStringLiteral("event"), event);
        manager.publish(QStringLiteral("results"), *manager.createDict());
        const QString where = AioTest::toPython(manager.address());
        AioTest::Peer dead(python, script, {QStringLiteral("keep"), where, QString::fromLatin1(key)});
        QCOMPARE(dead.line(), "holds");
        AioTest::Peer heir(python, script, {QStringLiteral("adopt"), where, QString::fromLatin1(key)});
        QCOMPARE(heir.line(), "holds");
        QCOMPARE(manager.numberOfObjects(), 3 + 4);
        QElapsedTimer clock;
        clock.start();
        dead.kill();
        QVERIFY(lock.acquire(20s));
        const int left = 3 + (isTcp ? 4 : 1);       // the list has an heir
        QVERIFY(hasSoManyObjects(manager, left));
        QVERIFY2(clock.elapsed() < AioTest::scaled(1s).count(), qPrintable(QString::number(clock.elapsed())));
        event.set();
        QCOMPARE(heir.line().toInt(), left);
        QVERIFY(heir.endsWell());
        QVERIFY(hasSoManyObjects(manager, isTcp ? 3 + 4 : 3));
    }

    // Killed wherever it is: before and after it is answered, and with requests under way.
    void noReferenceIsLeftByAPythonClientKilledAtAnyMoment_data() { addRows(false); }
    void noReferenceIsLeftByAPythonClientKilledAtAnyMoment()
    {
        QFETCH(QString, python);
        AioManager manager({}, key);
        manager.setMinimumDigest(AioTest::weakestDigestOf(python));
        manager.serve();
        const QString where = AioTest::toPython(manager.address());
        for (int i = 0; i < 5; ++i) {
            AioTest::Peer peer(python, script, {QStringLiteral("churn"), where, QString::fromLatin1(key)});
            QCOMPARE(peer.line(), "churns");
            while (manager.numberOfObjects() < 2) { }
            QElapsedTimer clock;
            clock.start();
            peer.kill();
            QVERIFY(hasSoManyObjects(manager, 0));
            QVERIFY2(clock.elapsed() < AioTest::scaled(1s).count(), qPrintable(QString::number(clock.elapsed())));
        }
    }

    void facesOfAPythonServer_data() { addRows(); }
    void facesOfAPythonServer()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        AioTest::Peer peer(python, script, serverArguments(isTcp));
        const AioAddress address = AioTest::fromPython(peer.line());
        {
            AioManager manager(address, key);
            manager.setMinimumDigest(AioTest::weakestDigestOf(python));
            AioTest::run([&]() -> QCoro::Task<> {
                co_await manager.coro_connectToServer();
                co_await useContainers(manager);
                co_await useQueues(manager);
                co_await useLocks(manager);
                co_await useTheRest(manager);
            });
            useBlocking(manager);
        }
        peer.say("count");
        QCOMPARE(peer.line(), "0");
        peer.closeInput();
        QVERIFY(peer.endsWell());
    }

    void allCallsFailWhenThePythonServerDies_data() { addRows(); }
    void allCallsFailWhenThePythonServerDies()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        AioTest::Peer peer(python, script, serverArguments(isTcp));
        AioManager manager(AioTest::fromPython(peer.line()), key);
        manager.setMinimumDigest(AioTest::weakestDigestOf(python));
        AioTest::run([&]() -> QCoro::Task<> {
            AioQueue *queue = co_await manager.coro_createQueue();
            std::vector<QCoro::Task<QVariant>> tasks;
            for (int i = 0; i < 10; ++i)
                tasks.push_back(queue->coro_get());
            co_await manager.coro_shutDown();
            for (QCoro::Task<QVariant> &task : tasks)
                AIO_COMPARE(co_await AioTest::codeOf(std::move(task)), AioError::PeerDied);
        });
    }

private:
    static QCoro::Task<> useContainers(AioManager &manager)
    {
        const QVariantMap start{{QStringLiteral("a"), 1}};
        AioDict *dict = co_await manager.coro_createDict(start);
        const QVariant tuple = QVariant::fromValue(AioRemoteObject::tuple({1, 2}));
        co_await dict->coro_insert(tuple, 3);
        const QVariant three = co_await dict->coro_value(tuple);
        AIO_COMPARE(three.toInt(), 3);
        AIO_COMPARE(co_await AioTest::codeOf(dict->coro_remove(5)), AioError::NotFound);
        AIO_COMPARE(dict->error().remoteType, QStringLiteral("KeyError"));
        const QVariantList keys = co_await dict->coro_keys();
        AIO_COMPARE(keys.size(), 2);

        const QVariantList numbers{3, 1, 2};
        AioList *list = co_await manager.coro_createList(numbers);
        co_await list->coro_sort();
        const QVariantList sorted = co_await list->coro_toList();
        AIO_COMPARE(sorted, (QVariantList{1, 2, 3}));
        AIO_COMPARE(co_await AioTest::codeOf(list->coro_at(9)), AioError::NotFound);

        AioNamespace *names = co_await manager.coro_createNamespace();
        co_await names->coro_setValue(QStringLiteral("x"), 1.5);
        const QVariant x = co_await names->coro_value(QStringLiteral("x"));
        AIO_COMPARE(x.toDouble(), 1.5);
        AioArrayProxy *array = co_await manager.coro_createArray(QStringLiteral("i"), numbers);
        AIO_COMPARE(co_await AioTest::codeOf(array->coro_replace(0, QStringLiteral("text"))), AioError::TypeMismatch);
        AioValueProxy *value = co_await manager.coro_createValue(QStringLiteral("i"), 1);
        co_await value->coro_setValue(2);
        const QVariant two = co_await value->coro_value();
        AIO_COMPARE(two.toInt(), 2);
        delete dict;
        delete list;
        delete names;
        delete array;
        delete value;
    }

    static QCoro::Task<> useQueues(AioManager &manager)
    {
        AioQueue *queue = co_await manager.coro_createQueue(2);
        std::vector<QCoro::Task<QVariant>> tasks;
        for (int i = 0; i < 5; ++i)
            tasks.push_back(queue->coro_get());
        for (int i = 0; i < 5; ++i)
            co_await queue->coro_put(i);
        int sum = 0;
        for (QCoro::Task<QVariant> &task : tasks) {
            const QVariant item = co_await task;
            sum += item.toInt();
        }
        AIO_COMPARE(sum, 10);
        const std::optional<QVariant> nothing = co_await queue->coro_get(20ms);
        AIO_VERIFY(!nothing);
        // a cancelled wait ends over there soon, and takes nothing
        std::stop_source stop;
        QCoro::Task<QVariant> getting = queue->coro_get(stop.get_token());
        stop.request_stop();
        AIO_COMPARE(co_await AioTest::codeOf(std::move(getting)), AioError::Cancelled);
        co_await queue->coro_put(QStringLiteral("x"));
        const QString x = co_await queue->coro_get<QString>();
        AIO_COMPARE(x, QStringLiteral("x"));
        delete queue;
    }

    static QCoro::Task<> useLocks(AioManager &manager)
    {
        AioLock *lock = co_await manager.coro_createLock();
        {
            const AioLocker locker = co_await lock->coro_locker();
            const bool got = co_await lock->coro_acquire(20ms);
            AIO_VERIFY(!got);
        }
        co_await lock->coro_acquire();
        co_await lock->coro_release();
        AIO_COMPARE(co_await AioTest::codeOf(lock->coro_release()), AioError::RemoteError);     // RuntimeError
        AioRLock *recursive = co_await manager.coro_createRLock();
        AioLocker outer = co_await recursive->coro_locker();
        AioLocker inner = co_await recursive->coro_locker(outer);
        AIO_VERIFY(inner.owns());
        const AioLocker stranger = co_await recursive->coro_locker(20ms);
        AIO_VERIFY(!stranger.owns());
        inner.unlock();
        outer.unlock();
        const AioLocker next = co_await recursive->coro_locker();
        AIO_VERIFY(next.owns());
        delete lock;
        delete recursive;
    }

    static QCoro::Task<> useTheRest(AioManager &manager)
    {
        AioSemaphore *semaphore = co_await manager.coro_createSemaphore(1);
        co_await semaphore->coro_acquire();
        co_await semaphore->coro_release();
        AioBoundedSemaphore *bounded = co_await manager.coro_createBoundedSemaphore(1);
        AIO_COMPARE(co_await AioTest::codeOf(bounded->coro_release()), AioError::UsageError);   // ValueError
        AioEvent *event = co_await manager.coro_createEvent();
        QCoro::Task<bool> waiting = event->coro_wait();
        co_await event->coro_set();
        const bool isSet = co_await waiting;
        AIO_VERIFY(isSet);
        AioBarrier *barrier = co_await manager.coro_createBarrier(2);
        QCoro::Task<int> first = barrier->coro_wait();
        const int mine = co_await barrier->coro_wait();
        const int other = co_await first;
        AIO_COMPARE(mine + other, 1);
        AioCondition *condition = co_await manager.coro_createCondition();
        co_await condition->coro_acquire();
        const bool isNotified = co_await condition->coro_wait(20ms);
        AIO_VERIFY(!isNotified);
        co_await condition->coro_notifyAll();
        co_await condition->coro_release();
        AioJoinableQueue *joinable = co_await manager.coro_createJoinableQueue();
        co_await joinable->coro_put(1);
        co_await joinable->coro_get();
        co_await joinable->coro_taskDone();
        co_await joinable->coro_join();
        for (AioObject *object : std::initializer_list<AioObject *>{semaphore, bounded, event, barrier, condition, joinable})
            delete object;
    }

    static void useBlocking(AioManager &manager)
    {
        const std::unique_ptr<AioRLock> lock(manager.createRLock());
        QVERIFY(lock->acquire() && lock->acquire());
        lock->release();
        lock->release();
        const std::unique_ptr<AioQueue> queue(manager.createQueue());
        queue->put(5);
        QCOMPARE(queue->get<int>(), 5);
        const std::unique_ptr<AioCondition> condition(manager.createCondition());
        condition->acquire();
        QVERIFY(!condition->wait(10ms));
        condition->release();
    }
};

AIO_TEST_MAIN(tst_PythonManager)
#include "tst_python_manager.moc"
