# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""The worker of 06-python-worker: tells the Unicode names of characters. Nothing but Python's standard library."""
import sys
import unicodedata
from multiprocessing.connection import Client

key = sys.stdin.readline().strip().encode()     # not on the command line, where everybody can read it
with Client(sys.argv[1], authkey=key) as connection:
    while (text := connection.recv()) is not None:
        connection.send([(c, unicodedata.name(c, "(no name)")) for c in text])
