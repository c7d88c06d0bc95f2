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
    Connections {
        target: table.model
        function onRowsInserted() {
            if (table.follows)
                table.positionViewAtEnd()
        }
        // whoever looks at rows that go sees the first that stay
        function onRowsAboutToBeRemoved(parent, first, last) {
            if (table.indexAt(1, table.contentY + table.height - 1) <= last)
                table.positionViewAtBeginning()
        }
    }
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
            Text {
                text: row.taskId
                color: table.palette.text
                opacity: 0.65
                horizontalAlignment: Text.AlignRight
                Layout.preferredWidth: 60
            }
            Text {
                text: row.functionName
                color: table.palette.text
                Layout.preferredWidth: 80
            }
            Text {
                text: row.stateName === "Running" && row.progress >= 0 ? Math.round(100 * row.progress) + " %" : row.stateName
                color: row.stateName === "Failed" ? "#d0413f" : row.stateName === "Running" ? "#2fa84f" : table.palette.text
                Layout.preferredWidth: 70
            }
            Text {
                color: table.palette.text
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
            Text {
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
