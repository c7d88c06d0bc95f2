// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

namespace aio_detail {

/*! The code for the number \a error of the operating system. The only place that turns errno into a code. */
AioError::Code codeOfErrno(int error) noexcept;

/*! \a what followed by the operating system's text for \a error: "open /run/x: Permission denied". */
QString withErrnoText(const QString &what, int error);

/*! Throws the AioException for \a what, which failed with \a error. */
[[noreturn]] void throwErrno(const QString &what, int error, const QString &operation);

} // namespace aio_detail
