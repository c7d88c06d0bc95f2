// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls

// Tasks per second, the last half minute of them.
Item {
    id: graph
    required property double total        // tasks that are done, ever
    readonly property int samples: 60
    property var rates: []
    readonly property double rate: rates.length > 0 ? rates[rates.length - 1] : 0
    readonly property double peak: Math.max(1, ...rates)

    Timer {
        property double before
        property double time
        interval: 500
        running: true
        repeat: true
        Component.onCompleted: {        // no bindings: these are what was
            before = graph.total
            time = Date.now()
        }
        onTriggered: {
            const now = Date.now()
            const next = graph.rates.slice(Math.max(0, graph.rates.length - graph.samples + 1))
            next.push(Math.max(0, (graph.total - before) * 1000 / Math.max(1, now - time)))
            graph.rates = next
            before = graph.total
            time = now
        }
    }

    Row {
        anchors.fill: parent
        anchors.topMargin: 16
        layoutDirection: Qt.RightToLeft
        spacing: 1
        Repeater {
            model: graph.samples
            Item {
                required property int index
                readonly property int place: graph.rates.length - 1 - index
                width: (graph.width - graph.samples) / graph.samples
                height: parent.height
                Rectangle {
                    anchors.bottom: parent.bottom
                    width: parent.width
                    height: parent.place >= 0 ? Math.max(1, parent.height * graph.rates[parent.place] / graph.peak) : 1
                    color: graph.palette.highlight
                    opacity: parent.place >= 0 ? 1 : 0.3
                }
            }
        }
    }
    Label {
        text: "tasks per second, at most " + Math.round(graph.peak)
        font.pixelSize: 11
        opacity: 0.65
    }
}
