// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QVariant>

namespace aio_detail {

/* What is too much work for the thread of an event loop: bytes that are copied, written or read at once. */
constexpr qsizetype muchWork = 64 * 1024;

/* A message before it is in shared memory. The bytes of a large QByteArray are not copied until then. */
class OutMessage
{
public:
    OutMessage() = default;
    explicit OutMessage(QByteArrayView bytes) : m_bytes(bytes.toByteArray()) {}

    /* The message of \a value. \a fits: with a \a limit of bytes it was not too large; else it costs as much as those, and has to be made again. */
    AioError encode(const QVariant &value, const char *operation);
    AioError encodeWithin(qsizetype limit, const QVariant &value, bool &fits, const char *operation);

    std::size_t size() const { return std::size_t(m_bytes.size() + m_tail.size()); }
    /* For those that are written in one go: the rest is empty. */
    const char *data() const { return m_bytes.constData(); }
    void copyTo(char *to) const;

private:
    bool encodeAround(const QVariant &value);

    QByteArray m_bytes;
    QByteArray m_tail;
};

} // namespace aio_detail
