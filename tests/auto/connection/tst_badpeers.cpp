// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Peers that are mute, slow, hostile, many or dead, and a machine that has nothing left.
#include "aiotest.h"
#include "nodescriptors.h"
#include "rawpeer.h"

#include <QElapsedTimer>
#include <QLoggingCategory>
#include <QScopeGuard>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <pthread.h>
#include <sys/un.h>
#include <thread>

using namespace AioTest;
using namespace std::chrono_literals;

namespace {

const QByteArray key("a key that both know");

// Sends a message of one byte over a local socket, with as many descriptors as the system lets through.
bool sendWithDescriptors(int socket)
{
    constexpr int many = 253;
    char message[] = {0, 0, 0, 1, 'x'};
    iovec part{message, sizeof message};
    alignas(cmsghdr) char control[CMSG_SPACE(many * sizeof(int))] = {};
    msghdr request{};
    request.msg_iov = &part;
    request.msg_iovlen = 1;
    request.msg_control = control;
    request.msg_controllen = sizeof control;
    cmsghdr *header = CMSG_FIRSTHDR(&request);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(many * sizeof(int));
    for (int i = 0; i < many; ++i)
        std::memcpy(CMSG_DATA(header) + std::size_t(i) * sizeof(int), &socket, sizeof(int));
    return ::sendmsg(socket, &request, MSG_NOSIGNAL) == ssize_t(sizeof message);
}

std::atomic<int> s_signals = 0;

// Interrupts the thread by signals all the time, for as long as it lives.
class Disturbed
{
public:
    Disturbed()
    {
        struct sigaction action{};
        action.sa_handler = [](int) { ++s_signals; };
        ::sigaction(SIGUSR1, &action, &m_before);
        m_thread = pthread_self();
        m_disturber = std::thread([this] {
            while (!m_isOver) {
                ::pthread_kill(m_thread, SIGUSR1);
                std::this_thread::yield();
            }
        });
    }
    ~Disturbed()
    {
        m_isOver = true;
        m_disturber.join();
        ::sigaction(SIGUSR1, &m_before, nullptr);
    }
    Q_DISABLE_COPY_MOVE(Disturbed)

private:
    struct sigaction m_before;
    pthread_t m_thread;
    std::atomic<bool> m_isOver = false;
    std::thread m_disturber;
};

} // namespace

class tst_BadPeers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void mutePeersDelayNobody_data()       // NEW-028
    {
        QTest::addColumn<bool>("isBlocking");
        QTest::newRow("coroutine") << false;
        QTest::newRow("blocking") << true;
    }
    void mutePeersDelayNobody()
    {
        QFETCH(bool, isBlocking);
        AioListener listener(anyPort(), AioListenerOptions(key).withHandshakeTimeout(60s));
        std::vector<std::unique_ptr<RawPeer>> mute;
        for (int i = 0; i < 100; ++i) {
            mute.push_back(std::make_unique<RawPeer>(listener.address().port()));
            QVERIFY(mute.back()->isConnected());
            QVERIFY(!listener.poll());
        }
        for (int i = 0; i < 100; ++i)
            mute.push_back(std::make_unique<RawPeer>(listener.address().port()));
        const int descriptors = descriptorCount();
        QElapsedTimer clock;
        clock.start();
        if (isBlocking) {
            std::thread honest([&] {
                AioClient client(listener.address(), key);
                client.connectToPeer();
                client.send(1);
                client.recv();
            });
            const auto peer = listener.accept();
            peer->send(peer->recv());
            honest.join();
        } else {
            AioClient client(listener.address(), key);
            QVERIFY(AioProcessing::waitBlocking(exchange(listener, client)));
        }
        QVERIFY2(std::chrono::milliseconds(clock.elapsed()) < AioTest::scaled(500ms), qPrintable(QString::number(clock.elapsed())));
        QVERIFY(descriptorCount() <= descriptors + 10);     // at most 64 of the mute ones are kept
    }

    void handshakesEndWhenTheirTimeIsOver()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener(anyPort(), AioListenerOptions(key).withHandshakeTimeout(50ms));
            QSignalSpy failed(&listener, &AioListener::errorOccurred);
            const RawPeer first(listener.address().port());
            const RawPeer second(listener.address().port());
            second.send(QByteArray("\0\0", 2));
            while (failed.size() < 2)
                co_await AioTest::nextTurn();
        });
    }

    void drippingWinsNoTime()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener(anyPort(), AioListenerOptions(key).withHandshakeTimeout(200ms));
            QSignalSpy failed(&listener, &AioListener::errorOccurred);
            const RawPeer slow(listener.address().port());
            slow.send(QByteArray("\0\0\x01\0", 4));          // the longest that a handshake may have
            for (int i = 0; failed.isEmpty(); ++i) {
                if (i < 250)
                    slow.send("x");
                co_await AioTest::nextTurn();
            }
            AIO_COMPARE(failed[0][0].value<AioError>().code, AioError::AuthenticationFailed);
        });
    }

    void slowPeersCostLittle()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener(anyPort(), AioListenerOptions().withBacklog(256).withMaximumFrame(1 << 30));
            const qint64 memory = memoryInKiB("VmSize:");
            const int descriptors = descriptorCount();
            std::vector<std::unique_ptr<RawPeer>> slow;
            std::vector<std::unique_ptr<AioConnection>> connections;
            std::vector<QCoro::Task<AioError::Code>> waiting;
            for (int i = 0; i < 200; ++i) {
                slow.push_back(std::make_unique<RawPeer>(listener.address().port()));
                slow.back()->send(QByteArray("\x3f\0\0\0", 4));         // almost a GiB, and then a byte now and then
                connections.push_back(co_await listener.coro_accept());
                waiting.push_back(AioTest::codeOf(connections.back()->coro_recvBytes()));
            }
            for (int round = 0; round < 20; ++round) {
                for (const auto &peer : slow)
                    peer->send("x");
                co_await AioTest::nextTurn();
            }
#if !defined(__SANITIZE_ADDRESS__)
            AIO_VERIFY2(memoryInKiB("VmSize:") - memory < 16 * 1024, qPrintable(QString::number(memoryInKiB("VmSize:") - memory)));
#else
            Q_UNUSED(memory);
#endif
            AIO_VERIFY(descriptorCount() <= descriptors + 2 * 200 + 10);
            slow.clear();
            for (auto &task : waiting) {
                const AioError::Code code = co_await task;
                AIO_COMPARE(code, AioError::PeerDied);
            }
            connections.clear();
            AIO_VERIFY(descriptorCount() <= descriptors + 10);
        });
    }

    void garbageIsShownTheDoor()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener(anyPort(), AioListenerOptions(key));
            QSignalSpy failed(&listener, &AioListener::errorOccurred);
            const QByteArrayList garbage{"GET / HTTP/1.1\r\n\r\n", QByteArray("\x16\x03\x01\x02\0\x01\0", 7), QByteArray(1000, '\xff'), "",
                                         QByteArray("\0\0\0\x05hello", 9), QByteArray("\0\0\x01\x01", 4) + QByteArray(257, 'x'),
                                         QByteArray("\x7f\xff\xff\xff", 4), QByteArray("\xff\xff\xff\xff\x40\0\0\0\0\0\0\0", 12),
                                         QByteArray("\xff\xff\xff\xfb", 4)};
            int expected = 0;
            for (const QByteArray &bytes : garbage) {
                for (const bool isReset : {false, true}) {
                    RawPeer peer(listener.address().port());
                    peer.send(bytes);
                    if (isReset)
                        peer.reset();
                    ++expected;
                }
                while (failed.size() < expected)
                    co_await AioTest::nextTurn();
            }
            AioClient client(listener.address(), key);
            const bool ok = co_await exchange(listener, client);
            AIO_VERIFY(ok);
        });
    }

    void announcedSizesCostNothing()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener(anyPort(), AioListenerOptions().withMaximumFrame(1ll << 40));
            const QByteArrayList headers{QByteArray("\x7f\xff\xff\xff", 4), QByteArray("\xff\xff\xff\xff\0\0\0\x80\0\0\0\0", 12),
                                         QByteArray("\xff\xff\xff\xff\x40\0\0\0\0\0\0\0", 12), QByteArray("\xff\xff\xff\xfb", 4)};
            const qint64 before = memoryInKiB("VmSize:");
            std::vector<std::unique_ptr<RawPeer>> peers;
            std::vector<std::unique_ptr<AioConnection>> connections;
            for (const QByteArray &header : headers) {
                peers.push_back(std::make_unique<RawPeer>(listener.address().port()));
                peers.back()->send(header + QByteArray(100, 'x'));
                connections.push_back(co_await listener.coro_accept());
            }
            for (int i = 0; i < 2; ++i) {       // allowed, and nothing comes
                const auto none = co_await connections[std::size_t(i)]->coro_recvBytes(-1, QDeadlineTimer(20ms));
                AIO_VERIFY(!none);
            }
            const AioError::Code tooLarge = co_await AioTest::codeOf(connections[2]->coro_recvBytes());
            AIO_COMPARE(tooLarge, AioError::TooLarge);
            const AioError::Code nonsense = co_await AioTest::codeOf(connections[3]->coro_recvBytes());
            AIO_COMPARE(nonsense, AioError::ProtocolError);
#if !defined(__SANITIZE_ADDRESS__)
            AIO_VERIFY(memoryInKiB("VmSize:") - before < 16 * 1024);
#else
            Q_UNUSED(before);
#endif
            peers[0].reset();
            const AioError::Code cut = co_await AioTest::codeOf(connections[0]->coro_recvBytes());
            AIO_COMPARE(cut, AioError::PeerDied);
        });
    }

    void descriptorsThatAreOut()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener{anyPort()};
            QSignalSpy failed(&listener, &AioListener::errorOccurred);
            QSignalSpy arrived(&listener, &AioListener::newConnection);
            std::vector<std::unique_ptr<RawPeer>> flood;
            for (int i = 0; i < 40; ++i)
                flood.push_back(std::make_unique<RawPeer>(listener.address().port()));
            QElapsedTimer clock;
            clock.start();
            {
                const AioTest::NoDescriptors none;
                while (failed.size() < 4)
                    co_await AioTest::nextTurn();
            }
            AIO_VERIFY(clock.nsecsElapsed() >= 3 * 100'000'000ll);        // it pauses in between, and does not try all the time
            AIO_COMPARE(failed[0][0].value<AioError>().code, AioError::OutOfResources);
            AIO_COMPARE(arrived.size(), 0);
            const auto shutOut = [&flood] {
                return std::count_if(flood.begin(), flood.end(), [](const auto &peer) { return peer->isShutOut(); });
            };
            while (arrived.size() + shutOut() < 40)     // who was not let in knows it, and the others are
                co_await AioTest::nextTurn();
            AIO_VERIFY(shutOut() >= 4 && arrived.size() >= 30);
            AioClient client(listener.address());
            const bool isConnected = co_await client.coro_connectToPeer(QDeadlineTimer(20s));
            AIO_VERIFY(isConnected);
            while (arrived.size() + shutOut() < 41)
                co_await AioTest::nextTurn();
        });
    }

    void clientWithoutDescriptorsTriesAgain()
    {
        AioListener listener{AioAddress()};
        AioClient client(listener.address());
        {
            const AioTest::NoDescriptors none;
            QCOMPARE(AioTest::codeThrownBy([&] { client.connectToPeer(); }), AioError::OutOfResources);
        }
        QVERIFY(client.connectToPeer());
    }

    void descriptorsSentAlongAreNotKept()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener{AioAddress()};
            sockaddr_un name{};
            name.sun_family = AF_UNIX;
            qstrncpy(name.sun_path, QFile::encodeName(listener.address().localPath()).constData(), sizeof name.sun_path);
            const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
            AIO_COMPARE(::connect(socket, reinterpret_cast<const sockaddr *>(&name), sizeof name), 0);
            const std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
            const int descriptors = descriptorCount();
            for (int i = 0; i < 20; ++i) {
                AIO_VERIFY(sendWithDescriptors(socket));
                const QByteArray message = co_await peer->coro_recvBytes();
                AIO_COMPARE(message, QByteArray("x"));
                AIO_COMPARE(descriptorCount(), descriptors);
            }
            ::close(socket);
        });
    }

    void signalsDisturbNobody()         // MP-184
    {
        AioListener listener(AioAddress{}, AioListenerOptions(key));
        std::thread peer([&] {
            while (s_signals < 20)
                std::this_thread::yield();
            AioClient client(listener.address(), key);
            client.connectToPeer();
            for (int received = s_signals; s_signals < received + 20;)
                std::this_thread::yield();
            client.send(QByteArray(4 << 20, 'x'));
            client.recv();
        });
        {
            const Disturbed disturbed;
            const auto connection = listener.accept();
            QCOMPARE(connection->recv().toByteArray().size(), 4 << 20);
            connection->send(1);
        }
        peer.join();
    }

    void halfAMessageOfADeadPeerIsDropped()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener{AioAddress()};
            HelperProcess peer("half_sender", {listener.address().toString().toUtf8()});
            const std::unique_ptr<AioConnection> connection = co_await listener.coro_accept();
            AIO_VERIFY(peer.waitForLine("sent"));
            const QVariant first = co_await connection->coro_recv();
            AIO_COMPARE(first, QVariant(1));
            AIO_VERIFY(peer.kill());
            const AioError::Code code = co_await AioTest::codeOf(connection->coro_recvBytes());
            AIO_COMPARE(code, AioError::PeerDied);
        }, AioTest::LoopMayBlock);
    }

    void thousandsComeAndGo()
    {
        AioTest::run([]() -> QCoro::Task<> {
            constexpr int many = 5000;
            AioListener listener{anyPort()};
            const int descriptors = descriptorCount();
            QSemaphore waiting(64);         // more than the backlog, and the kernel makes them wait for a second
            std::thread crowd([&waiting, port = listener.address().port()] {
                for (int i = 0; i < many; ++i) {
                    waiting.acquire();
                    RawPeer(port).send(QByteArray("\0\0\0\x01x", 5));
                }
            });
            const auto wait = qScopeGuard([&crowd] { crowd.join(); });
            for (int i = 0; i < many; ++i) {
                const std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
                waiting.release();
                const QByteArray message = co_await peer->coro_recvBytes();
                AIO_COMPARE(message, QByteArray("x"));
            }
            while (descriptorCount() != descriptors)
                co_await AioTest::nextTurn();
        });
    }

    void manyConnectAtOnce()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener(AioAddress{}, AioListenerOptions(key).withBacklog(16));
            int served = 0;
            for (int round = 0; round < 10; ++round) {
                std::vector<std::unique_ptr<AioClient>> clients;
                std::vector<QCoro::Task<AioError::Code>> connecting;
                for (int i = 0; i < 30; ++i) {
                    clients.push_back(std::make_unique<AioClient>(listener.address(), key));
                    connecting.push_back(AioTest::codeOf(clients.back()->coro_connectToPeer()));
                }
                int expected = 0;
                std::vector<QCoro::Task<std::unique_ptr<AioConnection>>> accepting;
                for (auto &task : connecting) {
                    std::unique_ptr<AioConnection> none = co_await listener.coro_accept(QDeadlineTimer(0));
                    served += none ? 1 : 0;
                    Q_UNUSED(task);
                }
                for (auto &task : connecting) {
                    const AioError::Code code = co_await task;
                    AIO_VERIFY(code == AioError::NoError || code == AioError::OutOfResources);      // the latter: more than the backlog
                    expected += code == AioError::NoError ? 1 : 0;
                }
                for (;;) {
                    const std::unique_ptr<AioConnection> peer = co_await listener.coro_accept(QDeadlineTimer(20ms));
                    if (!peer)
                        break;
                    ++served;
                }
                served -= expected;
                AIO_COMPARE(served, 0);
            }
        });
    }
};

AIO_TEST_ROLE(half_sender)
{
    QCoreApplication app(argc, argv);
    AioClient client{AioAddress(QString::fromUtf8(argv[1]))};
    client.connectToPeer();
    client.send(1);
    const QCoro::Task<bool> sending = client.coro_sendBytes(QByteArray(8 << 20, 'x'));      // of which a part goes at once
    AioTest::say("sent");
    AioTest::hear();
    return 0;
}

AIO_TEST_MAIN(tst_BadPeers)
#include "tst_badpeers.moc"
