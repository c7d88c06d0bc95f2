// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QDeadlineTimer>
#include <QJSValue>
#include <QStringList>
#include <QVariant>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>

QT_BEGIN_NAMESPACE
class QJSEngine;
QT_END_NAMESPACE

/*
 * What goes in from JavaScript and out to it.
 */
namespace aio_qml {

/*
 * A value for another process. Arrays and objects become lists and maps, ArrayBuffers bytes, dates and QML's value types what they are in C++,
 * null and undefined an invalid QVariant, and the shared objects and connections of this module handles. Throws UsageError for a function.
 */
QVariant toMessage(const QJSValue &value);
/* An array of such values; undefined: an empty list. Throws UsageError for anything else. */
QVariantList toMessages(const QJSValue &array, const char *operation);

/* The bytes of an ArrayBuffer, and those of text in UTF-8. */
QByteArray toBytes(const QJSValue &data);

QJSValue toScript(QJSEngine *engine, const QVariant &value);
/* An Error with the fields of \a error. */
QJSValue toScript(QJSEngine *engine, const AioError &error);

/* The result of an operation, where nothing is an invalid QVariant. */
template<class T>
QVariant toVariant(T &&value)
{
    return QVariant::fromValue(std::forward<T>(value));
}
inline QVariant toVariant(QVariant &&value)
{
    return std::move(value);
}
template<class T>
QVariant toVariant(std::optional<T> &&value)
{
    return value ? toVariant(std::move(*value)) : QVariant();
}

/* Throws \a error in the engine of \a caller, whose method JavaScript calls. */
void throwToScript(const QObject *caller, const AioError &error);

/* What call() returns; what it throws is thrown in JavaScript. */
template<class Call>
auto attempt(const QObject *caller, Call call)
{
    using Result = std::invoke_result_t<Call>;
    try {
        return call();
    } catch (const AioException &e) {
        throwToScript(caller, e.error());
    }
    if constexpr (!std::is_void_v<Result>)
        return Result();
}

} // namespace aio_qml

/*
 * The last argument of an operation: an object with options. One that the operation does not know is a UsageError, since what is
 * misspelled would wait for ever.
 */
class AioOptions
{
public:
    /* timeout: milliseconds, -1 for ever; signal: an AioAbortController. */
    static const QStringList &waiting();

    /* \a options: an object with some of \a known; undefined: none; a number: the timeout. Throws UsageError. */
    AioOptions(const QJSValue &options, const QStringList &known);

    QDeadlineTimer deadline() const;
    std::stop_token signal() const { return m_signal; }
    /* Nothing: it is not given. Throws UsageError when it is no number. */
    std::optional<int> number(const QString &name) const;

private:
    QJSValue m_options;
    std::stop_token m_signal;
};
