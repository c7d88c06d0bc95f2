// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiocbor_p.h"
#include "codec/aiodatetime_p.h"
#include "codec/aiomessagecodec_p.h"
#include "codec/aiopicklereader_p.h"
#include "codec/aiopicklewriter_p.h"
#include "codec/rawmessageframe.h"
#include "codec/rawpickle.h"

#include <aioprocessing/aioremoteobject.h>

#include <QDataStream>
#include <QDateTime>
#include <QHash>
#include <QLoggingCategory>
#include <QPoint>
#include <QProcess>
#include <QRandomGenerator>
#include <QTest>

#include <limits>
#include <utility>

using namespace aio_detail;

namespace {

QByteArray pickled(const QVariant &value)
{
    QByteArray bytes;
    return encodePickle(value, bytes) ? QByteArray() : bytes;
}

QVariant unpickled(const QByteArray &bytes)
{
    QVariant value;
    return decodePickle(bytes, value) ? QVariant(QStringLiteral("error")) : value;
}

AioError::Code refusal(const QByteArray &bytes)
{
    QVariant value = 1;
    const AioError error = decodePickle(bytes, value);
    return value.isValid() ? AioError::NoError : error.code;
}

QByteArray protocol4(const QByteArray &body)
{
    return QByteArray("\x80\x04", 2) + body + '.';
}

} // namespace

class tst_MessageCodec : public QObject
{
    Q_OBJECT

    // Of each value: one pickle, and what was read from it.
    struct Sample
    {
        int protocol;
        QByteArray bytes;
    };
    QHash<QString, QList<Sample>> m_samples;
    const QString m_script = QStringLiteral(AIO_SOURCE_DIR "/pickles.py");

    static QByteArray python(const QStringList &arguments, const QByteArray &input = {})
    {
        QProcess process;
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        process.start(QStringLiteral("python3"), arguments);
        if (!process.waitForStarted())
            return "no python3";
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(-1);
        return process.exitCode() == 0 ? process.readAllStandardOutput() : QByteArray("failed");
    }

private Q_SLOTS:
    void initTestCase()
    {
        QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false"));
        const QByteArray written = python({m_script, QStringLiteral("write")});
        if (written == "no python3")
            return;
        for (const QByteArray &line : written.trimmed().split('\n')) {
            const auto words = line.split(' ');
            QCOMPARE(words.size(), 3);
            m_samples[QString::fromLatin1(words[0])].append({words[1].toInt(), QByteArray::fromHex(words[2])});
        }
        QVERIFY(m_samples.size() > 60);
    }

    // -- frames

    void framesOfEveryLength()
    {
        char bytes[aio_raw::maxMessageHeader];
        for (const quint64 length : {quint64(0), quint64(1), quint64(16384), quint64(0x7fffffff), quint64(0x80000000), quint64(1) << 40}) {
            const auto size = aio_raw::storeMessageHeader(length, bytes);
            QCOMPARE(size, length <= 0x7fffffff ? 4u : 12u);
            for (std::size_t part = 0; part < size; ++part)
                QCOMPARE(aio_raw::loadMessageHeader(bytes, part, ~0ull).state, aio_raw::MessageHeader::Incomplete);
            const auto header = aio_raw::loadMessageHeader(bytes, sizeof bytes, ~0ull);
            QCOMPARE(header.state, aio_raw::MessageHeader::Complete);
            QCOMPARE(header.size, size);
            QCOMPARE(header.length, length);
            if (length > 0)
                QCOMPARE(aio_raw::loadMessageHeader(bytes, size, length - 1).state, aio_raw::MessageHeader::TooLong);
        }
        QCOMPARE(QByteArray(bytes, 4).toHex(), QByteArray("ffffffff"));
    }

    void framesThatLie()
    {
        const auto state = [](const QByteArray &hex) {
            const QByteArray bytes = QByteArray::fromHex(hex);
            return aio_raw::loadMessageHeader(bytes.constData(), std::size_t(bytes.size()), 64 << 20).state;
        };
        QCOMPARE(state("7fffffff"), aio_raw::MessageHeader::TooLong);
        QCOMPARE(state("ffffffff4000000000000000"), aio_raw::MessageHeader::TooLong);
        QCOMPARE(state("ffffffffffffffffffffffff"), aio_raw::MessageHeader::TooLong);
        QCOMPARE(state("fffffffb"), aio_raw::MessageHeader::Negative);
        QCOMPARE(state("80000000"), aio_raw::MessageHeader::Negative);
        QCOMPARE(state("ffffffff0000000000000003"), aio_raw::MessageHeader::Complete);      // the long form of a short one
        QCOMPARE(state("00000000"), aio_raw::MessageHeader::Complete);
    }

    // -- pickles of Python

    void pythonsValuesComeAsQtTypes_data()
    {
        QTest::addColumn<QVariant>("expected");
        const auto remote = [](const char *name, const QVariantList &arguments) {
            return QVariant::fromValue(AioRemoteObject::call(QStringLiteral("builtins"), QLatin1StringView(name), arguments));
        };
        QTest::newRow("none") << QVariant();
        QTest::newRow("true") << QVariant(true);
        QTest::newRow("zero") << QVariant(0ll);
        QTest::newRow("minus") << QVariant(-1ll);
        QTest::newRow("word") << QVariant(65535ll);
        QTest::newRow("minint") << QVariant(-2147483648ll);
        QTest::newRow("min64") << QVariant(std::numeric_limits<qlonglong>::min());
        QTest::newRow("max64") << QVariant(std::numeric_limits<qlonglong>::max());
        QTest::newRow("unsigned64") << QVariant(std::numeric_limits<qulonglong>::max());
        QTest::newRow("big") << remote("int", {QStringLiteral("010000000000000000"), 16});
        QTest::newRow("minusbig") << remote("int", {QStringLiteral("-008000000000000001"), 16});
        QTest::newRow("float") << QVariant(1.5);
        QTest::newRow("text") << QVariant(QStringLiteral("hello"));
        QTest::newRow("empty") << QVariant(QStringLiteral(""));
        QTest::newRow("umlaut") << QVariant(QStringLiteral("gr\u00fc\u00df \u20ac \U0001f600"));
        QTest::newRow("surrogate") << QVariant(QString(u'a') + QChar(0xd800) + u'b');
        QTest::newRow("bytes") << QVariant(QByteArray("\x00\x80\xff", 3));
        QTest::newRow("nobytes") << QVariant(QByteArray(""));
        QTest::newRow("list") << QVariant(QVariantList{1ll, QStringLiteral("a"), QVariant()});
        QTest::newRow("dict") << QVariant(QVariantMap{{QStringLiteral("a"), 1ll}, {QStringLiteral("b"), QVariantList{2ll}}});
        QTest::newRow("tuple2") << QVariant::fromValue(AioRemoteObject::tuple({1ll, 2ll}));
        QTest::newRow("date") << QVariant(QDate(2024, 2, 29));
        QTest::newRow("time") << QVariant(QTime(23, 59, 58, 123));
        QTest::newRow("datetime") << QVariant(QDateTime(QDate(1999, 12, 31), QTime(1, 2, 3, 4)));
        QTest::newRow("utc") << QVariant(dateTimeAt(QDate(2024, 5, 6), QTime(7, 8, 9), 0));
        QTest::newRow("east") << QVariant(dateTimeAt(QDate(2024, 5, 6), QTime(7, 8, 9, 999), 19800));
        QTest::newRow("complex") << remote("complex", {1.0, 2.0});
        QTest::newRow("function") << QVariant::fromValue(AioRemoteObject::reference(QStringLiteral("builtins"), QStringLiteral("len")));
        QTest::newRow("valueerror") << remote("ValueError", {QStringLiteral("no"), 1ll});
    }

    void pythonsValuesComeAsQtTypes()
    {
        if (m_samples.isEmpty())
            QSKIP("needs python3");
        QFETCH(QVariant, expected);
        const auto samples = m_samples.value(QString::fromLatin1(QTest::currentDataTag()));
        QCOMPARE(samples.size(), 4);
        for (const Sample &sample : samples) {
            QVariant value;
            const AioError error = decodePickle(sample.bytes, value);
            QVERIFY2(!error, qPrintable(error.message));
            QVERIFY2(value == expected && value.typeId() == expected.typeId(), qPrintable(QDebug::toString(value)));
        }
    }

    void everythingGoesBackToPythonAsItCame()
    {
        if (m_samples.isEmpty())
            QSKIP("needs python3");
        QByteArray lines;
        int count = 0;
        for (auto it = m_samples.cbegin(); it != m_samples.cend(); ++it) {
            for (const Sample &sample : *it) {
                QVariant value;
                const AioError error = decodePickle(sample.bytes, value);
                QVERIFY2(!error, qPrintable(QStringLiteral("%1 %2: %3").arg(it.key()).arg(sample.protocol).arg(error.message)));
                const QByteArray back = pickled(value);
                QVERIFY2(!back.isEmpty(), qPrintable(it.key()));
                QCOMPARE(unpickled(back), value);
                lines += it.key().toLatin1() + ' ' + back.toHex() + '\n';
                ++count;
            }
        }
        const QByteArray verdict = python({m_script, QStringLiteral("check")}, lines).trimmed();
        QCOMPARE(verdict, "checked " + QByteArray::number(count));
    }

    void everyTruncationIsAnError()
    {
        for (const auto &samples : std::as_const(m_samples)) {
            for (const Sample &sample : samples) {
                const qsizetype step = sample.bytes.size() < 500 ? 1 : sample.bytes.size() / 37;      // all of what is short
                for (qsizetype size = 0; size < sample.bytes.size(); size += step)
                    QVERIFY(refusal(sample.bytes.first(size)) != AioError::NoError);
            }
        }
    }

    void flippedBitsNeverHurt()
    {
        QRandomGenerator random(20260101);
        for (const auto &samples : std::as_const(m_samples)) {
            for (const Sample &sample : samples) {
                for (int i = 0; i < 25; ++i) {
                    QByteArray bytes = sample.bytes;
                    for (int flips = 1 + random.bounded(3); flips > 0; --flips) {
                        const auto at = random.bounded(qMin(bytes.size(), qsizetype(2000)));
                        bytes[at] = char(bytes[at] ^ (1 << random.bounded(8)));
                    }
                    QVariant value;
                    if (!decodePickle(bytes, value))
                        pickled(value);
                }
            }
        }
    }

    // -- hostile pickles; NEW-033

    void hostilePicklesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("code");
        const int malformed = AioError::ProtocolError;
        const int refused = AioError::Unserializable;
        QTest::newRow("nothing") << QByteArray() << malformed;
        QTest::newRow("protocol 0") << QByteArray("I1\n.") << malformed;
        QTest::newRow("protocol 1") << QByteArray("\x80\x01K\x01.") << refused;
        QTest::newRow("protocol 6") << QByteArray("\x80\x06K\x01.") << refused;
        QTest::newRow("no value") << protocol4("") << malformed;
        QTest::newRow("two values") << protocol4("NN") << malformed;
        QTest::newRow("open mark") << protocol4("N(") << malformed;
        QTest::newRow("something follows") << protocol4("N") + 'x' << malformed;
        QTest::newRow("persistent id") << protocol4("Pabc\n") << refused;
        QTest::newRow("extension") << protocol4("\x82\x01") << refused;
        QTest::newRow("buffer") << protocol4("\x97") << refused;
        QTest::newRow("INST") << protocol4("(ios\nsystem\n") << refused;
        QTest::newRow("OBJ") << protocol4("(cos\nsystem\no") << refused;
        QTest::newRow("call of a call") << protocol4("cbuiltins\ngetattr\n)R)R") << refused;
        QTest::newRow("call of a number") << protocol4("K\x01)R") << refused;
        QTest::newRow("arguments that are no tuple") << protocol4("cos\nsystem\n]R") << malformed;
        QTest::newRow("name that is a number") << protocol4("K\x01K\x02\x93") << malformed;
        QTest::newRow("text longer than all") << protocol4(QByteArray("X\xff\xff\xff\x7f", 5)) << malformed;
        QTest::newRow("text of 2^63") << protocol4(QByteArray("\x8d\0\0\0\0\0\0\0\x80", 9)) << malformed;
        QTest::newRow("bytearray of 2^64-1") << protocol4(QByteArray("\x96\xff\xff\xff\xff\xff\xff\xff\xff", 9)) << malformed;
        QTest::newRow("negative int length") << protocol4(QByteArray("\x8b\xff\xff\xff\xff", 5)) << malformed;
        QTest::newRow("huge int length") << protocol4(QByteArray("\x8b\xff\xff\xff\x7f", 5)) << malformed;
        QTest::newRow("memo out of nowhere") << protocol4("h\x05") << malformed;
        QTest::newRow("memo number 2^32-1") << protocol4(QByteArray("Nr\xff\xff\xff\xff", 6)) << malformed;
        QTest::newRow("text that is no UTF-8") << protocol4(QByteArray("\x8c\x01\xff", 3)) << malformed;
        QTest::newRow("odd dict") << protocol4("}(K\x01u") << malformed;
        QTest::newRow("append to a number") << protocol4("K\x01K\x02""a") << malformed;
        QTest::newRow("append through a mark") << protocol4("](K\x01""a") << malformed;
        QTest::newRow("append to nothing") << protocol4("(K\x01K\x02""e") << malformed;
        QTest::newRow("append to what a mark hides") << protocol4("]((K\x01""e") << malformed;
        QTest::newRow("entries of nothing") << protocol4("(K\x01K\x02u") << malformed;
        QTest::newRow("state of a number") << protocol4("K\x01Nb") << malformed;
        QTest::newRow("deep lists") << protocol4(QByteArray(200000, ']') + QByteArray(199999, 'a')) << refused;
        QTest::newRow("deep tuples") << protocol4('N' + QByteArray(200000, '\x85')) << refused;
        QTest::newRow("marks only") << protocol4(QByteArray(1000000, '(')) << malformed;
        QTest::newRow("40 million values") << protocol4('(' + QByteArray(40'000'000, 'N') + 'l') << int(AioError::TooLarge);
    }

    void hostilePicklesAreRefused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(int, code);
        QCOMPARE(refusal(bytes), AioError::Code(code));
    }

    void circlesAndBombsAreRefused()
    {
        QCOMPARE(refusal(protocol4(QByteArray("]\x94h\0a", 5))), AioError::Unserializable);             // a = []; a.append(a)
        QCOMPARE(refusal(protocol4(QByteArray("}\x94\x8c\x01kh\0s", 8))), AioError::Unserializable);     // a['k'] = a
        // b = [a, a, ..., a] with ten of them, c = [b, b, ...] and so on, 20 times
        QByteArray bomb = "]\x94";
        for (char level = 0; level < 20; ++level) {
            bomb += "0](";
            for (int i = 0; i < 10; ++i)
                bomb += QByteArray("h") + level;
            bomb += "e\x94";
        }
        QCOMPARE(refusal(protocol4(bomb)), AioError::TooLarge);
        QVERIFY(refusal(protocol4(bomb.first(2 + 4 * 25))) == AioError::NoError);        // four levels are no bomb
    }

    void whatIsNoPickleOfOursCannotBeWritten()
    {
        QByteArray out = "before";
        QCOMPARE(encodePickle(QPoint(1, 2), out).code, AioError::Unserializable);
        QCOMPARE(encodePickle(QDate(), out).code, AioError::Unserializable);
        QCOMPARE(encodePickle(QDate(12024, 1, 1), out).code, AioError::Unserializable);
        QVariant deep = 1;
        for (int i = 0; i < 200; ++i)
            deep = QVariantList{deep};
        QCOMPARE(encodePickle(deep, out).code, AioError::Unserializable);
        QCOMPARE(encodePickle(QVariantList{1, QVariantMap{{QStringLiteral("k"), QPoint()}}}, out).code, AioError::Unserializable);
        QCOMPARE(out, QByteArray("before"));
    }

    void typesOfQtBecomePlain()
    {
        const auto comesAs = [](const QVariant &value) { return unpickled(pickled(value)); };
        QCOMPARE(comesAs(QVariant::fromValue(QList<int>{1, 2})), QVariant(QVariantList{1ll, 2ll}));
        QCOMPARE(comesAs(QStringList{QStringLiteral("a")}), QVariant(QVariantList{QStringLiteral("a")}));
        QCOMPARE(comesAs(QVariantHash{{QStringLiteral("a"), 1}}), QVariant(QVariantMap{{QStringLiteral("a"), 1ll}}));
        const QMap<QString, int> map{{QStringLiteral("a"), 1}};
        QCOMPARE(comesAs(QVariant::fromValue(map)), QVariant(QVariantMap{{QStringLiteral("a"), 1ll}}));
        QCOMPARE(comesAs(QVariant::fromValue(Qt::AlignRight)), QVariant(2ll));
        QCOMPARE(comesAs(QChar(u'x')), QVariant(QStringLiteral("x")));
        QCOMPARE(comesAs(1.5f), QVariant(1.5));
        QCOMPARE(comesAs(char(-1)), QVariant(-1ll));
        QCOMPARE(comesAs(QVariant::fromValue(nullptr)), QVariant());
        QCOMPARE(comesAs(QString()), QVariant(QStringLiteral("")));
    }

    // -- remote objects

    void remoteObjectsConvertToWhatTheyHold()
    {
        const QVariant tuple = QVariant::fromValue(AioRemoteObject::tuple({1, 2}));
        QCOMPARE(tuple.toList(), QVariantList({1, 2}));
        QVERIFY(QVariant::fromValue(AioRemoteObject::call(QStringLiteral("a"), QStringLiteral("b"), {})).toList().isEmpty());
        const auto bytes = AioRemoteObject::call(QStringLiteral("builtins"), QStringLiteral("bytearray"), {QByteArray("xy")});
        QCOMPARE(QVariant::fromValue(bytes).toByteArray(), QByteArray("xy"));
        QCOMPARE(QVariant::fromValue(AioRemoteObject::set({1})).toList(), QVariantList{1});
    }

    void remoteObjectsTravelInStreams()
    {
        const auto object = AioRemoteObject::instance(QStringLiteral("m"), QStringLiteral("N"), {1}, {{QStringLiteral("k"), 2}})
                                .withState(QVariant()).withItems({3}).withEntries({4, 5});
        QByteArray bytes;
        QDataStream out(&bytes, QIODevice::WriteOnly);
        out << object;
        AioRemoteObject back;
        QDataStream stream(bytes);
        stream >> back;
        QCOMPARE(stream.status(), QDataStream::Ok);
        QVERIFY(back == object && back.hasState());
        bytes[0] = 77;
        QDataStream bad(bytes);
        bad >> back;
        QCOMPARE(bad.status(), QDataStream::ReadCorruptData);
        QVERIFY(back.isNull());
    }

    // -- CBOR, and which is which

    void cborKeepsPlainValues()
    {
        const QVariantMap value{{QStringLiteral("i"), 5ll}, {QStringLiteral("l"), QVariantList{1.5, true, QVariant::fromValue(nullptr)}},
                                {QStringLiteral("b"), QByteArray("\0x", 2)}, {QStringLiteral("t"), QStringLiteral("\u20ac")}};
        QByteArray bytes;
        QVERIFY(!encodeCbor(value, bytes));
        QVariant back;
        QVERIFY(!decodeCbor(bytes, back));
        QCOMPARE(back, QVariant(value));
        for (qsizetype size = 0; size < bytes.size(); ++size)
            QCOMPARE(decodeCbor(bytes.first(size), back).code, AioError::ProtocolError);
        QCOMPARE(decodeCbor(bytes + 'x', back).code, AioError::ProtocolError);
        QCOMPARE(decodeCbor(QByteArray(200000, '\x81') + '\x01', back).code, AioError::ProtocolError);      // deep
        QCOMPARE(encodeCbor(QVariant::fromValue(AioRemoteObject::tuple({})), bytes).code, AioError::Unserializable);
        QCOMPARE(encodeCbor(QPoint(), bytes).code, AioError::Unserializable);
        QByteArray null;
        QVERIFY(!encodeCbor(QVariant(), null));
        QVERIFY(!decodeCbor(null, back));
        QVERIFY(!back.isValid());
    }

    void messagesTellTheirCodec()
    {
        const QVariant value = QVariantMap{{QStringLiteral("a"), QVariantList{1ll, QStringLiteral("b")}}};
        for (const MessageCodec codec : {MessageCodec::Own, MessageCodec::Cbor, MessageCodec::Pickle}) {
            QByteArray bytes;
            QVERIFY(!encodeMessage(codec, value, bytes));
            QCOMPARE(codecOf(bytes), codec);
            QVariant back;
            QVERIFY(!decodeMessage(bytes, true, back));
            QCOMPARE(back, value);
            QCOMPARE(bool(decodeMessage(bytes, false, back)), codec == MessageCodec::Own);
        }
        QVariant back;
        QCOMPARE(decodeMessage(QByteArray(), true, back).code, AioError::ProtocolError);
        QVERIFY(!decodeMessage(QByteArray("\x80", 1), true, back));     // an empty array in CBOR
        QCOMPARE(back, QVariant(QVariantList()));
    }
};

QTEST_GUILESS_MAIN(tst_MessageCodec)
#include "tst_messagecodec.moc"
