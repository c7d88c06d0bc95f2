// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "manager/aiomanagererrors_p.h"

#include <QStringList>

namespace aio_detail {

namespace {

struct Pair
{
    const char *type;
    AioError::Code code;
};

// From an exception to a code: the first of its name. From a code to an exception: the first of its code.
constexpr Pair pythonErrors[] = {
    {"KeyError", AioError::NotFound},
    {"IndexError", AioError::NotFound},
    {"AttributeError", AioError::NotFound},
    {"FileNotFoundError", AioError::NotFound},
    {"TypeError", AioError::TypeMismatch},
    {"ValueError", AioError::UsageError},
    {"AssertionError", AioError::UsageError},
    {"TimeoutError", AioError::TimedOut},
    {"_queue.Empty", AioError::TimedOut},
    {"queue.Empty", AioError::TimedOut},
    {"queue.Full", AioError::TimedOut},
    {"multiprocessing.context.TimeoutError", AioError::TimedOut},
    {"threading.BrokenBarrierError", AioError::BrokenBarrier},
    {"queue.ShutDown", AioError::ShutDown},
    {"EOFError", AioError::EndOfStream},
    {"FileExistsError", AioError::AlreadyExists},
    {"PermissionError", AioError::PermissionDenied},
    {"ConnectionRefusedError", AioError::ConnectionRefused},
    {"MemoryError", AioError::OutOfResources},
    {"multiprocessing.context.AuthenticationError", AioError::AuthenticationFailed},
    {"multiprocessing.context.BufferTooShort", AioError::BufferTooShort},
    {"concurrent.futures._base.CancelledError", AioError::Cancelled},
};

AioError::Code codeOf(const QString &type)
{
    for (const Pair &pair : pythonErrors) {
        if (type == QLatin1StringView(pair.type))
            return pair.code;
    }
    return AioError::RemoteError;
}

QString typeOf(AioError::Code code)
{
    // only Python from 3.13 on has an exception for this, and those before could not read the reply
    if (code == AioError::ShutDown)
        return QStringLiteral("RuntimeError");
    for (const Pair &pair : pythonErrors) {
        if (code == pair.code)
            return QLatin1StringView(pair.type);
    }
    return QStringLiteral("RuntimeError");
}

QString textOf(const AioRemoteObject &exception)
{
    QStringList parts;
    const QVariantList arguments = exception.arguments();
    for (const QVariant &argument : arguments)
        parts.append(argument.toString());
    return parts.join(QStringLiteral(": "));
}

} // namespace

AioError pythonError(const char *type, const QString &text)
{
    AioError error(codeOf(QLatin1StringView(type)), text);
    error.remoteType = QLatin1StringView(type);
    return error;
}

void raise(const char *type, const QString &text)
{
    throw AioException(pythonError(type, text));
}

AioRemoteObject toPython(const AioError &error)
{
    const QString type = error.remoteType.isEmpty() ? typeOf(error.code) : error.remoteType;
    const qsizetype dot = type.lastIndexOf(QLatin1Char('.'));
    const QString module = dot < 0 ? QStringLiteral("builtins") : type.left(dot);
    const QVariantList arguments{error.message};
    return AioRemoteObject::call(module, type.mid(dot + 1), error.message.isEmpty() ? QVariantList() : arguments);
}

AioError fromPython(const QVariant &exception)
{
    const auto object = exception.value<AioRemoteObject>();
    // pool.rebuild_exc(exception, traceback)
    if (object.name() == QLatin1StringView("rebuild_exc") && object.arguments().size() == 2) {
        AioError error = fromPython(object.arguments().constFirst());
        error.remoteTraceback = object.arguments().constLast().toString();
        return error;
    }
    const bool isBuiltin = object.module() == QLatin1StringView("builtins");
    const QString type = isBuiltin ? object.name() : object.module() + QLatin1Char('.') + object.name();
    AioError error(codeOf(type), textOf(object));
    if (error.message.isEmpty())
        error.message = QStringLiteral("the manager raised %1").arg(type);
    error.remoteType = type;
    return error;
}

AioError fromTraceback(const QString &traceback)
{
    // "...\nKeyError: 'text'"
    const QString last = traceback.trimmed().section(QLatin1Char('\n'), -1);
    const QString type = last.section(QLatin1Char(':'), 0, 0).trimmed();
    AioError error(type == QLatin1StringView("KeyError") ? AioError::StaleProxy : AioError::RemoteError,
                   QStringLiteral("the manager could not do it: %1").arg(last));
    error.remoteType = QStringLiteral("multiprocessing.managers.RemoteError");
    error.remoteTraceback = traceback;
    return error;
}

AioError cancelledCall(const QString &method)
{
    return AioError(AioError::Cancelled, QStringLiteral("%1 was cancelled").arg(method));
}

} // namespace aio_detail
