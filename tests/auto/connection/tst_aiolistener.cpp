// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiotest.h"
#include "rawpeer.h"

#include <aioprocessing/aiotask.h>
#include <aioprocessing/aioworker.h>

#include <QElapsedTimer>
#include <QLocalServer>
#include <QLoggingCategory>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace AioTest;
using namespace std::chrono_literals;

namespace {

const QByteArray key("a key that both know");
AioError::Code thrownBy(const std::function<void()> &call)
{
    return AioTest::codeThrownBy(call);
}

constexpr uid_t otherUser = 65534;

bool becomeOtherUser()
{
    return ::setgid(otherUser) == 0 && ::setuid(otherUser) == 0;
}

// What the kernel says of all TCP connections of this process: those without delay, and all.
std::pair<int, int> undelayedConnections()
{
    std::pair<int, int> counts(0, 0);
    for (int descriptor = 0; descriptor < 1024; ++descriptor) {
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        int isUndelayed = 0;
        socklen_t optionSize = sizeof isUndelayed;
        if (::getpeername(descriptor, reinterpret_cast<sockaddr *>(&peer), &size) != 0 || peer.ss_family == AF_UNIX)
            continue;
        ++counts.second;
        if (::getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &isUndelayed, &optionSize) == 0 && isUndelayed)
            ++counts.first;
    }
    return counts;
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

    void smallMessagesAreNotHeldBack()
    {
        AioListener listener(anyPort());
        AioClient client(listener.address());
        QVERIFY(client.connectToPeer());
        const auto peer = listener.accept();
        QCOMPARE(undelayedConnections(), std::pair(2, 2));
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

    void oneOfManyTakesANameOver()
    {
        const AioAddress address = AioAddress::local(QStringLiteral("coveted"));
        for (int round = 0; round < 5; ++round) {
            HelperProcess dead("listener", {address.toString().toUtf8()});
            QVERIFY(dead.waitForLine("listening"));
            QVERIFY(dead.kill());
            std::vector<std::unique_ptr<HelperProcess>> heirs;
            for (int i = 0; i < 4; ++i)
                heirs.push_back(std::make_unique<HelperProcess>("heir", QList<QByteArray>{address.toString().toUtf8()}));
            for (const auto &heir : heirs)
                QVERIFY(heir->waitForLine("ready"));
            for (const auto &heir : heirs)
                heir->send("go");
            int listening = 0;
            for (const auto &heir : heirs) {
                const QByteArray answer = heir->readLine();
                QVERIFY2(answer == "listening" || answer == "in use", answer.constData());
                listening += answer == "listening";
            }
            QCOMPARE(listening, 1);
            AioClient client(address);
            QVERIFY(client.connectToPeer());
            for (const auto &heir : heirs) {
                heir->closeInput();
                QCOMPARE(heir->waitForEnd(), 0);
            }
            QVERIFY(!QFile::exists(address.localPath()));
        }
    }

    void whatReplacedTheSocketStays()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("s"));
        const QString precious = directory.filePath(QStringLiteral("precious"));
        QFile file(precious);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write("precious") == 8 && file.flush());
        for (const bool isLink : {false, true}) {
            AioListener listener(AioAddress::local(path));
            QVERIFY(QFile::remove(path));
            QVERIFY(isLink ? QFile::link(precious, path) : QFile::copy(precious, path));
            AioClient client(AioAddress::local(path));
            QCOMPARE(thrownBy([&] { client.connectToPeer(); }), AioError::ConnectionRefused);
            listener.close();
            QCOMPARE(QFileInfo(path).size(), 8);
            QVERIFY(QFile::remove(path));
        }
        QCOMPARE(QFileInfo(precious).size(), 8);
        QCOMPARE(QDir(directory.path()).entryList(QDir::Files | QDir::Hidden), QStringList(QStringLiteral("precious")));
    }

    void otherUsersAreRefused()
    {
        if (::geteuid() != 0 || !AioTest::hasLinuxBackend())
            QSKIP("this needs two users, and a system that tells them apart");
        QTemporaryDir directory;
        QVERIFY(::chmod(QFile::encodeName(directory.path()).constData(), 0777) == 0);
        const QString path = directory.filePath(QStringLiteral("s"));
        const AioAddress address = AioAddress::local(path);
        {
            AioListener listener(address);
            QVERIFY(::chmod(QFile::encodeName(path).constData(), 0666) == 0);      // as somebody might who does not know what he does
            QSignalSpy failed(&listener, &AioListener::errorOccurred);
            HelperProcess stranger("stranger", {path.toUtf8()});
            QCOMPARE(stranger.readLine(), QByteArray("connected"));
            QTRY_COMPARE(failed.size(), 1);
            QCOMPARE(failed[0][0].value<AioError>().code, AioError::PermissionDenied);
            QCOMPARE(stranger.readLine(), QByteArray("end"));
            AioClient client(address);
            QVERIFY(AioProcessing::waitBlocking(exchange(listener, client)));
        }
        HelperProcess impostor("impostor", {path.toUtf8()});
        QCOMPARE(impostor.readLine(), QByteArray("listening"));
        AioClient client(address);
        QCOMPARE(thrownBy([&] { client.connectToPeer(); }), AioError::PermissionDenied);
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
};

AIO_TEST_ROLE(listener)
{
    QCoreApplication app(argc, argv);
    AioListener listener{AioAddress(QString::fromUtf8(argv[1]))};
    AioTest::say("listening");
    AioTest::hear();
    return 0;
}

AIO_TEST_ROLE(heir)
{
    QCoreApplication app(argc, argv);
    AioTest::say("ready");
    AioTest::hear();
    try {
        AioListener listener{AioAddress(QString::fromUtf8(argv[1]))};
        AioTest::say("listening");
        AioTest::hear();
    } catch (const AioException &e) {
        AioTest::say(e.code() == AioError::AddressInUse ? QByteArray("in use") : e.error().message.toUtf8());
    }
    return 0;
}

// A socket of another user, at a path.
static int foreignSocket(const char *path, sockaddr_un &name)
{
    name.sun_family = AF_UNIX;
    qstrncpy(name.sun_path, path, sizeof name.sun_path);
    return becomeOtherUser() ? ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
}

AIO_TEST_ROLE(stranger)
{
    sockaddr_un name{};
    const int socket = foreignSocket(argv[1], name);
    AioTest::say(::connect(socket, reinterpret_cast<const sockaddr *>(&name), sizeof name) == 0 ? "connected" : "refused");
    char byte;
    AioTest::say(::recv(socket, &byte, 1, 0) <= 0 ? "end" : "bytes");
    return 0;
}

AIO_TEST_ROLE(impostor)
{
    sockaddr_un name{};
    const int socket = foreignSocket(argv[1], name);
    const bool isBound = ::bind(socket, reinterpret_cast<const sockaddr *>(&name), sizeof name) == 0;
    AioTest::say(isBound && ::chmod(argv[1], 0666) == 0 && ::listen(socket, 1) == 0 ? "listening" : "failed");
    AioTest::hear();
    return 0;
}

AIO_TEST_MAIN(tst_AioListener)
#include "tst_aiolistener.moc"
