// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiovariantreader_p.h"

#include "codec/aiodatetime_p.h"
#include "codec/aiovariantcodec_p.h"

#include <aioprocessing/aiohandle.h>

#include <QDateTime>
#include <QMetaType>
#include <QStringList>
#include <QtEndian>

#include <algorithm>

namespace aio_detail {

bool VariantReader::readAll(QVariant &value)
{
    return read(value, 0) && failUnlessAtEnd();
}

bool VariantReader::readAll(QVariantList &values)
{
    const auto tag = m_in.number<std::uint8_t>();
    if (m_in.failed())
        return failTruncated();
    if (VariantTag(tag) != VariantTag::List)
        return fail(AioError::ProtocolError, QStringLiteral("a list was expected, and another value came"));
    return readList(values, 0) && failUnlessAtEnd();
}

bool VariantReader::failUnlessAtEnd()
{
    if (m_in.left() != 0)
        return fail(AioError::ProtocolError, QStringLiteral("%1 bytes follow the end of a value").arg(m_in.left()));
    return true;
}

bool VariantReader::read(QVariant &value, int depth)
{
    const auto tag = m_in.number<std::uint8_t>();
    if (m_in.failed())
        return failTruncated();
    switch (VariantTag(tag)) {
    case VariantTag::Invalid:
        value = QVariant();
        return true;
    case VariantTag::False:
        value = false;
        return true;
    case VariantTag::True:
        value = true;
        return true;
    case VariantTag::Char:
        return readNumber<char, char>(value);
    case VariantTag::SChar:
        return readNumber<signed char, signed char>(value);
    case VariantTag::UChar:
        return readNumber<uchar, uchar>(value);
    case VariantTag::Short:
        return readNumber<qint16, short>(value);
    case VariantTag::UShort:
        return readNumber<quint16, ushort>(value);
    case VariantTag::Int:
        return readNumber<qint32, int>(value);
    case VariantTag::UInt:
        return readNumber<quint32, uint>(value);
    case VariantTag::Long:
        return readNumber<qint64, long>(value);
    case VariantTag::ULong:
        return readNumber<quint64, ulong>(value);
    case VariantTag::LongLong:
        return readNumber<qint64, qlonglong>(value);
    case VariantTag::ULongLong:
        return readNumber<quint64, qulonglong>(value);
    case VariantTag::Float:
        return readNumber<float, float>(value);
    case VariantTag::Double:
        return readNumber<double, double>(value);
    case VariantTag::String: {
        QString text;
        if (!readText(text))
            return false;
        value = text;
        return true;
    }
    case VariantTag::ByteArray: {
        QByteArrayView bytes;
        bool isNull = false;
        if (!readBlob(bytes, &isNull))
            return false;
        value = isNull ? QByteArray() : QByteArray(bytes.data(), bytes.size());
        return true;
    }
    case VariantTag::List: {
        QVariantList list;
        if (!readList(list, depth))
            return false;
        value = QVariant::fromValue(std::move(list));
        return true;
    }
    case VariantTag::Map:
        return readPairs<QVariantMap>(value, depth);
    case VariantTag::Hash:
        return readPairs<QVariantHash>(value, depth);
    case VariantTag::StringList:
        return readStringList(value);
    case VariantTag::DateTime:
        return readDateTime(value);
    case VariantTag::Handle:
        return readHandle(value);
    case VariantTag::Streamed:
        return readStreamed(value);
    }
    return fail(AioError::ProtocolError,
                QStringLiteral("0x%1 is not the tag of a value").arg(uint(tag), 2, 16, QLatin1Char('0')));
}

bool VariantReader::readDateTime(QVariant &value)
{
    const QDate date = QDate::fromJulianDay(m_in.number<qint64>());
    const QTime time = QTime::fromMSecsSinceStartOfDay(m_in.number<qint32>());
    const auto kind = DateTimeKind(m_in.number<std::uint8_t>());
    const auto offset = m_in.number<qint32>();
    if (m_in.failed())
        return failTruncated();
    QDateTime moment;
    if (kind == DateTimeKind::Utc)
        moment = dateTimeAt(date, time, 0);
    else if (kind == DateTimeKind::Offset && qAbs(qint64(offset)) <= 24 * 3600)
        moment = dateTimeAt(date, time, offset);
    else if (kind == DateTimeKind::Local)
        moment = QDateTime(date, time);
    if (!date.isValid() || !time.isValid() || moment.isNull())
        return fail(AioError::ProtocolError, QStringLiteral("the bytes of a QDateTime make no sense"));
    value = moment;
    return true;
}

bool VariantReader::readHandle(QVariant &value)
{
    const auto kind = m_in.number<std::uint8_t>();
    const auto address = m_in.number<quint64>();
    QByteArrayView context;
    if (!readBlob(context))
        return false;
    if (kind > AioHandle::Pool || context.size() > 64)
        return fail(AioError::ProtocolError, QStringLiteral("the bytes of an AioHandle make no sense"));
    value = QVariant::fromValue(AioHandle(AioHandle::Kind(kind), context.toByteArray(), address));
    return true;
}

bool VariantReader::readStreamed(QVariant &value)
{
    QByteArrayView name;
    QByteArrayView bytes;
    if (!readBlob(name) || !readBlob(bytes))
        return false;
    const QMetaType type = QMetaType::fromName(name);
    const QString printed = QString::fromUtf8(name.first(std::min<qsizetype>(name.size(), 200)));
    if (!type.isValid() || !type.hasRegisteredDataStreamOperators()) {
        return fail(AioError::Unserializable,
                    QStringLiteral("a value of type %1 arrived, which this process does not know: call "
                                   "qRegisterMetaType<%1>() at its start, with the QDataStream operators visible")
                        .arg(printed));
    }
    const QByteArray owned = QByteArray::fromRawData(bytes.data(), bytes.size());
    QDataStream stream(owned);
    stream.setVersion(variantStreamVersion);
    bool loaded = false;
    try {
        value = QVariant(type);
        loaded = value.isValid() && type.load(stream, value.data());
    } catch (...) {    // of an operator >> of the application, or bad_alloc for a hostile count
        loaded = false;
    }
    if (loaded && stream.status() == QDataStream::Ok && stream.atEnd())
        return true;
    return fail(AioError::ProtocolError, QStringLiteral("the bytes of a value of type %1 make no sense").arg(printed));
}

bool VariantReader::readList(QVariantList &list, int depth)
{
    if (isTooDeep(depth))
        return false;
    const std::uint32_t count = m_in.count(1);
    if (m_in.failed())
        return failTruncated();
    list.reserve(std::min<qsizetype>(count, 4096));    // one byte of input may become 32 of memory: grow as values arrive
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!read(list.emplace_back(), depth + 1))
            return false;
    }
    return true;
}

template<class Map>
bool VariantReader::readPairs(QVariant &value, int depth)
{
    if (isTooDeep(depth))
        return false;
    const std::uint32_t count = m_in.count(5);
    if (m_in.failed())
        return failTruncated();
    Map map;
    for (std::uint32_t i = 0; i < count; ++i) {
        QString name;
        QVariant item;
        if (!readText(name) || !read(item, depth + 1))
            return false;
        map.insert(name, item);
    }
    value = QVariant::fromValue(std::move(map));
    return true;
}

bool VariantReader::readStringList(QVariant &value)
{
    const std::uint32_t count = m_in.count(4);
    if (m_in.failed())
        return failTruncated();
    QStringList texts;
    texts.reserve(std::min<qsizetype>(count, 4096));
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!readText(texts.emplace_back()))
            return false;
    }
    value = QVariant::fromValue(std::move(texts));
    return true;
}

bool VariantReader::readText(QString &text)
{
    const auto units = m_in.number<std::uint32_t>();
    if (units == nullLength && !m_in.failed()) {
        text = QString();
        return true;
    }
    const char *from = m_in.bytes(size_t(units) * 2);
    if (m_in.failed())
        return failTruncated();
    text = QString(qsizetype(units), Qt::Uninitialized);
    qFromLittleEndian<quint16>(from, qsizetype(units), text.data());
    return true;
}

bool VariantReader::readBlob(QByteArrayView &bytes, bool *isNull)
{
    const auto size = m_in.number<std::uint32_t>();
    if (isNull && size == nullLength && !m_in.failed()) {
        *isNull = true;
        return true;
    }
    const char *from = m_in.bytes(size);
    if (m_in.failed())
        return failTruncated();
    bytes = QByteArrayView(from, qsizetype(size));
    return true;
}

bool VariantReader::isTooDeep(int depth)
{
    if (depth < maxVariantDepth)
        return false;
    fail(AioError::ProtocolError,
         QStringLiteral("lists and maps in a value are nested more than %1 deep").arg(maxVariantDepth));
    return true;
}

bool VariantReader::fail(AioError::Code code, const QString &text)
{
    m_errorCode = code;
    m_errorText = text;
    return false;
}

bool VariantReader::failTruncated()
{
    return fail(AioError::ProtocolError, QStringLiteral("a value ends before its time, or a length in it is wrong"));
}

} // namespace aio_detail
