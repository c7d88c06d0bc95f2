// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Messages that take their time, and many that take none: the event loop goes on.
#include "aiotest.h"

#include <AioProcessing/AioPipe>
#include <aioprocessing/aiotask.h>

#include <QLoggingCategory>
#include <QPoint>
#include <QSignalSpy>
#include <QTest>

#include <thread>

using namespace std::chrono_literals;

namespace {

constexpr qsizetype MiB = 1 << 20;

QVariant listOf(qsizetype bytes, char fill)
{
    return QVariantList{QByteArray(bytes, fill), 1};
}

} // namespace

class tst_LargeMessages : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void hundredMegabytesBothWays()
    {
        const qsizetype size = AioTest::isSanitized() ? 10 * MiB : 100 * MiB;
        const QVariant there = listOf(size, 'x');
        const QVariant back = listOf(size, 'y');
        QVariant gotThere;
        QVariant gotBack;
        AioTest::run([&]() -> QCoro::Task<> {
            AioPipe pipe;
            pipe.first().setMaximumFrame(200 * MiB);
            pipe.second().setMaximumFrame(200 * MiB);
            QCoro::Task<bool> sendingThere = pipe.first().coro_send(there);
            QCoro::Task<bool> sendingBack = pipe.second().coro_send(back);
            QCoro::Task<QVariant> receiving = pipe.first().coro_recv();
            gotThere = co_await pipe.second().coro_recv();
            gotBack = co_await receiving;
            co_await sendingThere;
            co_await sendingBack;
        });
        QVERIFY(gotThere == there && gotBack == back);
    }

    void codecs_data()
    {
        QTest::addColumn<int>("codec");
        QTest::newRow("own") << int(AioConnection::DataStream);
        QTest::newRow("CBOR") << int(AioConnection::Cbor);
        QTest::newRow("pickle") << int(AioConnection::Pickle);
    }
    void codecs()
    {
        QFETCH(int, codec);
        AioTest::run([&]() -> QCoro::Task<> {
            AioPipe pipe;
            pipe.first().setCodec(AioConnection::Codec(codec));
            QVariantList many;
            for (qlonglong i = 0; i < 100000; ++i)
                many.append(i);
            const QVariantMap value{{QStringLiteral("bytes"), QByteArray(MiB, 'x')}, {QStringLiteral("text"), QString(MiB, u'y')},
                                    {QStringLiteral("many"), many}};
            QCoro::Task<bool> sending = pipe.first().coro_send(value);
            const QVariant got = co_await pipe.second().coro_recv();
            co_await sending;
            AIO_VERIFY(got.toMap() == value);
            sending = pipe.first().coro_send(QVariant::fromValue(QList<double>(50000, 0.5)));       // seen as a list, where it must be
            const QVariant numbers = co_await pipe.second().coro_recv();
            co_await sending;
            AIO_COMPARE(codec == AioConnection::DataStream ? numbers.value<QList<double>>().size() : numbers.toList().size(), 50000);
        }, AioTest::LoopMayBlock);          // making and comparing them does
    }

    void orderIsKept()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            QSignalSpy received(&pipe.second(), &AioConnection::received);
            std::vector<QCoro::Task<bool>> sending;
            std::vector<QCoro::Task<QVariant>> receiving;
            for (int i = 0; i < 12; ++i)
                receiving.push_back(pipe.second().coro_recv());
            for (int i = 0; i < 12; ++i) {
                const QVariant value = i % 3 == 0 ? QVariant(QVariantList{QByteArray(MiB / 4, 'x'), i}) : QVariant(QVariantList{i});
                sending.push_back(pipe.first().coro_send(value));
            }
            for (int i = 0; i < 12; ++i) {
                const QVariant got = co_await receiving[std::size_t(i)];
                AIO_COMPARE(got.toList().last(), QVariant(i));
                AIO_VERIFY(received.size() >= i + 1);
                AIO_COMPARE(received[i][0].value<QVariant>().toList().last(), QVariant(i));
            }
            for (auto &task : sending)
                co_await task;
        });
    }

    void whoIsCancelledSendsNothing()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            std::stop_source stop;
            QCoro::Task<AioError::Code> cancelled = AioTest::codeOf(pipe.first().coro_send(listOf(4 * MiB, 'x'), stop.get_token()));
            QCoro::Task<bool> next = pipe.first().coro_send(2);
            stop.request_stop();
            const AioError::Code code = co_await cancelled;
            AIO_COMPARE(code, AioError::Cancelled);
            const bool isSent = co_await next;
            AIO_VERIFY(isSent);
            const QVariant got = co_await pipe.second().coro_recv();
            AIO_COMPARE(got, QVariant(2));
        });
    }

    void deadlinesHoldWhileThereIsNoRoom()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            int sent = 0;
            for (;;) {
                const bool ok = co_await pipe.first().coro_send(listOf(MiB, 'x'), QDeadlineTimer(50ms));
                if (!ok)
                    break;
                ++sent;
                AIO_VERIFY(pipe.first().bytesToWrite() < 3 * MiB);         // the mark, and one more
            }
            AIO_VERIFY(sent > 0 && sent < 10);
            for (int i = 0; i < sent; ++i) {
                const QVariant got = co_await pipe.second().coro_recv();
                AIO_COMPARE(got.toList().first().toByteArray().size(), MiB);
            }
            const auto none = co_await pipe.second().coro_recv(QDeadlineTimer(20ms));
            AIO_VERIFY(!none);
        }, AioTest::LoopMayBlock);
    }

    void connectionsThatGoMeanwhile()
    {
        AioTest::run([]() -> QCoro::Task<> {
            for (const bool isDestroyed : {false, true}) {
                auto pipe = std::make_unique<AioPipe>();
                QCoro::Task<AioError::Code> sending = AioTest::codeOf(pipe->first().coro_send(listOf(4 * MiB, 'x')));
                if (isDestroyed)
                    pipe.reset();
                else
                    pipe->first().close();
                const AioError::Code code = co_await sending;
                AIO_COMPARE(code, isDestroyed ? AioError::Cancelled : AioError::Closed);
            }
            auto pipe = std::make_unique<AioPipe>();
            QCoro::Task<QVariant> receiving = pipe->second().coro_recv();
            co_await pipe->first().coro_send(listOf(MiB, 'x'));
            while (pipe->first().bytesToWrite() > 0)
                co_await AioTest::nextTurn();
            pipe.reset();                   // it may have been received, or not
            const AioError::Code code = co_await AioTest::codeOf(std::move(receiving));
            AIO_VERIFY(code == AioError::NoError || code == AioError::Cancelled);
        }, AioTest::LoopMayBlock);
    }

    void badValuesLeaveTheConnectionUsable()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioPipe pipe;
            pipe.first().setCodec(AioConnection::Cbor);
            const QVariantList bad{QByteArray(MiB, 'x'), QPoint(1, 2)};
            const AioError::Code unserializable = co_await AioTest::codeOf(pipe.first().coro_send(bad));
            AIO_COMPARE(unserializable, AioError::Unserializable);
            QCoro::Task<bool> sending = pipe.first().coro_sendBytes(QByteArray(MiB, '\xff'));
            const AioError::Code nonsense = co_await AioTest::codeOf(pipe.second().coro_recv());
            AIO_COMPARE(nonsense, AioError::ProtocolError);
            co_await sending;
            co_await pipe.first().coro_send(5);
            const QVariant five = co_await pipe.second().coro_recv();
            AIO_COMPARE(five, QVariant(5));
        });
    }

    // -- many small ones

    void floodLeavesTheLoopAlive()
    {
        AioTest::run([]() -> QCoro::Task<> {
            constexpr int many = 50000;
            AioPipe pipe;
            std::thread flood([handle = pipe.second().handle()] {
                AioConnection connection(handle);
                for (int i = 0; i < many; ++i)
                    connection.sendBytes("x");
            });
            for (int i = 0; i < many; ++i) {
                const QByteArray message = co_await pipe.first().coro_recvBytes();
                AIO_COMPARE(message, QByteArray("x"));
            }
            flood.join();
        });
    }

    void sendingAFloodDoesToo()
    {
        AioTest::run([]() -> QCoro::Task<> {
            constexpr int many = 50000;
            AioPipe pipe;
            std::thread drain([handle = pipe.second().handle()] {
                AioConnection connection(handle);
                for (int i = 0; i < many; ++i)
                    connection.recvBytes();
            });
            for (int i = 0; i < many; ++i)
                co_await pipe.first().coro_sendBytes("x");
            while (pipe.first().bytesToWrite() > 0)
                co_await AioTest::nextTurn();
            drain.join();
        });
    }
};

AIO_TEST_MAIN(tst_LargeMessages)
#include "tst_largemessages.moc"
