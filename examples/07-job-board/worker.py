#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""worker.py ADDRESS NAME: a worker of 07-job-board, which reads the key from standard input. Nothing but Python's standard library."""
import sys
from multiprocessing.managers import BaseManager


class Board(BaseManager):
    """The names are those under which the server has published its objects."""


for name in ("jobs", "results", "arrivals", "opening"):
    Board.register(name)


def factors(number):
    found, divisor = [], 2
    while divisor * divisor <= number:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found + [number] if number > 1 else found


host, colon, port = sys.argv[1].rpartition(":")
board = Board((host, int(port)) if colon else sys.argv[1], sys.stdin.readline().strip().encode())
board.connect()
jobs, results, arrivals, opening = board.jobs(), board.results(), board.arrivals(), board.opening()
arrivals.put(sys.argv[2])
opening.wait()
while (number := jobs.get()) is not None:
    results[str(number)] = [sys.argv[2], factors(number)]
    jobs.task_done()
jobs.task_done()
