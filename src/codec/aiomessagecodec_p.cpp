// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiomessagecodec_p.h"

#include "codec/aiocbor_p.h"
#include "codec/aiopicklereader_p.h"
#include "codec/aiopicklewriter_p.h"
#include "codec/aioplainvalue_p.h"
#include "codec/aiovariantcodec_p.h"

#include <aioprocessing/aioremoteobject.h>

#include <QAssociativeIterable>
#include <QSequentialIterable>
#include <QStringList>

namespace aio_detail {

namespace {
constexpr char ownMark = char(0xff);
constexpr char pickleMark = char(0x80);

void weigh(const QVariant &value, qsizetype &left, int depth);

template<class List>
void weighAll(const List &items, qsizetype &left, int depth)
{
    for (auto it = items.begin(); it != items.end() && left > 0; ++it)
        weigh(*it, left, depth);
}

// Takes what \a value is made of off \a left, roughly, until that is used up.
void weigh(const QVariant &value, qsizetype &left, int depth)
{
    left -= 4;
    if (left <= 0 || depth > maxPlainDepth)
        return;
    const void *data = value.constData();
    switch (value.typeId()) {
    case QMetaType::QString:
        left -= static_cast<const QString *>(data)->size();
        return;
    case QMetaType::QByteArray:
        left -= static_cast<const QByteArray *>(data)->size();
        return;
    case QMetaType::QStringList:
        return weighAll(*static_cast<const QStringList *>(data), left, depth + 1);
    case QMetaType::QVariantList:
        return weighAll(*static_cast<const QVariantList *>(data), left, depth + 1);
    case QMetaType::QVariantMap:
        return weighAll(*static_cast<const QVariantMap *>(data), left, depth + 1);
    case QMetaType::QVariantHash:
        return weighAll(*static_cast<const QVariantHash *>(data), left, depth + 1);
    default:
        break;
    }
    if (value.metaType() == QMetaType::fromType<AioRemoteObject>()) {
        const auto &object = *static_cast<const AioRemoteObject *>(data);
        for (const QVariantList &items : {object.arguments(), object.items(), object.entries()})
            weighAll(items, left, depth + 1);
        weighAll(object.keywords(), left, depth + 1);
        weigh(object.state(), left, depth + 1);
    } else if (QMetaType::canConvert(value.metaType(), QMetaType::fromType<QSequentialIterable>())) {
        weighAll(value.value<QSequentialIterable>(), left, depth + 1);
    } else if (QMetaType::canConvert(value.metaType(), QMetaType::fromType<QAssociativeIterable>())) {
        weighAll(value.value<QAssociativeIterable>(), left, depth + 1);
    }
}

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

AioError encodeMessageWithin(MessageCodec codec, qsizetype limit, const QVariant &value, QByteArray &out, bool &fits, const char *operation)
{
    if (codec == MessageCodec::Own) {
        const qsizetype before = out.size();
        out += ownMark;
        const AioError error = encodeVariantWithin(limit, value, out, fits, operation);
        if (error || !fits)
            out.truncate(before);
        return error;
    }
    qsizetype left = limit;
    weigh(value, left, 0);
    fits = left > 0;
    return fits ? encodeMessage(codec, value, out, operation) : AioError();
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
