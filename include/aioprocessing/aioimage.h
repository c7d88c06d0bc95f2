// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiobuffer.h>

#include <QImage>

/*
 * Images in shared memory. This header needs Qt6::Gui and is not part of <AioProcessing/AioProcessing>, which does not.
 *
 *   AioBuffer buffer = queue.allocate(AioProcessing::imageBytes(1920, 1080));
 *   paint(AioProcessing::toImage(buffer, 1920, 1080));              // a QImage & is painted on in place
 *   queue.put(buffer);
 *
 *   const AioBuffer received = other.get<AioBuffer>();
 *   const QImage frame = AioProcessing::toImage(received, 1920, 1080);      // the same pixels, in another process
 */
namespace aio_detail {

inline void releaseImage(void *buffer) { delete static_cast<AioBuffer *>(buffer); }

inline qsizetype bytesPerLine(int width, QImage::Format format)
{
    // as QImage has them: whole words
    return (qsizetype(width) * QImage::toPixelFormat(format).bitsPerPixel() + 31) / 32 * 4;
}

} // namespace aio_detail

namespace AioProcessing {

/*! How many bytes an image of this size takes, its lines beginning at multiples of four bytes as in every QImage. */
inline qsizetype imageBytes(int width, int height, QImage::Format format = QImage::Format_ARGB32_Premultiplied)
{
    return aio_detail::bytesPerLine(width, format) * height;
}

/*!
 * The image at the begin of \a buffer, without a copy; null if the buffer is too small for it. The memory lives as long as the image or
 * a copy of it does. Writing to this image makes it detach, as any QImage does of which there are copies, and leaves the buffer as it is.
 */
inline QImage toImage(const AioBuffer &buffer, int width, int height, QImage::Format format = QImage::Format_ARGB32_Premultiplied)
{
    if (width <= 0 || height <= 0 || buffer.size() < imageBytes(width, height, format))
        return {};
    return QImage(reinterpret_cast<const uchar *>(buffer.constData()), width, height, aio_detail::bytesPerLine(width, format), format,
                  &aio_detail::releaseImage, new AioBuffer(buffer));
}

/*!
 * The same image, to be written to: what is painted on it is in the buffer, which copies its bytes first if others have them. Let go of the
 * image before the buffer is put.
 */
inline QImage toImage(AioBuffer &buffer, int width, int height, QImage::Format format = QImage::Format_ARGB32_Premultiplied)
{
    if (width <= 0 || height <= 0 || buffer.size() < imageBytes(width, height, format))
        return {};
    auto *bytes = reinterpret_cast<uchar *>(buffer.data());
    return QImage(bytes, width, height, aio_detail::bytesPerLine(width, format), format, &aio_detail::releaseImage, new AioBuffer(buffer));
}

} // namespace AioProcessing
