// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "codec/aiosurrogates_p.h"

#include <QStringDecoder>

namespace aio_detail {

namespace {

// The surrogate in three bytes at \a at, or 0.
char16_t surrogateAt(QByteArrayView bytes, qsizetype at)
{
    if (at + 3 > bytes.size())
        return 0;
    const auto first = uchar(bytes[at]);
    const auto second = uchar(bytes[at + 1]);
    const auto third = uchar(bytes[at + 2]);
    if (first != 0xed || second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf)
        return 0;
    return char16_t(0xd000 | (second & 0x3f) << 6 | (third & 0x3f));
}

bool appendUtf8(QByteArrayView bytes, QString &text)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless | QStringDecoder::Flag::ConvertInitialBom);
    text += decoder(bytes);
    return !decoder.hasError();
}

} // namespace

QByteArray toUtf8WithSurrogates(const QString &text)
{
    if (text.isValidUtf16())
        return text.toUtf8();
    QByteArray bytes;
    qsizetype from = 0;     // of what was not written yet
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar unit = text[i];
        if (!unit.isSurrogate())
            continue;
        if (unit.isHighSurrogate() && i + 1 < text.size() && text[i + 1].isLowSurrogate()) {
            ++i;
            continue;
        }
        bytes += QStringView(text).mid(from, i - from).toUtf8();
        bytes += char(0xe0 | unit.unicode() >> 12);
        bytes += char(0x80 | (unit.unicode() >> 6 & 0x3f));
        bytes += char(0x80 | (unit.unicode() & 0x3f));
        from = i + 1;
    }
    return bytes + QStringView(text).mid(from).toUtf8();
}

bool fromUtf8WithSurrogates(QByteArrayView bytes, QString &text)
{
    text = QString();
    if (bytes.isEmpty()) {
        text = QStringLiteral("");
        return true;
    }
    if (appendUtf8(bytes, text))
        return true;
    text.clear();
    qsizetype from = 0;
    for (qsizetype i = 0; i < bytes.size(); ++i) {
        const char16_t surrogate = surrogateAt(bytes, i);
        if (!surrogate)
            continue;
        if (!appendUtf8(bytes.sliced(from, i - from), text))
            return false;
        text += QChar(surrogate);
        i += 2;
        from = i + 1;
    }
    return appendUtf8(bytes.sliced(from), text);
}

} // namespace aio_detail
