// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiovariantcodec_p.h"

#include "codec/aiovariantreader_p.h"
#include "codec/aiovariantwriter_p.h"

#include <QStringList>

namespace aio_detail {

namespace {

AioError encode(VariantWriter &writer, const QVariant &value, QByteArray &out, const char *operation)
{
    const qsizetype before = out.size();
    if (writer.write(value))
        return {};
    out.truncate(before);
    if (writer.isOverLimit())
        return {};
    return makeError(writer.errorCode(), writer.errorText(), QLatin1StringView(operation));
}

} // namespace

AioError encodeVariant(const QVariant &value, QByteArray &out, const char *operation)
{
    VariantWriter writer(out);
    return encode(writer, value, out, operation);
}

AioError encodeVariantWithin(qsizetype limit, const QVariant &value, QByteArray &out, bool &fits, const char *operation)
{
    VariantWriter writer(out, limit);
    const AioError error = encode(writer, value, out, operation);
    fits = !writer.isOverLimit();
    return error;
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
