// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArrayView>
#include <QVariant>

namespace aio_detail {

/*!
 * Reads the pickle \a bytes of Python, of protocol 2 to 5; which type is which, and that nothing is ever called, is told in
 * <aioprocessing/aioremoteobject.h>. Returns an error with code NoError, or: ProtocolError for bytes that are no pickle,
 * Unserializable for what is refused, TooLarge for what would take too much memory. After an error \a value is invalid.
 */
[[nodiscard]] AioError decodePickle(QByteArrayView bytes, QVariant &value, const char *operation = "");

} // namespace aio_detail
