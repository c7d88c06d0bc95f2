// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls

// A number with what it means.
Column {
    id: figure
    property string value
    property string meaning
    property color tint: palette.text

    Label {
        text: figure.value
        color: figure.tint
        font.pixelSize: 22
        font.bold: true
    }
    Label {
        text: figure.meaning
        opacity: 0.65
        font.pixelSize: 12
    }
}
