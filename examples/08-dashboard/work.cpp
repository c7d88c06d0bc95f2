// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "work.h"

#include <QBuffer>
#include <QCryptographicHash>
#include <QDirIterator>
#include <QFile>
#include <QImage>
#include <QImageReader>
#include <QSet>

#include <stdexcept>

AIO_FUNCTION(findFiles)
AIO_FUNCTION(makeNumbers)
AIO_FUNCTION(checksum)
AIO_FUNCTION(thumbnail)
AIO_FUNCTION(square)

namespace {

constexpr qsizetype FilesInBatch = 32;
constexpr int NumbersInBatch = 500;
constexpr qint64 Chunk = 1 << 20;
constexpr int Small = 40;       // pixels

std::runtime_error failure(const QString &file, const QString &why)
{
    return std::runtime_error((file + QStringLiteral(": ") + why).toStdString());
}

} // namespace

void findFiles(AioQueue &batches, const QString &folder, bool wantsImages)
{
    const QList<QByteArray> formats = QImageReader::supportedImageFormats();
    const QSet<QByteArray> images(formats.cbegin(), formats.cend());
    QVariantList batch;
    QDirIterator files(folder, QDir::Files | QDir::Hidden | QDir::NoSymLinks, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString file = files.next();
        if (wantsImages && !images.contains(files.fileInfo().suffix().toLower().toLatin1()))
            continue;
        batch.append(file);
        if (batch.size() < FilesInBatch)
            continue;
        batches.put(batch);     // waits while there is enough to do
        batch.clear();
    }
    if (!batch.isEmpty())
        batches.put(batch);
    batches.shutDown();
}

void makeNumbers(AioQueue &batches, int count)
{
    QVariantList batch;
    for (int number = 1; number <= count; ++number) {
        batch.append(number);
        if (batch.size() < NumbersInBatch && number < count)
            continue;
        batches.put(batch);
        batch.clear();
    }
    batches.shutDown();
}

QString checksum(AioTaskContext &task, const QString &name)
{
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        throw failure(name, file.errorString());
    QCryptographicHash hash(QCryptographicHash::Sha256);
    while (!file.atEnd()) {
        if (task.isCancelRequested())
            throw AioException(AioError(AioError::Cancelled, name + QStringLiteral(" was not read to its end")));
        hash.addData(file.read(Chunk));
        if (file.size() > Chunk)
            task.setProgress(int(100 * file.pos() / file.size()));
    }
    return QString::fromLatin1(hash.result().toHex());
}

QString thumbnail(const QString &name)
{
    QImageReader reader(name);
    reader.setAutoTransform(true);
    reader.setDecideFormatFromContent(true);
    const QImage image = reader.read();
    if (image.isNull())
        throw failure(name, reader.errorString());
    QBuffer png;
    image.scaled(Small, Small, Qt::KeepAspectRatio, Qt::SmoothTransformation).save(&png, "PNG");
    return QStringLiteral("data:image/png;base64,") + QString::fromLatin1(png.data().toBase64());
}

qint64 square(qint64 number)
{
    return number * number;
}
