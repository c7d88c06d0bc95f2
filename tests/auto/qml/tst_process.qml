// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import AioProcessing

AioTestCase {
    name: "Process"

    AioEvent { id: begun }
    Component { id: processes; AioProcess {} }
    Component {
        id: listening
        AioProcess {
            property var lines: []
            property var errors: []
            property int code: -1
            property int reason: -1
            onOutputLine: line => lines.push(line)
            onErrorLine: line => errors.push(line)
            onFinished: (exitCode, exitReason) => { code = exitCode; reason = exitReason }
        }
    }

    function make(component, settings) { return createTemporaryObject(component, this, settings) }

    // -- functions
    function test_runResolvesWithTheResult() {
        const process = make(processes, { target: "twice", arguments: [21], name: "doubler" })
        compare(process.exitCode, undefined)
        compare(valueOf(process.run()), 42)
        compare(process.exitCode, 0)
        compare(process.exitReason, AioProcess.CleanExit)
        compare(process.result, 42)
        verify(!process.running)
        process.arguments = [4]
        compare(valueOf(process.run()), 8)                  // and once more
    }
    function test_runRejectsWithWhatTheFunctionThrew() {
        const process = make(processes, { target: "fail", arguments: ["no such luck"] })
        const error = errorOf(process.run())
        compare(error.code, AioError.RemoteError)
        compare(error.remoteType, "std::runtime_error")
        verify(error.message.includes("no such luck"), error.message)
        compare(process.exitCode, 1)
        compare(process.exitReason, AioProcess.AbnormalExit)
        compare(process.error.code, AioError.RemoteError)
    }
    function test_cancellingRunKills() {
        begun.clear()
        const process = make(processes, { target: "hang", arguments: [begun] })
        const end = process.run()
        compare(valueOf(begun.wait()), true)
        end.cancel()
        compare(errorOf(end).code, AioError.Cancelled)
        tryCompare(process, "exitReason", AioProcess.Killed)
        compare(process.exitCode, -9)
    }
    function test_startAndJoin() {
        begun.clear()
        const process = make(processes, { target: "hang", arguments: [begun] })
        valueOf(process.start())
        verify(process.running)
        verify(process.pid > 0)
        compare(valueOf(process.join(20)), false)
        const joined = process.join()
        process.terminate()
        compare(valueOf(joined), true)
        compare(process.exitReason, AioProcess.Killed)
        compare(process.exitCode, -15)
    }
    function test_valueTypesAsArguments() {
        const process = make(processes, { target: "echo", arguments: [{ at: Qt.point(1, 2), all: [1, 2, 3], text: "x" }] })
        const back = valueOf(process.run())
        compare(back.at, Qt.point(1, 2))
        compare(back.text, "x")
        compare(back.all.length, 3)
    }
    function test_destroyingItKillsTheProcess() {
        begun.clear()
        const process = processes.createObject(this, { target: "hang", arguments: [begun] })
        const end = process.run()
        compare(valueOf(begun.wait()), true)
        process.destroy()
        compare(errorOf(end).code, AioError.Cancelled)
    }
    function test_mistakes() {
        const none = make(processes, {})
        compare(errorOf(none.start()).code, AioError.UsageError)
        compare(errorOf(none.join()).code, AioError.UsageError)
        compare(thrownBy(() => none.kill()).code, AioError.UsageError)
        const both = make(processes, { target: "twice", program: "true" })
        compare(errorOf(both.run()).code, AioError.UsageError)
        const unknown = make(processes, { target: "noSuchFunction" })
        const error = errorOf(unknown.run())
        compare(error.code, AioError.NotFound)
        verify(error.message.includes("noSuchFunction"), error.message)
    }

    // -- programs
    function test_programWithItsLines() {
        const process = make(listening, { program: "sh", arguments: ["-c", "echo one; echo $WHAT; pwd; echo wrong >&2; exit 3"],
                                          environment: { WHAT: "two" }, workingDirectory: "/" })
        compare(valueOf(process.run()), 3)
        compare(process.lines, ["one", "two", "/"])
        compare(process.errors, ["wrong"])
        compare(process.code, 3)
        compare(process.reason, AioProcess.AbnormalExit)
    }
    function test_standardInput() {
        const process = make(listening, { program: "cat", running: true })
        verify(process.running)
        compare(valueOf(process.write("grüß\n")), true)
        compare(valueOf(process.write(new Uint8Array([0x41, 0x42]).buffer)), true)
        process.closeInput()
        compare(valueOf(process.join()), true)
        compare(process.lines, ["grüß", "AB"])
    }
    function test_programThatIsNotThere() {
        const process = make(processes, { program: "/no/such/program" })
        compare(errorOf(process.run()).code, AioError.NotFound)
        compare(process.exitReason, AioProcess.LaunchFailed)
    }
    function test_runningIsAProperty() {
        const process = make(processes, { program: "sleep", arguments: [1000], running: true })
        tryVerify(() => process.pid > 0)
        process.running = false
        tryCompare(process, "exitReason", AioProcess.Killed)
        verify(!process.running)
    }
    function test_singleton() {
        verify(AioProcessing.cpuCount >= 1)
        compare(AioProcessing.currentProcess.name, "MainProcess")
    }
}
