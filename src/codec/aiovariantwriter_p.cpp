// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiovariantwriter_p.h"

#include "codec/aiovariantcodec_p.h"

#include <aioprocessing/aiohandle.h>

#include <QDateTime>
#include <QIODevice>
#include <QMetaType>
#include <QStringList>
#include <QtEndian>

#include <algorithm>

namespace aio_detail {
namespace {

// Takes so many bytes and no more.
class LimitedBuffer final : public QIODevice
{
public:
    explicit LimitedBuffer(qsizetype limit) : m_limit(limit) { open(WriteOnly | Unbuffered); }
    bool isSequential() const override { return true; }
    const QByteArray &bytes() const { return m_bytes; }
    bool isOverLimit() const { return m_isOverLimit; }

protected:
    qint64 readData(char *, qint64) override { return -1; }
    qint64 writeData(const char *data, qint64 size) override
    {
        m_isOverLimit |= size > m_limit - m_bytes.size();
        if (m_isOverLimit)
            return -1;
        m_bytes.append(data, qsizetype(size));
        return size;
    }

private:
    const qsizetype m_limit;
    QByteArray m_bytes;
    bool m_isOverLimit = false;
};

} // namespace

bool VariantWriter::write(const QVariant &value, int depth)
{
    const void *data = value.constData();
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        writeTag(VariantTag::Invalid);
        return true;
    case QMetaType::Bool:
        writeTag(*static_cast<const bool *>(data) ? VariantTag::True : VariantTag::False);
        return true;
    case QMetaType::Char:
        return writeNumber<char, char>(VariantTag::Char, data);
    case QMetaType::SChar:
        return writeNumber<signed char, signed char>(VariantTag::SChar, data);
    case QMetaType::UChar:
        return writeNumber<uchar, uchar>(VariantTag::UChar, data);
    case QMetaType::Short:
        return writeNumber<qint16, short>(VariantTag::Short, data);
    case QMetaType::UShort:
        return writeNumber<quint16, ushort>(VariantTag::UShort, data);
    case QMetaType::Int:
        return writeNumber<qint32, int>(VariantTag::Int, data);
    case QMetaType::UInt:
        return writeNumber<quint32, uint>(VariantTag::UInt, data);
    case QMetaType::Long:
        return writeNumber<qint64, long>(VariantTag::Long, data);
    case QMetaType::ULong:
        return writeNumber<quint64, ulong>(VariantTag::ULong, data);
    case QMetaType::LongLong:
        return writeNumber<qint64, qlonglong>(VariantTag::LongLong, data);
    case QMetaType::ULongLong:
        return writeNumber<quint64, qulonglong>(VariantTag::ULongLong, data);
    case QMetaType::Float:
        return writeNumber<float, float>(VariantTag::Float, data);
    case QMetaType::Double:
        return writeNumber<double, double>(VariantTag::Double, data);
    case QMetaType::QString:
        writeTag(VariantTag::String);
        return writeText(*static_cast<const QString *>(data));
    case QMetaType::QByteArray: {
        const auto &bytes = *static_cast<const QByteArray *>(data);
        writeTag(VariantTag::ByteArray);
        return writeBlob(bytes.constData(), bytes.size(), bytes.isNull());
    }
    case QMetaType::QVariantList:
        return writeList(*static_cast<const QVariantList *>(data), depth);
    case QMetaType::QVariantMap:
        return writePairs(VariantTag::Map, *static_cast<const QVariantMap *>(data), depth);
    case QMetaType::QVariantHash:
        return writePairs(VariantTag::Hash, *static_cast<const QVariantHash *>(data), depth);
    case QMetaType::QStringList: {
        const auto &texts = *static_cast<const QStringList *>(data);
        writeTag(VariantTag::StringList);
        return writeLength(texts.size())
            && std::all_of(texts.begin(), texts.end(), [this](const QString &text) { return writeText(text); });
    }
    case QMetaType::QDateTime:
        return writeDateTime(value);
    default:
        return value.metaType() == QMetaType::fromType<AioHandle>() ? writeHandle(value) : writeStreamed(value);
    }
}

// Those with a time zone, which the tag has no place for, are streamed.
bool VariantWriter::writeDateTime(const QVariant &value)
{
    const auto &moment = *static_cast<const QDateTime *>(value.constData());
    const Qt::TimeSpec spec = moment.timeSpec();
    if (!moment.isValid() || spec == Qt::TimeZone)
        return writeStreamed(value);
    const DateTimeKind kind = spec == Qt::UTC ? DateTimeKind::Utc : spec == Qt::OffsetFromUTC ? DateTimeKind::Offset : DateTimeKind::Local;
    char bytes[18];
    bytes[0] = char(VariantTag::DateTime);
    aio_raw::storeLittle(qint64(moment.date().toJulianDay()), bytes + 1);
    aio_raw::storeLittle(qint32(moment.time().msecsSinceStartOfDay()), bytes + 9);
    bytes[13] = char(kind);
    aio_raw::storeLittle(qint32(kind == DateTimeKind::Offset ? moment.offsetFromUtc() : 0), bytes + 14);
    m_out.append(bytes, sizeof bytes);
    return hasRoom(0);
}

bool VariantWriter::writeHandle(const QVariant &value)
{
    const auto &handle = *static_cast<const AioHandle *>(value.constData());
    if (handle != AioHandle(handle.kind(), handle.context(), handle.address()))
        return writeStreamed(value);        // it has more than this
    char bytes[10];
    bytes[0] = char(VariantTag::Handle);
    bytes[1] = char(handle.kind());
    aio_raw::storeLittle(handle.address(), bytes + 2);
    m_out.append(bytes, sizeof bytes);
    return writeBlob(handle.context().constData(), handle.context().size(), false);
}

bool VariantWriter::writeStreamed(const QVariant &value)
{
    const QMetaType type = value.metaType();
    const QString name = QString::fromUtf8(type.name());
    const QString advice = QStringLiteral(
        "give it QDataStream operators << and >> that are visible where the value becomes a QVariant, or send its contents "
        "as a QVariantMap or QByteArray");
    if (!type.hasRegisteredDataStreamOperators()) {
        return fail(AioError::Unserializable,
                    QStringLiteral("a value of type %1 cannot be sent to another process: %2").arg(name, advice));
    }
    LimitedBuffer buffer(m_end - m_out.size());
    QDataStream stream(&buffer);
    stream.setVersion(variantStreamVersion);
    const bool saved = type.save(stream, value.constData());
    m_isOverLimit |= buffer.isOverLimit();
    if (m_isOverLimit)
        return false;
    if (!saved || stream.status() != QDataStream::Ok) {
        return fail(AioError::Unserializable,
                    QStringLiteral("the QDataStream operator << of %1 failed for this value").arg(name));
    }
    writeTag(VariantTag::Streamed);
    const QByteArrayView rawName(type.name());
    return writeBlob(rawName.data(), rawName.size(), false) && writeBlob(buffer.bytes().constData(), buffer.bytes().size(), false);
}

bool VariantWriter::writeList(std::span<const QVariant> list, int depth)
{
    if (isTooDeep(depth))
        return false;
    if (list.size() >= nullLength)
        return writeLength(qsizetype(list.size()));     // says why not
    char head[5] = {char(VariantTag::List)};
    aio_raw::storeLittle(std::uint32_t(list.size()), head + 1);
    m_out.append(head, sizeof head);
    for (const QVariant &item : list) {
        if (!write(item, depth + 1))
            return false;
    }
    return true;
}

template<class Map>
bool VariantWriter::writePairs(VariantTag tag, const Map &map, int depth)
{
    writeTag(tag);
    if (isTooDeep(depth) || !writeLength(map.size()))
        return false;
    for (auto it = map.begin(); it != map.end(); ++it) {
        if (!writeText(it.key()) || !write(it.value(), depth + 1))
            return false;
    }
    return true;
}

bool VariantWriter::writeText(const QString &text)
{
    if (text.isNull())
        return writeBlob(nullptr, 0, true);
    if (!writeLength(text.size()) || !hasRoom(text.size() * 2))
        return false;
    const qsizetype at = m_out.size();
    m_out.resize(at + text.size() * 2);
    qToLittleEndian<quint16>(text.utf16(), text.size(), m_out.data() + at);
    return true;
}

bool VariantWriter::writeBlob(const char *data, qsizetype size, bool isNull)
{
    if (isNull) {
        char bytes[4];
        aio_raw::storeLittle(nullLength, bytes);
        m_out.append(bytes, sizeof bytes);
        return true;
    }
    if (!writeLength(size) || !hasRoom(size))
        return false;
    m_out.append(data, size);
    return true;
}

bool VariantWriter::writeLength(qsizetype length)
{
    if (quint64(length) >= nullLength) {
        return fail(AioError::TooLarge,
                    QStringLiteral("a value with %1 elements or bytes in one piece is too large to send; the limit is "
                                   "4 294 967 294: send it in parts").arg(length));
    }
    char bytes[4];
    aio_raw::storeLittle(std::uint32_t(length), bytes);
    m_out.append(bytes, sizeof bytes);
    return true;
}

bool VariantWriter::isTooDeep(int depth)
{
    if (depth < maxVariantDepth)
        return false;
    fail(AioError::Unserializable,
         QStringLiteral("lists and maps are nested more than %1 deep, which cannot be sent to another process: send a "
                        "flatter structure").arg(maxVariantDepth));
    return true;
}

bool VariantWriter::fail(AioError::Code code, const QString &text)
{
    m_errorCode = code;
    m_errorText = text;
    return false;
}

} // namespace aio_detail
