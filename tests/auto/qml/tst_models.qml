// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import AioProcessing

AioTestCase {
    id: suite
    name: "Models"
    when: windowShown
    width: 300
    height: 200
    visible: true

    AioEvent { id: begun }
    AioEvent { id: leave }
    Component { id: pools; AioPool { processes: 2 } }
    Component { id: poolModels; AioPoolModel { interval: 20 } }
    Component { id: workerModels; AioWorkerModel { interval: 20 } }
    Component {
        id: lists
        ListView {
            id: list
            width: 300
            height: 200
            delegate: Text {
                required property int taskId
                required property string functionName
                required property string stateName
                text: taskId + " " + functionName + " " + stateName
            }
        }
    }

    function made(component, settings) { return createTemporaryObject(component, suite, settings) }
    function states(model) {
        const all = []
        for (let row = 0; row < model.count; ++row)
            all.push(model.get(row).stateName)
        return all
    }

    // -- AioPoolModel
    function test_taskRunsAndEnds() {
        begun.clear()
        leave.clear()
        const pool = made(pools)
        const model = made(poolModels, { pool: pool })
        compare(model.count, 0)
        const task = pool.apply("stepwise", [begun, leave])
        tryCompare(model, "count", 1)
        tryVerify(() => model.get(0).progress === 0.25)
        const row = model.get(0)
        compare(row.functionName, "stepwise")
        compare(row.taskState, AioPoolModel.Running)
        compare(row.progressText, "a quarter")
        verify(row.workerPid > 0)
        tryVerify(() => model.get(0).log[0] === "begun")
        compare(row.attempt, 1)
        leave.set()
        compare(valueOf(task), "done")
        tryVerify(() => model.get(0).taskState === AioPoolModel.Finished)
        compare(model.get(0).result, "done")
        compare(model.get(0).progress, 1)
        verify(model.get(0).elapsed > 0)
    }
    function test_failuresAndCancelledOnes() {
        begun.clear()
        const pool = made(pools)
        const model = made(poolModels, { pool: pool })
        errorOf(pool.apply("fail", ["oh no"]))
        const cancelled = pool.apply("hang", [begun])
        valueOf(begun.wait())
        cancelled.cancel()
        errorOf(cancelled)
        tryVerify(() => states(model).join() === "Failed,Cancelled")
        verify(model.get(0).errorText.includes("oh no"))
        compare(model.get(0).error.code, AioError.RemoteError)
        compare(model.get(1).progress, -1)
        compare(model.get(5).taskId, undefined)
    }
    function test_historyIsBoundedButWhatRunsStays() {
        begun.clear()
        leave.clear()
        const pool = made(pools)
        const model = made(poolModels, { pool: pool, history: 10 })
        const first = pool.apply("stepwise", [begun, leave])
        valueOf(begun.wait())
        const items = []
        for (let i = 0; i < 200; ++i)
            items.push(i)
        valueOf(pool.map("twice", items))
        for (let i = 0; i < 10; ++i)                          // what was taken back from the busy worker has begun late, these in order
            valueOf(pool.apply("twice", [i]))
        tryVerify(() => model.count === 11 && model.get(10).result === 18)
        compare(model.get(0).functionName, "stepwise")
        compare(model.get(0).taskState, AioPoolModel.Running)
        for (let row = 1; row < 10; ++row)
            verify(model.get(row).taskId < model.get(row + 1).taskId)
        leave.set()
        valueOf(first)
        tryVerify(() => model.count === 10)
        compare(model.get(0).functionName, "stepwise")        // it ended last
        compare(model.get(0).taskState, AioPoolModel.Finished)
        model.history = 5
        compare(model.count, 5)
    }
    function test_tenThousandRowsInAView() {
        const pool = made(pools)
        const model = made(poolModels, { pool: pool, history: 10000 })
        const list = made(lists, { model: model })
        const items = []
        for (let i = 0; i < 12000; ++i)
            items.push(i)
        let done = false
        pool.map("twice", items).then(() => done = true)
        tryVerify(() => done, 60000)
        tryCompare(model, "count", 10000)
        list.positionViewAtEnd()
        verify(list.itemAtIndex(9999).text.endsWith(" twice Finished"), list.itemAtIndex(9999).text)
        compare(model.get(9999).result !== undefined, true)
    }
    function test_anotherPool() {
        const pool = made(pools)
        const model = made(poolModels, { pool: pool })
        valueOf(pool.apply("twice", [1]))
        tryCompare(model, "count", 1)
        model.pool = null
        compare(model.count, 0)
        model.pool = pool
        tryCompare(model, "count", 1)
        compare(model.get(0).result, 2)
    }

    // -- AioWorkerModel
    function test_workersComeAndGo() {
        begun.clear()
        leave.clear()
        const pool = made(pools)
        const model = made(workerModels, { pool: pool })
        compare(model.count, 0)
        const task = pool.apply("stepwise", [begun, leave])
        valueOf(begun.wait())
        tryVerify(() => model.count === 1 && model.get(0).functionName === "stepwise")
        const pid = model.get(0).pid
        verify(pid > 0)
        compare(model.get(0).workerState, AioWorkerModel.Busy)
        verify(model.get(0).taskId > 0)
        leave.set()
        valueOf(task)
        tryVerify(() => model.get(0).workerState === AioWorkerModel.Idle)
        compare(model.get(0).tasksDone, 1)
        tryVerify(() => model.get(0).memory > 0)
        verify(model.get(0).busyRatio > 0 && model.get(0).busyRatio <= 1)
        verify(pool.killWorker(pid))
        tryCompare(model, "count", 0)
        valueOf(pool.apply("twice", [1]))
        tryVerify(() => model.count === 1 && model.get(0).pid !== pid)
    }
    function test_propertiesOfThePoolAreBindable() {
        const pool = made(pools)
        const text = createTemporaryQmlObject("import QtQuick; Text { property var pool; text: pool ? pool.completedTasks + \" \" + pool.progress : \"\" }",
                                              suite, "text")
        text.pool = pool
        compare(text.text, "0 1")
        valueOf(pool.map("twice", [1, 2, 3]))
        tryCompare(text, "text", "3 1")
    }
}
