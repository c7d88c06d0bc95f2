// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QString>

namespace aio_detail {

/*
 * UTF-8 as Python's "surrogatepass" has it: a surrogate that stands alone, which both QString and str may hold, takes three bytes.
 */
QByteArray toUtf8WithSurrogates(const QString &text);
/* False: the bytes are no such UTF-8. */
bool fromUtf8WithSurrogates(QByteArrayView bytes, QString &text);

} // namespace aio_detail
