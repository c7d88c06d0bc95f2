// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"

namespace aio_detail {

/* A list of Python's. */
class ManagedList final : public ManagedObjectOf<ManagedList>
{
public:
    explicit ManagedList(const ManagedCall &call);
    static const Methods &methods();
    QVariant value() const override { return m_items; }
    QString describe() const override;

private:
    qsizetype indexOf(const ManagedCall &call, int argument) const;
    /* The places that a slice means, in its order. */
    QList<qsizetype> placesOf(const QVariant &slice) const;
    qsizetype find(const QVariant &item, qsizetype from, qsizetype to) const;

    QVariant add(const ManagedCall &call) { return m_items + call.required(0, "other").toList(); }
    QVariant contains(const ManagedCall &call) { return find(call.required(0, "item"), 0, m_items.size()) >= 0; }
    QVariant deleteItem(const ManagedCall &call);
    QVariant item(const ManagedCall &call);
    QVariant length(const ManagedCall &) { return qlonglong(m_items.size()); }
    QVariant times(const ManagedCall &call);
    QVariant reversed(const ManagedCall &);
    QVariant setItem(const ManagedCall &call);
    QVariant append(const ManagedCall &call);
    QVariant clear(const ManagedCall &);
    QVariant copy(const ManagedCall &) { return m_items; }
    QVariant count(const ManagedCall &call);
    QVariant extend(const ManagedCall &call);
    QVariant index(const ManagedCall &call);
    QVariant insert(const ManagedCall &call);
    QVariant pop(const ManagedCall &call);
    QVariant remove(const ManagedCall &call);
    QVariant reverse(const ManagedCall &);
    QVariant sort(const ManagedCall &call);
    QVariant multiply(const ManagedCall &call);

    QVariantList m_items;
};

} // namespace aio_detail
