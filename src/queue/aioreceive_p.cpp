// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "queue/aioreceive_p.h"

#include "codec/aiovariantcodec_p.h"
#include "queue/aiooutmessage_p.h"
#include "queue/aiosharedblock_p.h"

#include <aioprocessing/aiobuffer.h>

namespace aio_detail {

using namespace aio_raw;

Receive::Receive(Receive &other, std::shared_ptr<OpenCell> cell)
    : Get(other.lot(), other.address()), m_keptOpen(std::move(cell)), m_openCell(*m_keptOpen), m_plain(other.m_plain),
      m_keepsLarge(true), m_data(other.m_data), m_size(other.m_size)
{
    takeOver(other);
}

bool Receive::receive(const char *data, std::size_t size, bool isBlock) noexcept
{
    m_data = data;
    m_size = size;
    if (isBlock && m_keepsLarge && size > std::size_t(muchWork))
        return false;
    Doorbell::countBytes(size);
    decode();
    return true;
}

void Receive::decode() noexcept
{
    const auto name = QStringLiteral("AioQueue::get");
    if (!m_data) {
        error = makeError(AioError::Corrupted, QStringLiteral("the memory of a message cannot be found; the message is lost"), name);
        return;
    }
    if (const Block carried = RawBuffer::carriedBy(lot(), m_data, m_size); carried.data) {
        value = QVariant::fromValue(AioBuffer(SharedBlock::hold(m_openCell.lot(), carried)));
        return;
    }
    if (m_plain && m_plain->read && m_plain->read(m_data, m_size, m_plain->value)) {
        m_plain->isFilled = true;
        return;
    }
    try {
        error = decodeVariant(QByteArrayView(m_data, qsizetype(m_size)), value, "AioQueue::get");
    } catch (const std::exception &exception) {
        error = makeError(AioError::Unserializable,
                          QStringLiteral("reading a message threw: %1").arg(QString::fromUtf8(exception.what())), name);
    } catch (...) {
        error = makeError(AioError::Unserializable, QStringLiteral("reading a message threw an exception"), name);
    }
}

} // namespace aio_detail
