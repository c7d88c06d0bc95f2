// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiopool.h>

#include "base/aiologging_p.h"
#include "codec/aiovariantwriter_p.h"
#include "codec/rawbytes.h"
#include "process/aiocaught_p.h"

namespace aio_detail {

std::optional<PoolArguments> PoolArguments::fromBytes(qsizetype stride, const QByteArray &bytes, const QByteArray &bound)
{
    if (stride < 0 || (stride > 0 && bytes.size() % stride != 0))
        return std::nullopt;
    PoolArguments arguments(stride);
    arguments.m_bytes = bytes;
    if (!bound.isEmpty())
        arguments.m_bound = std::make_shared<const PoolBound>(PoolBound{bound, {}});
    aio_raw::ByteReader reader(bytes.constData(), std::size_t(bytes.size()));
    while (stride == 0 && reader.left() > 0) {
        reader.bytes(reader.number<quint32>());
        arguments.m_ends.push_back(bytes.size() - qsizetype(reader.left()));
    }
    if (reader.failed())
        return std::nullopt;
    return arguments;
}

namespace {

// Appends them to \a out. An error leaves it as it was.
std::optional<AioError> encodeArguments(std::span<const QVariant> arguments, QByteArray &out)
{
    constexpr qsizetype limit = qsizetype(1) << 30;
    const qsizetype before = out.size();
    try {
        VariantWriter writer(out, limit);
        if (writer.writeList(arguments)) [[likely]]
            return std::nullopt;
        out.truncate(before);
        const QString operation = QStringLiteral("AioPool::submit");
        if (!writer.isOverLimit())
            return makeError(writer.errorCode(), writer.errorText(), operation);
        return makeError(AioError::TooLarge,
                         QStringLiteral("the arguments of a task have more than 1 GiB: send them in parts through a queue"), operation);
    } catch (...) {    // a stream operator of the application
        out.truncate(before);
        return errorOfCurrentException(QStringLiteral("a stream operator for an argument"));
    }
}

} // namespace

PoolBoundPtr encodeBound(std::span<const QVariant> arguments)
{
    if (arguments.empty())
        return nullptr;
    const auto bound = std::make_shared<PoolBound>();
    bound->error = encodeArguments(arguments, bound->bytes).value_or(AioError());
    return bound;
}

void PoolArguments::append(std::span<const QVariant> arguments)
{
    const qsizetype before = m_bytes.size();
    m_bytes.append(4, '\0');
    const std::optional<AioError> error = encodeArguments(arguments, m_bytes);
    if (error && !m_error)
        m_error = *error;
    aio_raw::storeLittle(quint32(m_bytes.size() - before - 4), m_bytes.data() + before);
    m_ends.push_back(m_bytes.size());
}

void PoolArguments::reserve(qsizetype count)
{
    m_bytes.reserve(count * (isPacked() ? m_stride : 16));
    if (!isPacked())
        m_ends.reserve(std::size_t(count));
}

void PoolArguments::bind(PoolBoundPtr bound)
{
    m_bound = std::move(bound);
    if (m_bound && m_bound->error && !m_error)
        m_error = m_bound->error;
}

} // namespace aio_detail
