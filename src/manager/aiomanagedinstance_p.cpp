// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedinstance_p.h"

#include "base/aiologging_p.h"
#include "process/aioregistry_p.h"

#include <QHash>

#include <mutex>

namespace aio_detail {

namespace {

// Filled before main(), or by whoever serves.
struct Types
{
    std::mutex mutex;
    QHash<QString, ManagedType> byName;
};

Types &types()
{
    static auto *all = new Types;
    return *all;
}

// The arguments of `call` as values of `parameters`. Throws AioException.
QVariantList fitted(const QString &name, const QList<QMetaType> &parameters, const ManagedCall &call)
{
    if (!call.keywords.isEmpty())
        raise("TypeError", QStringLiteral("%1() takes no keyword arguments").arg(name));
    QVariantList arguments;
    CallTarget target;
    target.parameters = parameters;
    target.run = [&arguments](const QVariantList &given) {
        arguments = given;
        return QVariant();
    };
    runChecked(target, name, call.arguments);
    return arguments;
}

} // namespace

bool registerManagedType(const QString &typeId, const ManagedType &type)
{
    Types &all = types();
    const std::lock_guard lock(all.mutex);
    if (all.byName.contains(typeId)) {
        qCWarning(lcAioManager) << "a type for managers is registered twice:" << typeId;
        return false;
    }
    all.byName.insert(typeId, type);
    return true;
}

ManagedInstance::ManagedInstance(const QString &name, const ManagedType &type, const ManagedCall &call)
    : m_name(name), m_type(type), m_object(type.make(fitted(name, type.parameters, call)))
{
}

std::shared_ptr<ManagedObject> ManagedInstance::make(const QString &typeId, const ManagedCall &call)
{
    ManagedType type;
    {
        Types &all = types();
        const std::lock_guard lock(all.mutex);
        type = all.byName.value(typeId);
    }
    return type.make ? std::make_shared<ManagedInstance>(typeId, type, call) : nullptr;
}

QCoro::Task<QVariant> ManagedInstance::call(std::shared_ptr<const ManagedCall> call)
{
    const auto keep = shared_from_this();
    const ManagedMethod method = m_type.methods.value(call->method);
    const QVariantList arguments = fitted(call->method, method.parameters, *call);
    if (method.now)
        co_return method.now(m_object.get(), arguments);
    auto task = method.later(m_object, arguments);
    const QVariant result = co_await task;
    co_return result;
}

} // namespace aio_detail
