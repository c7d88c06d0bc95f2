#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Calls of a manager in another process. usage: python_manager.py queue|dict|lock local|tcp CALLS CPU

CPU is where both run, -1 for wherever they like. Prints the time of a call, and calls a second."""
import json
import multiprocessing
import multiprocessing.managers
import os
import sys
import time


def pairs(manager, op):
    """The two calls that follow each other; each takes a number, and the second gives it back."""
    if op == "queue":
        queue = manager.Queue()
        return queue.put, lambda number: queue.get()
    if op == "dict":
        entries = manager.dict()
        return lambda number: entries.__setitem__(1, number), lambda number: entries[1]
    lock = manager.Lock()
    return lambda number: lock.acquire(), lambda number: lock.release() or number


def main():
    op, transport, calls, cpu = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if cpu >= 0:
        os.sched_setaffinity(0, {cpu})
    address = ("127.0.0.1", 0) if transport == "tcp" else None
    manager = multiprocessing.managers.SyncManager(address, ctx=multiprocessing.get_context("fork"))
    manager.start()
    with manager:
        result = measure(*pairs(manager, op), calls)
    print(json.dumps(result))


def measure(first, second, calls):
    times = []
    correct = True
    begin = latest = time.perf_counter_ns()
    for number in range(calls // 2):
        first(number)
        moment = time.perf_counter_ns()
        times.append(moment - latest)
        latest = moment
        correct = second(number) == number and correct
        moment = time.perf_counter_ns()
        times.append(moment - latest)
        latest = moment
    times = sorted(times[calls // 10:])
    return {"us_p50": times[len(times) // 2] / 1000, "ops_per_s": calls * 1e9 / (latest - begin), "correct": correct}


if __name__ == "__main__":
    main()
