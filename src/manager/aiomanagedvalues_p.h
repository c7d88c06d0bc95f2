// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"

namespace aio_detail {

/* Attributes by name. */
class ManagedNamespace final : public ManagedObjectOf<ManagedNamespace>
{
public:
    explicit ManagedNamespace(const ManagedCall &call) : m_attributes(call.keywords) {}
    static const Methods &methods();
    QVariant value() const override { return m_attributes; }
    QString describe() const override;

private:
    QVariant attribute(const ManagedCall &call);
    QVariant setAttribute(const ManagedCall &call);
    QVariant deleteAttribute(const ManagedCall &call);

    QVariantMap m_attributes;
};

/* One value; Python's type code is kept for describe() only, as there. */
class ManagedValue final : public ManagedObjectOf<ManagedValue>
{
public:
    explicit ManagedValue(const ManagedCall &call)
        : m_type(call.required(0, "typecode").toString()), m_value(call.required(1, "value")) {}
    static const Methods &methods();
    QVariant value() const override { return m_value; }
    QString describe() const override;

private:
    QVariant get(const ManagedCall &) { return m_value; }
    QVariant set(const ManagedCall &call);

    const QString m_type;
    QVariant m_value;
};

/* Numbers of one type, which is one of Python's array.array. */
class ManagedArray final : public ManagedObjectOf<ManagedArray>
{
public:
    explicit ManagedArray(const ManagedCall &call);
    static const Methods &methods();
    QVariant value() const override { return m_items; }
    QString describe() const override;

private:
    /* \a value as the array holds it. Throws AioException (TypeError, OverflowError). */
    QVariant fitted(const QVariant &value) const;
    QVariant length(const ManagedCall &) { return qlonglong(m_items.size()); }
    QVariant item(const ManagedCall &call);
    QVariant setItem(const ManagedCall &call);

    const QString m_type;
    QVariantList m_items;
};

/* What iter() of a dict gives: its items one by one. */
class ManagedIterator final : public ManagedObjectOf<ManagedIterator>
{
public:
    explicit ManagedIterator(const QVariantList &items) : m_items(items) {}
    static const Methods &methods();
    QString describe() const override { return QStringLiteral("<iterator>"); }

private:
    QVariant next(const ManagedCall &);
    QVariant close(const ManagedCall &);

    QVariantList m_items;
    qsizetype m_at = 0;
};

/* What a place in a sequence of \a size is that Python gives as \a index, which may be negative; -1: there is none. */
qsizetype toPlace(qlonglong index, qsizetype size);
/* As Python would print \a value, more or less. */
QString printed(const QVariant &value);

} // namespace aio_detail
