// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"

#include <QByteArray>
#include <QHash>

#include <map>

namespace aio_detail {

/* A dict of Python's: any value is a key, and the order is that in which they were first set. */
class ManagedDict final : public ManagedObjectOf<ManagedDict>
{
public:
    explicit ManagedDict(const ManagedCall &call);
    static const Methods &methods();
    QVariant value() const override;
    QString describe() const override;

private:
    struct Entry
    {
        QVariant key;
        QVariant value;
    };
    using Entries = std::map<qint64, Entry>;        // by when it was set

    Entries::iterator find(const QVariant &key, QByteArray *bytes = nullptr);
    Entries::iterator require(const QVariant &key);
    void set(const QVariant &key, const QVariant &value);
    void update(const QVariant &other);
    void erase(Entries::iterator entry);
    QVariantList keyList() const;
    QVariantList pairs() const;

    QVariant contains(const ManagedCall &call) { return find(call.required(0, "key")) != m_entries.end(); }
    QVariant deleteItem(const ManagedCall &call);
    QVariant item(const ManagedCall &call) { return require(call.required(0, "key"))->second.value; }
    QVariant setItem(const ManagedCall &call);
    QVariant length(const ManagedCall &) { return qlonglong(m_entries.size()); }
    QVariant iterator(const ManagedCall &);
    QVariant clear(const ManagedCall &);
    QVariant copy(const ManagedCall &) { return value(); }
    QVariant get(const ManagedCall &call);
    QVariant items(const ManagedCall &) { return pairs(); }
    QVariant keys(const ManagedCall &) { return keyList(); }
    QVariant pop(const ManagedCall &call);
    QVariant popItem(const ManagedCall &);
    QVariant setDefault(const ManagedCall &call);
    QVariant updateWith(const ManagedCall &call);
    QVariant values(const ManagedCall &);

    Entries m_entries;
    QHash<QByteArray, qint64> m_index;      // by the pickle of the key
    qint64 m_next = 0;
};

} // namespace aio_detail
