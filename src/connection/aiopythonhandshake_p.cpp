// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "connection/aiopythonhandshake_p.h"

#include <QMessageAuthenticationCode>

#include <optional>

namespace aio_detail {

namespace {

struct Digest
{
    const char *name;
    PythonDigest digest;
    QCryptographicHash::Algorithm algorithm;
    int size;       // in bytes; it also says which is the stronger one
};
constexpr Digest digests[] = {
    {"md5", PythonDigest::Md5, QCryptographicHash::Md5, 16},
    {"sha256", PythonDigest::Sha256, QCryptographicHash::Sha256, 32},
    {"sha3_256", PythonDigest::Sha3_256, QCryptographicHash::Sha3_256, 32},
    {"sha384", PythonDigest::Sha384, QCryptographicHash::Sha384, 48},
    {"sha3_384", PythonDigest::Sha3_384, QCryptographicHash::Sha3_384, 48},
};
constexpr const Digest &md5 = digests[0];

const Digest &describe(PythonDigest digest)
{
    for (const Digest &entry : digests) {
        if (entry.digest == digest)
            return entry;
    }
    return md5;
}

const QByteArray challengeMark("#CHALLENGE#");
const QByteArray welcome("#WELCOME#");
const QByteArray pythonFailure("#FAILURE#");
constexpr int pythonNonceSize = 40;
constexpr qsizetype oldChallenge = 20;
constexpr qsizetype oldAnswer = 16;
constexpr qsizetype longestPrefix = 10;     // with its braces

QByteArray prefixOf(const Digest &digest)
{
    return QByteArray("{") + digest.name + '}';
}

QByteArray codeOf(const Digest &digest, const QByteArray &key, QByteArrayView message)
{
    QMessageAuthenticationCode code(digest.algorithm, key);
    code.addData(message.data(), message.size());
    return code.result();
}

// The digest that \a message names in braces; none: it names one that there is not. Of what names none it is MD5. Random bytes of Python before
// 3.12, which are known by their number, may begin with a brace.
const Digest *namedDigest(QByteArrayView message, bool &isNamed)
{
    isNamed = message.startsWith('{') && message.size() != oldChallenge && message.size() != oldAnswer;
    if (!isNamed)
        return &md5;
    const qsizetype end = message.first(qMin(message.size(), longestPrefix)).indexOf('}');
    for (const Digest &entry : digests) {
        if (end > 0 && message.sliced(1, end - 1) == QByteArrayView(entry.name))
            return &entry;
    }
    return nullptr;
}

const auto tooWeak =
    QStringLiteral("the other side uses a digest below the minimum: Python before 3.12 only has MD5, which must be allowed");

} // namespace

PythonHandshake::PythonHandshake(Role role, const QByteArray &key, PythonDigest minimum)
    : m_role(role), m_key(key), m_minimum(minimum), m_step(Answering)
{
    if (role == Listener)
        challenge();
}

void PythonHandshake::challenge()
{
    const PythonDigest digest = m_minimum == PythonDigest::Md5 ? PythonDigest::Sha256 : m_minimum;
    m_challenge = prefixOf(describe(digest)) + freshNonce(pythonNonceSize);
    m_step = AwaitingAnswer;
    send(challengeMark + m_challenge);
}

void PythonHandshake::receive(QByteArrayView message)
{
    switch (m_step) {
    case Answering:
        return answer(message);
    case AwaitingVerdict:
        return hearVerdict(message);
    case AwaitingAnswer:
        return judge(message);
    }
}

void PythonHandshake::answer(QByteArrayView message)
{
    if (!message.startsWith(challengeMark)) {
        return reject(message.startsWith(QByteArrayView("#AIO1#"))
                          ? QStringLiteral("the other side speaks the native handshake of AioProcessing: choose that one here too")
                          : QStringLiteral("the other side sent no challenge: give it the key"));
    }
    const QByteArrayView challenge = message.sliced(challengeMark.size());
    bool isNamed;
    const Digest *digest = namedDigest(challenge, isNamed);
    if (!digest || challenge.size() < oldChallenge || (!isNamed && challenge.size() != oldChallenge))
        return reject(QStringLiteral("the other side sent a challenge that is too short, or of an unknown digest"));
    if (digest->size < describe(m_minimum).size)
        return reject(tooWeak);
    const QByteArray code = codeOf(*digest, m_key, challenge);
    send(isNamed ? prefixOf(*digest) + code : code);
    m_step = AwaitingVerdict;
}

void PythonHandshake::hearVerdict(QByteArrayView message)
{
    if (message != welcome)
        return reject(QStringLiteral("the other side has refused: give both the same key, and a digest that both allow"));
    if (m_role == Listener)
        accept();
    else
        challenge();
}

void PythonHandshake::judge(QByteArrayView answer)
{
    bool isNamed;
    const Digest *digest = namedDigest(answer, isNamed);
    bool wantedNamed;
    const Digest *wanted = namedDigest(m_challenge, wantedNamed);
    const bool isAllowed = digest && (digest == wanted || (digest == &md5 && m_minimum == PythonDigest::Md5));
    const QByteArrayView code = isNamed && digest ? answer.sliced(prefixOf(*digest).size()) : answer;
    if (!isAllowed || !isSameSecret(codeOf(*digest, m_key, m_challenge), code)) {
        send(pythonFailure);
        return reject(isAllowed || !digest ? wrongKey : tooWeak);
    }
    send(welcome);
    if (m_role == Client)
        accept();
    else
        m_step = Answering;
}

} // namespace aio_detail
