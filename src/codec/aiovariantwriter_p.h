// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include "codec/aiovarianttags_p.h"
#include "codec/rawbytes.h"

#include <QByteArray>
#include <QVariant>

#include <limits>
#include <span>

namespace aio_detail {

/* Writes values in the encoding of aiovariantcodec_p.h. After a false the output is unfinished and the error is set. */
class VariantWriter
{
public:
    /* Gives up when it would append more than \a limit bytes. */
    explicit VariantWriter(QByteArray &out, qsizetype limit = std::numeric_limits<qsizetype>::max())
        : m_out(out), m_end(limit > std::numeric_limits<qsizetype>::max() - out.size() ? limit : out.size() + limit)
    { }

    bool write(const QVariant &value) { return write(value, 0); }
    /* As a QVariantList. */
    bool writeList(std::span<const QVariant> list, int depth = 0);

    bool isOverLimit() const { return m_isOverLimit; }
    AioError::Code errorCode() const { return m_errorCode; }
    const QString &errorText() const { return m_errorText; }

private:
    bool write(const QVariant &value, int depth);
    bool writeDateTime(const QVariant &value);
    bool writeHandle(const QVariant &value);
    bool writeStreamed(const QVariant &value);
    template<class Map>
    bool writePairs(VariantTag tag, const Map &map, int depth);
    bool writeText(const QString &text);
    bool writeBlob(const char *data, qsizetype size, bool isNull);
    bool writeLength(qsizetype length);
    bool isTooDeep(int depth);
    bool fail(AioError::Code code, const QString &text);
    /* False: there is no room for \a bytes more. */
    bool hasRoom(qsizetype bytes)
    {
        m_isOverLimit |= bytes > m_end - m_out.size();
        return !m_isOverLimit;
    }

    void writeTag(VariantTag tag) { m_out.append(char(tag)); }
    template<class Wire, class T>
    bool writeNumber(VariantTag tag, const void *value)
    {
        char bytes[1 + sizeof(Wire)];
        bytes[0] = char(tag);
        aio_raw::storeLittle(Wire(*static_cast<const T *>(value)), bytes + 1);
        m_out.append(bytes, sizeof bytes);
        return hasRoom(0);
    }

    QByteArray &m_out;
    const qsizetype m_end;          // of m_out at the most
    bool m_isOverLimit = false;
    AioError::Code m_errorCode = AioError::NoError;
    QString m_errorText;
};

} // namespace aio_detail
