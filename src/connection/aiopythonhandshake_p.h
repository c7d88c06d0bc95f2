// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "connection/aiohandshake_p.h"

namespace aio_detail {

/* The digests of Python's handshake; from Python 3.12 on it uses the second one, before that only the first. */
enum class PythonDigest { Md5, Sha256, Sha3_256, Sha384, Sha3_384 };

/*
 * The handshake of Python's multiprocessing.connection: first the listener challenges the client, then the client the listener.
 *
 *   -> "#CHALLENGE#" M       <- R       -> "#WELCOME#" or "#FAILURE#"
 *
 * where M is "{digest}" and 40 random bytes, or 20 random bytes (Python up to 3.11), and R is "{digest}" and the HMAC of the whole M, or
 * 16 bytes of HMAC-MD5. Nothing weaker than the minimum is sent or taken, but that a minimum of MD5 challenges with SHA-256.
 *
 * What it does not do: either side can be made to answer the other's own challenge by who connects to it twice, and nothing
 * protects what follows. Use it over local sockets, or through a tunnel.
 */
class PythonHandshake : public Handshake
{
public:
    PythonHandshake(Role role, const QByteArray &key, PythonDigest minimum);
    void receive(QByteArrayView message) override;

private:
    enum Step { Answering, AwaitingVerdict, AwaitingAnswer };

    void challenge();
    void answer(QByteArrayView message);
    void judge(QByteArrayView answer);
    void hearVerdict(QByteArrayView message);

    const Role m_role;
    const QByteArray m_key;
    const PythonDigest m_minimum;
    Step m_step;
    QByteArray m_challenge;
};

} // namespace aio_detail
