// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiomessagecodec_p.h"

#include "codec/aiocbor_p.h"
#include "codec/aiopicklereader_p.h"
#include "codec/aiopicklewriter_p.h"
#include "codec/aiovariantcodec_p.h"

namespace aio_detail {

namespace {
constexpr char ownMark = char(0xff);
constexpr char pickleMark = char(0x80);
} // namespace

MessageCodec codecOf(QByteArrayView message)
{
    if (!message.isEmpty() && message[0] == ownMark)
        return MessageCodec::Own;
    if (message.size() > 1 && message[0] == pickleMark && message[1] >= 2 && message[1] <= 5)
        return MessageCodec::Pickle;
    return MessageCodec::Cbor;
}

AioError encodeMessage(MessageCodec codec, const QVariant &value, QByteArray &out, const char *operation)
{
    switch (codec) {
    case MessageCodec::Own: {
        const qsizetype before = out.size();
        out += ownMark;
        const AioError error = encodeVariant(value, out, operation);
        if (error)
            out.truncate(before);
        return error;
    }
    case MessageCodec::Cbor:
        return encodeCbor(value, out, operation);
    case MessageCodec::Pickle:
        return encodePickle(value, out, operation);
    }
    return {};
}

AioError decodeMessage(QByteArrayView message, bool isTrusted, QVariant &value, const char *operation)
{
    value = QVariant();
    switch (codecOf(message)) {
    case MessageCodec::Own:
        if (isTrusted)
            return decodeVariant(message.sliced(1), value, operation);
        return makeError(AioError::ProtocolError,
                         QStringLiteral("a message in the library's own encoding came from a peer that has not shown that it knows a key: "
                                        "use an authentication key, or the codecs Cbor or Pickle"),
                         QLatin1StringView(operation));
    case MessageCodec::Cbor:
        return decodeCbor(message, value, operation);
    case MessageCodec::Pickle:
        return decodePickle(message, value, operation);
    }
    return {};
}

} // namespace aio_detail
