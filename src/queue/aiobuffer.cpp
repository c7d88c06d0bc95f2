// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiobuffer.h>

#include "queue/aiosharedblock_p.h"

#include <QDataStream>

#include <cstring>

using namespace aio_detail;

namespace {

[[maybe_unused]] const int s_registered = qRegisterMetaType<AioBuffer>();     // one may arrive before any is made

} // namespace

AioBuffer::AioBuffer() = default;
AioBuffer::AioBuffer(qsizetype size) : AioBuffer(size, *AioContext::defaultContext()) { }
AioBuffer::AioBuffer(qsizetype size, AioContext &context) : m_block(SharedBlock::create(context, size)) { }
AioBuffer::AioBuffer(std::shared_ptr<SharedBlock> block) : m_block(std::move(block)) { }
AioBuffer::AioBuffer(const AioBuffer &) = default;
AioBuffer::AioBuffer(AioBuffer &&) noexcept = default;
AioBuffer &AioBuffer::operator=(const AioBuffer &) = default;
AioBuffer &AioBuffer::operator=(AioBuffer &&) noexcept = default;
AioBuffer::~AioBuffer() = default;

qsizetype AioBuffer::size() const
{
    return m_block ? m_block->size() : 0;
}

const char *AioBuffer::constData() const
{
    return m_block ? m_block->data() : nullptr;
}

bool AioBuffer::isShared() const
{
    return m_block && (m_block.use_count() > 1 || !m_block->isAlone());
}

char *AioBuffer::data()
{
    if (!m_block)
        return nullptr;
    if (isShared()) {
        auto own = SharedBlock::create(*AioContext::find(m_block->lot().arena().id()), m_block->size());
        std::memcpy(own->data(), m_block->data(), std::size_t(m_block->size()));
        m_block = std::move(own);
    }
    return m_block->data();
}

QDataStream &operator<<(QDataStream &stream, const AioBuffer &buffer)
{
    return stream << (buffer.isNull() ? QByteArray() : buffer.asByteArray());
}

QDataStream &operator>>(QDataStream &stream, AioBuffer &buffer)
{
    QByteArray bytes;
    stream >> bytes;
    if (stream.status() != QDataStream::Ok)
        return stream;
    AioBuffer read;
    if (!bytes.isNull()) {
        read = AioBuffer(bytes.size());
        std::memcpy(read.data(), bytes.constData(), std::size_t(bytes.size()));
    }
    buffer = read;
    return stream;
}
