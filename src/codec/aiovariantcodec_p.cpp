// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiovariantcodec_p.h"

#include "codec/aiovariantreader_p.h"
#include "codec/aiovariantwriter_p.h"

#include <QStringList>

namespace aio_detail {

AioError encodeVariant(const QVariant &value, QByteArray &out, const char *operation)
{
    const qsizetype before = out.size();
    VariantWriter writer(out);
    if (writer.write(value))
        return {};
    out.truncate(before);
    return makeError(writer.errorCode(), writer.errorText(), QLatin1StringView(operation));
}

AioError decodeVariant(QByteArrayView bytes, QVariant &value, const char *operation)
{
    VariantReader reader(bytes);
    value = QVariant();
    if (reader.readAll(value))
        return {};
    value = QVariant();
    return makeError(reader.errorCode(), reader.errorText(), QLatin1StringView(operation));
}

} // namespace aio_detail
