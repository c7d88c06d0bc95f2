// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import AioProcessing

AioTestCase {
    name: "Queue"

    AioEvent { id: leave }
    Component { id: queues; AioQueue {} }
    Component { id: joinables; AioJoinableQueue { policy: AioJoinableQueue.Redeliver } }
    Component { id: processes; AioProcess {} }
    Component { id: simple; AioSimpleQueue {} }
    Component {
        id: texts
        Text {
            property AioQueue queue
            text: queue ? queue.size + "," + queue.isEmpty + "," + queue.isFull + "," + queue.isShutDown : ""
        }
    }

    function process(target, args) {
        return createTemporaryObject(processes, this, { target: target, arguments: args })
    }

    function test_valuesComeBackAsTheyWere_data() {
        return [
            { tag: "whole number", value: 42 },
            { tag: "large number", value: 9007199254740991 },
            { tag: "fraction", value: 0.1 },
            { tag: "infinity", value: -Infinity },
            { tag: "text", value: "Grüße \u{1f600}" },
            { tag: "empty text", value: "" },
            { tag: "boolean", value: false },
            { tag: "array", value: [1, "two", [3.5, true], []] },
            { tag: "object", value: { a: 1, b: { c: [1, 2] }, "with space": "x" } },
            { tag: "date", value: new Date(Date.UTC(2024, 1, 29, 12, 0, 0, 5)) },
            { tag: "point", value: Qt.point(1.5, -2) },
            { tag: "rectangle", value: Qt.rect(1, 2, 3, 4) },
            { tag: "size", value: Qt.size(5, 6) },
            { tag: "color", value: Qt.rgba(0.25, 0.5, 0.75, 1) },
            { tag: "address", value: Qt.resolvedUrl("https://example.org/a?b=c") }
        ]
    }
    function test_valuesComeBackAsTheyWere(row) {
        const queue = createTemporaryObject(queues, this)
        compare(valueOf(queue.put(row.value)), true)
        const back = valueOf(queue.get())
        if (row.tag === "array" || row.tag === "object")
            compare(JSON.stringify(back), JSON.stringify(row.value))
        else if (row.tag === "date")
            compare(back.getTime(), row.value.getTime())
        else
            compare(back, row.value)
    }
    function test_bytes() {
        const queue = createTemporaryObject(queues, this)
        const bytes = new Uint8Array([0, 255, 7])
        valueOf(queue.put(bytes.buffer))
        compare(Array.from(new Uint8Array(valueOf(queue.get()))), [0, 255, 7])
    }
    function test_nothing() {
        const queue = createTemporaryObject(queues, this)
        queue.tryPut(null)
        queue.tryPut(undefined)
        queue.tryPut([null, { a: undefined }])
        compare(queue.size, 3)
        compare(valueOf(queue.get()), undefined)
        compare(valueOf(queue.get()), undefined)
        compare(valueOf(queue.get()).length, 2)
        compare(queue.size, 0)
    }
    function test_objectsAndHandlesOfTheModule() {
        const queue = createTemporaryObject(queues, this)
        queue.tryPut({ event: leave, list: [queue] })
        const back = valueOf(queue.get())
        compare(back.event.key, leave.key)
        compare(back.list[0].key, queue.key)
        const other = createTemporaryObject(queues, this, { handle: back.list[0] })
        other.tryPut("by handle")
        compare(queue.tryGet(), "by handle")
    }
    function test_whatCannotTravel() {
        const queue = createTemporaryObject(queues, this)
        const error = errorOf(queue.put([() => 1]))
        compare(error.code, AioError.UsageError)
        verify(error.message.includes("function"), error.message)
        compare(errorOf(queue.put(processes)).code, AioError.Unserializable)
        compare(queue.size, 0)
    }
    function test_boundedAndTimedOut() {
        const queue = createTemporaryObject(queues, this, { maxSize: 1 })
        compare(queue.maxSize, 1)
        verify(queue.isEmpty)
        compare(valueOf(queue.get(20)), undefined)
        compare(valueOf(queue.put("first")), true)
        verify(queue.isFull)
        compare(valueOf(queue.put("late", 20)), false)
        verify(!queue.tryPut("late"))
        const cancelled = queue.put("never")
        cancelled.cancel()
        compare(errorOf(cancelled).code, AioError.Cancelled)
        const waiting = queue.put("second")
        compare(queue.tryGet(), "first")
        compare(valueOf(waiting), true)
        compare(valueOf(queue.get()), "second")
        compare(queue.tryGet(), undefined)
    }
    function test_forEachFromAnotherProcess() {
        const queue = createTemporaryObject(queues, this)
        const items = []
        const count = queue.forEach(item => { items.push(item) })
        valueOf(process("produce", [queue, 1000]).run())
        compare(valueOf(count), 1000)
        compare(items.length, 1000)
        verify(items.every((item, index) => item === index))
        verify(queue.isShutDown)
    }
    function test_forEachWaitsForPromises() {
        const queue = createTemporaryObject(queues, this)
        const gates = createTemporaryObject(queues, this)
        const seen = []
        const all = queue.forEach(item => { seen.push(item); return gates.get() })
        queue.tryPut(1)
        queue.tryPut(2)
        queue.shutDown()
        tryVerify(() => seen.length === 1)
        wait(20)
        compare(seen.length, 1)
        gates.tryPut("go")
        gates.tryPut("go")
        compare(valueOf(all), 2)
    }
    function test_forEachEndsWithWhatTheFunctionThrows() {
        const queue = createTemporaryObject(queues, this)
        queue.tryPut(1)
        const error = errorOf(queue.forEach(() => { throw new Error("enough") }))
        compare(error.message, "enough")
        compare(thrownBy(() => queue.forEach("no function")).code, AioError.UsageError)
    }
    function test_forEachIsCancelled() {
        const queue = createTemporaryObject(queues, this)
        const all = queue.forEach(() => {})
        wait(0)
        all.cancel()
        compare(errorOf(all).code, AioError.Cancelled)
    }
    function test_shutDown() {
        const queue = createTemporaryObject(queues, this)
        queue.tryPut("last")
        queue.shutDown()
        compare(valueOf(queue.get()), "last")
        compare(errorOf(queue.get()).code, AioError.ShutDown)
        compare(errorOf(queue.put(1)).code, AioError.ShutDown)
    }

    // -- AioJoinableQueue
    function test_join() {
        const queue = createTemporaryObject(joinables, this)
        queue.tryPut("one")
        compare(valueOf(queue.join(20)), false)
        const joined = queue.join()
        compare(valueOf(queue.get()), "one")
        queue.taskDone()
        compare(valueOf(joined), true)
        compare(thrownBy(() => queue.taskDone()).code, AioError.UsageError)
        queue.tryPut("two")
        const cancelled = queue.join()
        cancelled.cancel()
        compare(errorOf(cancelled).code, AioError.Cancelled)
    }
    function test_redelivery() {
        const queue = createTemporaryObject(joinables, this)
        leave.clear()
        queue.tryPut("precious")
        const consumer = process("consume", [queue, leave])
        const end = consumer.run()
        tryVerify(() => queue.size === 0)
        kit.kill(consumer.pid)
        const delivery = valueOf(queue.getDelivery())
        compare(delivery.value, "precious")
        compare(delivery.attempt, 2)
        verify(delivery.redelivered)
        queue.taskDone()
        compare(valueOf(queue.join()), true)
        compare(queue.lostCount(), 0)
        compare(errorOf(end).code, AioError.WorkerLost)
    }
    function test_stateMayBeBoundTo() {
        const queue = createTemporaryObject(queues, this, { maxSize: 2 })
        const text = createTemporaryObject(texts, this, { queue: queue })
        compare(text.text, "0,true,false,false")
        queue.tryPut(1)
        tryCompare(text, "text", "1,false,false,false")
        const end = process("produce", [queue, 1]).run()
        tryCompare(text, "text", "2,false,true,true")
        queue.tryGet()
        tryCompare(text, "text", "1,false,false,true")
        queue.tryGet()
        tryCompare(text, "text", "0,true,false,true")
        valueOf(end)
    }
    function test_simpleQueue() {
        const queue = createTemporaryObject(simple, this)
        const end = process("produceSimply", [queue, 3]).run()
        for (let i = 0; i < 3; ++i)
            compare(valueOf(queue.get()), i)
        verify(queue.isEmpty)
        valueOf(end)
        ignoreWarning(new RegExp("has no maxSize"))
        const limited = createTemporaryObject(simple, this, { maxSize: 5 })
        compare(errorOf(limited.get()).code, AioError.UsageError)
    }
}
