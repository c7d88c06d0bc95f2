// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aiopooltarget_p.h"

#include "codec/aiovariantcodec_p.h"
#include "process/aiocaught_p.h"
#include "process/aioregistry_p.h"

#include <QHash>

#include <mutex>

namespace aio_detail {

namespace {

struct PackedTargets
{
    std::mutex mutex;
    QHash<QByteArray, PackedTarget> targets;
};

PackedTargets &packedTargets()
{
    static PackedTargets all;    // made by the first static initialiser that needs it
    return all;
}

} // namespace

bool registerPacked(const QByteArray &key, const PackedTarget &target)
{
    PackedTargets &all = packedTargets();
    const std::lock_guard lock(all.mutex);
    all.targets.insert(key, target);
    return true;
}

PoolTarget::PoolTarget(const QByteArray &key) : m_name(displayNameOf(QString::fromUtf8(key)))
{
    try {
        m_target = targetOf(AioCall::named(QString::fromUtf8(key)));
    } catch (const AioException &e) {
        m_error = e.error();
    }
    PackedTargets &all = packedTargets();
    const std::lock_guard lock(all.mutex);
    m_packed = all.targets.value(key);
}

void PoolTarget::failPacked() const
{
    if (m_error)
        throw AioException(m_error);
    throwError(AioError::NotFound,
               QStringLiteral("%1 is known here, but not how its arguments are packed: the worker is another program").arg(m_name),
               QStringLiteral("AioPool::apply"), m_name);
}

QByteArray PoolTarget::run(const QVariantList &bound, QByteArrayView bytes) const
{
    if (!m_target.run)
        throw AioException(m_error);
    const QVariantList own = readArguments(bytes);
    const QVariant result = runChecked(m_target, m_name, bound.isEmpty() ? own : bound + own);
    QByteArray encoded;
    AioError error = encodeVariant(result, encoded, "AioPool::result");
    if (!error && encoded.size() > (qsizetype(1) << 29)) {
        error = makeError(AioError::TooLarge,
                          QStringLiteral("the result of %1 has more than 512 MiB: return it in parts through a queue").arg(m_name),
                          QStringLiteral("AioPool::result"), m_name);
    }
    if (error)
        throw AioException(error);
    return encoded;
}

const QVariantList &BoundArguments::values()
{
    if (!m_isRead) {
        try {
            m_values = readArguments(m_bytes);
        } catch (...) {
            m_error = errorOfCurrentException(QStringLiteral("a stream operator for an argument"));
        }
        m_bytes.clear();
        m_isRead = true;
    }
    if (m_error)
        throw AioException(m_error);
    return m_values;
}

QVariantList readArguments(QByteArrayView bytes)
{
    QVariant value;
    if (const AioError error = decodeVariant(bytes, value, "AioPool::apply"))
        throw AioException(error);
    return value.toList();
}

} // namespace aio_detail
