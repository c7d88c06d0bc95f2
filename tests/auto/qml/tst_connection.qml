// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
import QtQuick
import AioProcessing

AioTestCase {
    id: suite
    name: "Connection"

    property AioConnection peer
    Component { id: pipes; AioPipe {} }
    Component { id: processes; AioProcess {} }
    Component { id: clients; AioClient {} }
    Component { id: listeners; AioListener {} }
    Component { id: announcing; AioListener { onNewConnection: connection => suite.peer = connection } }
    Component { id: connections; AioConnection {} }

    function made(component, settings) { return createTemporaryObject(component, suite, settings) }
    function init() { kit.watchLoop(); peer = null }

    function test_pipeToAWorker() {
        const pipe = made(pipes)
        verify(pipe.first.open)
        const worker = made(processes, { target: "serve", arguments: [pipe.second] })
        const end = worker.run()
        compare(valueOf(pipe.first.send(21)), true)
        compare(valueOf(pipe.first.recv()), 42)
        verify(!pipe.second.open)
        compare(valueOf(pipe.first.recv(20)), undefined)
        compare(valueOf(pipe.first.poll(0)), false)
        const cancelled = pipe.first.recv()
        cancelled.cancel()
        compare(errorOf(cancelled).code, AioError.Cancelled)
        valueOf(pipe.first.send(null))                      // no more
        compare(errorOf(pipe.first.recv()).code, AioError.EndOfStream)
        valueOf(end)
    }
    function test_valuesAndBytes() {
        const pipe = made(pipes)
        const value = { list: [1, "two", true], at: Qt.point(1, 2) }
        valueOf(pipe.first.send(value))
        const back = valueOf(pipe.second.recv())
        compare(back.list.length, 3)
        compare(back.at, Qt.point(1, 2))
        valueOf(pipe.second.sendBytes("grüß"))
        compare(new Uint8Array(valueOf(pipe.first.recvBytes())).length, 6)
        pipe.first.codec = AioConnection.Cbor
        valueOf(pipe.first.send([1, 2]))
        compare(valueOf(pipe.second.recv()).length, 2)
        compare(errorOf(pipe.first.send(() => 1)).code, AioError.UsageError)
    }
    function test_endThatMovesByItsHandle() {
        const pipe = made(pipes)
        const other = made(pipes)
        valueOf(other.first.send(pipe.second))              // to this process, as it happens
        const taken = made(connections, { handle: valueOf(other.second.recv()) })
        verify(taken.open)
        valueOf(pipe.first.send("moved"))
        compare(valueOf(taken.recv()), "moved")
        taken.close()
        verify(!taken.open)
        compare(errorOf(pipe.first.recv()).code, AioError.EndOfStream)
    }
    function test_listenerAndClient() {
        const listener = made(listeners, { key: "secret" })
        verify(listener.listening)
        verify(listener.address.startsWith("local:"), listener.address)
        compare(valueOf(listener.accept(20)), undefined)
        const client = made(clients, { address: listener.address, key: "secret" })
        verify(!client.open)
        const accepted = listener.accept()
        compare(valueOf(client.connectToPeer(60000)), true)
        verify(client.open)
        peer = valueOf(accepted)
        valueOf(client.send("hello"))
        compare(valueOf(peer.recv()), "hello")
        client.close()
        compare(errorOf(peer.recv()).code, AioError.EndOfStream)
        verify(!client.open)
        const again = listener.accept()
        valueOf(client.connectToPeer())                     // anew
        peer = valueOf(again)
        valueOf(peer.send(7))
        compare(valueOf(client.recv()), 7)
        const cancelled = listener.accept()
        cancelled.cancel()
        compare(errorOf(cancelled).code, AioError.Cancelled)
        const closed = listener.accept()
        listener.close()
        compare(errorOf(closed).code, AioError.Closed)
        verify(!listener.listening)
        compare(errorOf(made(clients, { address: "local:nobody-is-here" }).connectToPeer()).code, AioError.ConnectionRefused)
    }
    function test_newConnectionIsAnnounced() {
        const listener = made(announcing, { address: "tcp://127.0.0.1:0", key: "secret" })
        verify(listener.address.startsWith("tcp://127.0.0.1:"), listener.address)
        const client = made(clients, { address: listener.address, key: "secret" })
        compare(valueOf(client.connectToPeer()), true)
        tryVerify(() => suite.peer !== null)
        kit.collectGarbage()
        valueOf(client.send("over TCP"))
        compare(valueOf(peer.recv()), "over TCP")
    }
    function test_wrongKey() {
        const listener = made(listeners, { key: "right" })
        const client = made(clients, { address: listener.address, key: "wrong" })
        compare(errorOf(client.connectToPeer()).code, AioError.AuthenticationFailed)
    }
    function test_mistakes() {
        compare(errorOf(made(connections).recv()).code, AioError.UsageError)
        compare(errorOf(made(clients, { address: "nonsense" }).connectToPeer()).code, AioError.UsageError)
        compare(thrownBy(() => made(connections).close()).code, AioError.UsageError)
    }
}
