// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiodatetime_p.h"
#include "codec/aiovariantcodec_p.h"

#include <aioprocessing/aiohandle.h>

#include <QDateTime>
#include <QHash>
#include <QLoggingCategory>
#include <QPoint>
#include <QRandomGenerator>
#include <QStringList>
#include <QTest>
#include <QTimeZone>
#include <QUrl>

#include <limits>

using namespace aio_detail;

struct Point3
{
    int x = 0, y = 0, z = 0;
    friend bool operator==(const Point3 &, const Point3 &) = default;
    friend QDataStream &operator<<(QDataStream &s, const Point3 &p) { return s << p.x << p.y << p.z; }
    friend QDataStream &operator>>(QDataStream &s, Point3 &p) { return s >> p.x >> p.y >> p.z; }
};
Q_DECLARE_METATYPE(Point3)

struct NoOperators { int x = 0; };
Q_DECLARE_METATYPE(NoOperators)

struct Thrower
{
    friend bool operator==(const Thrower &, const Thrower &) = default;
    friend QDataStream &operator<<(QDataStream &s, const Thrower &) { return s << 1; }
    friend QDataStream &operator>>(QDataStream &, Thrower &) { throw 1; }
};
Q_DECLARE_METATYPE(Thrower)

class tst_AioVariantCodec : public QObject
{
    Q_OBJECT

    static QByteArray encoded(const QVariant &value)
    {
        QByteArray bytes;
        const AioError error = encodeVariant(value, bytes);
        return error ? QByteArray() : bytes;
    }
    static QVariant nested(int depth)
    {
        QVariant value = 1;
        for (int i = 0; i < depth; ++i)
            value = i % 2 ? QVariant(QVariantMap{{QStringLiteral("k"), value}}) : QVariant(QVariantList{value});
        return value;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QLoggingCategory::setFilterRules(QStringLiteral("aio.*=false"));
        qRegisterMetaType<Point3>();
        qRegisterMetaType<Thrower>();
        qRegisterMetaType<QList<int>>();
    }

    void keepsTypeAndValue_data()
    {
        QTest::addColumn<QVariant>("value");
        QTest::addColumn<int>("size");    // of the encoding; -1: whatever QDataStream needs
        const auto row = [](const char *name, const QVariant &value, int size) { QTest::newRow(name) << value << size; };
        row("invalid", QVariant(), 1);
        row("true", true, 1);
        row("false", false, 1);
        row("char", QVariant::fromValue<char>('x'), 2);
        row("signed char", QVariant::fromValue<signed char>(-7), 2);
        row("uchar", QVariant::fromValue<uchar>(200), 2);
        row("short", QVariant::fromValue<short>(-30000), 3);
        row("ushort", QVariant::fromValue<ushort>(60000), 3);
        row("int", std::numeric_limits<int>::min(), 5);
        row("uint", std::numeric_limits<uint>::max(), 5);
        row("long", QVariant::fromValue<long>(std::numeric_limits<long>::min()), 9);
        row("ulong", QVariant::fromValue<ulong>(std::numeric_limits<ulong>::max()), 9);
        row("qlonglong", std::numeric_limits<qlonglong>::min(), 9);
        row("qulonglong", std::numeric_limits<qulonglong>::max(), 9);
        row("float", QVariant::fromValue<float>(1.5f), 5);
        row("double", 0.1, 9);
        row("infinity", std::numeric_limits<double>::infinity(), 9);
        row("QString", QStringLiteral("grüße \U0001F600"), -1);
        row("empty QString", QStringLiteral(""), 5);
        row("null QString", QString(), 5);
        row("lone surrogate", QString(QChar(0xd800)), 7);
        row("QByteArray", QByteArray("a\0b", 3), 8);
        row("empty QByteArray", QByteArray(""), 5);
        row("null QByteArray", QByteArray(), 5);
        row("QVariantList", QVariantList{1, QStringLiteral("two"), QVariant(), 3.0, QVariantList{}}, -1);
        row("QVariantMap", QVariantMap{{QStringLiteral("a"), 1}, {QString(), QVariantMap{}}}, -1);
        row("QVariantHash", QVariantHash{{QStringLiteral("a"), 1u}, {QStringLiteral("b"), QVariant()}}, -1);
        row("QStringList", QStringList{QStringLiteral("a"), QString(), QStringLiteral("")}, -1);
        row("QUrl", QUrl(QStringLiteral("https://example.org/a?b#c")), -1);
        row("QPoint", QPoint(1, -2), -1);
        row("QDateTime", dateTimeAt(QDate(2024, 2, 29), QTime(1, 2, 3, 4), 0), 18);
        row("local QDateTime", QDateTime(QDate(2024, 7, 1), QTime(23, 59, 59, 999)), 18);
        row("QDateTime with an offset", dateTimeAt(QDate(-4712, 1, 2), QTime(0, 0), -3600 * 5 - 60), 18);
        row("QDateTime with a time zone", QDateTime(QDate(2024, 7, 1), QTime(12, 0), QTimeZone("Europe/Berlin")), -1);
        row("null QDateTime", QDateTime(), -1);
        row("AioHandle", QVariant::fromValue(AioHandle(AioHandle::Queue, QByteArray(32, 'a'), Q_UINT64_C(0x123456789abcdef0))), 46);
        row("null AioHandle", QVariant::fromValue(AioHandle()), 14);
        row("QChar", QChar(u'ß'), -1);
        row("QList<int>", QVariant::fromValue(QList<int>{1, 2, 3}), -1);
        row("user type", QVariant::fromValue(Point3{1, 2, 3}), -1);
        row("user type in list", QVariantList{QVariant::fromValue(Point3{4, 5, 6})}, -1);
        row("deepest", nested(maxVariantDepth), -1);
    }
    void keepsTypeAndValue()
    {
        QFETCH(QVariant, value);
        QFETCH(int, size);
        QByteArray bytes("prefix");
        QVERIFY(!encodeVariant(value, bytes));
        QVERIFY(bytes.startsWith("prefix"));
        if (size >= 0)
            QCOMPARE(bytes.size() - 6, size);
        QVariant read(4711);
        QVERIFY(!decodeVariant(QByteArrayView(bytes).sliced(6), read));
        QCOMPARE(read.metaType(), value.metaType());
        QCOMPARE(read, value);
        if (value.typeId() == QMetaType::QDateTime)
            QCOMPARE(read.toDateTime().timeSpec(), value.toDateTime().timeSpec());
        if (value.typeId() == QMetaType::QString)
            QCOMPARE(read.toString().isNull(), value.toString().isNull());
        if (value.typeId() == QMetaType::QByteArray)
            QCOMPARE(read.toByteArray().isNull(), value.toByteArray().isNull());
    }

    void truncatedAtEveryLengthIsProtocolError_data() { keepsTypeAndValue_data(); }
    void truncatedAtEveryLengthIsProtocolError()
    {
        QFETCH(QVariant, value);
        const QByteArray bytes = encoded(value);
        for (qsizetype length = 0; length < bytes.size(); ++length) {
            QVariant read(1);
            const QByteArray part(bytes.constData(), length);    // a copy: reading over its end is seen by ASan
            const AioError error = decodeVariant(part, read);
            QCOMPARE(error.code, AioError::ProtocolError);
            QVERIFY(!read.isValid());
        }
    }

    void trailingBytesAreProtocolError()
    {
        QVariant read;
        QCOMPARE(decodeVariant(encoded(1) + 'x', read).code, AioError::ProtocolError);
    }

    void bytesThatNeverChange()
    {
        QCOMPARE(encoded(QVariant()).toHex(), "00");
        QCOMPARE(encoded(-2).toHex(), "08feffffff");
        QCOMPARE(encoded(QStringLiteral("ab")).toHex(), "180200000061006200");
        QCOMPARE(encoded(QByteArray("ab")).toHex(), "19020000006162");
        QCOMPARE(encoded(QVariantList{true, 1.0}).toHex(), "20020000000211000000000000f03f");
        QCOMPARE(encoded(QVariantMap{{QStringLiteral("k"), 1}}).toHex(), "2101000000010000006b000801000000");
    }

    void hostileBytes_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<AioError::Code>("code");
        const auto row = [](const char *name, const char *hex, AioError::Code code = AioError::ProtocolError) {
            QTest::newRow(name) << QByteArray::fromHex(hex) << code;
        };
        row("unknown tag", "42");
        row("string of 4 GiB", "18feffffff6100");
        row("odd length overflow", "18ffffff7f");
        row("byte array over the end", "190500000061");
        row("list of 4 billion", "20ffffffff00");
        row("map of 1 billion", "2100000040010000006b0000");
        row("string list of 1 billion", "2300000040ffffffff");
        row("streamed without name", "7f0000000000000000", AioError::Unserializable);
        row("streamed null name", "7fffffffff");
        QTest::newRow("unknown type") << QByteArray("\x7f\x04\0\0\0Nope\0\0\0\0", 13) << AioError::Unserializable;
        QTest::newRow("a pointer type") << QByteArray("\x7f\x08\0\0\0QObject*\x08\0\0\0aaaaaaaa", 25) << AioError::Unserializable;
        QTest::newRow("void") << QByteArray("\x7f\x04\0\0\0void\0\0\0\0", 13) << AioError::Unserializable;
        QTest::newRow("rest in stream") << QByteArray("\x7f\x06\0\0\0QPoint\x09\0\0\0\0\0\0\1\0\0\0\1x", 24) << AioError::ProtocolError;
        QTest::newRow("hostile count in stream")
            << QByteArray("\x7f\x0a\0\0\0QList<int>\x04\0\0\0\x7f\xff\xff\xff", 23) << AioError::ProtocolError;
        QTest::newRow("operator throws") << QByteArray("\x7f\x07\0\0\0Thrower\x04\0\0\0\0\0\0\1", 20) << AioError::ProtocolError;
        QTest::newRow("lists nested 100 000 deep")
            << QByteArray::fromHex("2001000000").repeated(100000) + QByteArray(1, '\0') << AioError::ProtocolError;
    }
    void hostileBytes()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(AioError::Code, code);
        QVariant read(1);
        const AioError error = decodeVariant(bytes, read);
        QCOMPARE(error.code, code);
        QVERIFY(!read.isValid());
        QVERIFY(!error.message.isEmpty());
    }

    void randomBytesAreReadOrRefused()
    {
        QRandomGenerator random(4711);    // fixed: a failure is repeatable
        const QByteArray tags = QByteArray::fromHex("000102030405060708090a0b0c0d1011181920212223");
        for (int round = 0; round < 20000; ++round) {
            QByteArray bytes;
            for (int length = random.bounded(40); length > 0; --length)
                bytes += random.bounded(2) ? tags[random.bounded(tags.size())] : char(random.bounded(4));
            QVariant read;
            const AioError error = decodeVariant(bytes, read);
            if (error)
                QVERIFY(!read.isValid());
            else
                QCOMPARE(encoded(read).size(), bytes.size());
        }
    }

    void typeWithoutOperatorsIsNamedToTheWriter()
    {
        QByteArray bytes("kept");
        const AioError error = encodeVariant(QVariantList{1, QVariant::fromValue(NoOperators())}, bytes, "AioQueue::put");
        QCOMPARE(error.code, AioError::Unserializable);
        QVERIFY(error.message.contains(QLatin1String("NoOperators")));
        QVERIFY(error.message.contains(QLatin1String("operators")));
        QCOMPARE(error.operation, QStringLiteral("AioQueue::put"));
        QCOMPARE(bytes, "kept");
    }

    void pointersAreUnserializable()
    {
        QByteArray bytes;
        QCOMPARE(encodeVariant(QVariant::fromValue<QObject *>(this), bytes).code, AioError::Unserializable);
    }

    void tooDeepIsUnserializable()
    {
        QByteArray bytes;
        QCOMPARE(encodeVariant(nested(maxVariantDepth + 1), bytes).code, AioError::Unserializable);
        QVERIFY(bytes.isEmpty());
    }
};

QTEST_APPLESS_MAIN(tst_AioVariantCodec)
#include "tst_aiovariantcodec.moc"
