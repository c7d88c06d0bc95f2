// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiopicklewriter_p.h"

#include "codec/aioplainvalue_p.h"
#include "codec/aiosurrogates_p.h"
#include "codec/rawpicklewriter.h"

#include <aioprocessing/aioremoteobject.h>

#include <QDateTime>

namespace aio_detail {
namespace {

class ByteArraySink : public aio_raw::PickleSink
{
public:
    explicit ByteArraySink(QByteArray &out) : m_out(out) {}
    void append(const char *bytes, std::size_t size) override { m_out.append(bytes, qsizetype(size)); }

private:
    QByteArray &m_out;
};

class VariantPickler
{
public:
    VariantPickler(aio_raw::PickleWriter &out, const char *operation) : m_out(out), m_operation(operation) {}

    // False: error() tells why.
    bool write(const QVariant &given, int depth);
    const AioError &error() const { return m_error; }

private:
    void writeText(const QString &text)
    {
        const QByteArray bytes = toUtf8WithSurrogates(text);
        m_out.text(bytes.constData(), std::size_t(bytes.size()));
    }
    void writeBytes(const QByteArray &bytes) { m_out.bytes(bytes.constData(), std::size_t(bytes.size())); }
    bool writeItems(const QVariantList &list, int depth);
    bool writeMap(const QVariantMap &map, int depth);
    bool writeObject(const AioRemoteObject &object, int depth);
    void writeDate(QDate date);
    void writeTime(QTime time);
    void writeDateTime(const QDateTime &time);

    aio_raw::PickleWriter &m_out;
    const char *m_operation;
    AioError m_error;
};

bool isPythonYear(QDate date)
{
    return date.isValid() && date.year() >= 1 && date.year() <= 9999;
}

void storeDate(QDate date, char *to)
{
    to[0] = char(date.year() >> 8);
    to[1] = char(date.year());
    to[2] = char(date.month());
    to[3] = char(date.day());
}

void storeTime(QTime time, char *to)
{
    const int micros = time.msec() * 1000;
    to[0] = char(time.hour());
    to[1] = char(time.minute());
    to[2] = char(time.second());
    to[3] = char(micros >> 16);
    to[4] = char(micros >> 8);
    to[5] = char(micros);
}

void VariantPickler::writeDate(QDate date)
{
    char bytes[4];
    storeDate(date, bytes);
    m_out.global("datetime", "date");
    m_out.beginTuple();
    m_out.bytes(bytes, sizeof bytes);
    m_out.endTuple();
    m_out.call();
}

void VariantPickler::writeTime(QTime time)
{
    char bytes[6];
    storeTime(time, bytes);
    m_out.global("datetime", "time");
    m_out.beginTuple();
    m_out.bytes(bytes, sizeof bytes);
    m_out.endTuple();
    m_out.call();
}

// Local time is one without zone in Python; every other one carries its offset from UTC.
void VariantPickler::writeDateTime(const QDateTime &time)
{
    char bytes[10];
    storeDate(time.date(), bytes);
    storeTime(time.time(), bytes + 4);
    m_out.global("datetime", "datetime");
    m_out.beginTuple();
    m_out.bytes(bytes, sizeof bytes);
    if (time.timeSpec() != Qt::LocalTime) {
        m_out.global("datetime", "timezone");
        m_out.beginTuple();
        m_out.global("datetime", "timedelta");
        m_out.beginTuple();
        m_out.integer(std::int64_t(0));
        m_out.integer(std::int64_t(time.offsetFromUtc()));
        m_out.endTuple();
        m_out.call();
        m_out.endTuple();
        m_out.call();
    }
    m_out.endTuple();
    m_out.call();
}

bool VariantPickler::writeItems(const QVariantList &list, int depth)
{
    for (const QVariant &item : list) {
        if (!write(item, depth + 1))
            return false;
    }
    return true;
}

bool VariantPickler::writeMap(const QVariantMap &map, int depth)
{
    m_out.beginDict();
    for (auto it = map.begin(); it != map.end(); ++it) {
        writeText(it.key());
        if (!write(it.value(), depth + 1))
            return false;
    }
    m_out.endDict();
    return true;
}

bool VariantPickler::writeObject(const AioRemoteObject &object, int depth)
{
    if (object.isNull()) {
        m_out.none();
        return true;
    }
    if (object.isBuiltin(QLatin1StringView("tuple"))) {
        m_out.beginTuple();
        if (!writeItems(object.toList(), depth))
            return false;
        m_out.endTuple();
        return true;
    }
    writeText(object.module());
    writeText(object.name());
    m_out.global();
    if (object.kind() == AioRemoteObject::Reference)
        return true;
    m_out.beginTuple();
    if (!writeItems(object.arguments(), depth + 1))
        return false;
    m_out.endTuple();
    if (object.kind() == AioRemoteObject::Call) {
        m_out.call();
    } else if (object.keywords().isEmpty()) {
        m_out.object();
    } else {
        if (!writeMap(object.keywords(), depth + 1))
            return false;
        m_out.objectWithKeywords();
    }
    if (!object.items().isEmpty()) {
        m_out.beginItems();
        if (!writeItems(object.items(), depth + 1))
            return false;
        m_out.endList();
    }
    if (!object.entries().isEmpty()) {
        m_out.beginEntries();
        if (!writeItems(object.entries(), depth + 1))
            return false;
        m_out.endDict();
    }
    if (object.hasState()) {
        if (!write(object.state(), depth + 1))
            return false;
        m_out.state();
    }
    return true;
}

bool VariantPickler::write(const QVariant &given, int depth)
{
    if (depth > maxPlainDepth) {
        m_error = tooDeep("pickle", m_operation);
        return false;
    }
    QVariant value = given;
    if (!toPlainValue(value)) {
        m_error = notPlain(given, "pickle", m_operation);
        return false;
    }
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        m_out.none();
        return true;
    case QMetaType::Bool:
        m_out.boolean(value.toBool());
        return true;
    case QMetaType::LongLong:
        m_out.integer(std::int64_t(value.toLongLong()));
        return true;
    case QMetaType::ULongLong:
        m_out.integer(std::uint64_t(value.toULongLong()));
        return true;
    case QMetaType::Double:
        m_out.real(value.toDouble());
        return true;
    case QMetaType::QString:
        writeText(value.toString());
        return true;
    case QMetaType::QByteArray:
        writeBytes(value.toByteArray());
        return true;
    case QMetaType::QVariantList:
        m_out.beginList();
        if (!writeItems(value.toList(), depth))
            return false;
        m_out.endList();
        return true;
    case QMetaType::QVariantMap:
        return writeMap(value.toMap(), depth);
    case QMetaType::QTime:
        if (value.toTime().isValid()) {
            writeTime(value.toTime());
            return true;
        }
        break;
    case QMetaType::QDate:
        if (isPythonYear(value.toDate())) {
            writeDate(value.toDate());
            return true;
        }
        break;
    case QMetaType::QDateTime:
        if (value.toDateTime().isValid() && isPythonYear(value.toDateTime().date())) {
            writeDateTime(value.toDateTime());
            return true;
        }
        break;
    default:
        return writeObject(value.value<AioRemoteObject>(), depth);
    }
    m_error = makeError(AioError::Unserializable,
                        QStringLiteral("a date or time that is not valid, or not of the years 1 to 9999, is none in Python: "
                                       "send an invalid QVariant, or text"),
                        QLatin1StringView(m_operation));
    return false;
}

} // namespace

AioError encodePickle(const QVariant &value, QByteArray &out, const char *operation)
{
    const qsizetype before = out.size();
    ByteArraySink sink(out);
    aio_raw::PickleWriter writer(sink);
    VariantPickler pickler(writer, operation);
    writer.begin();
    if (!pickler.write(value, 0)) {
        out.truncate(before);
        return pickler.error();
    }
    writer.end();
    return {};
}

} // namespace aio_detail
