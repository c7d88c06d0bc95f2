// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "frame.h"

#include <AioProcessing/AioImage>
#include <AioProcessing/AioProcessing>

#include <QElapsedTimer>
#include <QImage>
#include <QPainter>

#include <cstring>

namespace {

constexpr int BarWidth = 64;

// What travels in the buffer behind the pixels.
struct FrameHead
{
    int number;
    qint64 copiedBytes;
    qint64 renderedIn;
    qint64 waitedFor;
};

void paint(QImage &image, int number)
{
    QPainter painter(&image);
    painter.fillRect(image.rect(), QColor(number % 100, 60, 120));
    painter.fillRect(barOf(number), 0, BarWidth, image.height(), Qt::white);
}

// The first column whose pixels are all white; -1: there is none.
int brightColumn(const QImage &image)
{
    for (int x = 0; x < image.width(); ++x) {
        int y = 0;
        while (y < image.height() && reinterpret_cast<const QRgb *>(image.constScanLine(y))[x] == qRgb(255, 255, 255))
            ++y;
        if (y == image.height())
            return x;
    }
    return -1;
}

} // namespace

int barOf(int number)
{
    return number * 8 % (FrameWidth - BarWidth);
}

void render(AioQueue &frames, int count)
{
    const qsizetype pixels = AioProcessing::imageBytes(FrameWidth, FrameHeight);
    FrameHead head{};
    try {
        for (head.number = 0; count == 0 || head.number < count; ++head.number) {
            QElapsedTimer timer;
            timer.start();
            AioBuffer buffer = *frames.allocate(pixels + qsizetype(sizeof head), QDeadlineTimer(QDeadlineTimer::Forever));
            {
                QImage image = AioProcessing::toImage(buffer, FrameWidth, FrameHeight);
                const uchar *const before = image.constBits();
                paint(image, head.number);
                head.copiedBytes = image.constBits() == before ? 0 : pixels;
            }
            head.renderedIn = timer.nsecsElapsed();
            std::memcpy(buffer.data() + pixels, &head, sizeof head);
            timer.start();
            frames.put(buffer);             // waits while the queue is full: nobody renders what nobody looks at
            head.waitedFor = timer.nsecsElapsed();
        }
        frames.shutDown();
    } catch (const AioException &exception) {
        if (exception.code() != AioError::ShutDown)
            throw;
    }
}

QCoro::Task<> analyse(AioQueue &frames, AioQueue &reports)
{
    const qsizetype pixels = AioProcessing::imageBytes(FrameWidth, FrameHeight);
    Report report;
    QCORO_FOREACH(const AioBuffer &buffer, frames.coro_items<AioBuffer>()) {
        FrameHead head;
        std::memcpy(&head, buffer.constData() + pixels, sizeof head);
        const QImage image = AioProcessing::toImage(buffer, FrameWidth, FrameHeight);
        report.number = head.number;
        report.brightColumn = brightColumn(image);
        const bool isSame = reinterpret_cast<const char *>(image.constBits()) == buffer.constData();
        report.copiedBytes = head.copiedBytes + (isSame ? 0 : pixels);
        report.renderedIn = head.renderedIn;
        report.waitedFor = head.waitedFor;
        co_await reports.coro_put(report);
        ++report.expected;
    }
    reports.shutDown();
}
