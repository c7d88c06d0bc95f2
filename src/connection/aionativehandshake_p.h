// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "connection/aiohandshake_p.h"

namespace aio_detail {

/*
 * Between programs of this library. H is HMAC-SHA256 under the SHA-256 of the key:
 *
 *   listener -> client   "#AIO1#", its nonce (32 bytes)                                          hello
 *   client -> listener   "#AIO1#", its nonce (32 bytes), H("AIO1|client" 0 hello nonce)          answer
 *   listener -> client   "#AIO1#", H("AIO1|listener" 0 hello answer)                             welcome
 *
 * or "#AIO1-FAILURE#" instead of the welcome. Each proof names its role and covers all that was said before, so none can be used
 * for the other role, in another handshake, or after somebody changed something on the way. There is nothing to negotiate and so
 * nothing to talk down: another version has another name.
 */
class NativeHandshake : public Handshake
{
public:
    NativeHandshake(Role role, const QByteArray &key);
    void receive(QByteArrayView message) override;

private:
    void answer(QByteArrayView hello);
    void judge(QByteArrayView answer);
    void conclude(QByteArrayView welcome);

    const Role m_role;
    const QByteArray m_key;
    QByteArray m_hello;
    QByteArray m_answer;
};

} // namespace aio_detail
