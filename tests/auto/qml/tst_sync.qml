// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import AioProcessing

AioTestCase {
    name: "Sync"

    AioLock { id: lock }
    AioEvent { id: held }
    AioEvent { id: leave }
    AioSemaphore { id: semaphore; permits: 2 }
    AioBarrier { id: barrier; parties: 2 }
    AioContext { id: otherContext; name: "tst-qml-context" }
    AioLock { id: named; name: "tst-qml"; context: otherContext }
    AioLock { id: sameName; name: "tst-qml"; context: otherContext }
    AioLock { id: byHandle; handle: lock.handle }
    Component { id: processes; AioProcess {} }
    AioQueue { id: queue }
    Component { id: locks; AioLock {} }
    Component { id: barriers; AioBarrier { parties: 3 } }
    AioRLock { id: recursive }
    AioBoundedSemaphore { id: bounded; permits: 2 }
    AioCondition { id: condition; lock: lock }
    AioCondition { id: ofItsOwn }
    AioCondition { id: recursively; lock: recursive }
    Text {
        id: allStates
        property AioBarrier meeting
        text: held.isSet + "," + lock.locked + "," + semaphore.value + "," + bounded.value + "," + (meeting ? meeting.waiting : 0) + ","
              + recursive.locked
    }
    Text {
        id: oneState
        property AioLock watched
        text: watched ? String(watched.locked) : ""
    }
    SignalSpy { id: acquired; target: lock; signalName: "acquired" }
    SignalSpy { id: released; target: lock; signalName: "released" }
    SignalSpy { id: ownerDied; target: lock; signalName: "ownerDied" }
    SignalSpy { id: errors; signalName: "errorOccurred" }

    function process(target, args) {
        return createTemporaryObject(processes, this, { target: target, arguments: args })
    }

    // -- AioLock
    function test_lockBetweenProcesses() {
        acquired.clear()
        released.clear()
        held.clear()
        leave.clear()
        const holder = process("holdLock", [lock, held, leave])
        const end = holder.run()
        compare(valueOf(held.wait()), true)
        verify(lock.locked)
        verify(!lock.tryAcquire())
        compare(valueOf(lock.acquire(20)), false)             // out of time is no error
        compare(errorOf((() => { const p = lock.acquire(); p.cancel(); return p })()).code, AioError.Cancelled)
        const mine = lock.acquire({ timeout: 60000 })
        leave.set()
        compare(valueOf(mine), true)
        compare(acquired.count, 1)
        lock.release()
        compare(released.count, 1)
        verify(!lock.locked)
        valueOf(end)
    }
    function test_lockOfTheDead() {
        ownerDied.clear()
        held.clear()
        leave.clear()
        const holder = process("holdLock", [lock, held, leave])
        const end = holder.run()
        compare(valueOf(held.wait()), true)
        const mine = lock.acquire()
        const pid = holder.pid
        kit.kill(pid)
        compare(valueOf(mine), true)
        verify(lock.wasAbandoned())
        compare(ownerDied.count, 1)
        compare(ownerDied.signalArguments[0][0], pid)
        lock.release()
        const error = errorOf(end)
        compare(error.code, AioError.WorkerLost)
    }
    function test_lockReleaseOfWhatNobodyHoldsThrows() {
        compare(thrownBy(() => lock.release()).code, AioError.UsageError)
    }
    function test_namesAndHandles() {
        verify(named.tryAcquire())
        verify(sameName.locked)
        sameName.release()
        compare(byHandle.key, lock.key)
        verify(lock.tryAcquire())
        verify(byHandle.locked)
        byHandle.release()
        verify(lock.describe().startsWith("Lock:"), lock.describe())
        verify(otherContext.dump().includes(named.key), otherContext.dump())
    }
    function test_anotherHandleOpensAnother() {
        const other = createTemporaryObject(locks, this)
        const before = other.key
        const pending = (() => { other.tryAcquire(); return other.acquire() })()
        other.handle = lock.handle
        compare(other.key, lock.key)
        verify(before !== other.key)
        compare(errorOf(pending).code, AioError.Cancelled)
    }
    function test_handleThatIsGone() {
        const gone = locks.createObject(this)
        queue.tryPut(gone)
        const handle = queue.tryGet()
        gone.destroy()
        wait(0)
        ignoreWarning(new RegExp("AioLock"))
        const object = createTemporaryObject(locks, this)
        errors.target = object
        errors.clear()
        object.handle = handle
        compare(errors.count, 1)
        compare(errors.signalArguments[0][0].code, AioError.NotFound)
        compare(errorOf(object.acquire()).code, AioError.NotFound)
        compare(thrownBy(() => object.tryAcquire()).code, AioError.NotFound)
    }

    // -- AioSemaphore
    function test_semaphoreBetweenProcesses() {
        compare(semaphore.value, 2)
        valueOf(process("takePermit", [semaphore]).run())
        compare(semaphore.value, 1)
        compare(valueOf(semaphore.acquire()), true)
        compare(valueOf(semaphore.acquire(20)), false)
        verify(!semaphore.tryAcquire())
        const cancelled = semaphore.acquire()
        cancelled.cancel()
        compare(errorOf(cancelled).code, AioError.Cancelled)
        semaphore.release(2)
        compare(semaphore.value, 2)
        compare(thrownBy(() => semaphore.release(-1)).code, AioError.UsageError)
    }

    // -- AioEvent
    function test_eventBetweenProcesses() {
        held.clear()
        const raised = held.wait()
        compare(valueOf(held.wait(20)), false)
        valueOf(process("raise", [held]).run())
        compare(valueOf(raised), true)
        verify(held.isSet)
        held.clear()
        verify(!held.isSet)
        const cancelled = held.wait()
        cancelled.cancel()
        compare(errorOf(cancelled).code, AioError.Cancelled)
    }

    // -- AioBarrier
    function test_barrierBetweenProcesses() {
        const other = process("meet", [barrier])
        const theirs = other.run()
        const mine = valueOf(barrier.wait())
        verify(mine === 0 || mine === 1)
        compare(valueOf(theirs), 1 - mine)
        const cancelled = barrier.wait()
        cancelled.cancel()
        compare(errorOf(cancelled).code, AioError.Cancelled)
        verify(!barrier.isBroken)
    }
    function test_barrierBreaks() {
        const broken = createTemporaryObject(barriers, this)
        const other = broken.wait()
        compare(valueOf(broken.wait(20)), undefined)
        compare(errorOf(other).code, AioError.BrokenBarrier)
        verify(broken.isBroken)
        broken.reset()
        verify(!broken.isBroken)
        const again = broken.wait()
        compare(broken.waiting, 1)
        broken.abort()
        compare(errorOf(again).code, AioError.BrokenBarrier)
    }

    // -- AioRLock
    function test_recursiveLock() {
        compare(valueOf(recursive.acquire()), true)
        compare(valueOf(recursive.acquire()), true)
        verify(recursive.locked)
        compare(recursive.depth(), 2)
        const theirs = process("holdRLock", [recursive]).run()
        recursive.release()
        recursive.release()
        compare(valueOf(theirs), true)
        compare(valueOf(recursive.acquire(60000)), true)
        recursive.release()
        compare(thrownBy(() => recursive.release()).code, AioError.UsageError)
        verify(!recursive.locked)
    }

    // -- AioBoundedSemaphore
    function test_permitsOfTheDeadComeBack() {
        compare(bounded.value, 2)
        held.clear()
        leave.clear()
        const holder = process("borrowPermit", [bounded, held])
        const end = holder.run()
        compare(valueOf(held.wait()), true)
        compare(bounded.value, 1)
        verify(bounded.tryAcquire())
        const mine = bounded.acquire()
        kit.kill(holder.pid)
        compare(valueOf(mine), true)
        compare(errorOf(end).code, AioError.WorkerLost)
        bounded.release(2)
        compare(bounded.value, 2)
        compare(thrownBy(() => bounded.release()).code, AioError.UsageError)
        compare(thrownBy(() => bounded.release(0)).code, AioError.UsageError)
    }

    // -- AioCondition
    function test_conditionBetweenProcesses() {
        compare(valueOf(condition.acquire()), true)
        verify(lock.locked)
        const notified = condition.wait()
        const end = process("notifyAll", [condition]).run()
        compare(valueOf(notified), true)
        verify(lock.locked)
        compare(valueOf(condition.wait(20)), false)
        verify(lock.locked)
        const cancelled = condition.wait()
        cancelled.cancel()
        compare(errorOf(cancelled).code, AioError.Cancelled)
        condition.release()
        valueOf(end)
        compare(thrownBy(() => condition.notify()).code, AioError.UsageError)
    }
    function test_conditionWithAPredicate() {
        let isReady = false
        verify(ofItsOwn.tryAcquire())
        const waiting = ofItsOwn.waitUntil(() => isReady)
        compare(valueOf(ofItsOwn.acquire()), true)
        ofItsOwn.notify()
        isReady = true
        ofItsOwn.notifyAll()
        ofItsOwn.release()
        compare(valueOf(waiting), true)
        compare(valueOf(ofItsOwn.waitUntil(() => false, 20)), false)
        const error = errorOf(ofItsOwn.waitUntil(() => { throw new Error("of the user") }))
        verify(error.message.includes("of the user"), error.message)
        compare(errorOf(ofItsOwn.waitUntil(true)).code, AioError.UsageError)
        ofItsOwn.release()
    }
    function test_conditionOfARecursiveLock() {
        compare(valueOf(recursively.acquire()), true)
        verify(recursive.locked)
        recursively.release()
        verify(!recursive.locked)
    }

    // -- bindings
    function test_stateMayBeBoundTo() {
        held.clear()
        const other = createTemporaryObject(barriers, this)
        const text = allStates
        text.meeting = other
        tryCompare(text, "text", "false,false,2,2,0,false")
        valueOf(process("raise", [held]).run())
        tryCompare(text, "text", "true,false,2,2,0,false")
        verify(lock.tryAcquire() && semaphore.tryAcquire() && bounded.tryAcquire())
        const waits = other.wait()
        const mine = recursive.acquire()
        tryCompare(text, "text", "true,true,1,1,1,true")
        waits.cancel()
        lock.release()
        semaphore.release()
        bounded.release()
        held.clear()
        valueOf(mine)
        recursive.release()
        tryCompare(text, "text", "false,false,2,2,0,false")
        errorOf(waits)
    }
    function test_anotherObjectIsAnotherState() {
        const other = createTemporaryObject(locks, this)
        const text = oneState
        text.watched = other
        compare(text.text, "false")
        verify(lock.tryAcquire())
        other.handle = lock.handle
        tryCompare(text, "text", "true")
        lock.release()
        tryCompare(text, "text", "false")
    }
}
