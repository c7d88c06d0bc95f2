// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "thumbnail.h"

#include <QDir>
#include <QFileInfo>
#include <QImage>
#include <QImageReader>
#include <QSaveFile>

#include <stdexcept>

QDataStream &operator<<(QDataStream &stream, const ThumbnailRequest &request)
{
    return stream << request.source << request.target << request.size;
}

QDataStream &operator>>(QDataStream &stream, ThumbnailRequest &request)
{
    return stream >> request.source >> request.target >> request.size;
}

QDataStream &operator<<(QDataStream &stream, const Thumbnail &thumbnail)
{
    return stream << thumbnail.sourceBytes << thumbnail.bytes;
}

QDataStream &operator>>(QDataStream &stream, Thumbnail &thumbnail)
{
    return stream >> thumbnail.sourceBytes >> thumbnail.bytes;
}

Thumbnail makeThumbnail(const ThumbnailRequest &request)
{
    QImageReader reader(request.source);
    reader.setAutoTransform(true);
    reader.setDecideFormatFromContent(true);
    const QImage image = reader.read();
    if (image.isNull())
        throw std::runtime_error(reader.errorString().toStdString());
    const bool isSmall = image.width() <= request.size && image.height() <= request.size;
    const QImage small = isSmall ? image : image.scaled(request.size, request.size, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    QDir().mkpath(QFileInfo(request.target).path());
    QSaveFile file(request.target);     // nobody ever sees half of one
    if (!file.open(QIODevice::WriteOnly) || !small.save(&file, "PNG") || !file.commit())
        throw std::runtime_error("cannot write " + request.target.toStdString() + ": " + file.errorString().toStdString());
    Thumbnail thumbnail;
    thumbnail.sourceBytes = QFileInfo(request.source).size();
    thumbnail.bytes = QFileInfo(request.target).size();
    return thumbnail;
}
