// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "process/aiobootstrap_p.h"

#include "codec/aiovariantcodec_p.h"

#include <QDataStream>
#include <QIODevice>

#include <algorithm>
#include <iterator>
#include <string.h>

namespace aio_detail {

AioError encodeBootstrap(const Bootstrap &bootstrap, QByteArray &out)
{
    QVariantList fields;
    fields << bootstrap.self.name << bootstrap.self.daemon << bootstrap.self.authKey << bootstrap.parent.name
           << bootstrap.parent.pid << bootstrap.parent.daemon << bootstrap.context << bootstrap.forwardsLog << QVariant(bootstrap.keys);
    return encodeVariant(QVariant::fromValue(fields), out, "AioProcess::start");
}

AioError decodeBootstrap(QByteArrayView bytes, Bootstrap &bootstrap)
{
    QVariant value;
    if (const AioError error = decodeVariant(bytes, value, "AioProcessing::runWorker"))
        return error;
    const QVariantList fields = value.toList();
    static constexpr int types[] = {QMetaType::QString, QMetaType::Bool,     QMetaType::QByteArray, QMetaType::QString,
                                    QMetaType::LongLong, QMetaType::Bool, QMetaType::QByteArray, QMetaType::Bool,
                                    QMetaType::QVariantMap};
    const bool isWhole = fields.size() == std::ssize(types)
        && std::equal(fields.begin(), fields.end(), std::begin(types),
                      [](const QVariant &field, int type) { return field.typeId() == type; });
    if (!isWhole) {
        return makeError(AioError::ProtocolError, QStringLiteral("the parent process speaks another version"),
                         QStringLiteral("AioProcessing::runWorker"));
    }
    bootstrap.self.name = fields[0].toString();
    bootstrap.self.daemon = fields[1].toBool();
    bootstrap.self.authKey = fields[2].toByteArray();
    bootstrap.parent.name = fields[3].toString();
    bootstrap.parent.pid = fields[4].toLongLong();
    bootstrap.parent.daemon = fields[5].toBool();
    bootstrap.context = fields[6].toByteArray();
    bootstrap.forwardsLog = fields[7].toBool();
    bootstrap.keys = fields[8].toMap();
    return {};
}

QByteArray encodeError(AioError error)
{
    constexpr qsizetype longest = 1 << 20;    // UTF-16 units of each of the five texts: an Error frame holds them all
    for (QString *text : {&error.message, &error.operation, &error.key, &error.remoteType, &error.remoteTraceback})
        text->truncate(longest);
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    stream.setVersion(QDataStream::Qt_6_0);
    stream << error;
    return bytes;
}

AioError decodeError(const QByteArray &bytes)
{
    AioError error;
    QDataStream stream(bytes);
    stream.setVersion(QDataStream::Qt_6_0);
    stream >> error;
    if (stream.status() == QDataStream::Ok && stream.atEnd() && error)
        return error;
    return makeError(AioError::ProtocolError, QStringLiteral("the worker sent an error that cannot be read"),
                     QStringLiteral("AioProcess::start"));
}

void wipe(QByteArray &bytes)
{
    if (!bytes.isEmpty())
        explicit_bzero(bytes.data(), size_t(bytes.size()));
    bytes.clear();
}

} // namespace aio_detail
