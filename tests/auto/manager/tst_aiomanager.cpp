// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Managers and clients that are programs of this library. Those of Python: tests/interop/tst_python_manager.cpp.

#include "aiotest.h"

#include <aioprocessing/aioclient.h>
#include <aioprocessing/aiomanager.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotask.h>

#include <QElapsedTimer>
#include <QPoint>
#include <QSignalSpy>
#include <QTest>

#include <thread>

using namespace std::chrono_literals;

namespace {

const QByteArray key("a key that all know");

AioAddress tcp(quint16 port = 0)
{
    return AioAddress::tcp(QStringLiteral("127.0.0.1"), port);
}

QVariant text(const char *word)
{
    return QString::fromLatin1(word);
}

// -- workers

void putSquares(AioQueue &jobs, AioQueue &results, AioEvent &started)
{
    started.set();
    for (;;) {
        const QVariant job = jobs.get();
        if (job.isNull())
            return;
        results.put(job.toInt() * job.toInt());
    }
}

int readAll(AioDict &dict, AioList &list)
{
    return dict.value(text("a")).toInt() + list.at(0).toInt();
}

template<class T> QCoro::Task<AioError::Code> outcomeOf(QCoro::Task<T> task)
{
    return AioTest::codeOf(std::move(task));
}

} // namespace

class tst_AioManager : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // MP-dict: each operation blocking, as coroutine and with its signal
    void dictKeepsWhatIsSet()
    {
        AioManager manager;
        manager.serve();
        const std::unique_ptr<AioDict> dict(manager.createDict({{QStringLiteral("b"), 2}}));
        dict->insert(text("a"), QPoint(1, 2));
        dict->insert(7, text("seven"));
        QCOMPARE(dict->value(text("a")).toPoint(), QPoint(1, 2));
        QCOMPARE(dict->value(7).toString(), QStringLiteral("seven"));
        QCOMPARE(dict->value(text("none"), 5).toInt(), 5);
        QCOMPARE(dict->keys(), (QVariantList{QStringLiteral("b"), QStringLiteral("a"), 7}));
        QVERIFY(dict->contains(text("b")));
        QCOMPARE(dict->take(7).toString(), QStringLiteral("seven"));
        QCOMPARE(AioTest::codeThrownBy([&] { dict->remove(7); }), AioError::NotFound);
        QCOMPARE(dict->error().remoteType, QStringLiteral("KeyError"));
        QCOMPARE(dict->setDefault(text("a"), 1).toPoint(), QPoint(1, 2));
        QCOMPARE(dict->size(), 2);
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy called(dict.get(), &AioProxy::called);
            const QVariantMap more{{QStringLiteral("c"), 3}};
            co_await dict->coro_update(more);
            const QVariantMap all = co_await dict->coro_toMap();
            AIO_COMPARE(all.size(), 3);
            const AioError::Code code = co_await outcomeOf(dict->coro_remove(text("none")));
            AIO_COMPARE(code, AioError::NotFound);
            co_await dict->coro_clear();
            const qsizetype size = co_await dict->coro_size();
            AIO_COMPARE(size, 0);
            AIO_COMPARE(called.size(), 4);
        });
    }

    void listNamespaceValueAndArray()
    {
        AioManager manager(tcp(), key);
        manager.serve();
        QVERIFY(manager.address().port() != 0);
        AioTest::run([&]() -> QCoro::Task<> {
            const QVariantList start{1, 2, 3};
            AioList *list = co_await manager.coro_createList(start);
            co_await list->coro_append(text("x"));
            co_await list->coro_insert(0, 0);
            const QVariantList all = co_await list->coro_toList();
            AIO_COMPARE(all, (QVariantList{0, 1, 2, 3, QStringLiteral("x")}));
            const QVariant last = co_await list->coro_at(-1);
            AIO_COMPARE(last, text("x"));
            const QVariant taken = co_await list->coro_takeAt();
            AIO_COMPARE(taken, text("x"));
            co_await list->coro_reverse();
            co_await list->coro_sort();
            const qsizetype place = co_await list->coro_indexOf(3);
            AIO_COMPARE(place, 3);
            AIO_COMPARE(co_await outcomeOf(list->coro_at(9)), AioError::NotFound);

            AioNamespace *names = co_await manager.coro_createNamespace();
            co_await names->coro_setValue(QStringLiteral("speed"), 5);
            const QVariant speed = co_await names->coro_value(QStringLiteral("speed"));
            AIO_COMPARE(speed.toInt(), 5);
            AIO_COMPARE(co_await outcomeOf(names->coro_value(QStringLiteral("none"))), AioError::NotFound);

            AioValueProxy *value = co_await manager.coro_createValue(QStringLiteral("i"), 7);
            co_await value->coro_setValue(8);
            const QVariant eight = co_await value->coro_value();
            AIO_COMPARE(eight.toInt(), 8);

            AioArrayProxy *array = co_await manager.coro_createArray(QStringLiteral("b"), start);
            co_await array->coro_replace(0, -128);
            const QVariant least = co_await array->coro_at(0);
            AIO_COMPARE(least.toInt(), -128);
            AIO_COMPARE(co_await outcomeOf(array->coro_replace(0, 128)), AioError::RemoteError);
        });
    }

    void proxiesOfAManagerAreTheSameClasses_data() { addHosts(); }
    void proxiesOfAManagerAreTheSameClasses()
    {
        QFETCH(bool, isProcess);
        AioManager manager(tcp(), key);
        begin(manager, isProcess);
        AioTest::run([&]() -> QCoro::Task<> {
            AioQueue *jobs = co_await manager.coro_createQueue();
            AioQueue *results = co_await manager.coro_createQueue();
            AioEvent *started = co_await manager.coro_createEvent();
            AioProcess worker(AioCall::to<&putSquares>(*jobs, *results, *started));
            worker.start();
            const bool isStarted = co_await started->coro_wait(20s);
            AIO_VERIFY(isStarted);
            for (int i = 0; i < 10; ++i)
                co_await jobs->coro_put(i);
            co_await jobs->coro_put(QVariant());
            for (int i = 0; i < 10; ++i) {
                const int square = co_await results->coro_get<int>();
                AIO_COMPARE(square, i * i);
            }
            co_await worker.coro_join();
            AIO_COMPARE(worker.exitCode().value_or(-1), 0);
        });
        manager.shutDown();
    }

    void blockingFormsOfEveryClass()
    {
        AioManager manager;
        manager.serve();
        AioLock &lock = *manager.createLock();
        QVERIFY(lock.acquire());
        QVERIFY(lock.locked());
        QVERIFY(!lock.tryAcquire());
        QVERIFY(!lock.acquire(20ms));
        lock.release();
        QCOMPARE(AioTest::codeThrownBy([&] { lock.release(); }), AioError::UsageError);
        {
            const AioLocker locker(lock);
            QVERIFY(lock.locked());
        }
        QVERIFY(!lock.locked());

        AioRLock &recursive = *manager.createRLock();
        QVERIFY(recursive.acquire() && recursive.acquire());
        QCOMPARE(recursive.depth(), 2);
        bool isFree = true;
        AioError::Code code = AioError::NoError;
        std::thread([&] {
            isFree = recursive.tryAcquire();
            code = AioTest::codeThrownBy([&] { recursive.release(); });
        }).join();
        QVERIFY(!isFree);
        QCOMPARE(code, AioError::UsageError);
        recursive.release();
        recursive.release();

        AioSemaphore &semaphore = *manager.createSemaphore(2);
        QVERIFY(semaphore.acquire() && semaphore.acquire() && !semaphore.tryAcquire());
        semaphore.release(3);
        QCOMPARE(semaphore.value(), 3);
        AioBoundedSemaphore &bounded = *manager.createBoundedSemaphore(2);
        QVERIFY(bounded.acquire());
        QCOMPARE(bounded.value(), 1);
        bounded.release();
        QCOMPARE(AioTest::codeThrownBy([&] { bounded.release(); }), AioError::UsageError);

        AioEvent &event = *manager.createEvent();
        QVERIFY(!event.wait(10ms));
        event.set();
        QVERIFY(event.isSet() && event.wait());
        event.clear();
        QVERIFY(!event.isSet());

        AioQueue &queue = *manager.createQueue(2);
        QVERIFY(queue.put(1) && queue.put(text("two")));
        QVERIFY(!queue.tryPut(3) && queue.isFull());
        QCOMPARE(queue.size(), 2);
        QCOMPARE(queue.maxSize(), 2);
        QCOMPARE(queue.get<int>(), 1);
        QCOMPARE(queue.get(), text("two"));
        QVERIFY(!queue.tryGet());
        QVERIFY(!queue.get(10ms));
        queue.shutDown();
        QCOMPARE(AioTest::codeThrownBy([&] { queue.get(); }), AioError::ShutDown);

        AioJoinableQueue &joinable = *manager.createJoinableQueue();
        joinable.put(1);
        QVERIFY(!joinable.join(10ms));
        joinable.get();
        joinable.taskDone();
        QVERIFY(joinable.join());
        QCOMPARE(AioTest::codeThrownBy([&] { joinable.taskDone(); }), AioError::UsageError);

        AioBarrier &barrier = *manager.createBarrier(2);
        QCOMPARE(barrier.parties(), 2);
        std::optional<int> other;
        std::thread party([&] { other = barrier.wait(10s); });
        const std::optional<int> mine = barrier.wait(10s);
        party.join();
        QVERIFY(mine && other && *mine + *other == 1);
        QVERIFY(!barrier.wait(10ms));
        QVERIFY(barrier.isBroken());
        QCOMPARE(AioTest::codeThrownBy([&] { barrier.wait(); }), AioError::BrokenBarrier);
        barrier.reset();
        QVERIFY(!barrier.isBroken());

        for (AioCondition *condition : {manager.createCondition(), manager.createCondition(lock), manager.createCondition(recursive)}) {
            QCOMPARE(AioTest::codeThrownBy([&] { condition->notify(); }), AioError::UsageError);
            bool isReady = false;
            condition->acquire();
            std::thread other_([&] {
                condition->acquire();
                isReady = true;
                condition->notify();
                condition->release();
            });
            QVERIFY(condition->waitUntil([&] { return isReady; }, 20s));
            QVERIFY(!condition->wait(10ms));
            condition->release();
            other_.join();
        }
    }

    // One connection carries all; nobody's waiting keeps others from being served.
    void thousandsOfCallsMayBePending()
    {
        AioManager manager;
        manager.serve();
        constexpr int count = 2000;
        AioTest::run([&]() -> QCoro::Task<> {
            AioQueue *queue = co_await manager.coro_createQueue();
            std::vector<QCoro::Task<QVariant>> tasks;
            for (int i = 0; i < count; ++i)
                tasks.push_back(queue->coro_get());
            qint64 sum = 0;
            for (int i = 0; i < count; ++i)
                co_await queue->coro_put(i);
            for (QCoro::Task<QVariant> &task : tasks) {
                const QVariant item = co_await task;
                sum += item.toInt();
            }
            AIO_COMPARE(sum, qint64(count) * (count - 1) / 2);
        });
    }

    // API rule 4: a cancelled wait takes nothing, and a deadline is kept by the server.
    void cancelledWaitsHaveNoEffect()
    {
        AioManager manager;
        manager.serve();
        AioTest::run([&]() -> QCoro::Task<> {
            AioQueue *queue = co_await manager.coro_createQueue();
            AioLock *lock = co_await manager.coro_createLock();
            for (int i = 0; i < 50; ++i) {
                std::stop_source stop;
                QCoro::Task<QVariant> getting = queue->coro_get(stop.get_token());
                if (i % 2)
                    co_await AioTest::nextTurn();
                stop.request_stop();
                AIO_COMPARE(co_await outcomeOf(std::move(getting)), AioError::Cancelled);
                const std::optional<QVariant> nothing = co_await queue->coro_get(QDeadlineTimer(1));
                AIO_VERIFY(!nothing);
            }
            co_await queue->coro_put(5);
            const QVariant five = co_await queue->coro_get();
            AIO_COMPARE(five.toInt(), 5);

            AioLocker locker = co_await lock->coro_locker();
            std::stop_source stop;
            QCoro::Task<bool> acquiring = lock->coro_acquire(stop.get_token());
            stop.request_stop();
            AIO_COMPARE(co_await outcomeOf(std::move(acquiring)), AioError::Cancelled);
            locker.unlock();
            const bool isLocked = co_await lock->coro_locked();
            AIO_VERIFY(!isLocked);
        });
    }

    // Whoever races with a cancellation: the item is with one or the other.
    void noItemIsLostWhenCancellingRaces()
    {
        AioManager manager;
        manager.serve();
        AioTest::run([&]() -> QCoro::Task<> {
            AioQueue *queue = co_await manager.coro_createQueue();
            int got = 0;
            for (int i = 0; i < 200; ++i) {
                std::stop_source stop;
                QCoro::Task<QVariant> getting = queue->coro_get(stop.get_token());
                QCoro::Task<bool> putting = queue->coro_put(i);
                stop.request_stop();
                co_await putting;
                const AioError::Code code = co_await outcomeOf(std::move(getting));
                got += code == AioError::NoError;
                const std::optional<QVariant> left = co_await queue->coro_get(QDeadlineTimer(0));
                AIO_COMPARE(left.has_value(), code == AioError::Cancelled);
            }
            qInfo("%d of 200 items came before they were cancelled", got);
        });
    }

    void destroyingAProxyCancelsItsCalls()
    {
        AioManager manager;
        manager.serve();
        AioTest::run([&]() -> QCoro::Task<> {
            AioEvent *event = co_await manager.coro_createEvent();
            QCoro::Task<bool> waiting = event->coro_wait();
            delete event;
            AIO_COMPARE(co_await outcomeOf(std::move(waiting)), AioError::Cancelled);
        });
    }

    void objectsLiveAsLongAsSomebodyRefersToThem()
    {
        AioManager manager;
        manager.serve();
        QCOMPARE(manager.numberOfObjects(), 0);
        AioDict *dict = manager.createDict({{QStringLiteral("a"), 40}});
        AioList *list = manager.createList({2});
        AioTest::run([&]() -> QCoro::Task<> {
            AioProcess worker(AioCall::to<&readAll>(*dict, *list));
            worker.start();
            co_await worker.coro_join();
            AIO_COMPARE(worker.result().toInt(), 42);
        });
        QTRY_COMPARE(manager.numberOfObjects(), 2);
        const AioHandle handle = list->handle();
        // nested: the dictionary keeps the list
        dict->insert(text("list"), QVariant::fromValue(handle));
        delete list;
        QCOMPARE(manager.numberOfObjects(), 1);
        {
            AioList again(dict->value(text("list")).value<AioHandle>());
            QCOMPARE(again.at(0).toInt(), 2);
            QCOMPARE(manager.numberOfObjects(), 2);
        }
        dict->clear();
        QCOMPARE(AioTest::codeThrownBy([&] { AioList gone(handle); }), AioError::NotFound);
        delete dict;
        QCOMPARE(manager.numberOfObjects(), 0);
    }

    void publishedObjectsAreOpenedByName()
    {
        AioManager server(tcp(), key);
        server.serve();
        server.publish(QStringLiteral("jobs"), *server.createQueue());
        QCOMPARE(AioTest::codeThrownBy([&] { server.publish(QStringLiteral("dict"), *server.createDict()); }), AioError::AlreadyExists);
        AioManager client(server.address(), key);
        AioTest::run([&]() -> QCoro::Task<> {
            QSignalSpy connected(&client, &AioManager::connected);
            co_await client.coro_connectToServer();
            AIO_COMPARE(connected.size(), 1);
            AioQueue *jobs = co_await client.coro_open<AioQueue>(QStringLiteral("jobs"));
            co_await jobs->coro_put(1);
            AioQueue *same = co_await server.coro_open<AioQueue>(QStringLiteral("jobs"));
            const QVariant one = co_await same->coro_get();
            AIO_COMPARE(one.toInt(), 1);
            AIO_COMPARE(co_await outcomeOf(client.coro_open<AioLock>(QStringLiteral("jobs"))), AioError::TypeMismatch);
            AIO_COMPARE(co_await outcomeOf(client.coro_open<AioLock>(QStringLiteral("none"))), AioError::NotFound);
        });
    }

    void whoDoesNotKnowTheKeyIsRefused()
    {
        AioManager server(tcp(), key);
        server.serve();
        AioManager stranger(server.address(), "another key");
        QCOMPARE(AioTest::codeThrownBy([&] { stranger.connectToServer(); }), AioError::AuthenticationFailed);
        const quint16 port = server.address().port();
        server.shutDown();
        AioManager late(tcp(port), key);
        QCOMPARE(AioTest::codeThrownBy([&] { late.connectToServer(); }), AioError::ConnectionRefused);
    }

    void objectsOfAnEarlierRunAreStale()
    {
        AioManager first(tcp(), key);
        first.serve();
        AioManager client(first.address(), key);
        client.connectToServer();
        AioLock &lock = *client.createLock();
        const AioHandle handle = lock.handle();
        first.shutDown();
        AioManager second(first.address(), key);
        second.serve();
        AioLock &other = *second.createLock();
        QCOMPARE(other.handle().address(), handle.address());       // the number is the same, and means another lock
        QCOMPARE(AioTest::codeThrownBy([&] { lock.acquire(); }), AioError::StaleProxy);
        QCOMPARE(AioTest::codeThrownBy([&] { AioLock opened(handle); }), AioError::StaleProxy);
        QVERIFY(!other.locked());
    }

    void misuseIsRefused()
    {
        AioManager manager;
        QCOMPARE(AioTest::codeThrownBy([&] { manager.createLock(); }), AioError::UsageError);
        manager.serve();
        QCOMPARE(AioTest::codeThrownBy([&] { manager.serve(); }), AioError::UsageError);
        QCOMPARE(AioTest::codeThrownBy([&] { manager.create<AioProxy>(QStringLiteral("system")); }), AioError::NotFound);
        const std::unique_ptr<AioProxy> proxy(manager.create<AioProxy>(QStringLiteral("list")));
        for (const char *name : {"deleteLater", "__class__", "__init__", "ident", ""})
            QCOMPARE(AioTest::codeThrownBy([&] { proxy->call(QString::fromLatin1(name)); }), AioError::NotFound);
        QCOMPARE(AioTest::codeThrownBy([&] { proxy->call(QStringLiteral("append")); }), AioError::TypeMismatch);
        QCOMPARE(proxy->text(), QStringLiteral("[]"));
    }

    // Those who know the key may send what they like; nobody else is hurt. (That nobody without it is heard: tst_aiolistener.)
    void hostileRequestsHurtNobody()
    {
        AioManager manager(tcp(), key);
        manager.serve();
        const std::unique_ptr<AioDict> dict(manager.createDict());
        AioTest::run([&]() -> QCoro::Task<> {
            const QList<QByteArray> requests = hostileRequests();
            for (int opened = NoOpening; opened <= NativeOpening; ++opened) {
                const auto opening = Opening(opened);
                for (const QByteArray &request : requests) {
                    const QList<QByteArray> alone(1, request);
                    co_await provoke(manager, opening, alone);
                }
            }
            co_await provoke(manager, ChannelOpening, flipped(pythonCall()));
            co_await provoke(manager, NativeOpening, flipped(nativeCall()));
            co_await dict->coro_insert(text("still"), text("there"));
            const qsizetype size = co_await dict->coro_size();
            AIO_COMPARE(size, 1);
        });
        QCOMPARE(manager.numberOfObjects(), 1);
    }

private:
    enum Opening { NoOpening, ChannelOpening, NativeOpening };

    // (None, name, (), {}) as a pickle
    static QByteArray pickled(const QByteArray &name)
    {
        return QByteArray("\x80\x04(N\x8c") + char(name.size()) + name + ")}t.";
    }
    // ('1', '__len__', (), {}), a call of an object that there is
    static QByteArray pythonCall() { return QByteArray("\x80\x04(\x8c\x01" "1\x8c\x07__len__)}t."); }
    static QByteArray nativeCall()
    {
        QByteArray call = QByteArray::fromHex("010100000000000000" "0000000000000000" "0131" "07") + "__len__";
        return call + QByteArray::fromHex("2002000000" "2000000000" "2100000000");
    }
    static QList<QByteArray> hostileRequests()
    {
        return {
            QByteArray(""), QByteArray("x"), QByteArray("\x80\x04N."), QByteArray(1000, '\xff'), QByteArray(1000, '\0'),
            QByteArray("\x80\x02" "cos\nsystem\nX\x04\x00\x00\x00true\x85R."),                   // the classic
            QByteArray("\x80\x04(N\x8c\x06" "create\x8c\x02os\x8c\x06system\x93\x85}t."),       // a global as a type
            pickled(QByteArray("shutdown\0", 9)), pickled("__init__"), pickled("deleteLater"), pickled("create"), pickled("incref"),
            pickled("publish"),
            QByteArray::fromHex("01"), QByteArray::fromHex("020100000000000000"), QByteArray::fromHex("03010000000000000000"),
            QByteArray::fromHex("0101000000000000000000000000000000" "ff" "ff"),
            nativeCall() + "more", nativeCall().chopped(1),
        };
    }
    // each bit of it turned over
    static QList<QByteArray> flipped(const QByteArray &message)
    {
        QList<QByteArray> all;
        for (qsizetype bit = 0; bit < message.size() * 8; ++bit) {
            all.append(message);
            all.last()[bit / 8] = char(message[bit / 8] ^ (1 << bit % 8));
        }
        return all;
    }
    // Sends all of them over one connection, or as many as it needs. Each is answered, or the connection ended.
    static QCoro::Task<> provoke(AioManager &manager, Opening opening, QList<QByteArray> messages)
    {
        std::unique_ptr<AioClient> client;
        for (const QByteArray &message : messages) {
            if (!client) {
                client = std::make_unique<AioClient>(manager.address(), key);
                client->setHandshake(AioConnection::Python);
                co_await client->coro_connectToPeer();
                if (opening == ChannelOpening)
                    co_await client->coro_sendBytes(QByteArray("\x80\x04(N\x8c\x11" "accept_connection\x8c\x01x\x85}t."));
                if (opening == NativeOpening)
                    co_await client->coro_sendBytes(pickled("#aio"));
                if (opening != NoOpening)
                    co_await client->coro_recvBytes();
            }
            bool isOver = false;
            try {
                co_await client->coro_sendBytes(message);
                // what cancels, or answers, is not answered
                const bool isAnswered = opening != NativeOpening || (!message.isEmpty() && message[0] == 1);
                if (isAnswered) {
                    const std::optional<QByteArray> answer = co_await client->coro_recvBytes(-1, QDeadlineTimer(20s));
                    AIO_VERIFY(answer);
                }
            } catch (const AioException &) {
                isOver = true;
            }
            if (isOver || opening == NoOpening)
                client.reset();
        }
    }

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

AIO_TEST_MAIN(tst_AioManager)
#include "tst_aiomanager.moc"
