// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QByteArrayView>

namespace aio_detail {

/*
 * A call as bytes: a QVariantList of function, arguments, keywords and options in the library's encoding of QVariants.
 * Both return an error with code NoError, or what the encoding says; a call that could not be read is null.
 */
[[nodiscard]] AioError encodeCall(const AioCall &call, QByteArray &out);
[[nodiscard]] AioError decodeCall(QByteArrayView bytes, AioCall &call);

} // namespace aio_detail
