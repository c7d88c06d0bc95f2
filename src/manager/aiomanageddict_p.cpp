// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanageddict_p.h"

#include "codec/aiopicklewriter_p.h"
#include "manager/aiomanagedvalues_p.h"

#include <aioprocessing/aioremoteobject.h>

#include <iterator>

namespace aio_detail {

namespace {

QVariant pairOf(const QVariant &key, const QVariant &value)
{
    return QVariant::fromValue(AioRemoteObject::tuple({key, value}));
}

} // namespace

ManagedDict::ManagedDict(const ManagedCall &call)
{
    updateWith(call);
}

const ManagedDict::Methods &ManagedDict::methods()
{
    using D = ManagedDict;
    static const Methods all{
        {QStringLiteral("__contains__"), now(&D::contains)}, {QStringLiteral("__delitem__"), now(&D::deleteItem)},
        {QStringLiteral("__getitem__"), now(&D::item)},      {QStringLiteral("__iter__"), now(&D::iterator)},
        {QStringLiteral("__len__"), now(&D::length)},        {QStringLiteral("__setitem__"), now(&D::setItem)},
        {QStringLiteral("clear"), now(&D::clear)},           {QStringLiteral("copy"), now(&D::copy)},
        {QStringLiteral("get"), now(&D::get)},               {QStringLiteral("items"), now(&D::items)},
        {QStringLiteral("keys"), now(&D::keys)},             {QStringLiteral("pop"), now(&D::pop)},
        {QStringLiteral("popitem"), now(&D::popItem)},       {QStringLiteral("setdefault"), now(&D::setDefault)},
        {QStringLiteral("update"), now(&D::updateWith)},     {QStringLiteral("values"), now(&D::values)},
    };
    return all;
}

ManagedDict::Entries::iterator ManagedDict::find(const QVariant &key, QByteArray *bytes)
{
    const int type = key.typeId();
    if (type == QMetaType::QVariantList || type == QMetaType::QVariantMap || key.canConvert<ManagedReference>())
        raise("TypeError", QStringLiteral("a list, a dict or a proxy cannot be a key"));
    QByteArray pickled;
    if (const AioError error = encodePickle(key, pickled, "AioDict::key"))
        throw AioException(error);
    const auto found = m_index.constFind(pickled);
    if (bytes)
        *bytes = pickled;
    return found == m_index.cend() ? m_entries.end() : m_entries.find(*found);
}

ManagedDict::Entries::iterator ManagedDict::require(const QVariant &key)
{
    const auto entry = find(key);
    if (entry == m_entries.end())
        raise("KeyError", key.toString());
    return entry;
}

void ManagedDict::set(const QVariant &key, const QVariant &value)
{
    QByteArray bytes;
    const auto entry = find(key, &bytes);
    if (entry != m_entries.end()) {
        entry->second.value = value;
        return;
    }
    m_index.insert(bytes, m_next);
    m_entries.emplace(m_next++, Entry{key, value});
}

void ManagedDict::erase(Entries::iterator entry)
{
    QByteArray bytes;
    find(entry->second.key, &bytes);
    m_index.remove(bytes);
    m_entries.erase(entry);
}

// A dict, which is a map or an AioRemoteObject, or pairs.
void ManagedDict::update(const QVariant &other)
{
    if (other.typeId() == QMetaType::QVariantMap) {
        const QVariantMap map = other.toMap();
        for (auto it = map.begin(); it != map.end(); ++it)
            set(it.key(), it.value());
        return;
    }
    const QVariantList pairs = other.toList();
    for (const QVariant &pair : pairs) {
        const QVariantList parts = pair.toList();
        if (parts.size() != 2)
            raise("ValueError", QStringLiteral("a dict is made of pairs"));
        set(parts[0], parts[1]);
    }
}

QVariantList ManagedDict::keyList() const
{
    QVariantList keys;
    for (const auto &[place, entry] : m_entries)
        keys.append(entry.key);
    return keys;
}

QVariantList ManagedDict::pairs() const
{
    QVariantList pairs;
    for (const auto &[place, entry] : m_entries)
        pairs.append(pairOf(entry.key, entry.value));
    return pairs;
}

QVariant ManagedDict::value() const
{
    QVariantMap map;
    for (const auto &[place, entry] : m_entries) {
        if (entry.key.typeId() != QMetaType::QString)
            return QVariant::fromValue(AioRemoteObject::call(QStringLiteral("builtins"), QStringLiteral("dict"), {QVariant(pairs())}));
        map.insert(entry.key.toString(), entry.value);
    }
    return map;
}

QString ManagedDict::describe() const
{
    QStringList parts;
    for (const auto &[place, entry] : m_entries)
        parts.append(printed(entry.key) + QStringLiteral(": ") + printed(entry.value));
    return QLatin1Char('{') + parts.join(QStringLiteral(", ")) + QLatin1Char('}');
}

QVariant ManagedDict::deleteItem(const ManagedCall &call)
{
    erase(require(call.required(0, "key")));
    return {};
}

QVariant ManagedDict::setItem(const ManagedCall &call)
{
    set(call.required(0, "key"), call.required(1, "value"));
    return {};
}

QVariant ManagedDict::iterator(const ManagedCall &)
{
    ManagedReference reference;
    reference.object = std::make_shared<ManagedIterator>(keyList());
    reference.object->typeId = QStringLiteral("Iterator");
    return QVariant::fromValue(reference);
}

QVariant ManagedDict::clear(const ManagedCall &)
{
    m_entries.clear();
    m_index.clear();
    return {};
}

QVariant ManagedDict::get(const ManagedCall &call)
{
    const auto entry = find(call.required(0, "key"));
    return entry == m_entries.end() ? call.argument(1, "default") : entry->second.value;
}

QVariant ManagedDict::pop(const ManagedCall &call)
{
    const QVariant key = call.required(0, "key");
    const auto entry = find(key);
    if (entry == m_entries.end())
        return call.arguments.size() > 1 ? call.arguments[1] : require(key)->second.value;
    const QVariant value = entry->second.value;
    erase(entry);
    return value;
}

QVariant ManagedDict::popItem(const ManagedCall &)
{
    if (m_entries.empty())
        raise("KeyError", QStringLiteral("popitem(): dictionary is empty"));
    const auto last = std::prev(m_entries.end());
    const QVariant pair = pairOf(last->second.key, last->second.value);
    erase(last);
    return pair;
}

QVariant ManagedDict::setDefault(const ManagedCall &call)
{
    const QVariant key = call.required(0, "key");
    if (find(key) == m_entries.end())
        set(key, call.argument(1, "default"));
    return find(key)->second.value;
}

QVariant ManagedDict::updateWith(const ManagedCall &call)
{
    if (!call.arguments.isEmpty())
        update(call.arguments.constFirst());
    update(QVariant(call.keywords));
    return {};
}

QVariant ManagedDict::values(const ManagedCall &)
{
    QVariantList values;
    for (const auto &[place, entry] : m_entries)
        values.append(entry.value);
    return values;
}

} // namespace aio_detail
