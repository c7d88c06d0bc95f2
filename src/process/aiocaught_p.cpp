// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiocaught_p.h"

#include "base/aiologging_p.h"

#include <QDebug>

#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <memory>
#include <typeinfo>

namespace aio_detail {

namespace {

QString demangled(const char *name)
{
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> readable(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                               &std::free);
    return QString::fromUtf8(status == 0 ? readable.get() : name);
}

} // namespace

AioError errorOfCurrentException(const QString &function)
{
    AioError error(AioError::RemoteError);
    try {
        throw;
    } catch (const AioException &e) {
        return e.error();    // logged where it was made
    } catch (const std::exception &e) {
        error.remoteType = demangled(typeid(e).name());
        error.message = QString::fromLocal8Bit(e.what());
    } catch (...) {
        const std::type_info *type = abi::__cxa_current_exception_type();
        error.remoteType = type ? demangled(type->name()) : QString();
        error.message = QStringLiteral("%1 threw something that is no std::exception: a %2")
                            .arg(function, type ? error.remoteType : QStringLiteral("foreign exception"));
    }
    error.operation = QStringLiteral("AioCall::run");
    error.key = function;
    qCWarning(lcAioProcess).noquote() << error;
    return error;
}

} // namespace aio_detail
