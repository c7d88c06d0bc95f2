// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aioplainvalue_p.h"

#include <aioprocessing/aioremoteobject.h>

#include <QAssociativeIterable>
#include <QMetaType>
#include <QSequentialIterable>

namespace aio_detail {

bool toPlainValue(QVariant &value)
{
    const QMetaType type = value.metaType();
    switch (type.id()) {
    case QMetaType::UnknownType:
    case QMetaType::Bool:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Double:
    case QMetaType::QString:
    case QMetaType::QByteArray:
    case QMetaType::QVariantList:
    case QMetaType::QVariantMap:
    case QMetaType::QDate:
    case QMetaType::QTime:
    case QMetaType::QDateTime:
        return true;
    case QMetaType::Nullptr:
        value = QVariant();
        return true;
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::Short:
    case QMetaType::Int:
    case QMetaType::Long:
        value = value.toLongLong();
        return true;
    case QMetaType::UChar:
    case QMetaType::UShort:
    case QMetaType::UInt:
    case QMetaType::ULong:
        value = value.toULongLong();
        return true;
    case QMetaType::Float:
        value = double(value.toFloat());
        return true;
    case QMetaType::QChar:
        value = QString(value.toChar());
        return true;
    case QMetaType::QStringList:
    case QMetaType::QByteArrayList:
        value = value.toList();
        return true;
    case QMetaType::QVariantHash: {
        const QVariantHash hash = value.toHash();
        QVariantMap map;
        for (auto it = hash.begin(); it != hash.end(); ++it)
            map.insert(it.key(), it.value());
        value = map;
        return true;
    }
    default:
        break;
    }
    if (type == QMetaType::fromType<AioRemoteObject>())
        return true;
    if (type.flags().testFlag(QMetaType::IsEnumeration)) {
        value = value.toLongLong();
        return true;
    }
    if (QMetaType::canView(type, QMetaType::fromType<QSequentialIterable>())) {
        QVariantList list;
        const auto items = value.view<QSequentialIterable>();
        for (const QVariant &item : items)
            list.append(item);
        value = list;
        return true;
    }
    if (QMetaType::canView(type, QMetaType::fromType<QAssociativeIterable>())) {
        QVariantMap map;
        const auto entries = value.view<QAssociativeIterable>();
        for (auto it = entries.begin(); it != entries.end(); ++it) {
            if (it.key().typeId() != QMetaType::QString)
                return false;
            map.insert(it.key().toString(), it.value());
        }
        value = map;
        return true;
    }
    return false;
}

AioError notPlain(const QVariant &value, const char *codec, const char *operation)
{
    return makeError(AioError::Unserializable,
                     QStringLiteral("a value of type %1 cannot be written as %2: send numbers, text, bytes, dates, lists and maps of them")
                         .arg(QLatin1StringView(value.typeName()), QLatin1StringView(codec)),
                     QLatin1StringView(operation));
}

AioError tooDeep(const char *codec, const char *operation)
{
    return makeError(AioError::Unserializable,
                     QStringLiteral("the values nest more than %1 deep, which %2 must not here: send them flatter")
                         .arg(maxPlainDepth).arg(QLatin1StringView(codec)),
                     QLatin1StringView(operation));
}

} // namespace aio_detail
