// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 09-widgets [DIRECTORY]: checksums of the files of a directory by a pool, with signals and slots, and without a coroutine.

#include "mainwindow.h"

#include <AioProcessing/AioProcessing>

#include <QApplication>

int main(int argc, char **argv)
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);      // without a display
    QApplication app(argc, argv);
    QApplication::setApplicationDisplayName(QStringLiteral("AioProcessing with widgets"));
    MainWindow window(app.arguments().value(1));
    window.show();
    return QApplication::exec();
}
