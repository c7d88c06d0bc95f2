// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aioregistry_p.h"

#include <aioprocessing/aioerror.h>

#include "base/aiologging_p.h"
#include "platform/rawsystem.h"
#include "process/aiofitargument_p.h"

#include <QDebug>
#include <QFile>
#include <QStringList>

#include <dlfcn.h>

namespace aio_detail {

FunctionRegistry &FunctionRegistry::instance()
{
    static FunctionRegistry registry;    // made by the first static initialiser that needs it
    return registry;
}

void FunctionRegistry::insert(const QByteArray &key, const CallTarget &target)
{
    const QWriteLocker locker(&m_lock);
    const auto known = m_targets.constFind(key);
    if (known != m_targets.constEnd() && known->address != target.address)
        qCWarning(lcAioProcess) << "two functions are registered as" << key << "- the second one counts";
    m_targets.insert(key, target);
}

std::optional<CallTarget> FunctionRegistry::find(const QByteArray &key) const
{
    const QReadLocker locker(&m_lock);
    const auto known = m_targets.constFind(key);
    return known == m_targets.constEnd() ? std::nullopt : std::optional(*known);
}

QByteArray registerTarget(std::string_view printed, const CallTarget &target, const void *thunk)
{
    QByteArray key(printed.data(), qsizetype(printed.size()));
    Dl_info info{};
    if (dladdr(thunk, &info) && info.dli_fname) {
        const QByteArray path(info.dli_fname);
        const auto offset = quintptr(thunk) - quintptr(info.dli_fbase);
        // The main program may be named by the path it was started with, which differs between parent and worker.
        key += '@' + (path.contains(".so") ? path.mid(path.lastIndexOf('/') + 1) : QByteArrayLiteral("program"));
        key += '+' + QByteArray::number(qulonglong(offset), 16);
    }
    FunctionRegistry::instance().insert(key, target);
    return key;
}

void registerNamed(const QByteArray &name, const CallTarget &target)
{
    FunctionRegistry::instance().insert(name, target);
}

QString displayNameOf(const QString &key)
{
    const qsizetype at = key.lastIndexOf(QLatin1Char('@'));
    const QString name = at < 0 ? key : key.left(at);
    return name.startsWith(QLatin1Char('&')) ? name.mid(1) : name;
}

namespace {

QString signatureOf(const QString &name, const CallTarget &target)
{
    QStringList types;
    for (const QMetaType &type : target.parameters)
        types << QString::fromUtf8(type.name());
    return name + QLatin1Char('(') + types.join(QLatin1StringView(", ")) + QLatin1Char(')');
}

[[noreturn]] void throwNotRegistered(const AioCall &call)
{
    const QString name = displayNameOf(call.function());
    const QString program = aio_raw::programLink() ? QFile::symLinkTarget(QString::fromLatin1(aio_raw::programLink())) : QString();
    const bool byName = name == call.function();
    throwError(AioError::NotFound,
               QStringLiteral("no function %1 is registered in %2: %3")
                   .arg(name.isEmpty() ? QStringLiteral("without a name") : name,
                        program.isEmpty() ? QStringLiteral("this process") : program,
                        byName ? QStringLiteral("write AIO_FUNCTION(%1) in a source file of that program, or call "
                                                "AioProcessing::registerFunction() there before runWorker()").arg(name)
                               : QStringLiteral("AioCall::to() reaches functions of the same executable only; for another "
                                                "one register the function and use AioCall::named()")),
               QStringLiteral("AioCall::run"), name);
}

} // namespace

CallTarget targetOf(const AioCall &call)
{
    std::optional<CallTarget> target = FunctionRegistry::instance().find(call.function().toUtf8());
    if (!target)
        throwNotRegistered(call);
    return *std::move(target);
}

bool isContextual(const QString &function)
{
    const std::optional<CallTarget> target = FunctionRegistry::instance().find(function.toUtf8());
    return target && target->takesContext;
}

QVariant runChecked(const CallTarget &target, const QString &name, QVariantList arguments)
{
    return runFitted(target, name, arguments);
}

QVariant runFitted(const CallTarget &target, const QString &name, QVariantList &arguments)
{
    const QString operation = QStringLiteral("AioCall::run");
    if (target.takesContext)
        arguments.prepend(QVariant::fromValue(AioHandle()));
    if (arguments.size() != target.parameters.size()) {
        const qsizetype given = target.takesContext ? 1 : 0;
        throwError(AioError::UsageError,
                   QStringLiteral("%1 expects %2 arguments and got %3")
                       .arg(signatureOf(name, target)).arg(target.parameters.size() - given).arg(arguments.size() - given),
                   operation, name);
    }
    for (qsizetype i = 0; i < arguments.size(); ++i) {
        if (arguments.at(i).metaType() == target.parameters[i]) [[likely]]
            continue;
        const QByteArray got = arguments[i].isValid() ? QByteArray(arguments[i].typeName()) : "nothing";
        if (!fitArgument(arguments[i], target.parameters[i])) {
            throwError(AioError::TypeMismatch,
                       QStringLiteral("argument %1 of %2 must be %3 and is %4")
                           .arg(i + 1).arg(signatureOf(name, target), QString::fromUtf8(target.parameters[i].name()),
                                           QString::fromUtf8(got)),
                       operation, name);
        }
    }
    return target.run(arguments);
}

QVariant runCall(const AioCall &call)
{
    const CallTarget target = targetOf(call);
    if (!call.keywords().isEmpty()) {
        throwError(AioError::UsageError,
                   QStringLiteral("%1 is a C++ function, which takes no keyword arguments, and got '%2'")
                       .arg(signatureOf(call.displayName(), target), call.keywords().firstKey()),
                   QStringLiteral("AioCall::run"), call.displayName());
    }
    return runChecked(target, call.displayName(), call.arguments());
}

} // namespace aio_detail
