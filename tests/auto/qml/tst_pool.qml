// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import AioProcessing

AioTestCase {
    id: suite
    name: "Pool"

    AioEvent { id: begun }
    AioPool { id: pool; processes: 2 }
    Component { id: pools; AioPool { processes: 1 } }
    Component { id: controllers; AioAbortController {} }
    SignalSpy { id: lost; signalName: "workerLost" }
    SignalSpy { id: finished; target: pool; signalName: "taskFinished" }

    function test_apply() {
        compare(valueOf(pool.apply("twice", [21])), 42)
        compare(valueOf(pool.apply("echo", [[1, "two"]])).length, 2)
        verify(pool.completedTasks >= 2)
    }
    function test_applyRejects() {
        const thrown = errorOf(pool.apply("fail", ["out of luck"]))
        compare(thrown.code, AioError.RemoteError)
        compare(thrown.remoteType, "std::runtime_error")
        verify(thrown.message.includes("out of luck"), thrown.message)
        compare(errorOf(pool.apply("noSuchFunction")).code, AioError.NotFound)
        compare(errorOf(pool.apply("twice", ["no number"])).code, AioError.TypeMismatch)
        compare(errorOf(pool.apply("twice", 21)).code, AioError.UsageError)          // an array is wanted
        compare(errorOf(pool.apply("twice", [21], { retry: 1 })).code, AioError.UsageError)
    }
    function test_map() {
        const items = []
        for (let i = 0; i < 500; ++i)
            items.push(i)
        const results = valueOf(pool.map("twice", items))
        compare(results.length, 500)
        verify(results.every((result, index) => result === 2 * index))
        compare(valueOf(pool.map("twice", items, { chunkSize: 7 })).length, 500)
        compare(valueOf(pool.map("twice", [])).length, 0)
        compare(errorOf(pool.map("fail", ["a", "b"])).code, AioError.RemoteError)
    }
    function test_cancel() {
        begun.clear()
        const promise = pool.apply("hang", [begun])
        compare(valueOf(begun.wait()), true)
        promise.cancel()
        compare(errorOf(promise).code, AioError.Cancelled)
        begun.clear()
        const controller = createTemporaryObject(controllers, suite)
        const other = pool.apply("hang", [begun], { signal: controller.signal })
        compare(valueOf(begun.wait()), true)
        controller.abort()
        compare(errorOf(other).code, AioError.Cancelled)
        compare(valueOf(pool.apply("twice", [1])), 2)
    }
    function test_timeLimit() {
        begun.clear()
        const error = errorOf(pool.apply("hang", [begun], { timeLimit: 50, retries: 2, priority: 1 }))
        compare(error.code, AioError.TimedOut)
    }
    function test_killWorker() {
        const own = createTemporaryObject(pools, suite)
        lost.target = own
        begun.clear()
        const pid = valueOf(own.apply("ownPid"))
        const promise = own.apply("hang", [begun])
        let error
        promise.catch(reason => error = reason)
        compare(valueOf(begun.wait()), true)
        verify(!own.killWorker(1))                            // not one of the pool's
        verify(own.killWorker(pid))
        tryVerify(() => error !== undefined)
        compare(error.code, AioError.WorkerLost)
        verify(error.message.includes(pid), error.message)
        verify(!own.killWorker(pid))
        tryCompare(lost, "count", 1)
        compare(lost.signalArguments[0][0], pid)
        compare(lost.signalArguments[0][1], AioProcess.Killed)
        verify(valueOf(own.apply("ownPid")) !== pid)          // another one has taken its place
    }
    function test_submitAndSignals() {
        finished.clear()
        const id = pool.submit("twice", [4])
        tryVerify(() => finished.count >= 1)
        compare(finished.signalArguments[0][0], id)
        compare(finished.signalArguments[0][1], 8)
        verify(!pool.cancel(id))
        begun.clear()
        const hanging = pool.submit("hang", [begun])
        compare(valueOf(begun.wait()), true)
        verify(pool.cancel(hanging))
        compare(thrownBy(() => pool.submit("twice", 4)).code, AioError.UsageError)
    }
    function test_end() {
        const own = createTemporaryObject(pools, suite)
        const last = own.apply("twice", [3])
        compare(errorOf(own.join()).code, AioError.UsageError)
        valueOf(own.close())
        compare(valueOf(last), 6)
        verify(!own.running)
        compare(valueOf(own.join()), true)
        compare(errorOf(own.apply("twice", [3])).code, AioError.Closed)
    }
    function test_terminate() {
        const own = createTemporaryObject(pools, suite)
        begun.clear()
        const promise = own.apply("hang", [begun])
        compare(valueOf(begun.wait()), true)
        own.terminate()
        compare(errorOf(promise).code, AioError.Cancelled)
        compare(valueOf(own.join()), true)
    }
    function test_settings() {
        const own = createTemporaryObject(pools, suite, { initializer: "ownPid", maxTasksPerChild: 1, idleTimeout: 1000, cancelGrace: 500 })
        compare(own.processes, 1)
        const first = valueOf(own.apply("ownPid"))
        const second = valueOf(own.apply("ownPid"))
        verify(first !== second)
        compare(own.cancelGrace, 500)
        compare(thrownBy(() => own.processes = 0).code, AioError.UsageError)
        compare(own.processes, 1)
    }

    // -- imap
    function numbers(count) {
        const all = []
        for (let i = 0; i < count; ++i)
            all.push(i)
        return all
    }
    function test_imapVisitsInOrder() {
        const seen = []
        compare(valueOf(pool.imap("twice", numbers(200), (value, index) => { seen.push(value); return index })), 200)
        compare(seen, numbers(200).map(value => 2 * value))
        compare(valueOf(pool.imap("twice", [], () => fail("nothing to visit"))), 0)
    }
    function test_imapUnorderedVisitsAll() {
        const seen = []
        compare(valueOf(pool.imapUnordered("twice", numbers(200), (value, index) => { compare(value, 2 * index); seen.push(index) })), 200)
        compare(seen.sort((a, b) => a - b), numbers(200))
    }
    function test_imapReadsAheadByFourForEachWorker() {
        const own = createTemporaryObject(pools, suite)
        const before = own.completedTasks
        begun.clear()
        let goOn
        let visits = 0
        const all = own.imap("twice", numbers(20), () => {
            ++visits
            return goOn ? undefined : new Promise(resolve => goOn = resolve)
        })
        tryVerify(() => goOn && own.completedTasks === before + 4)
        valueOf(own.apply("twice", [0]))                      // what was begun before it is done
        compare(own.completedTasks, before + 5)
        compare(visits, 1)
        goOn()
        compare(valueOf(all), 20)
        compare(visits, 20)
    }
    function test_imapFails() {
        compare(errorOf(pool.imap("twice", [1, "no number", 3], () => {})).code, AioError.TypeMismatch)
        verify(errorOf(pool.imap("twice", [1, 2], () => { throw new Error("of the user") })).message.includes("of the user"))
        compare(errorOf(pool.imap("twice", [1], () => {}, { nonsense: 1 })).code, AioError.UsageError)
        compare(thrownBy(() => pool.imap("twice", 5, () => {})).code, AioError.UsageError)
        compare(thrownBy(() => pool.imap("twice", [5], 7)).code, AioError.UsageError)
    }
    function test_imapIsCancelled() {
        const own = createTemporaryObject(pools, suite)
        begun.clear()
        const all = own.imap("hang", [begun, begun, begun], () => fail("it never comes back"))
        valueOf(begun.wait())
        all.cancel()
        compare(errorOf(all).code, AioError.Cancelled)
        compare(valueOf(own.apply("twice", [4])), 8)
        tryCompare(own, "pendingTasks", 0)
    }
}
