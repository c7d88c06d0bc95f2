#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Messages between two processes. usage: python_connection.py roundtrip local|tcp ROUNDS CPU
                                        python_connection.py throughput local|tcp COUNT SIZE

CPU is where both run, -1 for wherever they like. Prints the times of a whole round trip, or MiB a second."""
import json
import multiprocessing
import os
import sys
import time
from multiprocessing.connection import Client, Listener


def pin_to(cpu):
    if cpu >= 0:
        os.sched_setaffinity(0, {cpu})


def echo(address, rounds, cpu):
    pin_to(cpu)
    with Client(address) as connection:
        for _ in range(rounds):
            connection.send(connection.recv())


def pour(address, count, size):
    data = b"x" * size
    with Client(address) as connection:
        for _ in range(count):
            connection.send_bytes(data)


def main():
    what, transport, count, extra = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    context = multiprocessing.get_context("fork")
    with Listener(("127.0.0.1", 0) if transport == "tcp" else None) as listener:
        work = echo if what == "roundtrip" else pour
        process = context.Process(target=work, args=(listener.address, count, extra), daemon=True)
        process.start()
        with listener.accept() as connection:
            if what == "roundtrip":
                result = roundtrip(connection, count, extra)
            else:
                result = throughput(connection, count, extra)
        process.join()
    result["correct"] = result["correct"] and process.exitcode == 0
    print(json.dumps(result))


def roundtrip(connection, rounds, cpu):
    pin_to(cpu)
    times = []
    correct = True
    latest = time.perf_counter_ns()
    for number in range(rounds):
        connection.send(number)
        correct = connection.recv() == number and correct
        moment = time.perf_counter_ns()
        times.append(moment - latest)
        latest = moment
    times = sorted(times[rounds // 10:])
    share = lambda part: times[min(int(part * len(times)), len(times) - 1)] / 1000
    return {"us_p50": share(0.5), "us_p99": share(0.99), "correct": correct}


def throughput(connection, count, size):
    begin = time.perf_counter_ns()
    got = sum(len(connection.recv_bytes()) for _ in range(count))
    seconds = (time.perf_counter_ns() - begin) / 1e9
    return {"mib_per_s": got / (1 << 20) / seconds, "correct": got == count * size}


if __name__ == "__main__":
    main()
