// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Runs tst_engines and the tst_*.qml of this folder; the worker processes that they need are this program, too.

#include "functions.h"
#include "qmlkit.h"
#include "supervisor.h"
#include "tst_engines.h"
#include "watchdog.h"

#include <QGuiApplication>
#include <QTest>
#include <QtQuickTest>

#if defined(__SANITIZE_ADDRESS__)
// The JavaScript engine of Qt 6.4 moves arrays and reads behind them.
extern "C" __attribute__((visibility("default"))) const char *__asan_default_suppressions();
const char *__asan_default_suppressions() { return "interceptor_via_lib:libQt6Qml\n"; }
#endif

int main(int argc, char **argv)
{
    using namespace std::chrono_literals;
    if (AioProcessing::isWorker(argc, argv))
        return AioProcessing::runWorker(argc, argv);
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_QUICK_BACKEND", "software");
    return AioTest::supervise([&] {
        const Watchdog watchdog("the suite", 5min);
        QGuiApplication app(argc, argv);
        TestEngines engines;
        const bool wantsOne = argc > 1;      // Quick Test knows those of its own
        const int failures = wantsOne ? 0 : QTest::qExec(&engines);
        QmlKit kit;
        return failures + quick_test_main_with_setup(argc, argv, "tst_qml", QUICK_TEST_SOURCE_DIR, &kit);
    });
}
