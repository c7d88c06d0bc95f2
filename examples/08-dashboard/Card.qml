// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls
import QtQuick.Layouts

// A titled frame.
Pane {
    id: card
    property string title
    default property alias content: body.data

    padding: 12
    background: Rectangle {
        color: card.palette.base
        border.color: card.palette.mid
        radius: 8
    }
    ColumnLayout {
        anchors.fill: parent
        spacing: 8
        Label {
            text: card.title
            font.bold: true
            visible: text.length > 0
        }
        Item {
            id: body
            Layout.fillWidth: true
            Layout.fillHeight: true
        }
    }
}
