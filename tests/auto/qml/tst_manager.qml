// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import AioProcessing

AioTestCase {
    id: suite
    name: "Manager"

    Component { id: managers; AioManager {} }
    Component { id: processes; AioProcess {} }
    Component { id: proxies; AioProxy {} }

    property var server
    property var client

    function made(component, settings) { return createTemporaryObject(component, suite, settings) }
    function init() {
        server = made(managers, { key: "secret" })
        server.serve()
        client = made(managers, { address: server.address, key: "secret" })
        kit.watchLoop()
        valueOf(client.connectToServer())
    }

    function test_connects() {
        verify(server.connected && client.connected)
        compare(server.address, client.address)
        const stranger = made(managers, { address: server.address, key: "wrong" })
        compare(errorOf(stranger.connectToServer()).code, AioError.AuthenticationFailed)
        verify(!stranger.connected)
        const nobody = made(managers, { address: "local:nobody-is-here", key: "secret" })
        compare(errorOf(nobody.connectToServer()).code, AioError.ConnectionRefused)
    }
    function test_serverInAProcess() {
        const manager = made(managers)
        compare(valueOf(manager.start(30000)), true)
        verify(manager.connected)
        const queue = valueOf(manager.create("Queue"))
        valueOf(queue.put("over there"))
        compare(valueOf(queue.get()), "over there")
        const end = manager.join()
        valueOf(manager.shutDown())
        compare(valueOf(end), true)
        verify(!manager.connected)
    }

    function test_types_data() {
        return [
            { tag: "Queue", arguments: [10], use: queue => queue.put(1), value: true },
            { tag: "JoinableQueue", arguments: [], use: queue => queue.join(), value: true },
            { tag: "Lock", arguments: [], use: lock => lock.acquire(), value: true },
            { tag: "RLock", arguments: [], use: lock => lock.acquire(), value: true },
            { tag: "Semaphore", arguments: [2], use: semaphore => semaphore.acquire(), value: true },
            { tag: "BoundedSemaphore", arguments: [2], use: semaphore => semaphore.acquire(), value: true },
            { tag: "Event", arguments: [], use: event => event.wait(10), value: false },
            { tag: "Condition", arguments: [], use: condition => condition.acquire(), value: true },
            { tag: "Barrier", arguments: [1], use: barrier => barrier.wait(), value: 0 },
            { tag: "Pool", arguments: [1], use: pool => pool.call("apply", ["twice", [21]]), value: 42 },
            { tag: "dict", arguments: [{ a: 7 }], use: dict => dict.call("get", ["a"]), value: 7 },
            { tag: "list", arguments: [[1, 2, 3]], use: list => list.call("__len__"), value: 3 },
            { tag: "Value", arguments: ["i", 5], use: value => value.call("get"), value: 5 },
        ]
    }
    function test_types(row) {
        const object = valueOf(client.create(row.tag, row.arguments))
        compare(valueOf(row.use(object)), row.value)
    }

    function test_publishedObjectsAreOpenedByTheirName() {
        const jobs = valueOf(server.create("Queue"))
        valueOf(server.publish("jobs", jobs))
        const sameJobs = valueOf(client.open("jobs", "Queue"))
        valueOf(jobs.put({ task: 1 }))
        compare(valueOf(sameJobs.get()).task, 1)
        compare(errorOf(client.open("nothing", "Queue")).code, AioError.NotFound)
        compare(errorOf(client.open("jobs", "Lock")).code, AioError.TypeMismatch)
        compare(errorOf(client.publish("itself", suite)).code, AioError.UsageError)
    }
    function test_workersGetThemAsArguments() {
        const queue = valueOf(server.create("Queue"))
        const worker = made(processes, { target: "produce", arguments: [queue, 3] })
        const end = worker.run()
        compare(valueOf(queue.get()), 0)
        compare(valueOf(queue.get()), 1)
        compare(valueOf(queue.get()), 2)
        valueOf(end)
    }
    function test_waitsAreCancelledOnTheServer() {
        const queue = valueOf(client.create("Queue"))
        const waiting = queue.get()
        waiting.cancel()
        compare(errorOf(waiting).code, AioError.Cancelled)
        valueOf(queue.put("kept"))
        compare(valueOf(queue.get()), "kept")
        compare(valueOf(queue.get(20)), undefined)
    }
    function test_proxies() {
        const numbers = valueOf(client.create("list", [[3, 1, 2]]))
        valueOf(numbers.call("sort"))
        compare(valueOf(numbers.call("__getitem__", [0])), 1)
        verify(valueOf(numbers.text()).length > 0)
        const error = errorOf(numbers.call("__getitem__", [10]))
        compare(error.remoteType, "IndexError")
        compare(errorOf(numbers.call("nothing")).code, AioError.NotFound)
    }
    function test_objectsGoWithWhatRefersToThem() {
        const before = valueOf(server.numberOfObjects())
        let event = valueOf(client.create("Event"))
        compare(valueOf(server.numberOfObjects()), before + 1)
        event.destroy()
        event = null
        tryVerify(() => valueOf(server.numberOfObjects()) === before)
    }
    function test_endOfTheServer() {
        const event = valueOf(client.create("Event"))
        const waiting = event.wait()
        valueOf(server.shutDown())
        compare(errorOf(waiting).code, AioError.PeerDied)
        compare(errorOf(client.create("Event")).code !== AioError.NoError, true)
    }
    function test_mistakes() {
        compare(errorOf(client.create("NoSuchType")).code, AioError.NotFound)
        compare(errorOf(client.create("Queue", [() => 1])).code, AioError.UsageError)
        const wrong = made(managers, { address: "what is this?" })
        compare(errorOf(wrong.connectToServer()).code, AioError.UsageError)
        compare(thrownBy(() => wrong.serve()).code, AioError.UsageError)
    }
}
