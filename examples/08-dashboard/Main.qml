// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls
import QtQuick.Dialogs
import QtQuick.Layouts
import AioProcessing

ApplicationWindow {
    id: window
    property string folder
    property bool isDark: systemColors.window.hslLightness < 0.5

    width: 1100
    height: 720
    minimumWidth: 820
    minimumHeight: 480
    visible: true
    title: job.running ? Math.round(100 * progress.value) + " %" : "AioProcessing"

    SystemPalette { id: systemColors }
    palette.window: isDark ? "#16191f" : "#eef0f4"
    palette.windowText: isDark ? "#e6e9ef" : "#1d2330"
    palette.base: isDark ? "#1f242d" : "#ffffff"
    palette.alternateBase: isDark ? "#252b36" : "#f3f5f9"
    palette.text: isDark ? "#e6e9ef" : "#1d2330"
    palette.button: isDark ? "#2d3441" : "#e4e8ef"
    palette.buttonText: isDark ? "#e6e9ef" : "#1d2330"
    palette.placeholderText: isDark ? "#8a93a3" : "#7a8394"
    palette.mid: isDark ? "#39414f" : "#cdd3dd"
    palette.highlight: isDark ? "#4c8dff" : "#2f6fe4"
    palette.highlightedText: "#ffffff"
    palette.toolTipBase: isDark ? "#2d3441" : "#ffffff"
    palette.toolTipText: isDark ? "#e6e9ef" : "#1d2330"

    Job {
        id: job
        objectName: "job"
        folder: path.text
        work: workBox.currentIndex
        processes: processBox.value
    }
    FolderDialog {
        id: chooser
        onAccepted: path.text = decodeURIComponent(String(selectedFolder).replace(/^file:\/\//, ""))
    }
    Shortcut { sequence: "Ctrl+O"; onActivated: chooser.open() }
    Shortcut { sequence: "Ctrl+Return"; onActivated: job.start() }
    Shortcut { sequence: "Esc"; onActivated: job.cancel() }
    Shortcut { sequence: "Ctrl+D"; onActivated: window.isDark = !window.isDark }

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: 14
        spacing: 12

        RowLayout {
            spacing: 8
            TextField {
                id: path
                objectName: "path"
                text: window.folder
                placeholderText: "A directory"
                selectByMouse: true
                enabled: !job.running && workBox.currentIndex !== Job.Storm
                focus: true
                onAccepted: job.start()
                Layout.fillWidth: true
                Layout.minimumWidth: 120
            }
            Button {
                text: "Choose ..."
                enabled: path.enabled
                onClicked: chooser.open()
            }
            ComboBox {
                id: workBox
                objectName: "work"
                model: ["Checksums", "Thumbnails", "100 000 tiny tasks"]
                enabled: !job.running
                Layout.preferredWidth: 170
            }
            Label { text: "Workers" }
            SpinBox {
                id: processBox
                objectName: "processes"
                from: 1
                to: 64
                value: AioProcessing.cpuCount
                Layout.preferredWidth: 100
            }
            Button {
                objectName: "start"
                text: job.running ? "Cancel" : "Start"
                highlighted: !job.running
                enabled: job.running || workBox.currentIndex === Job.Storm || path.text.length > 0
                onClicked: job.running ? job.cancel() : job.start()
            }
            Switch {
                objectName: "dark"
                text: "Dark"
                checked: window.isDark
                onToggled: window.isDark = checked
            }
        }

        Card {
            Layout.fillWidth: true
            Layout.preferredHeight: 132
            RowLayout {
                anchors.fill: parent
                spacing: 28
                ColumnLayout {
                    Layout.fillWidth: true
                    Layout.preferredWidth: 300
                    spacing: 8
                    RowLayout {
                        spacing: 24
                        Figure { value: job.done; meaning: "done" }
                        Figure { value: job.failed; meaning: "failed"; tint: job.failed > 0 ? "#d0413f" : window.palette.text }
                        Figure { value: Math.max(0, job.found - job.done - job.failed); meaning: "to do" }
                        Figure { value: Math.round(throughput.rate); meaning: "per second" }
                    }
                    ProgressBar {
                        id: progress
                        objectName: "progress"
                        value: job.found > 0 ? (job.done + job.failed) / job.found : 0
                        indeterminate: job.running && job.found === 0
                        Layout.fillWidth: true
                    }
                    Label {
                        objectName: "status"
                        text: job.status + (job.running && !job.everythingFound ? " (still looking for more)" : "")
                        elide: Text.ElideRight
                        opacity: 0.8
                        Layout.fillWidth: true
                    }
                }
                Throughput {
                    id: throughput
                    objectName: "throughput"
                    total: job.pool.completedTasks
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.preferredWidth: 300
                }
            }
        }

        RowLayout {
            spacing: 12
            Layout.fillWidth: true
            Layout.fillHeight: true
            Card {
                title: "Workers"
                Layout.fillHeight: true
                Layout.preferredWidth: 340
                Layout.minimumWidth: 260
                WorkerTable {
                    anchors.fill: parent
                    pool: job.pool
                }
            }
            Card {
                title: "Tasks"
                Layout.fillWidth: true
                Layout.fillHeight: true
                TaskTable {
                    anchors.fill: parent
                    pool: job.pool
                    activeFocusOnTab: true
                }
            }
        }
    }
}
