// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls
import AioProcessing

// The last tasks of a pool, the newest at the bottom.
ListView {
    id: table
    required property AioPool pool
    property bool follows: true       // the end, until somebody scrolls up

    objectName: "taskTable"
    clip: true
    reuseItems: true
    cacheBuffer: 0
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
        // places and no layout: many rows change at once
        Text {
            x: 6
            width: 60
            height: parent.height
            verticalAlignment: Text.AlignVCenter
            horizontalAlignment: Text.AlignRight
            color: table.palette.text
            opacity: 0.65
            text: row.taskId
        }
        Text {
            x: 78
            width: 80
            height: parent.height
            verticalAlignment: Text.AlignVCenter
            color: table.palette.text
            text: row.functionName
        }
        Text {
            x: 166
            width: 70
            height: parent.height
            verticalAlignment: Text.AlignVCenter
            color: row.stateName === "Failed" ? "#d0413f" : row.stateName === "Running" ? "#2fa84f" : table.palette.text
            text: row.stateName === "Running" && row.progress >= 0 ? Math.round(100 * row.progress) + " %" : row.stateName
        }
        Text {
            x: 240
            width: 70
            height: parent.height
            verticalAlignment: Text.AlignVCenter
            horizontalAlignment: Text.AlignRight
            color: table.palette.text
            text: (row.elapsed < 10 ? row.elapsed.toFixed(2) : Math.round(row.elapsed)) + " ms"
        }
        Image {
            objectName: "thumbnail"
            x: 324
            y: 2
            width: 30
            height: 22
            visible: row.isImage
            source: row.isImage ? row.result : ""
            fillMode: Image.PreserveAspectFit
        }
        Text {
            x: 324
            width: parent.width - x - 14
            height: parent.height
            visible: !row.isImage
            verticalAlignment: Text.AlignVCenter
            color: row.errorText ? "#d0413f" : table.palette.text
            opacity: 0.8
            elide: Text.ElideRight
            text: row.errorText || (row.result === undefined ? "" : row.result)
        }
    }
    Label {
        anchors.centerIn: parent
        visible: table.count === 0
        text: "No tasks yet."
        opacity: 0.65
    }
}
