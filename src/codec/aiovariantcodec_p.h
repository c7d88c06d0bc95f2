// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QVariant>

/*
 * How a QVariant becomes bytes: the library's own encoding, between processes of one user that run this library. It keeps
 * every type exactly (an int stays an int) and is fast for what messages are mostly made of.
 *
 * A value is a tag byte and what follows it. Numbers are little-endian; a length or count is an uint32.
 *
 *   0x00 invalid QVariant        -                0x10 float              4 bytes
 *   0x01 bool false              -                0x11 double             8 bytes
 *   0x02 bool true               -                0x18 QString            length in UTF-16 units, units; length ~0: null
 *   0x03 char                    1 byte           0x19 QByteArray         length, bytes; length ~0: null
 *   0x04 signed char             1 byte           0x20 QVariantList       count, values
 *   0x05 unsigned char           1 byte           0x21 QVariantMap        count, pairs of (QString without tag, value)
 *   0x06 short                   2 bytes          0x22 QVariantHash       as QVariantMap
 *   0x07 unsigned short          2 bytes          0x23 QStringList        count, QStrings without tag
 *   0x08 int                     4 bytes          0x7f any other type     length, type name in UTF-8,
 *   0x09 unsigned int            4 bytes                                  length, QDataStream bytes of version Qt_6_0
 *   0x0a long                    8 bytes          0x28 QDateTime          Julian day (8 bytes), ms of the day (4), kind (1: local,
 *   0x0b unsigned long           8 bytes                                  2: UTC, 3: offset), offset from UTC in s (4)
 *   0x0c qlonglong               8 bytes          0x29 AioHandle          kind (1 byte), address (8), length, context
 *   0x0d qulonglong              8 bytes
 *
 * The tags stand in <aioprocessing/aiotags_impl.h>, with what reads and writes numbers without a QVariant.
 * Tags are never reused for something else. Containers nest at most maxDepth deep. Not kept: that a QVariant which has a
 * type was null.
 *
 * Reading checks every length against the bytes that are there before it allocates. The tag 0x7f calls stream operators of
 * Qt and of the application, which may be less careful: do not decode bytes of other users or machines with this.
 */
namespace aio_detail {

constexpr int maxVariantDepth = 64;

/*!
 * Appends the encoding of \a value to \a out. Returns an error with code NoError, or, with \a out as it was before:
 * Unserializable for a type without stream operators or nesting that is too deep, TooLarge for 4 GiB in one piece.
 * \a operation is for the error.
 */
[[nodiscard]] AioError encodeVariant(const QVariant &value, QByteArray &out, const char *operation = "");

/*!
 * The same for at most \a limit bytes. What has more costs no more than those, leaves \a out as it was, and sets \a fits to false,
 * which is no error.
 */
[[nodiscard]] AioError encodeVariantWithin(qsizetype limit, const QVariant &value, QByteArray &out, bool &fits, const char *operation = "");

/*!
 * Reads exactly one value from \a bytes into \a value. Returns an error with code NoError, or: Unserializable for a type
 * that this process does not know, ProtocolError for bytes that are no value. After an error \a value is invalid; without
 * one it is what was written, which may be an invalid QVariant.
 */
[[nodiscard]] AioError decodeVariant(QByteArrayView bytes, QVariant &value, const char *operation = "");

} // namespace aio_detail
