// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aiohandshake_p.h"

#include "platform/rawrandom.h"

namespace aio_detail {

QByteArray freshNonce(int size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    aio_raw::randomBytes(bytes.data(), unsigned(size));
    return bytes;
}

bool isSameSecret(QByteArrayView a, QByteArrayView b)
{
    if (a.size() != b.size())
        return false;
    unsigned difference = 0;
    for (qsizetype i = 0; i < a.size(); ++i)
        difference |= unsigned(uchar(a[i]) ^ uchar(b[i]));
    return difference == 0;
}

bool looksLikeHandshake(QByteArrayView message)
{
    return message.startsWith(QByteArrayView("#CHALLENGE#")) || message.startsWith(QByteArrayView("#AIO1#"));
}

} // namespace aio_detail
