// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aioworker.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QVariantMap>

namespace aio_detail {

/* What a worker is told before it is given its call: the body of a Hello frame. */
struct Bootstrap
{
    AioProcessInfo self;       // without pid
    AioProcessInfo parent;     // without authKey
    QByteArray context;
    bool forwardsLog = false;
    QVariantMap keys;           // those of the parent's keyring (aioidentity_p.h)
};

[[nodiscard]] AioError encodeBootstrap(const Bootstrap &bootstrap, QByteArray &out);
[[nodiscard]] AioError decodeBootstrap(QByteArrayView bytes, Bootstrap &bootstrap);

/* An error of the worker's function: the body of an Error frame. Never longer than such a frame may be. */
QByteArray encodeError(AioError error);
/* Bytes that are no error give a ProtocolError. */
AioError decodeError(const QByteArray &bytes);

/* Overwrites what \a bytes hold, for keys. */
void wipe(QByteArray &bytes);

} // namespace aio_detail
