// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QVariant>

namespace aio_detail {

/*
 * A QVariant as a message of a connection. Its first bytes say which encoding it has, as none of them can begin with those of another:
 *
 *   ff                     the library's own (aiovariantcodec_p.h) follows
 *   80 02 .. 80 05         a pickle
 *   anything else          CBOR
 */
enum class MessageCodec { Own, Cbor, Pickle };

MessageCodec codecOf(QByteArrayView message);

/*! Appends \a value to \a out. Returns an error with code NoError, or what the encoding says, with \a out as it was before. */
[[nodiscard]] AioError encodeMessage(MessageCodec codec, const QVariant &value, QByteArray &out, const char *operation = "");

/*!
 * The same for about \a limit bytes. What has more costs no more than those, leaves \a out as it was, and sets \a fits to false, which is
 * no error.
 */
[[nodiscard]] AioError encodeMessageWithin(MessageCodec codec, qsizetype limit, const QVariant &value, QByteArray &out, bool &fits,
                                           const char *operation = "");

/*!
 * Reads \a message, in whatever encoding it has. Own messages may call stream operators of any type: from who is not \a isTrusted
 * they are a ProtocolError. After an error \a value is invalid.
 */
[[nodiscard]] AioError decodeMessage(QByteArrayView message, bool isTrusted, QVariant &value, const char *operation = "");

} // namespace aio_detail
