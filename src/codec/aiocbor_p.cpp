// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiocbor_p.h"

#include "codec/aioplainvalue_p.h"

#include <QCborArray>
#include <QCborMap>
#include <QCborStreamReader>
#include <QCborValue>
#include <QDateTime>

#include <limits>

namespace aio_detail {
namespace {

AioError toCbor(const QVariant &given, QCborValue &out, int depth, const char *operation)
{
    if (depth > maxPlainDepth)
        return tooDeep("CBOR", operation);
    QVariant value = given;
    if (!toPlainValue(value))
        return notPlain(given, "CBOR", operation);
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        out = QCborValue(nullptr);
        return {};
    case QMetaType::ULongLong:
        if (value.toULongLong() > quint64(std::numeric_limits<qint64>::max()))
            return notPlain(given, "CBOR", operation);      // QCborValue has no room for it
        out = value.toLongLong();
        return {};
    case QMetaType::QVariantList: {
        QCborArray array;
        const QVariantList list = value.toList();
        for (const QVariant &item : list) {
            QCborValue element;
            if (const AioError error = toCbor(item, element, depth + 1, operation))
                return error;
            array.append(element);
        }
        out = array;
        return {};
    }
    case QMetaType::QVariantMap: {
        QCborMap map;
        const QVariantMap entries = value.toMap();
        for (auto it = entries.begin(); it != entries.end(); ++it) {
            QCborValue element;
            if (const AioError error = toCbor(it.value(), element, depth + 1, operation))
                return error;
            map.insert(it.key(), element);
        }
        out = map;
        return {};
    }
    case QMetaType::QDate:
    case QMetaType::QTime:
        out = value.toString();     // ISO 8601: CBOR has a tag for both together only
        return {};
    case QMetaType::Bool:
    case QMetaType::LongLong:
    case QMetaType::Double:
    case QMetaType::QString:
    case QMetaType::QByteArray:
    case QMetaType::QDateTime:
        out = QCborValue::fromVariant(value);
        return {};
    default:
        return notPlain(given, "CBOR", operation);
    }
}

} // namespace

AioError encodeCbor(const QVariant &value, QByteArray &out, const char *operation)
{
    QCborValue item;
    const AioError error = toCbor(value, item, 0, operation);
    if (!error)
        out += item.toCbor();
    return error;
}

AioError decodeCbor(QByteArrayView bytes, QVariant &value, const char *operation)
{
    value = QVariant();
    QCborStreamReader reader(bytes.data(), bytes.size());
    const QCborValue item = QCborValue::fromCbor(reader);
    if (reader.lastError() != QCborError::NoError || reader.currentOffset() != bytes.size()) {
        const QString why = reader.lastError() != QCborError::NoError ? reader.lastError().toString()
                                                                     : QStringLiteral("something follows the first item");
        return makeError(AioError::ProtocolError, QStringLiteral("these bytes are no CBOR: %1").arg(why), QLatin1StringView(operation));
    }
    value = item.toVariant();
    if (item.isNull() || item.isUndefined())
        value = QVariant();
    return {};
}

} // namespace aio_detail
