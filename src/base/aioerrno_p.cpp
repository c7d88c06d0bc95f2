// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "base/aioerrno_p.h"

#include <QString>

#include <cerrno>
#include <system_error>

namespace aio_detail {

AioError::Code codeOfErrno(int error) noexcept
{
    switch (error) {
    case 0:
        return AioError::NoError;
    case ENOENT:
    case ENOTDIR:
    case ESRCH:
    case EIDRM:
        return AioError::NotFound;
    case EEXIST:
        return AioError::AlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
        return AioError::PermissionDenied;
    case EADDRINUSE:
        return AioError::AddressInUse;
    case ECONNREFUSED:
        return AioError::ConnectionRefused;
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
        return AioError::PeerDied;
    case EMSGSIZE:
    case E2BIG:
    case EFBIG:
        return AioError::TooLarge;
    case ENOMEM:
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EAGAIN:
    case ENOBUFS:
    case ERANGE:
        return AioError::OutOfResources;
    case ECANCELED:
        return AioError::Cancelled;
    case ETIMEDOUT:
        return AioError::TimedOut;
    case EOWNERDEAD:
        return AioError::OwnerDied;
    case ENOTRECOVERABLE:
        return AioError::Corrupted;
    case EPROTO:
    case EBADMSG:
        return AioError::ProtocolError;
    default:
        return AioError::UnknownError;
    }
}

QString withErrnoText(const QString &what, int error)
{
    return what + QLatin1StringView(": ") + QString::fromStdString(std::system_category().message(error));
}

void throwErrno(const QString &what, int error, const QString &operation)
{
    throw AioException(makeError(codeOfErrno(error), withErrnoText(what, error), operation, {}, error));
}

} // namespace aio_detail
