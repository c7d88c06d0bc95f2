// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QVariant>

namespace aio_detail {

/*!
 * Appends \a value to \a out as a pickle of Python; which type is which is told in <aioprocessing/aioremoteobject.h>. Returns an error
 * with code NoError, or Unserializable, with \a out as it was before.
 */
[[nodiscard]] AioError encodePickle(const QVariant &value, QByteArray &out, const char *operation = "");

} // namespace aio_detail
