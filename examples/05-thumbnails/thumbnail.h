// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QDataStream>
#include <QMetaType>
#include <QString>

// What goes to a worker, and what comes back.
struct ThumbnailRequest
{
    QString source;
    QString target;
    int size = 0;       // of the longer side, in pixels
};

struct Thumbnail
{
    qint64 sourceBytes = 0;
    qint64 bytes = 0;
};

QDataStream &operator<<(QDataStream &stream, const ThumbnailRequest &request);
QDataStream &operator>>(QDataStream &stream, ThumbnailRequest &request);
QDataStream &operator<<(QDataStream &stream, const Thumbnail &thumbnail);
QDataStream &operator>>(QDataStream &stream, Thumbnail &thumbnail);

Q_DECLARE_METATYPE(ThumbnailRequest)
Q_DECLARE_METATYPE(Thumbnail)

/*! Runs in a worker: reads an image, scales it down and writes it as PNG. Throws std::runtime_error when that fails. */
Thumbnail makeThumbnail(const ThumbnailRequest &request);
