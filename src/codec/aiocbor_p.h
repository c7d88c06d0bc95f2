// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QVariant>

namespace aio_detail {

/* QVariants as CBOR (RFC 8949), by Qt's own reader and writer: plain values (aioplainvalue_p.h), no AioRemoteObject. */

/*! Appends the CBOR of \a value to \a out. Returns an error with code NoError, or Unserializable, with \a out as it was before. */
[[nodiscard]] AioError encodeCbor(const QVariant &value, QByteArray &out, const char *operation = "");
/*! Reads the one item that \a bytes are. Returns an error with code NoError, or ProtocolError, with an invalid \a value. */
[[nodiscard]] AioError decodeCbor(QByteArrayView bytes, QVariant &value, const char *operation = "");

} // namespace aio_detail
