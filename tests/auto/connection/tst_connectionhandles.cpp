// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Connections and what goes over them to other processes.
#include "aiotest.h"

#include <AioProcessing/AioBuffer>
#include <AioProcessing/AioClient>
#include <AioProcessing/AioListener>
#include <AioProcessing/AioLock>
#include <AioProcessing/AioLocker>
#include <AioProcessing/AioPipe>
#include <AioProcessing/AioProcess>
#include <AioProcessing/AioQueue>
#include <AioProcessing/AioWorker>
#include <aioprocessing/aiotask.h>

#include <QFile>
#include <QLoggingCategory>
#include <QTest>

#include <csignal>
#include <cstring>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

// -- what workers do

void doubleIt(AioConnection &requests)
{
    for (;;) {
        const QVariant number = requests.recv();
        if (number.isNull())
            return;
        requests.send(number.toInt() * 2);
    }
}

QCoro::Task<int> doubleOnceLater(AioConnection &requests)
{
    const QVariant number = co_await requests.coro_recv();
    co_await requests.coro_send(number.toInt() * 2);
    co_return number.toInt();
}

void sendAndDie(AioConnection &connection, int messages)
{
    for (int i = 0; i < messages; ++i)
        connection.send(i);
    ::kill(::getpid(), SIGKILL);
}

int whatItMayDo(AioConnection &connection)
{
    return (connection.isReadable() ? 1 : 0) + (connection.isWritable() ? 2 : 0);
}

void writeALot(AioConnection &connection, int bytes)
{
    connection.sendBytes(QByteArray(bytes, 'x'));
    connection.recv();
}

// A worker's own pipe, to a worker of its own.
int askOwnWorker(int number)
{
    AioPipe pipe;
    AioProcess inner(AioCall::to<&doubleIt>(pipe.second()));
    inner.start();
    pipe.first().send(number);
    const int answer = pipe.first().recv().toInt();
    pipe.first().send(QVariant());
    return inner.join(QDeadlineTimer(20s)) ? answer : -1;
}

void echoOnce(AioListener &listener)
{
    const auto peer = listener.accept();
    peer->send(peer->recv());
    peer->recv();
}

// What came over the connection is used.
int useAll(AioConnection &parent)
{
    AioLock lock(parent.recv().value<AioHandle>());
    AioQueue queue(parent.recv().value<AioHandle>());
    AioListener listener(parent.recv().value<AioHandle>());
    AioConnection connection(parent.recv().value<AioHandle>());
    const auto buffer = parent.recv().value<AioBuffer>();
    if (lock.tryAcquire() || !queue.put(1) || !connection.send(2))
        return -1;
    listener.accept()->send(3);
    return int(buffer.size());
}

// And the same to the parent.
void giveOwnPipe(AioConnection &parent)
{
    AioPipe pipe;
    parent.send(QVariant::fromValue(pipe.second().handle()));
    pipe.first().send(pipe.first().recv().toInt() + 1);
    parent.recv();
}

AioError::Code thrownBy(const std::function<void()> &call)
{
    return AioTest::codeThrownBy(call);
}

} // namespace

class tst_ConnectionHandles : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    // -- workers

    void endOfAPipeGoesToAWorker()     // AIO-034, MP-117
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            AioProcess worker(AioCall::to<&doubleIt>(pipe.second()));
            AIO_VERIFY(!pipe.second().isOpen());
            worker.start();
            for (int i = 0; i < 100; ++i) {
                co_await pipe.first().coro_send(i);
                const QVariant reply = co_await pipe.first().coro_recv();
                AIO_COMPARE(reply, QVariant(2 * i));
            }
            co_await pipe.first().coro_send(QVariant());
            const AioError::Code code = co_await AioTest::codeOf(pipe.first().coro_recv());
            AIO_COMPARE(code, AioError::EndOfStream);
            co_await worker.coro_join();
            AIO_COMPARE(worker.exitCode(), std::optional(0));
        }, AioTest::LoopMayBlock);      // starting a process takes its time
    }

    void blockingParentAndCoroutineWorker()
    {
        AioPipe pipe;
        AioProcess worker(AioCall::to<&doubleOnceLater>(pipe.first()));
        worker.start();
        pipe.second().send(21);
        QCOMPARE(pipe.second().recv(QDeadlineTimer(20s)), std::optional(QVariant(42)));
        QVERIFY(worker.join(QDeadlineTimer(20s)));
        QCOMPARE(worker.result(), QVariant(21));
    }

    void directionsTravelAlong()       // MP-135
    {
        AioPipe pipe(AioPipe::Simplex);
        AioProcess reader(AioCall::to<&whatItMayDo>(pipe.first()));
        AioProcess writer(AioCall::to<&whatItMayDo>(pipe.second()));
        reader.start();
        writer.start();
        QVERIFY(reader.join() && writer.join());
        QCOMPARE(reader.result(), QVariant(1));
        QCOMPARE(writer.result(), QVariant(2));
    }

    void whatADeadWorkerHasSentArrives()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            AioProcess worker(AioCall::to<&sendAndDie>(pipe.second(), 500));
            worker.start();
            for (int i = 0; i < 500; ++i) {
                const QVariant value = co_await pipe.first().coro_recv();
                AIO_COMPARE(value, QVariant(i));
            }
            const AioError::Code code = co_await AioTest::codeOf(pipe.first().coro_recv());
            AIO_VERIFY(code == AioError::EndOfStream || code == AioError::PeerDied);
            co_await worker.coro_join();
        }, AioTest::LoopMayBlock);      // starting a process takes its time
    }

    void stoppedPeerBlocksNobody()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            AioProcess worker(AioCall::to<&doubleIt>(pipe.second()));
            worker.start();
            co_await pipe.first().coro_send(1);
            const QVariant reply = co_await pipe.first().coro_recv();
            AIO_COMPARE(reply, QVariant(2));
            ::kill(pid_t(worker.pid()), SIGSTOP);
            const QByteArray much(1 << 20, 'x');
            for (;;) {
                const bool ok = co_await pipe.first().coro_sendBytes(much, QDeadlineTimer(50ms));
                if (!ok)
                    break;
                AIO_VERIFY(pipe.first().bytesToWrite() < 4 << 20);
            }
            worker.kill();
            co_await worker.coro_join();
            const AioError::Code code = co_await AioTest::codeOf(pipe.first().coro_recv());
            AIO_VERIFY(code == AioError::EndOfStream || code == AioError::PeerDied);
        }, AioTest::LoopMayBlock);      // starting a process takes its time
    }

    void largeMessagesOfAWorker()
    {
        AioPipe pipe;
        AioProcess worker(AioCall::to<&writeALot>(pipe.second(), 40 << 20));
        worker.start();
        QCOMPARE(pipe.first().recvBytes(-1, QDeadlineTimer(20s)), std::optional(QByteArray(40 << 20, 'x')));
        pipe.first().send(1);
        QVERIFY(worker.join());
    }

    void handlesAreGoodForOneTime()
    {
        AioPipe pipe;
        const AioHandle handle = pipe.second().handle();
        QCOMPARE(handle.kind(), AioHandle::Connection);
        QCOMPARE(thrownBy([&] { pipe.second().handle(); }), AioError::Closed);
        {
            AioConnection mine(handle);
            mine.send(1);
            QCOMPARE(pipe.first().recv(), QVariant(1));
        }
        QCOMPARE(thrownBy([&] { AioConnection again(handle); }), AioError::NotFound);
        QCOMPARE(thrownBy([&] { AioConnection none{AioHandle(AioHandle::Connection, QByteArray(64, 'a'), 1)}; }), AioError::NotFound);
        QCOMPARE(thrownBy([&] { AioConnection none{AioHandle()}; }), AioError::TypeMismatch);
        AioPipe busy;
        busy.first().send(1);
        busy.first().send(2);
        QVERIFY(busy.second().poll());
        QCOMPARE(thrownBy([&] { busy.second().handle(); }), AioError::UsageError);
    }

    void handlesTravelOverConnections()
    {
        AioPipe pipe;
        AioPipe inner;
        AioLock lock;
        pipe.first().send(QVariant::fromValue(inner.second().handle()));
        pipe.first().send(QVariant::fromValue(lock.handle()));
        AioConnection passed(pipe.second().recv().value<AioHandle>());
        passed.send(1);
        QCOMPARE(inner.first().recv(), QVariant(1));
        AioLock same(pipe.second().recv().value<AioHandle>());
        QVERIFY(same.tryAcquire());
        QVERIFY(lock.locked());
        same.release();
    }

    // -- other things

    void everythingGoesOverAConnection()
    {
        AioPipe pipe;
        AioProcess worker(AioCall::to<&useAll>(pipe.second()));
        worker.start();
        AioLock lock;
        AioQueue queue;
        AioListener listener{AioAddress()};
        AioPipe inner;
        const AioLocker locker(lock);
        AioBuffer buffer(300000);
        std::memset(buffer.data(), 'x', 300000);
        pipe.first().send(lock);
        pipe.first().send(queue);
        pipe.first().send(listener);
        QVERIFY(AioProcessing::waitBlocking(pipe.first().coro_send(inner.second())));
        pipe.first().send(QVariant::fromValue(buffer));
        QVERIFY(!listener.isListening() && !inner.second().isOpen());
        AioClient client(listener.address());
        QVERIFY(client.connectToPeer());
        QCOMPARE(client.recv(QDeadlineTimer(20s)), std::optional(QVariant(3)));
        QCOMPARE(inner.first().recv(QDeadlineTimer(20s)), std::optional(QVariant(2)));
        QCOMPARE(queue.get(QDeadlineTimer(20s)), std::optional(QVariant(1)));
        QVERIFY(worker.join(QDeadlineTimer(20s)));
        QCOMPARE(worker.result(), QVariant(300000));
    }

    void buffersArriveAsTheyWere()
    {
        AioPipe pipe;
        for (const qsizetype size : {0, 1, 100000, 1 << 20}) {
            AioBuffer buffer(size);
            std::memset(buffer.data(), 'x', std::size_t(size));
            QCoro::Task<bool> sending = pipe.first().coro_send(QVariant::fromValue(buffer));
            const auto got = AioProcessing::waitBlocking(pipe.second().coro_recv()).value<AioBuffer>();
            QVERIFY(AioProcessing::waitBlocking(std::move(sending)));
            QVERIFY(got == buffer);
            if (size > 0)
                buffer.data()[0] = 'y';         // which is this one's alone
            QVERIFY(size == 0 || got.data()[0] == 'x');
        }
    }

    // -- listeners

    void listenerGoesToAWorker_data()
    {
        QTest::addColumn<QString>("address");
        for (const char *address : {"local:passed on", "", "tcp://127.0.0.1:0"})
            QTest::newRow(address) << QString::fromLatin1(address);
    }
    void listenerGoesToAWorker()
    {
        QFETCH(QString, address);
        const QByteArray key("a key that both know");
        AioListener listener{AioAddress(address), AioListenerOptions(key)};
        AioProcess worker(AioCall::to<&echoOnce>(listener));
        QVERIFY(!listener.isListening());
        QCOMPARE(thrownBy([&] { listener.accept(); }), AioError::Closed);
        QCOMPARE(thrownBy([&] { listener.handle(); }), AioError::Closed);
        if (listener.address().isLocal())       // on its way it is still taken
            QCOMPARE(thrownBy([&] { AioListener second(listener.address()); }), AioError::AddressInUse);
        worker.start();
        AioClient stranger(listener.address(), QByteArray("another key"));
        QCOMPARE(thrownBy([&] { stranger.connectToPeer(); }), AioError::AuthenticationFailed);          // and the key goes along
        AioClient client(listener.address(), key);
        QVERIFY(client.connectToPeer());
        client.send(QStringLiteral("hello"));
        QCOMPARE(client.recv(), QVariant(QStringLiteral("hello")));
        client.send(QVariant());
        QVERIFY(worker.join(QDeadlineTimer(20s)));
        QCOMPARE(worker.exitCode(), std::optional(0));
        if (listener.address().isLocal())
            QVERIFY(!QFile::exists(listener.address().localPath()));
        AioListener again(listener.address());      // it is free
    }

    void listenersThatCannotBeGiven()
    {
        AioListener busy{AioAddress()};
        AioClient client(busy.address());
        QVERIFY(client.connectToPeer());
        QVERIFY(busy.poll());
        QCOMPARE(thrownBy([&] { busy.handle(); }), AioError::UsageError);
        QVERIFY(busy.accept());
        const AioHandle handle = busy.handle();
        QCOMPARE(handle.kind(), AioHandle::Listener);
        QCOMPARE(thrownBy([&] { AioConnection wrong(handle); }), AioError::TypeMismatch);
        AioClient early(busy.address());
        QVERIFY(early.connectToPeer());         // and waits
        AioListener moved(handle);
        QCOMPARE(moved.address(), busy.address());
        QVERIFY(moved.accept());
        QCOMPARE(thrownBy([&] { AioListener again(handle); }), AioError::NotFound);
    }

    void pipesOfWorkers()
    {
        AioProcess worker(AioCall::to<&askOwnWorker>(21));
        worker.start();
        QVERIFY(worker.join(QDeadlineTimer(20s)));
        QCOMPARE(worker.result(), QVariant(42));
        AioPipe pipe;
        AioProcess giver(AioCall::to<&giveOwnPipe>(pipe.second()));
        giver.start();
        AioConnection given(pipe.first().recv().value<AioHandle>());
        given.send(1);
        QCOMPARE(given.recv(), QVariant(2));
        pipe.first().send(QVariant());
        QVERIFY(giver.join(QDeadlineTimer(20s)));
    }
};

AIO_TEST_MAIN(tst_ConnectionHandles)
#include "tst_connectionhandles.moc"
