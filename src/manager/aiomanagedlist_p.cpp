// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedlist_p.h"

#include "manager/aiomanagedvalues_p.h"

#include <aioprocessing/aioremoteobject.h>

#include <algorithm>

namespace aio_detail {

namespace {

constexpr qlonglong mostItems = 10'000'000;      // that one short request may make of a list

bool isSlice(const QVariant &index)
{
    return index.metaType() == QMetaType::fromType<AioRemoteObject>()
        && index.value<AioRemoteObject>().isBuiltin(QLatin1StringView("slice"));
}

} // namespace

ManagedList::ManagedList(const ManagedCall &call) : m_items(call.argument(0, "sequence").toList()) {}

const ManagedList::Methods &ManagedList::methods()
{
    using L = ManagedList;
    static const Methods all{
        {QStringLiteral("__add__"), now(&L::add)},           {QStringLiteral("__contains__"), now(&L::contains)},
        {QStringLiteral("__delitem__"), now(&L::deleteItem)}, {QStringLiteral("__getitem__"), now(&L::item)},
        {QStringLiteral("__len__"), now(&L::length)},        {QStringLiteral("__mul__"), now(&L::times)},
        {QStringLiteral("__reversed__"), now(&L::reversed)}, {QStringLiteral("__rmul__"), now(&L::times)},
        {QStringLiteral("__setitem__"), now(&L::setItem)},   {QStringLiteral("append"), now(&L::append)},
        {QStringLiteral("clear"), now(&L::clear)},           {QStringLiteral("copy"), now(&L::copy)},
        {QStringLiteral("count"), now(&L::count)},           {QStringLiteral("extend"), now(&L::extend)},
        {QStringLiteral("index"), now(&L::index)},           {QStringLiteral("insert"), now(&L::insert)},
        {QStringLiteral("pop"), now(&L::pop)},               {QStringLiteral("remove"), now(&L::remove)},
        {QStringLiteral("reverse"), now(&L::reverse)},       {QStringLiteral("sort"), now(&L::sort)},
        {QStringLiteral("__imul__"), now(&L::multiply)},
    };
    return all;
}

QString ManagedList::describe() const
{
    return printed(m_items);
}

qsizetype ManagedList::indexOf(const ManagedCall &call, int argument) const
{
    const qsizetype place = toPlace(call.integer(argument, "index", 0), m_items.size());
    if (place < 0)
        raise("IndexError", QStringLiteral("list index out of range"));
    return place;
}

// slice(start, stop, step), each of which may be None
QList<qsizetype> ManagedList::placesOf(const QVariant &slice) const
{
    const QVariantList parts = slice.value<AioRemoteObject>().arguments();
    const qlonglong size = m_items.size();
    const qlonglong step = parts.value(2).isNull() ? 1 : parts.value(2).toLongLong();
    if (step == 0)
        raise("ValueError", QStringLiteral("slice step cannot be zero"));
    const auto limited = [&](const QVariant &part, qlonglong otherwise) {
        if (part.isNull())
            return otherwise;
        const qlonglong index = part.toLongLong() < 0 ? part.toLongLong() + size : part.toLongLong();
        return step > 0 ? std::clamp<qlonglong>(index, 0, size) : std::clamp<qlonglong>(index, -1, size - 1);
    };
    const qlonglong end = limited(parts.value(1), step > 0 ? size : -1);
    const qlonglong stride = std::clamp<qlonglong>(step, -size - 1, size + 1);      // a longer one leads to nothing more
    QList<qsizetype> places;
    for (qlonglong i = limited(parts.value(0), step > 0 ? 0 : size - 1); step > 0 ? i < end : i > end; i += stride)
        places.append(qsizetype(i));
    return places;
}

qsizetype ManagedList::find(const QVariant &item, qsizetype from, qsizetype to) const
{
    for (qsizetype i = from; i < to; ++i) {
        if (m_items[i] == item)
            return i;
    }
    return -1;
}

QVariant ManagedList::deleteItem(const ManagedCall &call)
{
    const QVariant index = call.required(0, "index");
    if (!isSlice(index)) {
        m_items.removeAt(indexOf(call, 0));
        return {};
    }
    QList<qsizetype> places = placesOf(index);
    std::sort(places.begin(), places.end(), std::greater<>());
    for (const qsizetype place : std::as_const(places))
        m_items.removeAt(place);
    return {};
}

QVariant ManagedList::item(const ManagedCall &call)
{
    const QVariant index = call.required(0, "index");
    if (!isSlice(index))
        return m_items[indexOf(call, 0)];
    QVariantList part;
    const QList<qsizetype> places = placesOf(index);
    for (const qsizetype place : places)
        part.append(m_items[place]);
    return part;
}

QVariant ManagedList::times(const ManagedCall &call)
{
    const qlonglong wanted = call.integer(0, "n", 0);
    const qlonglong count = m_items.isEmpty() ? 0 : wanted;
    if (count > 0 && m_items.size() > mostItems / count)
        raise("MemoryError", QStringLiteral("the list would have more than %1 items").arg(mostItems));
    QVariantList all;
    for (qlonglong i = 0; i < count; ++i)
        all += m_items;
    return all;
}

QVariant ManagedList::multiply(const ManagedCall &call)
{
    m_items = times(call).toList();
    return {};
}

// as Python pickles it: an iterator over the reversed list
QVariant ManagedList::reversed(const ManagedCall &)
{
    QVariantList items = m_items;
    std::reverse(items.begin(), items.end());
    return QVariant::fromValue(AioRemoteObject::call(QStringLiteral("builtins"), QStringLiteral("iter"), {QVariant(items)}));
}

QVariant ManagedList::setItem(const ManagedCall &call)
{
    const QVariant index = call.required(0, "index");
    const QVariant value = call.required(1, "value");
    if (!isSlice(index)) {
        m_items[indexOf(call, 0)] = value;
        return {};
    }
    const QVariantList parts = index.value<AioRemoteObject>().arguments();
    const QVariantList values = value.toList();
    const QList<qsizetype> places = placesOf(index);
    if (parts.value(2).isNull() || parts.value(2).toLongLong() == 1) {
        // the part becomes another one, of whatever length
        const qlonglong start = parts.value(0).toLongLong();
        const qsizetype at = places.isEmpty() ? qsizetype(qBound<qlonglong>(0, start < 0 ? start + m_items.size() : start, m_items.size()))
                                              : places.constFirst();
        m_items.remove(at, places.size());
        for (qsizetype i = 0; i < values.size(); ++i)
            m_items.insert(at + i, values[i]);
        return {};
    }
    if (values.size() != places.size()) {
        raise("ValueError", QStringLiteral("attempt to assign sequence of size %1 to extended slice of size %2")
                                .arg(values.size()).arg(places.size()));
    }
    for (qsizetype i = 0; i < places.size(); ++i)
        m_items[places[i]] = values[i];
    return {};
}

QVariant ManagedList::append(const ManagedCall &call)
{
    m_items.append(call.required(0, "object"));
    return {};
}

QVariant ManagedList::clear(const ManagedCall &)
{
    m_items.clear();
    return {};
}

QVariant ManagedList::count(const ManagedCall &call)
{
    return qlonglong(m_items.count(call.required(0, "value")));
}

QVariant ManagedList::extend(const ManagedCall &call)
{
    m_items += call.required(0, "iterable").toList();
    return {};
}

QVariant ManagedList::index(const ManagedCall &call)
{
    const qlonglong size = m_items.size();
    const auto bound = [size](qlonglong i) { return qsizetype(qBound<qlonglong>(0, i < 0 ? i + size : i, size)); };
    const qsizetype found = find(call.required(0, "value"), bound(call.integer(1, "start", 0)), bound(call.integer(2, "stop", size)));
    if (found < 0)
        raise("ValueError", QStringLiteral("%1 is not in list").arg(printed(call.arguments.value(0))));
    return qlonglong(found);
}

QVariant ManagedList::insert(const ManagedCall &call)
{
    const qlonglong index = call.integer(0, "index", 0);
    const qlonglong size = m_items.size();
    m_items.insert(qsizetype(qBound<qlonglong>(0, index < 0 ? index + size : index, size)), call.required(1, "object"));
    return {};
}

QVariant ManagedList::pop(const ManagedCall &call)
{
    if (m_items.isEmpty())
        raise("IndexError", QStringLiteral("pop from empty list"));
    const qsizetype place = toPlace(call.integer(0, "index", -1), m_items.size());
    if (place < 0)
        raise("IndexError", QStringLiteral("pop index out of range"));
    return m_items.takeAt(place);
}

QVariant ManagedList::remove(const ManagedCall &call)
{
    const qsizetype found = find(call.required(0, "value"), 0, m_items.size());
    if (found < 0)
        raise("ValueError", QStringLiteral("list.remove(x): x not in list"));
    m_items.removeAt(found);
    return {};
}

QVariant ManagedList::reverse(const ManagedCall &)
{
    std::reverse(m_items.begin(), m_items.end());
    return {};
}

QVariant ManagedList::sort(const ManagedCall &call)
{
    if (!call.argument(0, "key").isNull())
        raise("TypeError", QStringLiteral("sort() takes no key here: no function of a client is ever called"));
    QVariantList sorted = m_items;
    bool isOrdered = true;
    std::stable_sort(sorted.begin(), sorted.end(), [&isOrdered](const QVariant &a, const QVariant &b) {
        const QPartialOrdering order = a.metaType() == b.metaType() || (a.canConvert<double>() && b.canConvert<double>())
            ? QVariant::compare(a, b) : QPartialOrdering::Unordered;
        isOrdered = isOrdered && order != QPartialOrdering::Unordered;
        return order == QPartialOrdering::Less;
    });
    if (!isOrdered)
        raise("TypeError", QStringLiteral("'<' not supported between the items"));
    if (call.argument(1, "reverse", false).toBool())
        std::reverse(sorted.begin(), sorted.end());
    m_items = sorted;
    return {};
}

} // namespace aio_detail
