// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagedobject_p.h"

#include "manager/aiomanageddict_p.h"
#include "manager/aiomanagedinstance_p.h"
#include "manager/aiomanagedlist_p.h"
#include "manager/aiomanagedlocks_p.h"
#include "manager/aiomanagedpool_p.h"
#include "manager/aiomanagedqueue_p.h"
#include "manager/aiomanagedsync_p.h"
#include "manager/aiomanagedvalues_p.h"

namespace aio_detail {

namespace {

using Maker = std::shared_ptr<ManagedObject> (*)(const ManagedCall &);

template<class T> std::shared_ptr<ManagedObject> make(const ManagedCall &call)
{
    return std::make_shared<T>(call);
}

} // namespace

std::shared_ptr<ManagedObject> makeManaged(const QString &typeId, const ManagedCall &call)
{
    static const QMap<QString, Maker> makers{
        {QStringLiteral("dict"), &make<ManagedDict>},
        {QStringLiteral("list"), &make<ManagedList>},
        {QStringLiteral("Namespace"), &make<ManagedNamespace>},
        {QStringLiteral("Value"), &make<ManagedValue>},
        {QStringLiteral("Array"), &make<ManagedArray>},
        {QStringLiteral("Queue"), &make<ManagedQueue>},
        {QStringLiteral("JoinableQueue"), &make<ManagedJoinableQueue>},
        {QStringLiteral("Lock"), &make<ManagedLock>},
        {QStringLiteral("RLock"), &make<ManagedRLock>},
        {QStringLiteral("Condition"), &make<ManagedCondition>},
        {QStringLiteral("Semaphore"), &make<ManagedSemaphore>},
        {QStringLiteral("BoundedSemaphore"), &make<ManagedBoundedSemaphore>},
        {QStringLiteral("Event"), &make<ManagedEvent>},
        {QStringLiteral("Barrier"), &make<ManagedBarrier>},
        {QStringLiteral("Pool"), &make<ManagedPool>},
    };
    const Maker maker = makers.value(typeId);
    return maker ? maker(call) : ManagedInstance::make(typeId, call);
}

} // namespace aio_detail
