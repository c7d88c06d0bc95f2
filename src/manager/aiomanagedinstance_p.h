// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedobject_p.h"

#include <aioprocessing/aiomethod.h>

namespace aio_detail {

/* An object of a type that the application has registered. */
class ManagedInstance final : public ManagedObject
{
public:
    ManagedInstance(const QString &name, const ManagedType &type, const ManagedCall &call);

    /* The type that was registered as \a typeId, made by \a call; null: there is none. */
    static std::shared_ptr<ManagedObject> make(const QString &typeId, const ManagedCall &call);

    QStringList exposed() const override { return m_type.methods.keys(); }
    bool has(const QString &method) const override { return m_type.methods.contains(method); }
    QCoro::Task<QVariant> call(std::shared_ptr<const ManagedCall> call) override;
    QString describe() const override { return QStringLiteral("<%1 object>").arg(m_name); }

private:
    const QString m_name;
    const ManagedType m_type;
    const std::shared_ptr<void> m_object;
};

} // namespace aio_detail
