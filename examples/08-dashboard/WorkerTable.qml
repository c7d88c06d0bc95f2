// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls
import QtQuick.Layouts
import AioProcessing

// The workers of a pool, each with a button that kills it.
ListView {
    id: table
    required property AioPool pool

    objectName: "workerTable"
    clip: true
    spacing: 4
    model: AioWorkerModel { pool: table.pool }
    ScrollBar.vertical: ScrollBar {}
    keyNavigationEnabled: true

    delegate: RowLayout {
        id: row
        required property int pid
        required property string stateName
        required property string functionName
        required property double tasksDone
        required property double busyRatio
        required property double memory

        objectName: "worker"
        width: table.width - 12
        spacing: 8
        Rectangle {
            Layout.preferredWidth: 8
            Layout.preferredHeight: 8
            radius: 4
            color: row.stateName === "Busy" ? "#2fa84f" : row.stateName === "Idle" ? row.palette.mid : "#e0a020"
        }
        ColumnLayout {
            spacing: 0
            Label {
                text: row.pid > 0 ? "pid " + row.pid : "starting"
            }
            Label {
                text: (row.functionName || row.stateName.toLowerCase()) + ", " + row.tasksDone + " done, " + Math.round(row.memory / 1048576) + " MiB"
                opacity: 0.65
                font.pixelSize: 12
                elide: Text.ElideRight
                Layout.fillWidth: true
            }
        }
        ProgressBar {
            value: row.busyRatio
            Layout.preferredWidth: 40
            ToolTip.visible: hover.hovered
            ToolTip.text: Math.round(100 * row.busyRatio) + " % busy"
            HoverHandler { id: hover }
        }
        Button {
            objectName: "kill"
            text: "Kill"
            enabled: row.pid > 0
            Layout.preferredWidth: 56
            Accessible.name: "Kill the worker with process id " + row.pid
            onClicked: table.pool.killWorker(row.pid)
        }
    }
    Label {
        anchors.centerIn: parent
        visible: table.count === 0
        text: "No workers: they start when there is something to do."
        opacity: 0.65
        width: parent.width
        wrapMode: Text.Wrap
        horizontalAlignment: Text.AlignHCenter
    }
}
