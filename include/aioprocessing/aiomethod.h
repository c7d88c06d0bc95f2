// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocall.h>

#include <QCoro/QCoroTask>
#include <QMap>
#include <QMetaType>
#include <QString>
#include <QVariantList>

#include <concepts>
#include <functional>
#include <memory>
#include <tuple>
#include <utility>

namespace aio_detail {

/*! A method of a type that managers make, as those who call it need it: one of the two functions is set. */
struct ManagedMethod
{
    QList<QMetaType> parameters;
    std::function<QVariant(void *, const QVariantList &)> now;
    std::function<QCoro::Task<QVariant>(std::shared_ptr<void>, QVariantList)> later;
};

struct ManagedType
{
    QList<QMetaType> parameters;        // of the constructor
    std::function<std::shared_ptr<void>(const QVariantList &)> make;
    QMap<QString, ManagedMethod> methods;
};

/*! False, with a warning: there is another type of that name. */
AIOPROCESSING_EXPORT bool registerManagedType(const QString &typeId, const ManagedType &type);

template<class... P>
constexpr bool checkMethod()
{
    static_assert((!isAio<std::remove_cvref_t<P>> && ...), "AioMethod: a method of a managed type takes values; give it an AioHandle");
    return (checkParameter<P>() && ...);
}

} // namespace aio_detail

/*!
 * \class AioMethod
 * \brief A member function of T that clients of a manager may call, and its name for them. See AioManager::registerType().
 *
 * It runs in the thread of the server, between two requests: what takes longer, or waits, returns a QCoro::Task. Arguments and results are values, as
 * those of an AioCall; of an overloaded function say which: \c qOverload<int>(&T::set).
 *
 * \sa AioManager::registerType()
 */
template<class T>
class AioMethod
{
public:
    template<class B, class R, class... P>
        requires std::derived_from<T, B>
    AioMethod(const char *name, R (B::*member)(P...)) : m_name(QString::fromUtf8(name)), m_method(describe<R, P...>(member)) {}
    template<class B, class R, class... P>
        requires std::derived_from<T, B>
    AioMethod(const char *name, R (B::*member)(P...) const) : m_name(QString::fromUtf8(name)), m_method(describe<R, P...>(member)) {}

    QString name() const { return m_name; }
    /*! \internal */
    const aio_detail::ManagedMethod &method() const { return m_method; }

private:
    template<class R, class... P, class Member>
    static aio_detail::ManagedMethod describe(Member member)
    {
        aio_detail::ManagedMethod method;
        if constexpr (aio_detail::checkMethod<P...>()) {
            method.parameters = aio_detail::describeParameters(aio_detail::TypeList<P...>{});
            if constexpr (aio_detail::IsTask<R>::value) {
                method.later = [member](std::shared_ptr<void> self, QVariantList arguments) {
                    return later<R, P...>(member, std::move(self), std::move(arguments));
                };
            } else {
                method.now = [member](void *self, const QVariantList &arguments) {
                    const auto call = [&](auto &&...argument) -> R {
                        return (static_cast<T *>(self)->*member)(std::forward<decltype(argument)>(argument)...);
                    };
                    return aio_detail::runTarget<R>(call, arguments, aio_detail::TypeList<P...>{});
                };
            }
        }
        return method;
    }

    template<class R, class... P, class Member>
    static QCoro::Task<QVariant> later(Member member, std::shared_ptr<void> self, QVariantList arguments)
    {
        auto values = [&]<std::size_t... I>(std::index_sequence<I...>) {
            return std::tuple<aio_detail::Slot<P>...>(aio_detail::Slot<P>(arguments[qsizetype(I)])...);
        }(std::index_sequence_for<P...>());
        auto task = std::apply([&](auto &...value) { return (static_cast<T *>(self.get())->*member)(value.get()...); }, values);
        if constexpr (std::is_void_v<typename aio_detail::IsTask<R>::Value>) {
            co_await task;
            co_return QVariant();
        } else {
            const auto result = co_await task;
            co_return QVariant::fromValue(result);
        }
    }

    QString m_name;
    aio_detail::ManagedMethod m_method;
};

namespace aio_detail {

template<class T, class... A>
ManagedType describeType(std::initializer_list<AioMethod<T>> methods)
{
    ManagedType type;
    if constexpr (checkMethod<A...>()) {
        type.parameters = describeParameters(TypeList<A...>{});
        type.make = [](const QVariantList &arguments) {
            std::shared_ptr<void> made;
            const auto make = [&](auto &&...argument) { made = std::make_shared<T>(std::forward<decltype(argument)>(argument)...); };
            runTarget<void>(make, arguments, TypeList<A...>{});
            return made;
        };
    }
    for (const AioMethod<T> &method : methods)
        type.methods.insert(method.name(), method.method());
    return type;
}

} // namespace aio_detail
