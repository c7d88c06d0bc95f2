// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiocallcodec_p.h"

#include "codec/aiovariantcodec_p.h"

namespace aio_detail {

AioError encodeCall(const AioCall &call, QByteArray &out)
{
    QVariantList fields;
    fields.append(call.function());
    fields.append(QVariant::fromValue(call.arguments()));
    fields.append(call.keywords());
    fields.append(call.options());
    return encodeVariant(QVariant::fromValue(fields), out, "AioCall::encode");
}

AioError decodeCall(QByteArrayView bytes, AioCall &call)
{
    call = AioCall();
    QVariant value;
    if (const AioError error = decodeVariant(bytes, value, "AioCall::decode"))
        return error;
    const QVariantList fields = value.toList();
    if (fields.size() != 4 || fields[0].typeId() != QMetaType::QString || fields[1].typeId() != QMetaType::QVariantList
        || fields[2].typeId() != QMetaType::QVariantMap || fields[3].typeId() != QMetaType::QVariantMap) {
        return makeError(AioError::ProtocolError, QStringLiteral("the bytes of a call hold something else"),
                         QStringLiteral("AioCall::decode"));
    }
    call = CallAccess::make(fields[0].toString(), fields[1].toList(), fields[2].toMap(), fields[3].toMap());
    return {};
}

} // namespace aio_detail
