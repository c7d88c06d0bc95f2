// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls
import QtQuick.Layouts
import AioProcessing

// The last tasks of a pool, the newest at the bottom.
ListView {
    id: table
    required property AioPool pool
    property bool follows: true       // the end, until somebody scrolls up

    objectName: "taskTable"
    clip: true
    reuseItems: true
    boundsBehavior: Flickable.StopAtBounds
    model: AioPoolModel { pool: table.pool; history: 10000; interval: 150 }
    ScrollBar.vertical: ScrollBar {}
    onMovementEnded: follows = atYEnd
    onCountChanged: if (follows) positionViewAtEnd()
    Keys.onPressed: event => {
        if (event.key === Qt.Key_End)
            positionViewAtEnd()
        else if (event.key === Qt.Key_Home)
            positionViewAtBeginning()
        else
            return
        follows = event.key === Qt.Key_End
        event.accepted = true
    }

    delegate: Rectangle {
        id: row
        required property int index
        required property double taskId
        required property string functionName
        required property string stateName
        required property double progress
        required property double elapsed
        required property int workerPid
        required property var result
        required property string errorText
        readonly property bool isImage: typeof result === "string" && result.startsWith("data:image")

        width: table.width
        height: 26
        color: row.index % 2 ? table.palette.alternateBase : "transparent"
        RowLayout {
            anchors.fill: parent
            anchors.leftMargin: 6
            anchors.rightMargin: 14
            spacing: 10
            Label {
                text: row.taskId
                opacity: 0.65
                horizontalAlignment: Text.AlignRight
                Layout.preferredWidth: 60
            }
            Label {
                text: row.functionName
                Layout.preferredWidth: 80
            }
            Label {
                text: row.stateName === "Running" && row.progress >= 0 ? Math.round(100 * row.progress) + " %" : row.stateName
                color: row.stateName === "Failed" ? "#d0413f" : row.stateName === "Running" ? "#2fa84f" : table.palette.text
                Layout.preferredWidth: 70
            }
            Label {
                text: row.elapsed < 10 ? row.elapsed.toFixed(2) + " ms" : Math.round(row.elapsed) + " ms"
                horizontalAlignment: Text.AlignRight
                Layout.preferredWidth: 70
            }
            Image {
                visible: row.isImage
                source: row.isImage ? row.result : ""
                fillMode: Image.PreserveAspectFit
                Layout.preferredWidth: 24
                Layout.preferredHeight: 22
            }
            Label {
                text: row.errorText || (row.isImage || row.result === undefined ? "" : row.result)
                color: row.errorText ? "#d0413f" : table.palette.text
                opacity: 0.8
                elide: Text.ElideRight
                Layout.fillWidth: true
            }
        }
    }
    Label {
        anchors.centerIn: parent
        visible: table.count === 0
        text: "No tasks yet."
        opacity: 0.65
    }
}
