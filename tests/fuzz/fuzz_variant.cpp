// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Any bytes as a value in the library's own encoding: what is read can be written, and is the same when it is read again.
#include "codec/aiovariantcodec_p.h"

#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, std::size_t size)
{
    using namespace aio_detail;
    if (std::memchr(data, 0x7f, size))      // may call stream operators, which are not ours
        return 0;
    QVariant value;
    if (decodeVariant(QByteArrayView(data, qsizetype(size)), value))
        return 0;
    QByteArray once;
    QByteArray twice;
    QVariant again;
    if (encodeVariant(value, once) || decodeVariant(once, again) || encodeVariant(again, twice))
        std::abort();
    if (once.size() != twice.size() || value.typeId() != again.typeId())     // a hash has its entries in any order
        std::abort();
    bool fits = true;
    QByteArray within;
    if (encodeVariantWithin(once.size(), value, within, fits) || !fits || within.size() != once.size())
        std::abort();
    return 0;
}
