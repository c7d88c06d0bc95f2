// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiotest.h"

#include <AioProcessing/AioClient>
#include <AioProcessing/AioEvent>
#include <AioProcessing/AioListener>
#include <AioProcessing/AioLock>
#include <AioProcessing/AioPipe>
#include <AioProcessing/AioProcess>
#include <AioProcessing/AioRemoteObject>
#include <AioProcessing/AioWait>
#include <AioProcessing/AioWorker>
#include <aioprocessing/aiotask.h>

#include <QElapsedTimer>
#include <QLoggingCategory>
#include <QPoint>
#include <QSignalSpy>
#include <QTest>
#include <QThread>

#include <csignal>
#include <thread>
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

AioError::Code thrownBy(const std::function<void()> &call)
{
    return AioTest::codeThrownBy(call);
}

const QByteArray key("a key that both know");

} // namespace

class tst_AioConnection : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    // -- messages

    void valuesArriveAsTheyWere_data()
    {
        QTest::addColumn<int>("codec");
        QTest::newRow("own") << int(AioConnection::DataStream);
        QTest::newRow("CBOR") << int(AioConnection::Cbor);
        QTest::newRow("pickle") << int(AioConnection::Pickle);
    }
    void valuesArriveAsTheyWere()
    {
        QFETCH(int, codec);
        AioPipe pipe;
        pipe.first().setCodec(AioConnection::Codec(codec));
        const QVariantList values{QVariant(), true, 5ll, -1.5, QStringLiteral("gr\u00fc\u00df"), QByteArray("\0x", 2),
                                  QVariantList{1ll, QString()}, QVariantMap{{QStringLiteral("a"), QVariantList{1ll}}}};
        for (const QVariant &value : values)
            QVERIFY(pipe.first().send(value));
        for (const QVariant &value : values)
            QCOMPARE(pipe.second().recv(), value);
        if (codec == AioConnection::DataStream) {
            pipe.first().send(QPoint(1, 2));
            QCOMPARE(pipe.second().recv(), QVariant(QPoint(1, 2)));
        } else {
            QCOMPARE(thrownBy([&] { pipe.first().send(QPoint(1, 2)); }), AioError::Unserializable);
        }
    }

    void messagesStayApart()       // MP-131, MP-133
    {
        AioPipe pipe;
        const QByteArrayList messages{"hello", "", "", "goodbye!", QByteArray(70000, 'x'), "", "x"};
        for (const QByteArray &message : messages)
            QVERIFY(pipe.first().sendBytes(message));
        for (const QByteArray &message : messages) {
            QVERIFY(pipe.second().poll());
            QVERIFY(pipe.second().poll());
            QCOMPARE(pipe.second().recvBytes(), message);
        }
        QVERIFY(!pipe.second().poll());
    }

    void directionsOfASimplexPipe()     // MP-116
    {
        AioPipe pipe(AioPipe::Simplex);
        QVERIFY(pipe.first().isReadable() && !pipe.first().isWritable());
        QVERIFY(!pipe.second().isReadable() && pipe.second().isWritable());
        pipe.second().send(1);
        QCOMPARE(pipe.first().recv(), QVariant(1));
        QCOMPARE(thrownBy([&] { pipe.first().send(1); }), AioError::UsageError);
        QCOMPARE(thrownBy([&] { pipe.second().recv(); }), AioError::UsageError);
        QCOMPARE(thrownBy([&] { pipe.second().poll(); }), AioError::UsageError);
    }

    void closedEnds()       // MP-122
    {
        AioPipe pipe;
        QSignalSpy gone(&pipe.second(), &AioConnection::disconnected);
        pipe.first().send(1);
        pipe.first().close();
        pipe.first().close();
        QCOMPARE(thrownBy([&] { pipe.first().send(1); }), AioError::Closed);
        QCOMPARE(thrownBy([&] { pipe.first().recv(); }), AioError::Closed);
        QVERIFY(pipe.second().poll());
        QCOMPARE(pipe.second().recv(), QVariant(1));
        QVERIFY(pipe.second().poll());          // the end, too
        for (int i = 0; i < 3; ++i)
            QCOMPARE(thrownBy([&] { pipe.second().recv(); }), AioError::EndOfStream);
        QTRY_COMPARE(gone.size(), 1);
        QCOMPARE(thrownBy([&] {
                     for (int i = 0; i < 3; ++i)
                         pipe.second().send(1);
                 }), AioError::PeerDied);
    }

    void limitsOfBytes()
    {
        AioPipe pipe;
        pipe.first().sendBytes("12345");
        QCOMPARE(thrownBy([&] { pipe.second().recvBytes(4); }), AioError::BufferTooShort);
        char buffer[8] = "abcdefg";
        QCOMPARE(thrownBy([&] { pipe.second().recvBytesInto(buffer, 8, 4); }), AioError::BufferTooShort);
        QCOMPARE(thrownBy([&] { pipe.second().recvBytesInto(buffer, 8, 9); }), AioError::UsageError);
        QCOMPARE(thrownBy([&] { pipe.second().recvBytesInto(buffer, 8, -1); }), AioError::UsageError);
        QCOMPARE(pipe.second().recvBytesInto(buffer, 8, 3), 5);
        QCOMPARE(QByteArray(buffer, 8), QByteArray("abc12345"));
        pipe.second().setMaximumFrame(10);
        pipe.first().sendBytes(QByteArray(11, 'x'));
        QCOMPARE(thrownBy([&] { pipe.second().recvBytes(); }), AioError::TooLarge);
        QCOMPARE(thrownBy([&] { pipe.second().recvBytes(); }), AioError::TooLarge);
    }

    void badValueLeavesTheConnectionUsable()
    {
        AioPipe pipe;
        pipe.first().sendBytes(QByteArray("\x80\x04K", 3));
        pipe.first().send(5);
        QCOMPARE(thrownBy([&] { pipe.second().recv(); }), AioError::ProtocolError);
        QCOMPARE(pipe.second().recv(), QVariant(5));
    }

    void deadlinesOfBlockingForms()
    {
        AioPipe pipe;
        QElapsedTimer clock;
        clock.start();
        QVERIFY(!pipe.first().recv(QDeadlineTimer(30ms)));
        QVERIFY(!pipe.first().poll(QDeadlineTimer(30ms)));
        QVERIFY(!pipe.first().recvBytes(-1, QDeadlineTimer(0)));
        QVERIFY(clock.nsecsElapsed() >= 60'000'000);
        std::stop_source stop;
        std::thread stopper([&] { stop.request_stop(); });
        QCOMPARE(thrownBy([&] { pipe.first().recv(stop.get_token()); }), AioError::Cancelled);
        stopper.join();
        pipe.second().send(1);
        QCOMPARE(thrownBy([&] { pipe.first().recv(stop.get_token()); }), AioError::Cancelled);      // and nothing was received
        QCOMPARE(pipe.first().recv(), QVariant(1));
    }

    void blockingSendThatCannotBegin()
    {
        AioPipe pipe;
        pipe.first().setHighWaterMark(1);
        int sent = 0;
        while (pipe.first().sendBytes(QByteArray(60000, 'x'), QDeadlineTimer(5ms)))
            ++sent;
        QVERIFY(sent > 0);
        QVERIFY(!pipe.first().sendBytes("no", QDeadlineTimer(0)));
        for (int i = 0; i < sent; ++i) {        // the event loop sends the rest of the last one
            QTRY_VERIFY(pipe.second().poll());
            QCOMPARE(pipe.second().recvBytes(), QByteArray(60000, 'x'));
        }
        pipe.first().sendBytes("end");
        QCOMPARE(pipe.second().recvBytes(), QByteArray("end"));
    }

    void blockingFormsNeedNoEventLoop()
    {
        QByteArray got;
        std::thread thread([&] {
            AioPipe pipe;
            pipe.first().send(QStringLiteral("x"));
            got = pipe.second().recv().toByteArray();
            AioListener listener(AioAddress{}, AioListenerOptions(key));
            std::thread peer([address = listener.address()] {
                AioClient client(address, key);
                client.connectToPeer();
                client.send(QByteArray("over a socket"));
                client.recv();
            });
            const auto connection = listener.accept(QDeadlineTimer(20s));
            got += connection->recv().toByteArray();
            connection->send(QVariant());
            peer.join();
        });
        thread.join();
        QCOMPARE(got, QByteArray("xover a socket"));
    }

    // -- coroutines and signals

    void coroutinesAndSignals()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            QSignalSpy ready(&pipe.second(), &AioConnection::readyRead);
            QSignalSpy received(&pipe.second(), &AioConnection::received);
            QSignalSpy sent(&pipe.first(), &AioConnection::sent);
            const bool ok = co_await pipe.first().coro_send(7);
            AIO_VERIFY(ok);
            QCoro::Task<QVariant> task = pipe.second().coro_recv();
            const QVariant value = co_await task;
            AIO_COMPARE(value, QVariant(7));
            AIO_COMPARE(sent.size(), 1);
            AIO_COMPARE(received.size(), 1);
            AIO_COMPARE(received[0][0].value<QVariant>(), QVariant(7));
            const auto none = co_await pipe.second().coro_recv(QDeadlineTimer(20ms));
            AIO_VERIFY(!none);
            const bool isReady = co_await pipe.second().coro_poll(QDeadlineTimer(20ms));
            AIO_VERIFY(!isReady);
            QCoro::Task<bool> polled = pipe.second().coro_poll(QDeadlineTimer(QDeadlineTimer::Forever));
            pipe.first().coro_sendBytes("abc");
            const bool hasCome = co_await polled;
            AIO_VERIFY(hasCome);
            AIO_VERIFY(ready.size() >= 1);
            QByteArray buffer("12345678");
            const QByteArray filled = co_await pipe.second().coro_recvBytesInto(buffer, 2);
            AIO_COMPARE(filled, QByteArray("12abc"));
            pipe.first().coro_sendBytes("abc");
            const AioError::Code tooShort = co_await AioTest::codeOf(pipe.second().coro_recvBytes(2));
            AIO_COMPARE(tooShort, AioError::BufferTooShort);
            const QByteArray bytes = co_await pipe.second().coro_recvBytes();
            AIO_COMPARE(bytes, QByteArray("abc"));
        });
    }

    void waitersGetMessagesInTheirOrder()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            std::vector<QCoro::Task<QVariant>> tasks;
            std::stop_source stop;
            for (int i = 0; i < 20; ++i)
                tasks.push_back(i == 3 ? pipe.second().coro_recv(stop.get_token()) : pipe.second().coro_recv());
            stop.request_stop();
            for (int i = 0; i < 19; ++i)
                co_await pipe.first().coro_send(i);
            int expected = 0;
            for (int i = 0; i < 20; ++i) {
                if (i == 3) {
                    const AioError::Code code = co_await AioTest::codeOf(std::move(tasks[3]));
                    AIO_COMPARE(code, AioError::Cancelled);
                    continue;
                }
                const QVariant value = co_await tasks[std::size_t(i)];
                AIO_COMPARE(value, QVariant(expected));
                ++expected;
            }
        });
    }

    void sendersWaitAtTheHighWaterMark()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            pipe.first().setHighWaterMark(100000);
            int sent = 0;
            for (;;) {
                const bool ok = co_await pipe.first().coro_sendBytes(QByteArray(50000, 'x'), QDeadlineTimer(20ms));
                if (!ok)
                    break;
                ++sent;
                AIO_VERIFY(sent < 200);
            }
            AIO_VERIFY(pipe.first().bytesToWrite() < 160000);
            QCoro::Task<bool> waiting = pipe.first().coro_sendBytes("last");
            for (int i = 0; i < sent; ++i) {
                const QByteArray message = co_await pipe.second().coro_recvBytes();
                AIO_COMPARE(message.size(), 50000);
            }
            const bool ok = co_await waiting;
            AIO_VERIFY(ok);
            const QByteArray last = co_await pipe.second().coro_recvBytes();
            AIO_COMPARE(last, QByteArray("last"));
        });
    }

    void twoWhoOnlySendComeToAnEnd()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            std::vector<QCoro::Task<bool>> there;
            for (int i = 0; i < 10; ++i)
                there.push_back(pipe.first().coro_sendBytes(QByteArray(2 << 20, 'x')));
            for (int i = 0; i < 10; ++i)
                co_await pipe.second().coro_sendBytes(QByteArray(2 << 20, 'y'));
            for (int i = 0; i < 10; ++i) {
                const QByteArray x = co_await pipe.second().coro_recvBytes();
                const QByteArray y = co_await pipe.first().coro_recvBytes();
                AIO_VERIFY(x == QByteArray(2 << 20, 'x') && y == QByteArray(2 << 20, 'y'));
            }
            for (auto &task : there)
                co_await task;
        });
    }

    void closingSendsTheRest()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            co_await pipe.first().coro_sendBytes(QByteArray(8 << 20, 'x'));
            AIO_VERIFY(pipe.first().bytesToWrite() > 0);
            pipe.first().close();
            const QByteArray message = co_await pipe.second().coro_recvBytes();
            AIO_COMPARE(message.size(), 8 << 20);
            const AioError::Code code = co_await AioTest::codeOf(pipe.second().coro_recv());
            AIO_COMPARE(code, AioError::EndOfStream);
        });
    }

    void destructionAndClosingEndWaits()
    {
        AioTest::run([]() -> QCoro::Task<> {
            auto pipe = std::make_unique<AioPipe>();
            QCoro::Task<AioError::Code> closed = AioTest::codeOf(pipe->second().coro_recv());
            pipe->second().close();
            const AioError::Code first = co_await closed;
            AIO_COMPARE(first, AioError::Closed);
            QCoro::Task<AioError::Code> cancelled = AioTest::codeOf(pipe->first().coro_poll(QDeadlineTimer(QDeadlineTimer::Forever)));
            pipe = std::make_unique<AioPipe>();
            const AioError::Code second = co_await cancelled;
            AIO_VERIFY(second == AioError::Cancelled || second == AioError::NoError);       // the end came first, or the destructor
            QCoro::Task<AioError::Code> gone = AioTest::codeOf(pipe->first().coro_recv());
            pipe.reset();
            const AioError::Code third = co_await gone;
            AIO_COMPARE(third, AioError::Cancelled);
        });
    }

    void connectionDeletedInItsOwnSlot()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener{AioAddress()};
            AioClient client(listener.address());
            co_await client.coro_connectToPeer();
            std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
            AioConnection *raw = peer.release();
            QObject::connect(raw, &AioConnection::readyRead, raw, [raw] { delete raw; });
            co_await client.coro_send(1);
            const AioError::Code code = co_await AioTest::codeOf(client.coro_recv());
            AIO_VERIFY(code == AioError::EndOfStream || code == AioError::PeerDied);
        });
    }

    // -- several at once

    void whicheverComesFirst()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipes[3];
            AioListener listener{AioAddress()};
            AioEvent event;
            const QList<QObject *> all{&pipes[0].first(), &pipes[1].first(), &pipes[2].first(), &listener, &event};
            QList<QObject *> ready = co_await AioProcessing::coro_waitAny(all, QDeadlineTimer(20ms));
            AIO_VERIFY(ready.isEmpty());
            QCoro::Task<QList<QObject *>> waiting = AioProcessing::coro_waitAny(all);
            co_await pipes[1].second().coro_send(1);
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&pipes[1].first()}));
            pipes[2].second().close();      // the end counts
            ready = co_await AioProcessing::coro_waitAny(all);
            AIO_COMPARE(ready, (QList<QObject *>{&pipes[1].first(), &pipes[2].first()}));
            const QVariant one = co_await pipes[1].first().coro_recv();
            AIO_COMPARE(one, QVariant(1));

            const QList<QObject *> quiet{&pipes[0].first(), &pipes[1].first(), &listener, &event};
            waiting = AioProcessing::coro_waitAny(quiet);
            AioClient client(listener.address());
            co_await client.coro_connectToPeer();
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&listener}));
            const std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
            waiting = AioProcessing::coro_waitAny(pipes[0].first(), *peer, event);
            event.set();
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&event}));

            AioProcess worker(AioCall::to<&whatItMayDo>(pipes[0].second()));
            worker.start();
            waiting = AioProcessing::coro_waitAny(*peer, worker);
            ready = co_await waiting;
            AIO_COMPARE(ready, (QList<QObject *>{&worker}));
        }, AioTest::LoopMayBlock);
    }

    void waitsForSeveralCanEnd()
    {
        AioTest::run([]() -> QCoro::Task<> {
            auto pipe = std::make_unique<AioPipe>();
            AioPipe other;
            std::stop_source stop;
            QList<QObject *> both{&pipe->first(), &other.first()};
            QCoro::Task<AioError::Code> cancelled =
                AioTest::codeOf(AioProcessing::coro_waitAny(both, QDeadlineTimer(QDeadlineTimer::Forever), stop.get_token()));
            QCoro::Task<AioError::Code> closed = AioTest::codeOf(AioProcessing::coro_waitAny(other.second()));
            QCoro::Task<AioError::Code> gone = AioTest::codeOf(AioProcessing::coro_waitAny(pipe->second()));
            stop.request_stop();
            other.second().close();
            pipe.reset();
            const AioError::Code first = co_await cancelled;
            AIO_COMPARE(first, AioError::Cancelled);
            const AioError::Code second = co_await closed;
            AIO_COMPARE(second, AioError::Closed);
            const AioError::Code third = co_await gone;
            AIO_COMPARE(third, AioError::Cancelled);
            both = {&other.first(), &other.first()};
            const AioError::Code twice = co_await AioTest::codeOf(AioProcessing::coro_waitAny(both));
            AIO_COMPARE(twice, AioError::UsageError);
            QObject stranger;
            const AioError::Code unknown = co_await AioTest::codeOf(AioProcessing::coro_waitAny(stranger));
            AIO_COMPARE(unknown, AioError::UsageError);
        });
    }

    void severalInABlockedThread()     // MP-171
    {
        constexpr int writers = 4;
        constexpr int messages = 10;
        int received = 0;
        std::thread reader([&] {
            std::vector<AioPipe> pipes(writers);
            std::vector<std::thread> threads;
            QList<QObject *> open;
            for (AioPipe &pipe : pipes) {
                open.append(&pipe.first());
                threads.emplace_back([handle = pipe.second().handle()] {
                    AioConnection connection(handle);
                    for (int i = 0; i < messages; ++i)
                        connection.send(i);
                });
            }
            while (!open.isEmpty()) {
                const auto ready = AioProcessing::waitAny(open, QDeadlineTimer(20s));
                if (ready.isEmpty())
                    break;
                for (QObject *object : ready) {
                    auto *connection = static_cast<AioConnection *>(object);
                    if (thrownBy([&] { connection->recv(); }) == AioError::EndOfStream)
                        open.removeOne(object);
                    else
                        ++received;
                }
            }
            for (std::thread &thread : threads)
                thread.join();
            if (!AioProcessing::waitAny({}, QDeadlineTimer(-2ms)).isEmpty())
                received = -1;
        });
        reader.join();
        QCOMPARE(received, writers * messages);
    }

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

    void wrongThreadsAreToldSo()
    {
        AioPipe pipe;
        AioError::Code code = AioError::NoError;
        std::thread thread([&] { code = thrownBy([&] { pipe.first().send(1); }); });
        thread.join();
        QCOMPARE(code, AioError::UsageError);
    }
};

AIO_TEST_MAIN(tst_AioConnection)
#include "tst_aioconnection.moc"
