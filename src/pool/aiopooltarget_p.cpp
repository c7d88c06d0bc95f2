// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool/aiopooltarget_p.h"

#include "base/aiologging_p.h"
#include "codec/aiovariantreader_p.h"
#include "codec/aiovariantwriter_p.h"
#include "process/aiocaught_p.h"
#include "process/aioregistry_p.h"

#include <QScopeGuard>

namespace aio_detail {

PoolTarget::PoolTarget(const QByteArray &key) : m_name(displayNameOf(QString::fromUtf8(key)))
{
    try {
        m_target = targetOf(AioCall::named(QString::fromUtf8(key)));
    } catch (const AioException &e) {
        m_error = e.error();
    }
}

void PoolTarget::failPacked() const
{
    if (m_error)
        throw AioException(m_error);
    throwError(AioError::TypeMismatch,
               QStringLiteral("%1 takes other arguments here than in the process that called it: this is another program").arg(m_name),
               QStringLiteral("AioPool::apply"), m_name);
}

void PoolTarget::run(TaskScratch &scratch, const QVariantList &bound, QByteArrayView bytes) const
{
    constexpr qsizetype mostKept = 64 * 1024;
    constexpr qsizetype mostBytes = qsizetype(1) << 29;
    if (!m_target.run)
        throw AioException(m_error);
    if (scratch.result.capacity() > mostKept)
        scratch.result = QByteArray();
    scratch.result.truncate(0);
    scratch.buffer = AioBuffer();
    readArguments(bytes, scratch.arguments);
    if (!bound.isEmpty())
        scratch.arguments = bound + scratch.arguments;
    const auto clear = qScopeGuard([&] { scratch.arguments.clear(); });    // they may hold much
    const QVariant result = runFitted(m_target, m_name, scratch.arguments);
    if (result.metaType() == QMetaType::fromType<AioBuffer>()) {
        scratch.buffer = result.value<AioBuffer>();
        if (!scratch.buffer.isNull())
            return;
    }
    VariantWriter writer(scratch.result, mostBytes);
    if (writer.write(result)) [[likely]]
        return;
    const QString operation = QStringLiteral("AioPool::result");
    if (writer.isOverLimit()) {
        throwError(AioError::TooLarge,
                   QStringLiteral("the result of %1 has more than 512 MiB: return it in parts through a queue").arg(m_name), operation,
                   m_name);
    }
    throwError(writer.errorCode(), writer.errorText(), operation);
}

const QVariantList &BoundArguments::values()
{
    if (!m_isRead) {
        try {
            readArguments(m_bytes, m_values);
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

void readArguments(QByteArrayView bytes, QVariantList &arguments)
{
    arguments.clear();
    VariantReader reader(bytes);
    if (!reader.readAll(arguments))
        throwError(reader.errorCode(), reader.errorText(), QStringLiteral("AioPool::apply"));
}

} // namespace aio_detail
