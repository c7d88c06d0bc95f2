// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiotest.h"

#include <AioProcessing/AioClient>
#include <AioProcessing/AioListener>
#include <aioprocessing/aiotask.h>
#include <aioprocessing/aioworker.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLocalServer>
#include <QLoggingCategory>
#include <QPoint>
#include <QSignalSpy>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;

namespace {

const QByteArray key("a key that both know");
const auto forEver = QDeadlineTimer(QDeadlineTimer::Forever);

AioError::Code thrownBy(const std::function<void()> &call)
{
    return AioTest::codeThrownBy(call);
}

// A peer that does what it likes.
class RawPeer
{
public:
    explicit RawPeer(quint16 port) : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(port);
        name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        m_isConnected = ::connect(m_socket, reinterpret_cast<const sockaddr *>(&name), sizeof name) == 0;
    }
    ~RawPeer() { ::close(m_socket); }
    Q_DISABLE_COPY_MOVE(RawPeer)

    bool isConnected() const { return m_isConnected; }
    void send(const QByteArray &bytes) const { m_isSent = ::send(m_socket, bytes.constData(), size_t(bytes.size()), MSG_NOSIGNAL) > 0; }
    void reset() const
    {
        const linger hard{1, 0};
        ::setsockopt(m_socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }

private:
    int m_socket;
    bool m_isConnected;
    mutable bool m_isSent = false;
};

qint64 memoryInKiB(const char *field)
{
    QFile file(QStringLiteral("/proc/self/status"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith(field))
            return line.mid(qsizetype(qstrlen(field))).trimmed().split(' ').first().toLongLong();
    }
    return 0;
}

int openDescriptors()
{
    return int(QDir(QStringLiteral("/proc/self/fd")).entryList(QDir::NoDotAndDotDot | QDir::System | QDir::Files).size());
}

AioAddress anyPort()
{
    return AioAddress::tcp(QStringLiteral("127.0.0.1"), 0);
}

QCoro::Task<bool> exchange(AioListener &listener, AioClient &client)
{
    QCoro::Task<bool> connecting = client.coro_connectToPeer();
    const std::unique_ptr<AioConnection> peer = co_await listener.coro_accept();
    const bool isConnected = co_await connecting;
    if (!isConnected)
        co_return false;
    co_await client.coro_send(QStringLiteral("hello"));
    const QVariant heard = co_await peer->coro_recv();
    co_await peer->coro_send(heard);
    const QVariant echo = co_await client.coro_recv();
    co_return echo == QVariant(QStringLiteral("hello")) && peer->isTrusted() == client.isTrusted();
}

} // namespace

class tst_AioListener : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false")); }

    void addressesAreReadAsTheyAreWritten()
    {
        for (const char *text : {"tcp://127.0.0.1:6000", "tcp://[::1]:80", "tcp://host:0", "local:name", "local:/a/b"})
            QCOMPARE(AioAddress(QLatin1String(text)).toString(), QLatin1String(text));
        for (const char *text : {"", "name", "tcp://host", "tcp://:1", "tcp://host:99999", "local:", "\\\\.\\pipe\\x"})      // MP-178
            QVERIFY2(AioAddress(QLatin1String(text)).isNull(), text);
        QCOMPARE(AioAddress(QStringLiteral("tcp://[::1]:80")).host(), QStringLiteral("::1"));
        QVERIFY(AioAddress::local(QString(500, u'x')).localPath().size() < 108);
        QCOMPARE(AioAddress::local(QStringLiteral("/a/b")).localPath(), QStringLiteral("/a/b"));
    }

    void connectionsOfEveryKind_data()     // MP-127, AIO-037
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<bool>("hasKey");
        QTest::addColumn<bool>("isPython");
        for (const char *address : {"tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://localhost:0", "local:some name", ""}) {
            QTest::addRow("%s, no key", address) << QString::fromLatin1(address) << false << false;
            QTest::addRow("%s, native", address) << QString::fromLatin1(address) << true << false;
            QTest::addRow("%s, Python's", address) << QString::fromLatin1(address) << true << true;
        }
    }
    void connectionsOfEveryKind()
    {
        QFETCH(QString, address);
        QFETCH(bool, hasKey);
        QFETCH(bool, isPython);
        if (address.contains(QStringLiteral("::1")) && thrownBy([&] { AioListener listener{AioAddress(address)}; }) != AioError::NoError)
            QSKIP("no IPv6 here");
        AioTest::run([&]() -> QCoro::Task<> {
            AioListenerOptions options;
            if (hasKey)
                options = options.withAuthKey(key).withHandshake(isPython ? AioConnection::Python : AioConnection::Native);
            const auto listener = std::make_unique<AioListener>(AioAddress(address), options);
            std::unique_ptr<AioClient> client;
            if (hasKey)
                client = std::make_unique<AioClient>(listener->address(), key);
            else
                client = std::make_unique<AioClient>(listener->address());
            client->setHandshake(isPython ? AioConnection::Python : AioConnection::Native);
            if (!hasKey && listener->address().isTcp()) {
                client->setCodec(AioConnection::Cbor);
                QCoro::Task<bool> connecting = client->coro_connectToPeer();
                const std::unique_ptr<AioConnection> peer = co_await listener->coro_accept();
                co_await connecting;
                AIO_VERIFY(!peer->isTrusted());
                AIO_VERIFY(peer->peerAddress().port() > 0);
                AIO_COMPARE(listener->lastAccepted(), peer->peerAddress());
                co_await client->coro_send(5);
                const QVariant five = co_await peer->coro_recv();
                AIO_COMPARE(five, QVariant(5));
                client->setCodec(AioConnection::DataStream);        // which could call any stream operator
                co_await client->coro_send(5);
                const AioError::Code code = co_await AioTest::codeOf(peer->coro_recv());
                AIO_COMPARE(code, AioError::ProtocolError);
                co_return;
            }
            const bool ok = co_await exchange(*listener, *client);
            AIO_VERIFY(ok);
            AIO_COMPARE(client->codec(), isPython ? AioConnection::Pickle : AioConnection::DataStream);
        });
    }

    void signalsOfAListener()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener(AioAddress{}, AioListenerOptions(key));
            QSignalSpy arrived(&listener, &AioListener::newConnection);
            AioClient client(listener.address(), key);
            QSignalSpy connected(&client, &AioClient::connected);
            const bool ok = co_await client.coro_connectToPeer();
            AIO_VERIFY(ok);
            AIO_COMPARE(connected.size(), 1);
            while (arrived.isEmpty())
                co_await AioTest::nextTurn();
            auto *peer = arrived[0][0].value<AioConnection *>();
            AIO_COMPARE(peer->parent(), &listener);
            co_await peer->coro_send(1);
            const QVariant value = co_await client.coro_recv();
            AIO_COMPARE(value, QVariant(1));
        });
    }

    void quickClientIsHeard()
    {
        AioListener listener{AioAddress()};
        {
            AioClient client(listener.address());
            QVERIFY(client.connectToPeer());
            client.send(1);
        }
        const auto peer = listener.accept();
        QCOMPARE(peer->recv(), QVariant(1));
        QCOMPARE(thrownBy([&] { peer->recv(); }), AioError::EndOfStream);
    }

    void deadlinesAndCancellation()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener listener{AioAddress()};
            QElapsedTimer clock;
            clock.start();
            const std::unique_ptr<AioConnection> none = co_await listener.coro_accept(QDeadlineTimer(30ms));
            AIO_VERIFY(!none && clock.nsecsElapsed() >= 30'000'000);
            const bool isReady = co_await listener.coro_poll();
            AIO_VERIFY(!isReady);
            std::stop_source stop;
            QCoro::Task<AioError::Code> cancelled = AioTest::codeOf(listener.coro_accept(stop.get_token()));
            QCoro::Task<AioError::Code> closed = AioTest::codeOf(listener.coro_accept());
            stop.request_stop();
            const AioError::Code first = co_await cancelled;
            AIO_COMPARE(first, AioError::Cancelled);
            listener.close();
            listener.close();
            const AioError::Code second = co_await closed;
            AIO_COMPARE(second, AioError::Closed);
            AIO_COMPARE(thrownBy([&] { listener.accept(); }), AioError::Closed);      // MP-124
            AioClient client(listener.address());
            const AioError::Code third = co_await AioTest::codeOf(client.coro_connectToPeer());
            AIO_COMPARE(third, AioError::ConnectionRefused);
            AIO_COMPARE(thrownBy([&] { client.send(1); }), AioError::UsageError);
        });
    }

    void clientsThatCannotConnect()
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioClient unknown(AioAddress::tcp(QStringLiteral("no-such-host.invalid"), 1));
            const AioError::Code code = co_await AioTest::codeOf(unknown.coro_connectToPeer());
            AIO_COMPARE(code, AioError::NotFound);
            AioClient nowhere{AioAddress()};
            AIO_COMPARE(thrownBy([&] { nowhere.connectToPeer(); }), AioError::UsageError);
            AioClient empty(AioAddress::local(QStringLiteral("x")), QByteArray());
            AIO_COMPARE(thrownBy([&] { empty.connectToPeer(); }), AioError::UsageError);
            AIO_COMPARE(thrownBy([&] { AioListener(AioAddress{}, AioListenerOptions(QByteArray())); }), AioError::UsageError);
            AioClient tooLong(AioAddress::local(QStringLiteral("/tmp/") + QString(200, u'x')));
            AIO_COMPARE(thrownBy([&] { tooLong.connectToPeer(); }), AioError::UsageError);
        });
    }

    // -- names

    void nobodyIsRobbedOfItsName()     // MP-123
    {
        QTemporaryDir directory;
        const auto path = AioAddress::local(directory.filePath(QStringLiteral("s")));
        for (const AioAddress &address : {AioAddress::local(QStringLiteral("mine")), path}) {
            AioListener first(address);
            struct stat status;
            QCOMPARE(::lstat(QFile::encodeName(address.localPath()).constData(), &status), 0);
            QCOMPARE(status.st_mode & 0777, 0600u);
            QCOMPARE(thrownBy([&] { AioListener second(address); }), AioError::AddressInUse);
            AioClient client(address);
            QVERIFY(client.connectToPeer());        // it has not disturbed the first one
            first.close();
            QVERIFY(!QFile::exists(address.localPath()));
            AioListener third(address);
        }
        AioListener tcp(anyPort());
        QCOMPARE(thrownBy([&] { AioListener again(tcp.address()); }), AioError::AddressInUse);
    }

    void filesOfOthersStay()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("file"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("precious") == 8 && file.flush());
        QCOMPARE(thrownBy([&] { AioListener listener(AioAddress::local(path)); }), AioError::AddressInUse);
        QCOMPARE(QFileInfo(path).size(), 8);
        const QString link = directory.filePath(QStringLiteral("link"));
        QVERIFY(QFile::link(path, link));
        QCOMPARE(thrownBy([&] { AioListener listener(AioAddress::local(link)); }), AioError::AddressInUse);
        QVERIFY(QFileInfo(link).isSymLink());
        QLocalServer foreign;       // it lives, and has no lock
        const QString other = directory.filePath(QStringLiteral("other"));
        QVERIFY(foreign.listen(other));
        QCOMPARE(thrownBy([&] { AioListener listener(AioAddress::local(other)); }), AioError::AddressInUse);
        AioClient client(AioAddress::local(other));
        QVERIFY(client.connectToPeer());
    }

    void namesOfTheDeadAreTakenOver()
    {
        const AioAddress address = AioAddress::local(QStringLiteral("heritage"));
        HelperProcess helper("listener", {address.toString().toUtf8()});
        QVERIFY(helper.waitForLine("listening"));
        QCOMPARE(thrownBy([&] { AioListener listener(address); }), AioError::AddressInUse);
        QVERIFY(helper.kill());
        QVERIFY(QFile::exists(address.localPath()));
        AioListener listener(address);
        AioClient client(address);
        QVERIFY(client.connectToPeer());
    }

    // -- keys

    void wrongKeysAreToldBothSides_data()
    {
        QTest::addColumn<bool>("isPython");
        QTest::newRow("native") << false;
        QTest::newRow("Python's") << true;
    }
    void wrongKeysAreToldBothSides()
    {
        QFETCH(bool, isPython);
        AioTest::run([&]() -> QCoro::Task<> {
            const auto handshake = isPython ? AioConnection::Python : AioConnection::Native;
            AioListener listener(anyPort(), AioListenerOptions(key).withHandshake(handshake));
            QSignalSpy failed(&listener, &AioListener::errorOccurred);
            AioClient client(listener.address(), QByteArray("another key"));
            client.setHandshake(handshake);
            const AioError::Code code = co_await AioTest::codeOf(client.coro_connectToPeer());
            AIO_COMPARE(code, AioError::AuthenticationFailed);
            while (failed.isEmpty())
                co_await AioTest::nextTurn();
            AIO_COMPARE(failed[0][0].value<AioError>().code, AioError::AuthenticationFailed);
            AIO_VERIFY(!failed[0][0].value<AioError>().message.contains(QLatin1String(key)));
            AioClient honest(listener.address(), key);
            honest.setHandshake(handshake);
            const bool ok = co_await exchange(listener, honest);
            AIO_VERIFY(ok);
        });
    }

    void keyOnOneSideOnlyFailsInTime()     // NEW-029
    {
        AioTest::run([]() -> QCoro::Task<> {
            AioListener open{anyPort()};
            AioClient keyed(open.address(), key);
            keyed.setHandshakeTimeout(50ms);
            const AioError::Code code = co_await AioTest::codeOf(keyed.coro_connectToPeer());
            AIO_COMPARE(code, AioError::AuthenticationFailed);
            AioListener closed(anyPort(), AioListenerOptions(key).withHandshakeTimeout(50ms));
            QSignalSpy failed(&closed, &AioListener::errorOccurred);
            AioClient keyless(closed.address());
            const bool ok = co_await keyless.coro_connectToPeer();      // it cannot know yet
            AIO_VERIFY(ok);
            const AioError::Code answer = co_await AioTest::codeOf(keyless.coro_recv());
            AIO_COMPARE(answer, AioError::AuthenticationFailed);
            while (failed.isEmpty())
                co_await AioTest::nextTurn();
        });
    }

    void blockingHandshakeHasItsDeadline()
    {
        AioListener open{AioAddress()};
        AioClient keyed(open.address(), key);
        QElapsedTimer clock;
        clock.start();
        QVERIFY(!keyed.connectToPeer(QDeadlineTimer(30ms)));
        keyed.setHandshakeTimeout(40ms);
        QCOMPARE(thrownBy([&] { keyed.connectToPeer(); }), AioError::AuthenticationFailed);
        QVERIFY(clock.nsecsElapsed() >= 70'000'000);
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(thrownBy([&] { keyed.connectToPeer(stop.get_token()); }), AioError::Cancelled);
    }

    // -- bad peers

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
        const int descriptors = openDescriptors();
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
        QVERIFY(openDescriptors() <= descriptors + 10);     // at most 64 of the mute ones are kept
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
            rlimit before;
            AIO_COMPARE(::getrlimit(RLIMIT_NOFILE, &before), 0);
            auto peer = std::make_unique<RawPeer>(listener.address().port());
            const rlimit none{rlim_t(openDescriptors() / 2), before.rlim_max};      // what is open stays open
            AIO_COMPARE(::setrlimit(RLIMIT_NOFILE, &none), 0);
            while (failed.isEmpty())
                co_await AioTest::nextTurn();
            AIO_COMPARE(::setrlimit(RLIMIT_NOFILE, &before), 0);
            AIO_COMPARE(failed[0][0].value<AioError>().code, AioError::OutOfResources);
            AioClient client(listener.address());
            QCoro::Task<bool> connecting = client.coro_connectToPeer();
            const std::unique_ptr<AioConnection> accepted = co_await listener.coro_accept(QDeadlineTimer(20s));
            AIO_VERIFY(accepted);
            co_await connecting;
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

AIO_TEST_ROLE(listener)
{
    QCoreApplication app(argc, argv);
    AioListener listener{AioAddress(QString::fromUtf8(argv[1]))};
    AioTest::say("listening");
    AioTest::hear();
    return 0;
}

AIO_TEST_MAIN(tst_AioListener)
#include "tst_aiolistener.moc"
