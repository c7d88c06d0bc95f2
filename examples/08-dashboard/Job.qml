// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQml
import AioProcessing

// The engine: a process looks for work and puts it into a queue, three loops take it from there and give it to the pool.
QtObject {
    id: job

    enum Work { Checksums, Thumbnails, Storm }

    property string folder
    property int work: Job.Checksums
    property int processes: AioProcessing.cpuCount

    readonly property AioPool pool: AioPool { processes: job.processes }
    property bool running: false
    property bool everythingFound: false
    property int found: 0
    property string status: "Choose a directory and press Start."
    property string problem: ""

    // since start()
    readonly property int done: pool.completedTasks - doneBefore
    readonly property int failed: pool.failedTasks - failedBefore
    property int doneBefore: 0
    property int failedBefore: 0

    readonly property AioProcess finder: AioProcess {}
    readonly property Component queues: Component { AioQueue { maxSize: 4 } }
    readonly property Component controllers: Component { AioAbortController {} }
    property AioQueue batches: null
    property AioAbortController controller: null

    function start() {
        if (running)
            return
        running = true
        everythingFound = false
        found = 0
        doneBefore = pool.completedTasks
        failedBefore = pool.failedTasks
        problem = ""
        status = "Working ..."
        batches = queues.createObject(job) as AioQueue
        controller = controllers.createObject(job) as AioAbortController
        const signal = controller.signal

        finder.target = work === Job.Storm ? "makeNumbers" : "findFiles"
        finder.arguments = work === Job.Storm ? [batches, 100000] : [batches, folder, work === Job.Thumbnails]
        const search = finder.run({ signal: signal }).then(() => { everythingFound = true })

        const name = ["checksum", "thumbnail", "square"][work]
        // what fails is a row of the table; only the end of everything ends the loop
        const unlessCancelled = error => { if (error.code === AioError.Cancelled || error.code === AioError.BrokenPool) throw error }
        const visit = batch => {
            found += batch.length
            return pool.map(name, batch, { signal: signal }).catch(unlessCancelled)
        }
        const loops = [1, 2, 3].map(() => batches.forEach(visit, { signal: signal }))
        Promise.all([search].concat(loops)).then(() => finish("Done."), error => {
            const isCancelled = error.code === AioError.Cancelled
            problem = isCancelled ? "" : error.message
            finish(isCancelled ? "Cancelled." : "Stopped: " + error.message)
        })
    }

    function cancel() {
        if (running)
            controller.abort()
    }

    function finish(text) {
        if (!running)
            return
        controller.abort()          // of an error: what goes on is of no use
        running = false
        status = text
        batches.destroy()
        controller.destroy()
    }
}
