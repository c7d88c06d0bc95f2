// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aionativehandshake_p.h"
#include "connection/aiopythonhandshake_p.h"

#include <QMessageAuthenticationCode>
#include <QTest>

#include <functional>

using namespace aio_detail;

namespace {

const QByteArray secret("secret");

using Change = std::function<void(QByteArray &message, int number)>;

// Lets two machines talk to each other until nobody says anything more. \a change sees every message on its way.
void talk(Handshake &listener, Handshake &client, const Change &change = {})
{
    int number = 0;
    for (bool spoke = true; spoke;) {
        spoke = false;
        for (auto [from, to] : {std::pair(&listener, &client), std::pair(&client, &listener)}) {
            for (QByteArray message : from->takeOutgoing()) {
                spoke = true;
                QVERIFY(message.size() <= maxHandshakeMessage);
                if (change)
                    change(message, number);
                ++number;
                if (to->state() == Handshake::Running)
                    to->receive(message);
            }
        }
    }
}

QByteArray hmac(QCryptographicHash::Algorithm algorithm, const QByteArray &message)
{
    return QMessageAuthenticationCode::hash(message, secret, algorithm);
}

std::unique_ptr<Handshake> make(bool isNative, Handshake::Role role, const QByteArray &key)
{
    if (isNative)
        return std::make_unique<NativeHandshake>(role, key);
    return std::make_unique<PythonHandshake>(role, key, PythonDigest::Sha256);
}

} // namespace

class tst_Handshake : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sameKeyIsAccepted_data()
    {
        QTest::addColumn<bool>("isNative");
        QTest::newRow("native") << true;
        QTest::newRow("Python") << false;
    }
    void sameKeyIsAccepted()
    {
        QFETCH(bool, isNative);
        const auto listener = make(isNative, Handshake::Listener, secret);
        const auto client = make(isNative, Handshake::Client, secret);
        talk(*listener, *client);
        QCOMPARE(listener->state(), Handshake::Accepted);
        QCOMPARE(client->state(), Handshake::Accepted);
    }

    void otherKeysAreRejectedOnBothSides_data() { sameKeyIsAccepted_data(); }
    void otherKeysAreRejectedOnBothSides()
    {
        QFETCH(bool, isNative);
        for (const QByteArray &key : {QByteArray("Secret"), QByteArray("secre"), QByteArray("secret\0", 7), QByteArray(200, 's')}) {
            if (key.size() == 7 && !isNative)
                continue;       // HMAC fills keys up with zeros
            const auto listener = make(isNative, Handshake::Listener, secret);
            const auto client = make(isNative, Handshake::Client, key);
            talk(*listener, *client);
            QCOMPARE(listener->state(), Handshake::Rejected);
            QCOMPARE(client->state(), Handshake::Rejected);
            QVERIFY(!listener->reason().isEmpty() && !client->reason().isEmpty());
            QVERIFY(!listener->reason().contains(QLatin1String(secret)));
        }
    }

    void everyChangedBitIsNoticed_data() { sameKeyIsAccepted_data(); }
    void everyChangedBitIsNoticed()
    {
        QFETCH(bool, isNative);
        const int messages = isNative ? 3 : 6;
        for (int number = 0; number < messages; ++number) {
            for (int bit = 0; bit < 8 * 110; ++bit) {
                const auto listener = make(isNative, Handshake::Listener, secret);
                const auto client = make(isNative, Handshake::Client, secret);
                bool changed = false;
                talk(*listener, *client, [&](QByteArray &message, int at) {
                    if (at == number && bit / 8 < message.size()) {
                        message[bit / 8] = char(message[bit / 8] ^ (1 << bit % 8));
                        changed = true;
                    }
                });
                if (changed)
                    QVERIFY(listener->state() != Handshake::Accepted || client->state() != Handshake::Accepted);
            }
        }
    }

    void nativeProofsCannotBeReflected()
    {
        // somebody without the key gives the listener's own words back to it, or has another listener answer
        NativeHandshake first(Handshake::Listener, secret);
        const QByteArray hello = first.takeOutgoing().first();
        first.receive(hello);
        QCOMPARE(first.state(), Handshake::Rejected);
        NativeHandshake second(Handshake::Listener, secret);
        NativeHandshake victim(Handshake::Client, secret);
        victim.receive(second.takeOutgoing().first());
        const QByteArray answer = victim.takeOutgoing().first();
        NativeHandshake third(Handshake::Listener, secret);     // an answer is good for one listener only
        third.takeOutgoing();
        third.receive(answer);
        QCOMPARE(third.state(), Handshake::Rejected);
        second.receive(answer);
        QCOMPARE(second.state(), Handshake::Accepted);
        NativeHandshake late(Handshake::Client, secret);
        late.receive(hello);
        late.takeOutgoing();
        late.receive(second.takeOutgoing().first());            // and so is a welcome for one client
        QCOMPARE(late.state(), Handshake::Rejected);
    }

    void differentHandshakesSayWhatToDo()
    {
        NativeHandshake native(Handshake::Listener, secret);
        PythonHandshake python(Handshake::Client, secret, PythonDigest::Sha256);
        talk(native, python);
        QVERIFY(python.reason().contains(QStringLiteral("native")));
        PythonHandshake pythonListener(Handshake::Listener, secret, PythonDigest::Sha256);
        NativeHandshake nativeClient(Handshake::Client, secret);
        talk(pythonListener, nativeClient);
        QVERIFY(nativeClient.reason().contains(QStringLiteral("Python")));
    }

    void garbageIsRejected()
    {
        const QByteArrayList all{QByteArray(), "GET / HTTP/1.1\r\n", QByteArray("\x16\x03\x01", 3), QByteArray(256, '#'), "#CHALLENGE#",
                                 "#AIO1#", "#WELCOME#"};
        for (const QByteArray &garbage : all) {
            for (const bool isNative : {true, false}) {
                for (const auto role : {Handshake::Listener, Handshake::Client}) {
                    const auto machine = make(isNative, role, secret);
                    machine->receive(garbage);
                    QCOMPARE(machine->state(), Handshake::Rejected);
                }
            }
        }
    }

    // -- Python's, byte by byte

    void pythonAnswersAreThoseOfCPython()
    {
        const QByteArray twenty("is-twenty-bytes-long");
        const auto answerTo = [](const QByteArray &challenge) {
            PythonHandshake client(Handshake::Client, secret, PythonDigest::Md5);
            client.receive("#CHALLENGE#" + challenge);
            const auto sent = client.takeOutgoing();
            return sent.isEmpty() ? QByteArray() : sent.first();
        };
        QCOMPARE(answerTo(twenty).toHex(), QByteArray("f7528657e3de0259edd67ef81a92ac3f"));
        QCOMPARE(answerTo("{md5}" + twenty).toHex(), QByteArray("7b6d64357dd0edfbfaf013f3e41bf995438567e7a2"));
        QCOMPARE(answerTo("{sha256}" + QByteArray(40, '\1')).first(24).toHex(),
                 QByteArray("7b7368613235367d2cb0ce6db2c48f73a3dc7d31930c4660"));
        QCOMPARE(answerTo("{sha3_384}" + twenty).size(), 10 + 48);
        // random bytes of an old Python that happen to begin with a brace
        const QByteArray braced("{random bytes of Pyt");
        QCOMPARE(answerTo(braced), hmac(QCryptographicHash::Md5, braced));
        QCOMPARE(answerTo("{sha1}" + twenty), QByteArray());
        QCOMPARE(answerTo("{sha256" + QByteArray(40, 'x')), QByteArray());
        QCOMPARE(answerTo(twenty + 'x'), QByteArray());
        QCOMPARE(answerTo("short"), QByteArray());
    }

    void digestsBelowTheMinimumAreRefused_data()
    {
        QTest::addColumn<int>("minimum");
        QTest::addColumn<QByteArray>("digest");
        QTest::addColumn<int>("algorithm");
        QTest::addColumn<bool>("isEnoughAsChallenge");
        QTest::addColumn<bool>("isEnoughAsAnswer");
        const auto row = [](const char *name, PythonDigest minimum, const char *digest, int algorithm, bool challenge, bool answer) {
            QTest::newRow(name) << int(minimum) << QByteArray(digest) << algorithm << challenge << answer;
        };
        row("old Python, refused", PythonDigest::Sha256, "", QCryptographicHash::Md5, false, false);
        row("old Python, allowed", PythonDigest::Md5, "", QCryptographicHash::Md5, true, true);
        row("md5, refused", PythonDigest::Sha256, "{md5}", QCryptographicHash::Md5, false, false);
        row("md5, allowed", PythonDigest::Md5, "{md5}", QCryptographicHash::Md5, true, true);
        row("sha256", PythonDigest::Sha256, "{sha256}", QCryptographicHash::Sha256, true, true);
        row("sha3_256", PythonDigest::Sha3_256, "{sha3_256}", QCryptographicHash::Sha3_256, true, true);
        row("other than asked for", PythonDigest::Sha256, "{sha384}", QCryptographicHash::Sha384, true, false);
        row("sha256 where sha384 is the least", PythonDigest::Sha384, "{sha256}", QCryptographicHash::Sha256, false, false);
        row("sha384", PythonDigest::Sha384, "{sha384}", QCryptographicHash::Sha384, true, true);
        row("sha3_384", PythonDigest::Sha3_384, "{sha3_384}", QCryptographicHash::Sha3_384, true, true);
    }
    void digestsBelowTheMinimumAreRefused()
    {
        QFETCH(int, minimum);
        QFETCH(QByteArray, digest);
        QFETCH(int, algorithm);
        QFETCH(bool, isEnoughAsChallenge);
        QFETCH(bool, isEnoughAsAnswer);
        PythonHandshake client(Handshake::Client, secret, PythonDigest(minimum));
        const QByteArray challenge = digest + (digest.isEmpty() ? QByteArray(20, 'r') : QByteArray(40, 'r'));
        client.receive("#CHALLENGE#" + challenge);
        const auto sent = client.takeOutgoing();
        QCOMPARE(!sent.isEmpty(), isEnoughAsChallenge);
        if (isEnoughAsChallenge)
            QCOMPARE(sent.first(), digest + hmac(QCryptographicHash::Algorithm(algorithm), challenge));

        PythonHandshake listener(Handshake::Listener, secret, PythonDigest(minimum));
        const QByteArray asked = listener.takeOutgoing().first().mid(11);
        listener.receive(digest + hmac(QCryptographicHash::Algorithm(algorithm), asked));
        QCOMPARE(listener.takeOutgoing().first(), isEnoughAsAnswer ? QByteArray("#WELCOME#") : QByteArray("#FAILURE#"));
    }

    void verdictOtherThanWelcomeIsAFailure()      // MP-164
    {
        PythonHandshake client(Handshake::Client, secret, PythonDigest::Sha256);
        client.receive("#CHALLENGE#{sha256}" + QByteArray(40, 'r'));
        client.receive("something bogus");
        QCOMPARE(client.state(), Handshake::Rejected);
    }
};

QTEST_GUILESS_MAIN(tst_Handshake)
#include "tst_handshake.moc"
