// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/aiooutmessage_p.h"

#include "codec/aiovariantcodec_p.h"
#include "codec/aiovarianttags_p.h"

#include <QtEndian>

#include <cstring>

namespace aio_detail {

// A QByteArray alone is its bytes behind a tag and a length.
bool OutMessage::encodeAround(const QVariant &value)
{
    if (value.typeId() != QMetaType::QByteArray)
        return false;
    const auto &bytes = *static_cast<const QByteArray *>(value.constData());
    if (bytes.size() < muchWork / 16 || quint64(bytes.size()) >= nullLength)
        return false;
    char head[5] = {char(VariantTag::ByteArray)};
    qToLittleEndian<quint32>(quint32(bytes.size()), head + 1);
    m_bytes = QByteArray(head, sizeof head);
    m_tail = bytes;
    return true;
}

AioError OutMessage::encode(const QVariant &value, const char *operation)
{
    return encodeAround(value) ? AioError() : encodeVariant(value, m_bytes, operation);
}

AioError OutMessage::encodeWithin(qsizetype limit, const QVariant &value, bool &fits, const char *operation)
{
    fits = true;
    return encodeAround(value) ? AioError() : encodeVariantWithin(limit, value, m_bytes, fits, operation);
}

void OutMessage::copyTo(char *to) const
{
    std::memcpy(to, m_bytes.constData(), std::size_t(m_bytes.size()));
    if (!m_tail.isEmpty())
        std::memcpy(to + m_bytes.size(), m_tail.constData(), std::size_t(m_tail.size()));
}

} // namespace aio_detail
