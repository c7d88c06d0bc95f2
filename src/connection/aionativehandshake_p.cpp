// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aionativehandshake_p.h"

#include <QCryptographicHash>
#include <QMessageAuthenticationCode>

namespace aio_detail {

namespace {

const QByteArray mark("#AIO1#");
const QByteArray nativeFailure("#AIO1-FAILURE#");
constexpr int nativeNonceSize = 32;
constexpr int proofSize = 32;

QByteArray proof(const QByteArray &key, const char *role, QByteArrayView hello, QByteArrayView rest)
{
    QMessageAuthenticationCode code(QCryptographicHash::Sha256, key);
    code.addData(QByteArray("AIO1|") + role + '\0');
    code.addData(hello.data(), hello.size());       // their sizes are fixed: what begins where is no question
    code.addData(rest.data(), rest.size());
    return code.result();
}


} // namespace

// HMAC takes a key and the same one with zeros behind it for the same: their hashes are not.
NativeHandshake::NativeHandshake(Role role, const QByteArray &key)
    : m_role(role), m_key(QCryptographicHash::hash(key, QCryptographicHash::Sha256))
{
    if (role == Listener) {
        m_hello = mark + freshNonce(nativeNonceSize);
        send(m_hello);
    }
}

void NativeHandshake::receive(QByteArrayView message)
{
    if (message == nativeFailure)
        reject(QStringLiteral("the other side has refused: give both the same key"));
    else if (message.startsWith(QByteArrayView("#CHALLENGE#")))
        reject(QStringLiteral("the other side speaks Python's handshake: choose that one here too"));
    else if (!message.startsWith(mark))
        reject(QStringLiteral("the other side speaks no handshake of this library: give it the key, and choose the same handshake"));
    else if (m_role == Listener)
        judge(message);
    else if (m_answer.isEmpty())
        answer(message);
    else
        conclude(message);
}

void NativeHandshake::answer(QByteArrayView hello)
{
    if (hello.size() != mark.size() + nativeNonceSize)
        return reject(QStringLiteral("the greeting of the listener makes no sense"));
    m_hello = hello.toByteArray();
    m_answer = mark + freshNonce(nativeNonceSize);
    m_answer += proof(m_key, "client", m_hello, QByteArrayView(m_answer).sliced(mark.size()));
    send(m_answer);
}

void NativeHandshake::judge(QByteArrayView answer)
{
    if (answer.size() == mark.size() + nativeNonceSize + proofSize) {
        const QByteArray wanted = proof(m_key, "client", m_hello, answer.sliced(mark.size(), nativeNonceSize));
        if (isSameSecret(wanted, answer.last(proofSize))) {
            send(mark + proof(m_key, "listener", m_hello, answer));
            return accept();
        }
    }
    send(nativeFailure);
    reject(wrongKey);
}

void NativeHandshake::conclude(QByteArrayView welcome)
{
    if (isSameSecret(mark + proof(m_key, "listener", m_hello, m_answer), welcome))
        accept();
    else
        reject(wrongKey);
}

} // namespace aio_detail
