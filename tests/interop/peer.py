# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""The Python side: stock multiprocessing.connection, as whoever uses it would write it.
peer.py client ADDRESS KEY: connects, and echoes until it is told None.
peer.py listen KIND KEY: listens, prints its address, and echoes to the first who connects.
peer.py wrong ADDRESS KEY: connects, and prints the exception that this brings."""
import sys, threading
from multiprocessing.connection import Client, Listener


def to_address(text):
    host, colon, port = text.rpartition(":")
    return (host, int(port)) if colon else text


def to_key(text):
    return text.encode() if text != "-" else None


def echo(connection):
    """As they come; a tuple ('bytes', n) announces a message of raw bytes, which has n of them."""
    while True:
        value = connection.recv()
        if value is None:
            return
        if isinstance(value, tuple) and len(value) == 2 and value[0] == "bytes":
            data = connection.recv_bytes()
            assert len(data) == value[1], (len(data), value[1])
            connection.send_bytes(data)
        else:
            connection.send(value)


def facts(connection):
    """What Python itself says of what it gets: its type and repr."""
    while True:
        value = connection.recv()
        if value is None:
            return
        connection.send([type(value).__name__, repr(value)])


role, where, key = sys.argv[1], sys.argv[2], to_key(sys.argv[3])
work = facts if len(sys.argv) > 4 and sys.argv[4] == "facts" else echo
if role == "client":
    with Client(to_address(where), authkey=key) as connection:
        work(connection)
elif role == "listen":
    with Listener(("127.0.0.1", 0) if where == "tcp" else None, authkey=key) as listener:
        address = listener.address
        print(f"{address[0]}:{address[1]}" if isinstance(address, tuple) else address, flush=True)
        with listener.accept() as connection:
            work(connection)
elif role == "wrong":
    try:
        Client(to_address(where), authkey=key)
        print("connected")
    except Exception as error:
        print(type(error).__name__)
