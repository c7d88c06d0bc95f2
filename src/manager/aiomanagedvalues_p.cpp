// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedvalues_p.h"

#include <limits>

namespace aio_detail {

qsizetype toPlace(qlonglong index, qsizetype size)
{
    const qlonglong place = index < 0 ? index + size : index;
    return place >= 0 && place < size ? qsizetype(place) : -1;
}

QString printed(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        return QStringLiteral("None");
    case QMetaType::Bool:
        return value.toBool() ? QStringLiteral("True") : QStringLiteral("False");
    case QMetaType::QString:
        return QLatin1Char('\'') + value.toString() + QLatin1Char('\'');
    case QMetaType::QVariantList: {
        QStringList parts;
        const QVariantList items = value.toList();
        for (const QVariant &item : items)
            parts.append(printed(item));
        return QLatin1Char('[') + parts.join(QStringLiteral(", ")) + QLatin1Char(']');
    }
    case QMetaType::QVariantMap: {
        QStringList parts;
        const QVariantMap map = value.toMap();
        for (auto it = map.begin(); it != map.end(); ++it)
            parts.append(printed(it.key()) + QStringLiteral(": ") + printed(it.value()));
        return QLatin1Char('{') + parts.join(QStringLiteral(", ")) + QLatin1Char('}');
    }
    default:
        break;
    }
    if (value.canConvert<ManagedReference>())
        return QStringLiteral("<%1>").arg(value.value<ManagedReference>().object->typeId);
    return value.canConvert<QString>() ? value.toString() : QLatin1StringView(value.typeName());
}

const ManagedNamespace::Methods &ManagedNamespace::methods()
{
    using N = ManagedNamespace;
    static const Methods all{{QStringLiteral("__getattribute__"), now(&N::attribute)},
                             {QStringLiteral("__setattr__"), now(&N::setAttribute)},
                             {QStringLiteral("__delattr__"), now(&N::deleteAttribute)}};
    return all;
}

QString ManagedNamespace::describe() const
{
    QStringList parts;
    for (auto it = m_attributes.begin(); it != m_attributes.end(); ++it)
        parts.append(it.key() + QLatin1Char('=') + printed(it.value()));
    return QStringLiteral("Namespace(%1)").arg(parts.join(QStringLiteral(", ")));
}

QVariant ManagedNamespace::attribute(const ManagedCall &call)
{
    const QString name = call.required(0, "name").toString();
    if (!m_attributes.contains(name))
        raise("AttributeError", QStringLiteral("'Namespace' object has no attribute '%1'").arg(name));
    return m_attributes.value(name);
}

QVariant ManagedNamespace::setAttribute(const ManagedCall &call)
{
    m_attributes.insert(call.required(0, "name").toString(), call.required(1, "value"));
    return {};
}

QVariant ManagedNamespace::deleteAttribute(const ManagedCall &call)
{
    attribute(call);
    m_attributes.remove(call.arguments.value(0).toString());
    return {};
}

const ManagedValue::Methods &ManagedValue::methods()
{
    using V = ManagedValue;
    static const Methods all{{QStringLiteral("get"), now(&V::get)}, {QStringLiteral("set"), now(&V::set)}};
    return all;
}

QString ManagedValue::describe() const
{
    return QStringLiteral("Value('%1', %2)").arg(m_type, printed(m_value));
}

QVariant ManagedValue::set(const ManagedCall &call)
{
    m_value = call.required(0, "value");
    return {};
}

ManagedArray::ManagedArray(const ManagedCall &call) : m_type(call.required(0, "typecode").toString())
{
    if (m_type.size() != 1 || !QStringLiteral("bBhHiIlLqQfd").contains(m_type))
        raise("ValueError", QStringLiteral("bad typecode (must be b, B, h, H, i, I, l, L, q, Q, f or d)"));
    const QVariantList items = call.argument(1, "sequence").toList();
    for (const QVariant &item : items)
        m_items.append(fitted(item));
}

QVariant ManagedArray::fitted(const QVariant &value) const
{
    const char type = m_type[0].toLatin1();
    bool ok = false;
    if (type == 'f' || type == 'd') {
        const double number = value.toDouble(&ok);
        if (!ok || value.typeId() == QMetaType::QString)
            raise("TypeError", QStringLiteral("must be real number"));
        return type == 'f' ? double(float(number)) : number;
    }
    if (value.typeId() == QMetaType::Double || value.typeId() == QMetaType::QString)
        raise("TypeError", QStringLiteral("an integer is required"));
    const qlonglong number = value.toLongLong(&ok);
    const int bits = type == 'b' || type == 'B' ? 8 : type == 'h' || type == 'H' ? 16 : type == 'i' || type == 'I' ? 32 : 64;
    const bool isSigned = QChar::fromLatin1(type).isLower();
    if (bits == 64) {
        if (!isSigned && value.toULongLong(&ok) > quint64(std::numeric_limits<qlonglong>::max()) && ok && number <= 0)
            return value.toULongLong();
        if (!ok || (!isSigned && number < 0))
            raise("OverflowError", QStringLiteral("the number does not fit the array"));
        return number;
    }
    const qlonglong most = (1ll << (isSigned ? bits - 1 : bits)) - 1;
    if (!ok || number > most || number < (isSigned ? -most - 1 : 0))
        raise("OverflowError", QStringLiteral("the number does not fit the array"));
    return number;
}

const ManagedArray::Methods &ManagedArray::methods()
{
    using A = ManagedArray;
    static const Methods all{{QStringLiteral("__len__"), now(&A::length)},
                             {QStringLiteral("__getitem__"), now(&A::item)},
                             {QStringLiteral("__setitem__"), now(&A::setItem)}};
    return all;
}

QString ManagedArray::describe() const
{
    return QStringLiteral("array('%1', %2)").arg(m_type, printed(m_items));
}

QVariant ManagedArray::item(const ManagedCall &call)
{
    const qsizetype place = toPlace(call.integer(0, "index", 0), m_items.size());
    if (place < 0)
        raise("IndexError", QStringLiteral("array index out of range"));
    return m_items[place];
}

QVariant ManagedArray::setItem(const ManagedCall &call)
{
    const qsizetype place = toPlace(call.integer(0, "index", 0), m_items.size());
    if (place < 0)
        raise("IndexError", QStringLiteral("array assignment index out of range"));
    m_items[place] = fitted(call.required(1, "value"));
    return {};
}

const ManagedIterator::Methods &ManagedIterator::methods()
{
    using I = ManagedIterator;
    static const Methods all{{QStringLiteral("__next__"), now(&I::next)}, {QStringLiteral("close"), now(&I::close)}};
    return all;
}

QVariant ManagedIterator::next(const ManagedCall &)
{
    if (m_at >= m_items.size())
        raise("StopIteration", {});
    return m_items[m_at++];
}

QVariant ManagedIterator::close(const ManagedCall &)
{
    m_at = m_items.size();
    return {};
}

} // namespace aio_detail
