#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Processes put messages, this one gets them. usage: python_queue.py queue|simplequeue SIZE COUNT PRODUCERS

COUNT is that of each producer. Prints how many messages came in a second, from the first one on."""
import json
import multiprocessing
import sys
import time


def produce(queue, index, size, count):
    rest = b"x" * (size - 8)
    for i in range(count):
        queue.put((index << 32 | i).to_bytes(8, "little") + rest)


def main():
    kind, size, count, producers = sys.argv[1], *map(int, sys.argv[2:])
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue() if kind == "simplequeue" else context.Queue()
    processes = [context.Process(target=produce, args=(queue, index, size, count), daemon=True) for index in range(producers)]
    for process in processes:
        process.start()
    expected = [0] * producers
    correct = True
    begin = 0
    total = count * producers
    for got in range(total):
        message = queue.get()
        if got == 0:
            begin = time.perf_counter_ns()
        number = int.from_bytes(message[:8], "little")
        correct = correct and number & 0xffffffff == expected[number >> 32] and len(message) == size
        expected[number >> 32] += 1
    seconds = (time.perf_counter_ns() - begin) / 1e9
    for process in processes:
        process.join()
    print(json.dumps({"msgs_per_s": (total - 1) / seconds, "correct": correct and all(p.exitcode == 0 for p in processes)}))


if __name__ == "__main__":
    main()
