// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Runs app.qml, and is its worker, also when the tool qml runs it.

#include <AioProcessing/AioProcessing>

#include <QGuiApplication>
#include <QQmlApplicationEngine>

static int doubled(int value)
{
    return 2 * value;
}
AIO_FUNCTION(doubled)

int main(int argc, char **argv)
{
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    QGuiApplication app(argc, argv);
    QQmlApplicationEngine engine;
    engine.addImportPath(QStringLiteral(AIOPROCESSING_QML_IMPORT_PATH));
    QObject::connect(&engine, &QQmlApplicationEngine::objectCreationFailed, &app, [] { QCoreApplication::exit(1); }, Qt::QueuedConnection);
    engine.load(QStringLiteral(APP));
    return QGuiApplication::exec();
}
