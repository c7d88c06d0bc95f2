// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

// The templates behind AioCall. Do not include this directly: include <AioProcessing/AioCall>.

#include <aioprocessing/aiocall.h>
#include <aioprocessing/aiofunction_impl.h>

namespace aio_detail {

/*! Whether an argument of type A can be given for the parameter P. A false comes with a message of the compiler. */
template<class P, class A>
constexpr bool checkArgument()
{
    using V = std::remove_cvref_t<P>;
    if constexpr (!checkParameter<P>()) {
        return false;
    } else if constexpr (isAio<V>) {
        static_assert(std::is_base_of_v<V, std::remove_cvref_t<A>>,
                      "AioCall: this argument must be the Aio object itself, not a pointer or another kind of object");
        return std::is_base_of_v<V, std::remove_cvref_t<A>>;
    } else {
        static_assert(std::is_convertible_v<A, V>,
                      "AioCall: an argument does not convert to the parameter of the function");
        return std::is_convertible_v<A, V>;
    }
}

template<class Parameters, class... A>
struct ArgumentCheck;
template<class... P, class... A>
struct ArgumentCheck<TypeList<P...>, A...>
{
    static constexpr bool check()
    {
        static_assert(sizeof...(P) == sizeof...(A),
                      "AioCall: wrong number of arguments (default arguments of the function do not apply through a pointer)");
        if constexpr (sizeof...(P) == sizeof...(A))
            return (checkArgument<P, A>() && ...);
        else
            return false;
    }
};

/*! An argument as it travels to a parameter P: an Aio object as its handle, everything else as the parameter's type. */
template<class P, class A>
QVariant pack(A &&argument)
{
    using V = std::remove_cvref_t<P>;
    if constexpr (isAio<V>)
        return QVariant::fromValue(argument.handle());
    else if constexpr (std::is_same_v<V, QVariant>)
        return QVariant(std::forward<A>(argument));
    else
        return QVariant::fromValue<V>(V(std::forward<A>(argument)));
}

/*! An argument of a call by name: its parameter is not known here. */
template<class T>
QVariant packUntyped(const T &argument)
{
    if constexpr (isAio<T>) {
        return QVariant::fromValue(argument.handle());
    } else if constexpr (std::is_same_v<T, QVariant>) {
        return argument;
    } else {
        static_assert(AioMessage<T>,
                      "AioCall: an argument must be an Aio object, or copyable with QDataStream operators << and >>; no "
                      "pointer, view, QObject or closure");
        using S = Stored<T>;
        return QVariant::fromValue<S>(toStored<S>(argument));
    }
}

/*! Makes a \c Function known under a key of its own before main() begins, wherever it is used in the executable. */
template<auto Function>
struct Registered
{
    static const QByteArray &key()
    {
        static const QByteArray registered = registerTarget(
            printedName<Function>(), describeTarget<Function>(), reinterpret_cast<const void *>(&invoke<Function>));
        return registered;
    }
    static inline const bool atStart = (key(), true);
};

struct CallAccess
{
    static AioCall make(const QString &function, QVariantList &&arguments)
    {
        AioCall call;
        call.m_function = function;
        call.m_arguments = std::move(arguments);
        return call;
    }
    static AioCall make(const QString &function, const QVariantList &arguments, const QVariantMap &keywords,
                        const QVariantMap &options)
    {
        AioCall call = make(function, QVariantList(arguments));
        call.m_keywords = keywords;
        call.m_options = options;
        return call;
    }
};

/*! Whether \c Function can be called with arguments of these types. A false comes with a message of the compiler. */
template<auto Function, class... A>
constexpr bool checkCall()
{
    if constexpr (checkTarget<typename FunctionOf<Function>::Traits>())
        return ArgumentCheck<typename Given<typename FunctionOf<Function>::Parameters>::Type, A...>::check();
    else
        return false;
}

template<auto Function, class... A>
QVariantList packArguments(A &&...args)
{
    QVariantList arguments;
    arguments.reserve(sizeof...(A));
    [&]<class... P>(TypeList<P...>) {
        (arguments.append(pack<P>(std::forward<A>(args))), ...);
    }(typename Given<typename FunctionOf<Function>::Parameters>::Type{});
    return arguments;
}

template<auto Function, class... A>
AioCall makeCall(A &&...args)
{
    if constexpr (checkCall<Function, A...>()) {
        [[maybe_unused]] const bool *known = &Registered<Function>::atStart;
        return CallAccess::make(QString::fromUtf8(Registered<Function>::key()), packArguments<Function>(std::forward<A>(args)...));
    }
    return AioCall();
}

} // namespace aio_detail

template<auto Function, class... Args>
AioTypedCall<aio_detail::Result<Function>> AioCall::to(Args &&...args)
{
    return AioTypedCall<aio_detail::Result<Function>>(
        aio_detail::makeCall<Function>(std::forward<Args>(args)...));
}

template<class... Args>
AioCall AioCall::named(const QString &function, const Args &...args)
{
    QVariantList arguments;
    arguments.reserve(sizeof...(Args));
    (arguments.append(aio_detail::packUntyped(args)), ...);
    return aio_detail::CallAccess::make(function, std::move(arguments));
}
