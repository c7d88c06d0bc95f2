// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import QtTest

// A test case whose event loop must stay alive, and that can wait for promises.
TestCase {
    function init() { kit.watchLoop() }
    function cleanup() { verify(kit.loopStayedAlive(), "the event loop stayed alive") }

    // Waits for a promise, and says what came of it: { value } or { error }.
    function outcome(promise) {
        verify(promise instanceof Promise, "a promise")
        const result = { isDone: false, value: undefined, error: undefined }
        promise.then(value => { result.value = value; result.isDone = true },
                     error => { result.error = error; result.isDone = true })
        tryVerify(() => result.isDone, 60000)
        return result
    }
    function valueOf(promise) {
        const result = outcome(promise)
        if (result.error)
            fail("rejected with " + result.error)
        return result.value
    }
    function errorOf(promise) {
        const result = outcome(promise)
        verify(result.error !== undefined, "rejected")
        verify(result.error instanceof Error, "with an Error")
        verify(result.error.message.length > 0, "that has a text")
        return result.error
    }
    // What a call throws.
    function thrownBy(call) {
        try {
            call()
        } catch (error) {
            return error
        }
        fail("nothing was thrown")
    }
}
