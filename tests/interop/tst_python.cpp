// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Connections with the Python of this machine, or those in AIO_PYTHONS ("/usr/bin/python3.8 /usr/bin/python3.13"), in both roles.

#include "aiotest.h"
#include "codec/aiodatetime_p.h"
#include "pythonpeer.h"

#include <AioProcessing/AioClient>
#include <AioProcessing/AioListener>
#include <AioProcessing/AioProcess>
#include <AioProcessing/AioRemoteObject>
#include <aioprocessing/aiotask.h>
#include <aioprocessing/aioworker.h>

#include <QDateTime>
#include <QLoggingCategory>
#include <QSignalSpy>
#include <QTest>

#include <limits>

using namespace std::chrono_literals;
using AioTest::fromPython;
using AioTest::isOld;
using AioTest::toPython;

namespace {

const QByteArray key("a key that both know");
const auto script = QStringLiteral(AIO_SOURCE_DIR "/peer.py");

QVariantList values()
{
    QVariantList all{
        true, false, 0ll, -1ll, 255ll, 65536ll, std::numeric_limits<qlonglong>::min(), std::numeric_limits<qlonglong>::max(),
        std::numeric_limits<qulonglong>::max(), 1.5, -0.0, QString(QLatin1String("")), QStringLiteral("gr\u00fc\u00df \U0001f600"),
        QString(QChar(0xd800)), QByteArray(""), QByteArray("\0\xff", 2), QVariantList(), QVariantMap(),
        QDate(2024, 2, 29), QTime(23, 59, 58, 123),
        QDateTime(QDate(2024, 5, 6), QTime(7, 8, 9, 10)), aio_detail::dateTimeAt(QDate(2024, 5, 6), QTime(7, 8, 9), 0),
        aio_detail::dateTimeAt(QDate(2024, 5, 6), QTime(7, 8, 9), -5400),
    };
    QVariant nested = 1ll;
    for (int i = 0; i < 30; ++i)
        nested = i % 2 ? QVariant(QVariantMap{{QStringLiteral("k"), nested}}) : QVariant(QVariantList{nested, QVariant()});
    all.append(nested);
    QVariantList many;
    for (qlonglong i = 0; i < 5000; ++i)
        many.append(i);
    all.append(QVariant(many));
    all.append(QString(100000, u'x'));
    const auto builtin = [](const char *name, const QVariantList &arguments) {
        return QVariant::fromValue(AioRemoteObject::call(QStringLiteral("builtins"), QLatin1String(name), arguments));
    };
    all.append(QVariant::fromValue(AioRemoteObject::tuple({1ll, QStringLiteral("two"), QVariant::fromValue(AioRemoteObject::tuple({}))})));
    all.append(QVariant::fromValue(AioRemoteObject::set({5ll})));
    all.append(builtin("frozenset", {QVariant(QVariantList{5ll})}));
    all.append(builtin("bytearray", {QByteArray("abc")}));
    all.append(builtin("complex", {1.0, 2.0}));
    all.append(builtin("int", {QStringLiteral("010000000000000000"), 16}));
    all.append(builtin("ValueError", {QStringLiteral("no")}));
    all.append(QVariant::fromValue(AioRemoteObject::call(QStringLiteral("decimal"), QStringLiteral("Decimal"), {QStringLiteral("1.25")})));
    all.append(QVariant::fromValue(AioRemoteObject::reference(QStringLiteral("builtins"), QStringLiteral("len"))));
    return all;
}

// Lets Python echo every value, raw bytes among them, and tells it to end.
QCoro::Task<> talk(AioConnection &connection)
{
    connection.setCodec(AioConnection::Pickle);
    connection.setMaximumFrame(200 << 20);
    const QVariantList all = values();
    for (const QVariant &value : all) {
        co_await connection.coro_send(value);
        const QVariant echo = co_await connection.coro_recv();
        AIO_VERIFY2(echo == value && echo.typeId() == value.typeId(),
                    qPrintable(QDebug::toString(value) + QLatin1String(" became ") + QDebug::toString(echo)));
    }
    for (const qsizetype size : {0, 1, 16384, 16385, 1 << 20, 100 << 20}) {
        const QVariantList announcement{QStringLiteral("bytes"), qlonglong(size)};
        const QByteArray data(size, 'x');
        co_await connection.coro_send(QVariant::fromValue(AioRemoteObject::tuple(announcement)));
        QCoro::Task<bool> sending = connection.coro_sendBytes(data);
        const QByteArray echo = co_await connection.coro_recvBytes();
        co_await sending;
        AIO_VERIFY(echo == data);
    }
    co_await connection.coro_send(QVariant());
}

} // namespace

class tst_Python : public QObject
{
    Q_OBJECT

    QStringList m_pythons;

    void addPythons(const QList<std::pair<QByteArray, QVariantList>> &rows) const
    {
        for (const QString &python : m_pythons) {
            for (const auto &[name, cells] : rows) {
                QTestData &row = QTest::newRow((name + ", " + python.toLocal8Bit()).constData()) << python;
                for (const QVariant &cell : cells)
                    row << cell.toBool();
            }
        }
    }

private Q_SLOTS:
    void initTestCase()
    {
        QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false"));
        m_pythons = AioTest::pythons();
        if (m_pythons.isEmpty()) {
            QVERIFY2(!qEnvironmentVariableIsSet("CI"), "CI must have a python3");
            QSKIP("there is no python3 here");
        }
    }

    void pythonConnects_data()
    {
        QTest::addColumn<QString>("python");
        QTest::addColumn<bool>("isTcp");
        QTest::addColumn<bool>("hasKey");
        addPythons({{"local", {false, false}}, {"local, key", {false, true}}, {"tcp", {true, false}}, {"tcp, key", {true, true}}});
    }
    void pythonConnects()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        QFETCH(bool, hasKey);
        const auto digest = isOld(python) ? AioConnection::Md5 : AioConnection::Sha256;
        AioListenerOptions options;
        if (hasKey)
            options = AioListenerOptions(key).withHandshake(AioConnection::Python, digest);
        AioListener listener(isTcp ? AioAddress::tcp(QStringLiteral("127.0.0.1"), 0) : AioAddress(), options);
        AioTest::Peer peer(python, script, {QStringLiteral("client"), toPython(listener.address()),
                           hasKey ? QString::fromLatin1(key) : QStringLiteral("-")});
        AioTest::run([&]() -> QCoro::Task<> {
            const std::unique_ptr<AioConnection> connection = co_await listener.coro_accept();
            co_await talk(*connection);
        }, AioTest::LoopMayBlock);      // the comparing of 100 MiB does
        QVERIFY(peer.endsWell());
    }

    void pythonListens_data() { pythonConnects_data(); }
    void pythonListens()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        QFETCH(bool, hasKey);
        AioTest::Peer peer(python, script, {QStringLiteral("listen"), isTcp ? QStringLiteral("tcp") : QStringLiteral("local"),
                           hasKey ? QString::fromLatin1(key) : QStringLiteral("-")});
        const AioAddress address = fromPython(peer.line());
        QVERIFY(!address.isNull());
        std::unique_ptr<AioClient> client = hasKey ? std::make_unique<AioClient>(address, key) : std::make_unique<AioClient>(address);
        client->setHandshake(AioConnection::Python, isOld(python) ? AioConnection::Md5 : AioConnection::Sha256);
        AioTest::run([&]() -> QCoro::Task<> {
            co_await client->coro_connectToPeer();
            co_await talk(*client);
        }, AioTest::LoopMayBlock);
        QVERIFY(peer.endsWell());
    }

    void blockingForms_data() { pythonConnects_data(); }
    void blockingForms()
    {
        QFETCH(QString, python);
        QFETCH(bool, isTcp);
        QFETCH(bool, hasKey);
        AioTest::Peer peer(python, script, {QStringLiteral("listen"), isTcp ? QStringLiteral("tcp") : QStringLiteral("local"),
                           hasKey ? QString::fromLatin1(key) : QStringLiteral("-"), QStringLiteral("facts")});
        const AioAddress address = fromPython(peer.line());
        std::unique_ptr<AioClient> client = hasKey ? std::make_unique<AioClient>(address, key) : std::make_unique<AioClient>(address);
        client->setHandshake(AioConnection::Python, isOld(python) ? AioConnection::Md5 : AioConnection::Sha256);
        QVERIFY(client->connectToPeer());
        client->setCodec(AioConnection::Pickle);
        const auto says = [&](const QVariant &value) {
            client->send(value);
            return client->recv().toStringList().join(QLatin1Char(' '));
        };
        QCOMPARE(says(5), QStringLiteral("int 5"));
        QCOMPARE(says(QByteArray("a")), QStringLiteral("bytes b'a'"));
        QCOMPARE(says(QVariantMap{{QStringLiteral("a"), 1.5}}), QStringLiteral("dict {'a': 1.5}"));
        QCOMPARE(says(QDateTime(QDate(2024, 1, 2), QTime(3, 4, 5, 6))),
                 QStringLiteral("datetime datetime.datetime(2024, 1, 2, 3, 4, 5, 6000)"));
        QCOMPARE(says(QVariant::fromValue(AioRemoteObject::tuple({1}))), QStringLiteral("tuple (1,)"));
        client->send(QVariant());
        QVERIFY(peer.endsWell());
    }

    void wrongKeys_data()
    {
        QTest::addColumn<QString>("python");
        addPythons({{"wrong key", {}}});
    }
    void wrongKeys()
    {
        QFETCH(QString, python);
        AioListener listener(AioAddress{}, AioListenerOptions(key).withHandshake(AioConnection::Python, AioConnection::Md5));
        QSignalSpy failed(&listener, &AioListener::errorOccurred);
        const QStringList wrong{QStringLiteral("wrong"), toPython(listener.address()), QStringLiteral("another key")};
        AioTest::Peer peer(python, script, wrong);
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, 30000);
        QCOMPARE(peer.line(), QByteArray("AuthenticationError"));
        QCOMPARE(failed[0][0].value<AioError>().code, AioError::AuthenticationFailed);

        AioTest::Peer listens(python, script, {QStringLiteral("listen"), QStringLiteral("tcp"), QString::fromLatin1(key)});
        AioClient client(fromPython(listens.line()), QByteArray("another key"));
        client.setHandshake(AioConnection::Python, AioConnection::Md5);
        QCOMPARE(AioTest::codeThrownBy([&] { client.connectToPeer(); }), AioError::AuthenticationFailed);
    }

    void md5IsRefusedUnlessAllowed_data() { wrongKeys_data(); }
    void md5IsRefusedUnlessAllowed()
    {
        QFETCH(QString, python);
        if (!isOld(python))
            QSKIP("this Python uses SHA-256");
        AioListener listener(AioAddress{}, AioListenerOptions(key).withHandshake(AioConnection::Python));
        QSignalSpy failed(&listener, &AioListener::errorOccurred);
        AioTest::Peer peer(python, script, {QStringLiteral("wrong"), toPython(listener.address()), QString::fromLatin1(key)});
        QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, 30000);
        QCOMPARE(peer.line(), QByteArray("AuthenticationError"));
        QVERIFY(failed[0][0].value<AioError>().message.contains(QStringLiteral("MD5")));
    }
};

AIO_TEST_MAIN(tst_Python)
#include "tst_python.moc"
