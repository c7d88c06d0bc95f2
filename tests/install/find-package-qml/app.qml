// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import AioProcessing

Item {
    id: app

    // The tool qml cannot be a worker: the program that can is its last argument.
    readonly property AioContext context: AioContext {
        workerProgram: Qt.application.arguments.length > 1 ? Qt.application.arguments[Qt.application.arguments.length - 1] : ""
    }
    readonly property AioPool pool: AioPool { processes: 1 }

    Component.onCompleted: app.pool.apply("doubled", [21]).then(result => {
        console.log("21 doubled in another process is " + result)
        return app.pool.close()
    }).then(() => Qt.quit(), error => { console.log(error.message); Qt.exit(1) })
}
