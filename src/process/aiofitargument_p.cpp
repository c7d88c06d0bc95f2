// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiofitargument_p.h"

#include <cmath>

namespace aio_detail {

namespace {

bool isNumberType(QMetaType type)
{
    switch (type.id()) {
    case QMetaType::Bool:
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::ULong:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Float:
    case QMetaType::Double:
        return true;
    default:
        return type.flags().testFlag(QMetaType::IsEnumeration);
    }
}

bool isTextType(QMetaType type)
{
    return type.id() == QMetaType::QString || type.id() == QMetaType::QByteArray || type.id() == QMetaType::QChar;
}

bool isFloating(QMetaType type)
{
    return type.id() == QMetaType::Float || type.id() == QMetaType::Double;
}

// Whether the number \a after is what \a before was. Comparing as double alone would lose the low bits of long numbers.
bool sameNumber(const QVariant &before, const QVariant &after)
{
    if (isFloating(before.metaType()) || isFloating(after.metaType())) {
        const double a = before.toDouble();
        const double b = after.toDouble();
        if (std::isnan(a))
            return isFloating(after.metaType());
        const bool isExact = isFloating(before.metaType()) || qAbs(a) <= 9007199254740992.0;    // 2^53
        // A float is allowed to round a double, as C++ code would; a whole number is not.
        const bool mayRound = isFloating(before.metaType()) && after.typeId() == QMetaType::Float;
        return mayRound ? std::isinf(a) == std::isinf(b) : isExact && a == b;
    }
    const bool wasNegative = before.toLongLong() < 0 && before.typeId() != QMetaType::ULongLong
        && before.typeId() != QMetaType::ULong;
    const bool isNegative = after.toLongLong() < 0 && after.typeId() != QMetaType::ULongLong
        && after.typeId() != QMetaType::ULong;
    return wasNegative == isNegative && before.toLongLong() == after.toLongLong();
}

} // namespace

bool fitArgument(QVariant &argument, QMetaType type)
{
    const QMetaType given = argument.metaType();
    if (given == type || type == QMetaType::fromType<QVariant>())
        return true;
    if (!given.isValid() || (isTextType(given) && isNumberType(type)) || (isNumberType(given) && isTextType(type)))
        return false;
    QVariant converted = argument;
    if (!converted.convert(type))
        return false;
    if (isNumberType(given) && isNumberType(type) && !sameNumber(argument, converted))
        return false;
    argument = converted;
    return true;
}

} // namespace aio_detail
