// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QVariant>

namespace aio_detail {

/*
 * \a value as one of the few types that other languages have, too: invalid, bool, qlonglong, qulonglong, double, QString, QByteArray,
 * QVariantList, QVariantMap, QDate, QTime, QDateTime, AioRemoteObject. Other containers become lists and maps (what they hold
 * is left as it is), numbers and enums keep their value. False for every other type.
 */
bool toPlainValue(QVariant &value);

/* The Unserializable for a value that is not plain, in the encoding called \a codec. */
AioError notPlain(const QVariant &value, const char *codec, const char *operation);
/* That for a value that nests too deep. */
AioError tooDeep(const char *codec, const char *operation);

/* How deep values may nest. */
constexpr int maxPlainDepth = 90;

} // namespace aio_detail
