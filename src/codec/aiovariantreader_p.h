// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>

#include "codec/aiovarianttags_p.h"
#include "codec/rawbytes.h"

#include <QByteArrayView>
#include <QVariant>

namespace aio_detail {

/* Reads values in the encoding of aiovariantcodec_p.h. After a false the error is set and the value is unfinished. */
class VariantReader
{
public:
    explicit VariantReader(QByteArrayView bytes) : m_in(bytes.data(), size_t(bytes.size())) {}

    /* One value that takes all the bytes. */
    bool readAll(QVariant &value);
    /* The same for a list, which is appended to \a values. */
    bool readAll(QVariantList &values);

    AioError::Code errorCode() const { return m_errorCode; }
    const QString &errorText() const { return m_errorText; }

private:
    bool read(QVariant &value, int depth);
    bool readDateTime(QVariant &value);
    bool readHandle(QVariant &value);
    bool readStreamed(QVariant &value);
    bool readList(QVariantList &list, int depth);
    bool failUnlessAtEnd();
    template<class Map>
    bool readPairs(QVariant &value, int depth);
    bool readStringList(QVariant &value);
    bool readText(QString &text);
    bool readBlob(QByteArrayView &bytes, bool *isNull = nullptr);
    bool isTooDeep(int depth);
    bool fail(AioError::Code code, const QString &text);
    bool failTruncated();

    template<class Wire, class T>
    bool readNumber(QVariant &value)
    {
        value = QVariant::fromValue<T>(T(m_in.number<Wire>()));
        return !m_in.failed() || failTruncated();
    }

    aio_raw::ByteReader m_in;
    AioError::Code m_errorCode = AioError::NoError;
    QString m_errorText;
};

} // namespace aio_detail
