// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import AioProcessing

AioTestCase {
    name: "Promises"

    AioEvent { id: event }
    AioQueue { id: queue }
    Component { id: controllers; AioAbortController {} }
    Component { id: events; AioEvent {} }
    Component { id: queues; AioQueue {} }

    function test_isNative() {
        verify(event.wait(0) instanceof Promise)
    }
    function test_resolvesLaterAlsoWhenItIsDoneAtOnce() {
        const order = []
        event.set()
        const promise = event.wait().then(() => order.push("resolved"))
        order.push("called")
        event.clear()
        valueOf(promise)
        compare(order, ["called", "resolved"])
    }
    function test_allOfThemResolve() {
        const waits = []
        for (let i = 0; i < 100; ++i)
            waits.push(event.wait())
        event.set()
        const values = valueOf(Promise.all(waits))
        event.clear()
        compare(values.length, 100)
        verify(values.every(value => value === true))
    }
    function test_cancelOfThePromise() {
        const promise = queue.get()
        promise.cancel()
        compare(errorOf(promise).code, AioError.Cancelled)
    }
    function test_cancelOfWhatThenReturns() {
        const promise = queue.get().then(item => item + 1).catch(error => { throw error })
        promise.cancel()
        compare(errorOf(promise).code, AioError.Cancelled)
        queue.tryPut("untouched")
        compare(queue.tryGet(), "untouched")
    }
    function test_cancelAfterTheEndIsNothing() {
        event.set()
        const promise = event.wait()
        compare(valueOf(promise), true)
        promise.cancel()
        compare(valueOf(promise), true)
        event.clear()
    }
    function test_abortControllerCancelsAllItIsGivenTo() {
        const controller = createTemporaryObject(controllers, this)
        const first = queue.get({ signal: controller.signal })
        const second = event.wait({ signal: controller, timeout: 100000 })
        verify(!controller.aborted)
        controller.abort()
        verify(controller.aborted)
        compare(errorOf(first).code, AioError.Cancelled)
        compare(errorOf(second).code, AioError.Cancelled)
        compare(errorOf(queue.get({ signal: controller.signal })).code, AioError.Cancelled)     // once and for all
    }
    function test_controllerThatGoesAbortsNothing() {
        const controller = controllers.createObject(this)
        const promise = queue.get({ signal: controller.signal })
        controller.destroy()
        wait(0)
        queue.tryPut(5)
        compare(valueOf(promise), 5)
    }
    function test_garbageCollectorSparesWhatIsPending() {
        let value
        queue.get().then(item => value = item)
        kit.collectGarbage()
        queue.tryPut("alive")
        tryVerify(() => value === "alive")
    }
    function test_objectThatGoesRejects() {
        const object = events.createObject(this)
        const promise = object.wait()
        object.destroy()
        compare(errorOf(promise).code, AioError.Cancelled)
    }
    function test_errorHasItsFields() {
        const error = errorOf(queue.get({ timeOut: 5 }))
        compare(error.code, AioError.UsageError)
        verify(error.message.includes("timeOut") && error.message.includes("timeout"), error.message)
        compare(error.remoteType, "")
        compare(error.remoteTraceback, "")
        compare(typeof error.stack, "string")
    }
    function test_wrongOptions_data() {
        return [
            { tag: "text", options: "soon" },
            { tag: "no number", options: { timeout: "soon" } },
            { tag: "not a number", options: NaN },
            { tag: "signal", options: { signal: {} } },
            { tag: "function", options: () => 5 },
            { tag: "null", options: null },
            { tag: "object", options: queue }
        ]
    }
    function test_wrongOptions(row) {
        compare(errorOf(event.wait(row.options)).code, AioError.UsageError)
    }
    function test_unhandledRejectionIsLogged() {
        kit.collectLog()
        queue.put(() => 5)
        queue.put(() => 6).then(() => 7)
        queue.put(() => 7).catch(() => 8)
        queue.get().cancel()                                  // somebody wanted that
        queue.put(1, { last: true })
        tryVerify(() => kit.logSoFar().some(line => line.includes("nobody handles") && line.includes("'last'")))
        tryVerify(() => kit.logSoFar().filter(line => line.includes("nobody handles")).length >= 3)
        const log = kit.collectedLog().filter(line => line.includes("nobody handles"))
        compare(log.length, 3)
        verify(log[0].startsWith("aio.qml: ") && log[0].includes("function") && log[0].includes(".catch"), log[0])
    }
    function test_throwInThenIsLogged() {
        kit.collectLog()
        event.set()
        event.wait().then(() => { throw new Error("of the user") })
        tryVerify(() => kit.logSoFar().some(line => line.includes("nobody handles")))
        event.clear()
        const log = kit.collectedLog().filter(line => line.includes("nobody handles"))
        compare(log.length, 1)
        verify(log[0].includes("of the user"), log[0])
    }
    function test_callsThatDoNotWaitThrow() {
        const closed = createTemporaryObject(queues, this)
        closed.close()
        const error = thrownBy(() => closed.tryPut(1))
        compare(error.code, AioError.Closed)
        verify(error instanceof Error)
    }
}
