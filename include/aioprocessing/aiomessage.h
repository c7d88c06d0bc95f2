// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>
#include <aioprocessing/aioobject.h>
#include <aioprocessing/aiotags_impl.h>

#include <QAnyStringView>
#include <QByteArray>
#include <QByteArrayView>
#include <QCoroTask>
#include <QDataStream>
#include <QMetaType>
#include <QString>
#include <QStringView>
#include <QVariant>

#include <concepts>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>

/*
 * Which C++ types can be sent to another process, as an argument, a result or a message. Templates of the library check
 * their types here, so that a mistake is a sentence of the compiler and not a surprise in another process.
 */
namespace aio_detail {

/*! Types that own nothing: they would point into the memory of the sender. */
template<class T>
struct IsView : std::false_type {};
template<>
struct IsView<QStringView> : std::true_type {};
template<>
struct IsView<QByteArrayView> : std::true_type {};
template<>
struct IsView<QLatin1StringView> : std::true_type {};
template<>
struct IsView<QUtf8StringView> : std::true_type {};
template<>
struct IsView<QAnyStringView> : std::true_type {};
template<class C, class Traits>
struct IsView<std::basic_string_view<C, Traits>> : std::true_type {};
template<class T, std::size_t N>
struct IsView<std::span<T, N>> : std::true_type {};

/*! Value is R for QCoro::Task<R>, and T for every other T. */
template<class T>
struct IsTask : std::false_type { using Value = T; };
template<class T>
struct IsTask<QCoro::Task<T>> : std::true_type { using Value = T; };

template<class T>
constexpr bool isQObject = std::is_base_of_v<QObject, T>;

/*! QObjects that can be opened in another process under their handle: primitives, queues, connections, proxies. */
template<class T>
constexpr bool isAio = std::is_base_of_v<AioObject, T> || (isQObject<T> && requires(const T &object) {
    { object.handle() } -> std::same_as<AioHandle>;
});

/*! Types with QDataStream operators << and >>. */
template<class T>
constexpr bool streamable = std::is_arithmetic_v<T> || std::is_enum_v<T>
    || (QTypeTraits::has_ostream_operator_v<QDataStream, T> && QTypeTraits::has_istream_operator_v<QDataStream, T>);

/*! Literals, views and string builders that become a QString. */
template<class T>
constexpr bool isText = std::is_convertible_v<const T &, QString> && !std::is_same_v<T, QString>
    && !std::is_same_v<T, QVariant> && !std::is_same_v<T, QByteArray> && !std::is_same_v<T, QChar> && !std::is_arithmetic_v<T>
    && !std::is_null_pointer_v<T>;

/*! What a value of type T is stored as before it travels: text and bytes own themselves, everything else stays. */
template<class T>
struct StoredAs { using Type = T; };
template<class T>
    requires isText<T>
struct StoredAs<T> { using Type = QString; };
template<>
struct StoredAs<QStringView> { using Type = QString; };
template<>
struct StoredAs<QLatin1StringView> { using Type = QString; };
template<>
struct StoredAs<QByteArrayView> { using Type = QByteArray; };
template<class T>
using Stored = typename StoredAs<std::remove_cvref_t<T>>::Type;

template<class S, class T>
S toStored(const T &value)
{
    if constexpr (std::is_same_v<T, QStringView>)
        return value.toString();
    else if constexpr (std::is_same_v<T, QByteArrayView>)
        return value.toByteArray();
    else
        return S(value);
}

/*! Makes T readable by name in this process. */
template<class T>
void registerMetaType()
{
    if constexpr (!std::is_void_v<T>)
        qRegisterMetaType<T>();
}

} // namespace aio_detail

/*!
 * \brief A value that can be a message, an argument or a result.
 *
 * Any copyable type with QDataStream operators; string literals, Qt's string views and string builders, which are stored as
 * QString or QByteArray. Not: pointers, nullptr, QObjects, std views and spans, closures. QVariant has its own overloads.
 */
template<class T>
concept AioMessage = !std::same_as<std::remove_cvref_t<T>, QVariant> && !aio_detail::isQObject<std::remove_cvref_t<T>>
    && !std::is_pointer_v<aio_detail::Stored<T>> && !std::is_null_pointer_v<aio_detail::Stored<T>>
    && !aio_detail::IsView<aio_detail::Stored<T>>::value && std::copyable<aio_detail::Stored<T>>
    && aio_detail::streamable<aio_detail::Stored<T>>;

namespace aio_detail {

/*!
 * Arguments that g++ 12 destroys twice when they are written inside a co_await expression: aggregates and capturing
 * closures. Overloads that take such a temporary are marked AIO_NAME_IT_FIRST.
 */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
template<class T>
concept Callable = requires { &std::remove_cvref_t<T>::operator(); };
template<class T>
concept UnsafeTemporary = !std::is_lvalue_reference_v<T> && !std::is_trivially_destructible_v<std::remove_cvref_t<T>>
    && (std::is_aggregate_v<std::remove_cvref_t<T>>
        || (Callable<T> && !std::is_same_v<std::remove_cvref_t<T>, std::function<bool()>>));
#else
template<class T>
concept UnsafeTemporary = false;
#endif

} // namespace aio_detail

/*!
 * Has values of the trivially copyable \a Type sent as the bytes they are, without QVariant and QDataStream. Both sides must be built
 * alike. Write it once, outside of all namespaces, where the type is known; it also gives the type its QDataStream operators:
 *
 * \code
 * struct Sample { qint64 time; float value[4]; };
 * AIO_DECLARE_RAW(Sample)
 * \endcode
 */
#define AIO_DECLARE_RAW(Type) \
    static_assert(std::is_trivially_copyable_v<Type> && !std::is_pointer_v<Type>, \
                  "AIO_DECLARE_RAW: the type must be trivially copyable, and pointers mean nothing in another process"); \
    template<> \
    struct aio_detail::IsRaw<Type> : std::true_type {}; \
    inline QDataStream &operator<<(QDataStream &stream, const Type &value) \
    { \
        stream.writeRawData(reinterpret_cast<const char *>(&value), int(sizeof value)); \
        return stream; \
    } \
    inline QDataStream &operator>>(QDataStream &stream, Type &value) \
    { \
        if (stream.readRawData(reinterpret_cast<char *>(&value), int(sizeof value)) != int(sizeof value)) \
            stream.setStatus(QDataStream::ReadPastEnd); \
        return stream; \
    }

#define AIO_NAME_IT_FIRST \
    [[deprecated("g++ 12 destroys an aggregate or capturing lambda written inside a co_await expression twice: give it a name first")]]
