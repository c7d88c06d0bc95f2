// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/aiosharedblock_p.h"
#include "queue/rawqueue.h"

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QVariant>

namespace aio_detail {

/* What is too much work for the thread of an event loop: bytes that are copied, written or read at once. 64 KiB, with what stands around them. */
constexpr qsizetype muchWork = 64 * 1024 + 256;

/* A message before it is in shared memory. The bytes of a large QByteArray are not copied until then. */
class OutMessage
{
public:
    OutMessage() = default;
    explicit OutMessage(QByteArrayView bytes) : m_bytes(bytes.toByteArray()) {}

    /* The message of \a value. \a fits: with a \a limit of bytes it was not too large; else it costs as much as those, and has to be made again. */
    AioError encode(const QVariant &value, const char *operation);
    /* Carries \a value if it is a buffer of \a lot. */
    bool carry(const QVariant &value, Lot &lot);
    AioError encodeWithin(qsizetype limit, const QVariant &value, bool &fits, const char *operation);

    /* Whether it needs a block also where it is small. */
    bool needsBlock() const { return m_carried || size() > aio_raw::RingSlot::InlineBytes; }
    bool carriesBuffer() const { return bool(m_carried); }
    std::size_t size() const { return std::size_t(m_bytes.size() + m_tail.size()); }
    /* For those that are written in one go: the rest is empty. */
    const char *data() const { return m_bytes.constData(); }
    /* Writes it into \a block, of this process. False: the buffer is carried too often already. */
    bool writeTo(const aio_raw::Block &block) const;
    /* After a false: the message is a copy of the buffer from here on. */
    AioError copyCarried(const char *operation);

private:
    bool encodeAround(const QVariant &value);

    QByteArray m_bytes;
    QByteArray m_tail;
    std::shared_ptr<SharedBlock> m_carried;
};

} // namespace aio_detail
