// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "manager/aiomanagedcall_p.h"
#include "manager/aiomanagererrors_p.h"

#include <QCoro/QCoroTask>
#include <QMap>
#include <QMetaType>
#include <QStringList>

namespace aio_detail {

/*
 * An object that a manager's server owns. It does what it lists, under the names that Python's proxies use, and nothing else. All calls
 * come on the server's thread.
 */
class ManagedObject : public std::enable_shared_from_this<ManagedObject>
{
public:
    virtual ~ManagedObject() = default;

    /* The names of its methods. */
    virtual QStringList exposed() const = 0;
    virtual bool has(const QString &method) const = 0;
    /* Does \a call of a method that it has, and keeps the object meanwhile. Throws AioException. */
    virtual QCoro::Task<QVariant> call(std::shared_ptr<const ManagedCall> call) = 0;
    /* A copy of what it holds, for those that are values. */
    virtual QVariant value() const { raise("TypeError", QStringLiteral("this object has no value that can be copied")); }
    /* What a face of this library wants to know when it is made. */
    virtual QVariant detail() const { return {}; }
    /* As str() of a proxy prints it. */
    virtual QString describe() const = 0;
    /* A caller is gone: what it held is given back. */
    virtual void forget(const ManagerCaller &) {}

    // -- set by the server
    QString ident;
    QString typeId;
};

/* A managed object within another one, which keeps it. */
struct ManagedReference
{
    std::shared_ptr<ManagedObject> object;
    friend bool operator==(const ManagedReference &, const ManagedReference &) = default;
};

/* A managed object whose methods are members of T; T::methods() lists them. */
template<class T>
class ManagedObjectOf : public ManagedObject
{
public:
    struct Method
    {
        QVariant (T::*now)(const ManagedCall &) = nullptr;
        QCoro::Task<QVariant> (T::*later)(std::shared_ptr<const ManagedCall>) = nullptr;
    };
    using Methods = QMap<QString, Method>;

    QStringList exposed() const override { return T::methods().keys(); }
    bool has(const QString &method) const override { return T::methods().contains(method); }
    QCoro::Task<QVariant> call(std::shared_ptr<const ManagedCall> call) override
    {
        const auto keep = shared_from_this();
        auto *self = static_cast<T *>(this);
        const Method method = T::methods().value(call->method);
        if (method.now)
            co_return (self->*method.now)(*call);
        const QVariant result = co_await (self->*method.later)(call);
        co_return result;
    }

protected:
    static Method now(QVariant (T::*member)(const ManagedCall &)) { return {member, nullptr}; }
    static Method later(QCoro::Task<QVariant> (T::*member)(std::shared_ptr<const ManagedCall>)) { return {nullptr, member}; }
};

/* A new object of the type \a typeId, or null for one that there is not. Throws AioException for arguments that do not fit. */
std::shared_ptr<ManagedObject> makeManaged(const QString &typeId, const ManagedCall &call);

} // namespace aio_detail

Q_DECLARE_METATYPE(aio_detail::ManagedReference)
