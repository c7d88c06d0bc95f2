// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 05-thumbnails [--jobs N] [--size PIXELS] SOURCE TARGET: small versions of all images below a directory, made by a pool.

#include "files.h"
#include "progress.h"
#include "signals.h"
#include "thumbnail.h"

#include <AioProcessing/AioProcessing>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QImageReader>
#include <QLoggingCategory>
#include <QSet>

#include <cstdio>

namespace {

// The images below \a source, and where their thumbnails go.
QList<ThumbnailRequest> findImages(const QString &source, const QString &target, int size, std::stop_token stop)
{
    const QList<QByteArray> formats = QImageReader::supportedImageFormats();
    const QSet<QByteArray> known(formats.cbegin(), formats.cend());
    QList<ThumbnailRequest> requests;
    for (const File &file : findFiles({source}, stop)) {
        const QString path = QFile::decodeName(file.name);
        if (!known.contains(QFileInfo(path).suffix().toLower().toLatin1()))
            continue;
        ThumbnailRequest request;
        request.source = path;
        request.target = QDir(target).filePath(QDir(source).relativeFilePath(path) + QStringLiteral(".png"));
        request.size = size;
        requests.append(request);
    }
    return requests;
}

struct Summary
{
    qsizetype made = 0;
    qsizetype failed = 0;
    qint64 sourceBytes = 0;
    qint64 bytes = 0;
};

QCoro::Task<Summary> makeAll(AioPool &pool, QList<ThumbnailRequest> requests)
{
    Summary summary;
    Progress progress(requests.size());
    qsizetype next = 0;
    // a failure is that of one image: a broken file, or a worker that a broken file has crashed
    QCORO_FOREACH(const AioResult<Thumbnail> &result, pool.coro_imapResults<&makeThumbnail>(requests)) {
        const ThumbnailRequest &request = requests[next++];
        if (result) {
            ++summary.made;
            summary.sourceBytes += result.value().sourceBytes;
            summary.bytes += result.value().bytes;
            progress.add(result.value().sourceBytes);
        } else if (result.error().code == AioError::Cancelled) {
            break;
        } else {
            ++summary.failed;
            progress.add(0);
            progress.clear();
            std::fprintf(stderr, "05-thumbnails: %s: %s\n", qPrintable(request.source), qPrintable(result.error().message));
        }
        progress.clear();
        progress.show();
    }
    progress.clear();
    co_return summary;
}

} // namespace

int main(int argc, char **argv)
{
    QLoggingCategory::setFilterRules(QStringLiteral("qt.gui.imageio.warning=false"));   // what libpng thinks of colour profiles
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("05-thumbnails"));

    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Makes a small PNG of each image below SOURCE, in the same place below TARGET."));
    const QCommandLineOption jobs({QStringLiteral("j"), QStringLiteral("jobs")}, QStringLiteral("How many processes work."),
                                  QStringLiteral("N"), QString::number(AioProcessing::cpuCount()));
    const QCommandLineOption size({QStringLiteral("s"), QStringLiteral("size")}, QStringLiteral("The longer side, in pixels."),
                                  QStringLiteral("PIXELS"), QStringLiteral("64"));
    parser.addOptions({jobs, size});
    parser.addHelpOption();
    parser.addPositionalArgument(QStringLiteral("SOURCE"), QStringLiteral("A directory with images, also in directories below it."));
    parser.addPositionalArgument(QStringLiteral("TARGET"), QStringLiteral("Where the thumbnails go; made if need be."));
    parser.process(app);
    const int count = parser.value(jobs).toInt();
    const int pixels = parser.value(size).toInt();
    const QStringList paths = parser.positionalArguments();
    if (paths.size() != 2 || count < 1 || count > 256 || pixels < 1 || pixels > 10'000) {
        std::fputs("05-thumbnails: give SOURCE and TARGET, --jobs from 1 to 256 and --size from 1 to 10000\n", stderr);
        return 2;
    }
    if (!QFileInfo(paths[0]).isDir()) {
        std::fprintf(stderr, "05-thumbnails: %s is no directory\n", qPrintable(paths[0]));
        return 2;
    }

    std::stop_source stop;
    AioPool pool(count);
    const InterruptHandler interrupts([&] {
        stop.request_stop();
        pool.terminate();
    });
    try {
        auto images = AioProcessing::run(&findImages, paths[0], paths[1], pixels, stop.get_token());
        const QList<ThumbnailRequest> requests = AioProcessing::waitBlocking(std::move(images));
        const Summary summary = AioProcessing::waitBlocking(makeAll(pool, requests));
        if (interrupts.signalNumber())
            return 128 + interrupts.signalNumber();
        const AioPoolStats stats = pool.stats();
        AioProcessing::waitBlocking(pool.coro_close());
        std::printf("%lld thumbnails of %.1f MiB, made of %.1f MiB; %lld images failed\n", qlonglong(summary.made),
                    double(summary.bytes) / (1 << 20), double(summary.sourceBytes) / (1 << 20), qlonglong(summary.failed));
        qInfo() << stats;
        return summary.failed ? 1 : 0;
    } catch (const AioException &exception) {
        if (exception.code() == AioError::Cancelled && interrupts.signalNumber())
            return 128 + interrupts.signalNumber();
        std::fprintf(stderr, "05-thumbnails: %s\n", exception.what());
        return 1;
    }
}
