// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// 08-dashboard [DIRECTORY]: work on the files of a directory, and who does it, in a window.

#include "work.h"

#include <QGuiApplication>
#include <QQmlApplicationEngine>
#include <QQuickStyle>

int main(int argc, char **argv)
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);      // without a display
    QGuiApplication app(argc, argv);
    QGuiApplication::setApplicationDisplayName(QStringLiteral("AioProcessing dashboard"));
    QQuickStyle::setStyle(QStringLiteral("Fusion"));      // it takes its colours from the window

    QQmlApplicationEngine engine;
    engine.addImportPath(QStringLiteral(AIOPROCESSING_QML_IMPORT_PATH));
    engine.setInitialProperties({{QStringLiteral("folder"), app.arguments().value(1)}});
    QObject::connect(&engine, &QQmlApplicationEngine::objectCreationFailed, &app, [] { QCoreApplication::exit(1); }, Qt::QueuedConnection);
    engine.load(QStringLiteral("qrc:/dashboard/Main.qml"));
    return QGuiApplication::exec();
}
