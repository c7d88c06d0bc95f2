// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aioerror.h>

#include "base/aiologging_p.h"

#include <QDataStream>
#include <QDebug>

QDebug operator<<(QDebug debug, const AioError &error)
{
    QDebugStateSaver saver(debug);
    debug.nospace() << "AioError(" << error.code << ", " << error.message;
    if (!error.operation.isEmpty())
        debug << ", in " << error.operation;
    if (!error.key.isEmpty())
        debug << ", on " << error.key;
    if (error.nativeError)
        debug << ", native " << error.nativeError;
    if (!error.remoteType.isEmpty())
        debug << ", thrown as " << error.remoteType;
    return debug << ')';
}

QDataStream &operator<<(QDataStream &stream, const AioError &error)
{
    return stream << qint32(error.code) << error.message << error.operation << error.key << qint32(error.nativeError)
                  << error.remoteType << error.remoteTraceback;
}

QDataStream &operator>>(QDataStream &stream, AioError &error)
{
    qint32 code = 0;
    qint32 nativeError = 0;
    stream >> code >> error.message >> error.operation >> error.key >> nativeError >> error.remoteType
        >> error.remoteTraceback;
    const bool known = code >= AioError::NoError && code <= AioError::TypeMismatch;
    error.code = known ? AioError::Code(code) : AioError::UnknownError;
    error.nativeError = nativeError;
    return stream;
}

AioException::AioException(const AioError &error) : m_error(error), m_what(error.message.toUtf8()) {}

AioException::~AioException() = default;

void AioException::raise() const
{
    throw *this;
}

AioException *AioException::clone() const
{
    return new AioException(*this);
}

namespace aio_detail {

AioError makeError(AioError::Code code, const QString &message, const QString &operation, const QString &key,
                   int nativeError)
{
    AioError error(code, message);
    error.operation = operation;
    error.key = key;
    error.nativeError = nativeError;
    const QLoggingCategory &category = logCategoryOf(operation);
    switch (code) {
    case AioError::NoError:
        break;
    case AioError::Cancelled:
    case AioError::Closed:
    case AioError::ShutDown:
    case AioError::EndOfStream:
        qCDebug(category).noquote() << error;
        break;
    default:
        qCWarning(category).noquote() << error;
    }
    return error;
}

void throwError(AioError::Code code, const QString &message, const QString &operation, const QString &key,
                int nativeError)
{
    throw AioException(makeError(code, message, operation, key, nativeError));
}

} // namespace aio_detail
