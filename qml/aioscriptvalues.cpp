// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aioscriptvalues.h"

#include "aioabortcontroller.h"
#include "aioqmlconnection.h"
#include "aioqmlobject.h"

#include <QJSEngine>
#include <QJSValueIterator>
#include <QQmlEngine>

#include <cmath>
#include <limits>

namespace aio_qml {

namespace {

QVariant plain(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::QVariantList: {
        QVariantList list = value.toList();
        for (QVariant &item : list)
            item = plain(item);
        return list;
    }
    case QMetaType::QVariantMap: {
        QVariantMap map = value.toMap();
        for (QVariant &item : map)
            item = plain(item);
        return map;
    }
    case QMetaType::Nullptr:
        return {};
    default:
        break;
    }
    if (value.canConvert<QJSValue>())
        return toMessage(value.value<QJSValue>());
    QObject *const object = value.value<QObject *>();
    if (const auto *shared = qobject_cast<AioQmlObject *>(object))
        return QVariant::fromValue(shared->requireHandle());
    if (auto *connection = qobject_cast<AioQmlConnection *>(object))
        return QVariant::fromValue(connection->giveAway());
    return value;
}

} // namespace

QVariant toMessage(const QJSValue &value)
{
    if (value.isCallable()) {
        aio_detail::throwError(AioError::UsageError,
                               QStringLiteral("a JavaScript function cannot go to another process: functions travel by their "
                                              "registered names"));
    }
    if (value.isUndefined() || value.isNull())
        return {};
    return plain(value.toVariant());
}

QVariantList toMessages(const QJSValue &array, const char *operation)
{
    if (array.isUndefined())
        return {};
    const QVariant list = toMessage(array);
    if (!list.canConvert<QVariantList>() || list.typeId() == QMetaType::QString || list.typeId() == QMetaType::QByteArray) {
        aio_detail::throwError(AioError::UsageError, QStringLiteral("this takes an array of values, as in [1, \"two\"], and got '%1'")
                                   .arg(array.toString()), QLatin1StringView(operation));
    }
    return list.toList();
}

QByteArray toBytes(const QJSValue &data)
{
    const QVariant bytes = data.toVariant();
    return bytes.typeId() == QMetaType::QByteArray ? bytes.toByteArray() : data.toString().toUtf8();
}

QJSValue toScript(QJSEngine *engine, const QVariant &value)
{
    if (!value.isValid())
        return {};
    return engine->toScriptValue(value);
}

QJSValue toScript(QJSEngine *engine, const AioError &error)
{
    QJSValue made = engine->newErrorObject(QJSValue::GenericError, error.message);
    made.setProperty(QStringLiteral("code"), int(error.code));
    made.setProperty(QStringLiteral("operation"), error.operation);
    made.setProperty(QStringLiteral("key"), error.key);
    made.setProperty(QStringLiteral("nativeError"), error.nativeError);
    made.setProperty(QStringLiteral("remoteType"), error.remoteType);
    made.setProperty(QStringLiteral("remoteTraceback"), error.remoteTraceback);
    return made;
}

void throwToScript(const QObject *caller, const AioError &error)
{
    if (QJSEngine *const engine = qjsEngine(caller))
        engine->throwError(toScript(engine, error));
}

} // namespace aio_qml

namespace {

[[noreturn]] void failOption(const QString &text)
{
    aio_detail::throwError(AioError::UsageError, text);
}

} // namespace

const QStringList &AioOptions::waiting()
{
    static const QStringList names{QStringLiteral("timeout"), QStringLiteral("signal")};
    return names;
}

AioOptions::AioOptions(const QJSValue &options, const QStringList &known) : m_options(options)
{
    if (options.isUndefined() || options.isNumber())
        return;
    if (!options.isObject() || options.isQObject() || options.isCallable())
        failOption(QStringLiteral("the options are a number of milliseconds or an object, as in { timeout: 500 }, and not '%1'")
                       .arg(options.toString()));
    for (QJSValueIterator it(options); it.next();) {
        if (!known.contains(it.name()))
            failOption(QStringLiteral("there is no option '%1' here; there are: %2").arg(it.name(), known.join(QStringLiteral(", "))));
    }
    const QJSValue signal = options.property(QStringLiteral("signal"));
    if (signal.isUndefined())
        return;
    const auto *const controller = qobject_cast<AioAbortController *>(signal.toQObject());
    if (!controller)
        failOption(QStringLiteral("the option 'signal' is an AioAbortController, and not '%1'").arg(signal.toString()));
    m_signal = controller->token();
}

std::optional<int> AioOptions::number(const QString &name) const
{
    const QJSValue value = m_options.isNumber() && name == QLatin1StringView("timeout") ? m_options : m_options.property(name);
    if (value.isUndefined())
        return std::nullopt;
    const double number = value.toNumber();
    if (!value.isNumber() || std::isnan(number))
        failOption(QStringLiteral("the option '%1' is a number, and not '%2'").arg(name, value.toString()));
    return int(std::clamp<double>(std::ceil(number), -1, std::numeric_limits<int>::max()));
}

QDeadlineTimer AioOptions::deadline() const
{
    const std::optional<int> timeout = number(QStringLiteral("timeout"));
    return timeout ? QDeadlineTimer(*timeout) : QDeadlineTimer(QDeadlineTimer::Forever);
}
