// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

// Functions as targets of calls: what they take and return, and how they are run from a list of QVariants. Do not include
// this directly: include <AioProcessing/AioCall>.

#include <aioprocessing/aiomessage.h>
#include <aioprocessing/aiotask.h>

#include <QList>

#include <cstring>
#include <functional>
#include <memory>
#include <string_view>
#include <tuple>
#include <utility>

namespace aio_detail {

template<class... T>
struct TypeList { static constexpr std::size_t size = sizeof...(T); };

// What a target looks like: ok if it is a function or a closure without overloads, with its result and parameters.
template<class F>
struct FunctionTraits
{
    static constexpr bool ok = false;
    static constexpr bool member = std::is_member_function_pointer_v<F>;
    using Return = void;
    using Parameters = TypeList<>;
};
template<class R, class... P>
struct PlainFunctionTraits
{
    static constexpr bool ok = true;
    static constexpr bool member = false;
    using Return = R;
    using Parameters = TypeList<P...>;
};
template<class R, class... P>
struct FunctionTraits<R (*)(P...)> : PlainFunctionTraits<R, P...> {};
template<class R, class... P>
struct FunctionTraits<R (*)(P...) noexcept> : PlainFunctionTraits<R, P...> {};

template<class CallOperator>
struct ClosureTraits : FunctionTraits<void> {};
template<class R, class C, class... P>
struct ClosureTraits<R (C::*)(P...) const> : PlainFunctionTraits<R, P...> {};
template<class R, class C, class... P>
struct ClosureTraits<R (C::*)(P...) const noexcept> : PlainFunctionTraits<R, P...> {};
template<class F>
    requires requires { &F::operator(); }
struct FunctionTraits<F> : ClosureTraits<decltype(&F::operator())> {};

/*! AioTaskContext: a first parameter that the worker fills in. */
template<class T>
struct IsTaskContext : std::false_type {};

/*! The parameters that a caller gives. */
template<class Parameters>
struct Given
{
    using Type = Parameters;
    static constexpr bool takesContext = false;
};
template<class First, class... P>
    requires IsTaskContext<std::remove_cvref_t<First>>::value
struct Given<TypeList<First, P...>>
{
    using Type = TypeList<P...>;
    static constexpr bool takesContext = true;
};

template<auto Function>
struct FunctionOf
{
    using Traits = FunctionTraits<std::remove_cv_t<decltype(Function)>>;
    using Return = typename Traits::Return;
    using Parameters = typename Traits::Parameters;
    /*! R for a function that returns R or QCoro::Task<R>. */
    using Result = typename IsTask<std::remove_cvref_t<Return>>::Value;
};

/*! Whether a parameter P can be filled in another process. A false comes with a message of the compiler. */
template<class P>
constexpr bool checkParameter()
{
    using V = std::remove_cvref_t<P>;
    if constexpr (isAio<V>) {
        static_assert(std::is_lvalue_reference_v<P>,
                      "AioCall: take locks, queues, connections by reference, as in f(AioLock &lock)");
        return std::is_lvalue_reference_v<P>;
    } else if constexpr (std::is_pointer_v<V> || std::is_null_pointer_v<V>) {
        static_assert(!std::is_pointer_v<V>,
                      "AioCall: a pointer means nothing in another process; pass a value (QString, QByteArray), an "
                      "AioBuffer or an Aio object by reference");
        return false;
    } else if constexpr (isQObject<V>) {
        static_assert(!isQObject<V>, "AioCall: only Aio primitives, queues, connections and buffers can cross processes, "
                                     "not other QObjects");
        return false;
    } else if constexpr (IsView<V>::value) {
        static_assert(!IsView<V>::value, "AioCall: a view owns nothing; take the owning type (QString, QByteArray, QList)");
        return false;
    } else if constexpr (std::is_lvalue_reference_v<P> && !std::is_const_v<std::remove_reference_t<P>>) {
        static_assert(!std::is_lvalue_reference_v<P>,
                      "AioCall: a function in another process cannot change its caller's variable; return the value or "
                      "take it by value or const reference");
        return false;
    } else if constexpr (!std::is_default_constructible_v<V> || !std::is_copy_constructible_v<V>) {
        static_assert(std::is_copy_constructible_v<V> && std::is_default_constructible_v<V>,
                      "AioCall: an argument must be copyable and default constructible");
        return false;
    } else {
        static_assert(streamable<V>, "AioCall: this argument type needs QDataStream operators << and >> (use Qt containers "
                                     "instead of std ones)");
        return streamable<V>;
    }
}

/*! Whether a function with \c Traits can run in another process at all. A false comes with a message of the compiler. */
template<class Traits>
constexpr bool checkTarget()
{
    using Return = typename Traits::Return;
    using R = typename IsTask<std::remove_cvref_t<Return>>::Value;
    if constexpr (Traits::member) {
        static_assert(!Traits::member, "AioCall: a member function cannot be a target, its object lives in this process; "
                                       "use a free or static member function");
        return false;
    } else if constexpr (!Traits::ok) {
        static_assert(Traits::ok,
                      "AioCall: the target must be a function, a static member function or a lambda without captures (not "
                      "generic; for an overloaded function write qOverload<Args...>(&f))");
        return false;
    } else if constexpr (std::is_void_v<R>) {
        return true;
    } else if constexpr (std::is_pointer_v<R> || std::is_reference_v<Return> || IsView<R>::value) {
        static_assert(!std::is_pointer_v<R> && !std::is_reference_v<Return> && !IsView<R>::value,
                      "AioCall: a result travels by value; no pointer, reference or view");
        return false;
    } else {
        static_assert(streamable<R> && std::is_default_constructible_v<R>,
                      "AioCall: the result type needs QDataStream operators and a default constructor");
        return streamable<R> && std::is_default_constructible_v<R>;
    }
}

/*! Owns a parameter's value, or the object attached to the caller's one, as long as the call runs. */
template<class P>
class Slot
{
    using V = std::remove_cvref_t<P>;
    /*! Others are too large for a stack, or not movable. */
    static constexpr bool isSmall = !isAio<V> && sizeof(V) <= 64;

    static auto make(const QVariant &argument)
    {
        if constexpr (isAio<V>)
            return std::make_unique<V>(argument.value<AioHandle>());
        else if constexpr (isSmall)
            return argument.value<V>();
        else
            return std::make_unique<V>(argument.value<V>());
    }
    V &value()
    {
        if constexpr (isSmall)
            return m_value;
        else
            return *m_value;
    }

public:
    explicit Slot(const QVariant &argument) : m_value(make(argument)) {}

    P &&get()
    {
        if constexpr (std::is_lvalue_reference_v<P>)
            return value();
        else
            return static_cast<P &&>(value());
    }

private:
    std::conditional_t<isSmall, V, std::unique_ptr<V>> m_value;
};

/*! Runs \a function with arguments that have exactly the types of its parameters, to its end if it is a coroutine. */
template<class Return, class Function, class... P>
QVariant runTarget(const Function &function, const QVariantList &arguments, TypeList<P...>)
{
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> QVariant {
        [[maybe_unused]] std::tuple<Slot<P>...> slots_(arguments[qsizetype(I)]...);
        const auto call = [&]() -> decltype(auto) { return function(std::get<I>(slots_).get()...); };
        using R = typename IsTask<std::remove_cvref_t<Return>>::Value;
        if constexpr (IsTask<std::remove_cvref_t<Return>>::value) {
            if constexpr (std::is_void_v<R>) {
                AioProcessing::waitBlocking(call());
                return {};
            } else {
                return QVariant::fromValue<R>(AioProcessing::waitBlocking(call()));
            }
        } else if constexpr (std::is_void_v<R>) {
            call();
            return {};
        } else {
            return QVariant::fromValue<R>(call());
        }
    }(std::index_sequence_for<P...>());
}

// -- functions whose arguments and result are numbers or raw, which need no QVariant

template<class R, class Parameters>
constexpr bool isPackable = false;
template<class R, class First, class... P>
constexpr bool isPackable<R, TypeList<First, P...>> = isPlain<std::remove_cvref_t<First>> && (isPlain<std::remove_cvref_t<P>> && ...)
    && (std::is_void_v<R> || isPlain<std::remove_cvref_t<R>>);

/*! Runs \a function on arguments that stand one behind the other in \a arguments. */
template<class R, class Function, class... P>
void runOnBytes(const Function &function, const char *arguments, char *result, TypeList<P...>)
{
    std::tuple<std::remove_cvref_t<P>...> values{};
    std::apply([&](auto &...value) { ((std::memcpy(&value, arguments, sizeof value), arguments += sizeof value), ...); }, values);
    std::apply(
        [&](auto &...value) {
            if constexpr (std::is_void_v<R>) {
                function(static_cast<P &&>(value)...);
            } else {
                const auto returned = function(static_cast<P &&>(value)...);
                std::memcpy(result, &returned, sizeof returned);
            }
        },
        values);
}

/*! How such a function is run. */
struct PackedTarget
{
    using Function = void (*)();
    void (*call)(Function function, const char *arguments, char *result) = nullptr;    // null: it cannot
    Function function = nullptr;
    quint32 argumentBytes = 0;
    quint32 resultBytes = 0;
    QMetaType result;
};

template<class R, class... P>
PackedTarget describePacked(void (*call)(PackedTarget::Function, const char *, char *), PackedTarget::Function function, TypeList<P...>)
{
    PackedTarget target{call, function, quint32((std::size_t(0) + ... + sizeof(std::remove_cvref_t<P>))), 0, QMetaType::fromType<R>()};
    if constexpr (!std::is_void_v<R>)
        target.resultBytes = sizeof(R);
    return target;
}

/*! Of a function that is known when it is compiled. */
template<auto F>
PackedTarget packedTarget()
{
    using R = std::remove_cvref_t<typename FunctionOf<F>::Return>;
    using Parameters = typename FunctionOf<F>::Parameters;
    if constexpr (isPackable<R, Parameters>) {
        const auto call = [](PackedTarget::Function, const char *arguments, char *result) {
            constexpr auto function = F;
            runOnBytes<R>(function, arguments, result, Parameters{});
        };
        return describePacked<R>(call, nullptr, Parameters{});
    } else {
        return {};
    }
}

/*! Of one that is known by its address. */
template<class R, class... P>
PackedTarget packedTarget(R (*function)(P...))
{
    using Value = std::remove_cvref_t<R>;
    if constexpr (isPackable<R, TypeList<P...>>) {
        const auto call = [](PackedTarget::Function known, const char *arguments, char *result) {
            runOnBytes<Value>(reinterpret_cast<R (*)(P...)>(known), arguments, result, TypeList<P...>{});
        };
        return describePacked<Value>(call, reinterpret_cast<PackedTarget::Function>(function), TypeList<P...>{});
    } else {
        return {};
    }
}

/*! A registered function: how to run it, and the types it must be given (AioHandle for Aio objects). */
struct CallTarget
{
    std::function<QVariant(const QVariantList &)> run;
    QList<QMetaType> parameters;
    const void *address = nullptr;
    PackedTarget packed;
    bool takesContext = false;    // its first parameter is an AioTaskContext, which is not among the arguments of a call
};

template<class... P>
QList<QMetaType> describeParameters(TypeList<P...>)
{
    (registerMetaType<std::conditional_t<isAio<std::remove_cvref_t<P>>, AioHandle, std::remove_cvref_t<P>>>(), ...);
    return {QMetaType::fromType<std::conditional_t<isAio<std::remove_cvref_t<P>>, AioHandle, std::remove_cvref_t<P>>>()...};
}

template<auto Function>
QVariant invoke(const QVariantList &arguments)
{
    constexpr auto function = Function;    // g++ 12 checks access again where a lambda names a private static member
    return runTarget<typename FunctionOf<Function>::Return>(function, arguments,
                                                            typename FunctionOf<Function>::Parameters{});
}

template<auto Function>
CallTarget describeTarget()
{
    registerMetaType<typename FunctionOf<Function>::Result>();
    CallTarget target;
    target.run = &invoke<Function>;
    target.parameters = describeParameters(typename FunctionOf<Function>::Parameters{});
    target.address = reinterpret_cast<const void *>(&invoke<Function>);
    target.packed = packedTarget<Function>();
    target.takesContext = Given<typename FunctionOf<Function>::Parameters>::takesContext;
    return target;
}

/*! The template argument as the compiler prints it. */
template<auto F>
constexpr std::string_view printedName()
{
    constexpr std::string_view all = __PRETTY_FUNCTION__;
    constexpr std::size_t begin = all.find("F = ") + 4;
    constexpr std::size_t semicolon = all.find("; std::string_view");
    constexpr std::size_t end = semicolon == all.npos ? all.size() - 1 : semicolon;
    return all.substr(begin, end - begin);
}

/*!
 * Registers \a target under \a printed plus module and offset of \a thunk, and returns that key. Two static functions of one
 * name, or two lambdas of one function, print alike: only the offset tells them apart. Both are the same in every process
 * that runs the same executable.
 */
AIOPROCESSING_EXPORT QByteArray registerTarget(std::string_view printed, const CallTarget &target, const void *thunk);

/*! Registers \a target as \a name. A second, different target of a name replaces the first, with a warning. */
AIOPROCESSING_EXPORT void registerNamed(const QByteArray &name, const CallTarget &target);

} // namespace aio_detail
