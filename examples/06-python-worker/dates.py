#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""dates.py PROGRAM DATE LOCALE...: the other way round. A Python program whose worker is PROGRAM, which is 06-python-worker."""
import datetime
import secrets
import subprocess
import sys
from multiprocessing.connection import Listener

program, date, locales = sys.argv[1], datetime.date.fromisoformat(sys.argv[2]), sys.argv[3:]
key = secrets.token_hex(32)
with Listener(family="AF_UNIX", authkey=key.encode()) as listener:
    worker = subprocess.Popen([program, "--serve", listener.address], stdin=subprocess.PIPE, text=True)
    worker.stdin.write(key + "\n")
    worker.stdin.close()
    with listener.accept() as connection:
        for locale in locales:
            connection.send({"date": date, "locale": locale})
            print(locale, connection.recv())
        connection.send(None)
    sys.exit(worker.wait())
