// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QString>

namespace aio_detail {

/*
 * In a catch (...): what a function called \a function threw, as the error that its caller in another process gets. The
 * error of an AioException stays as it is; everything else becomes a RemoteError with the C++ type and the text of what().
 */
AioError errorOfCurrentException(const QString &function);

} // namespace aio_detail
