// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiotest.h"

#include <AioProcessing/AioClient>
#include <AioProcessing/AioListener>
#include <AioProcessing/AioPipe>
#include <aioprocessing/aiotask.h>

#include <QElapsedTimer>
#include <QLoggingCategory>
#include <QPoint>
#include <QSignalSpy>
#include <QTest>

#include <thread>

using namespace std::chrono_literals;

namespace {

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
        const QByteArray xs(2 << 20, 'x');      // filling them would hold the loop up
        const QByteArray ys(2 << 20, 'y');
        AioTest::run([&]() -> QCoro::Task<> {
            AioPipe pipe;
            std::vector<QCoro::Task<bool>> there;
            for (int i = 0; i < 10; ++i)
                there.push_back(pipe.first().coro_sendBytes(xs));
            for (int i = 0; i < 10; ++i)
                co_await pipe.second().coro_sendBytes(ys);
            for (int i = 0; i < 10; ++i) {
                const QByteArray x = co_await pipe.second().coro_recvBytes();
                const QByteArray y = co_await pipe.first().coro_recvBytes();
                AIO_VERIFY(x == xs && y == ys);
            }
            for (auto &task : there)
                co_await task;
        });
    }

    void closingSendsTheRest()
    {
        const QByteArray bytes(8 << 20, 'x');
        AioTest::run([&]() -> QCoro::Task<> {
            AioPipe pipe;
            co_await pipe.first().coro_sendBytes(bytes);
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
