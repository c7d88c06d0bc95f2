#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Takes and releases a multiprocessing.Lock that nobody else wants. usage: python_lock.py NANOSECONDS"""
import json
import multiprocessing
import sys
import time

BATCH = 256


def main():
    duration = int(sys.argv[1])
    lock = multiprocessing.Lock()
    acquire, release = lock.acquire, lock.release
    counter = pairs = 0
    begin = latest = time.perf_counter_ns()
    while latest - begin < duration:
        pairs += BATCH
        for _ in range(BATCH):
            counter += acquire()
            release()
        latest = time.perf_counter_ns()
    print(json.dumps({"ns_per_pair": (latest - begin) / pairs, "correct": counter == pairs and lock.acquire(block=False)}))


if __name__ == "__main__":
    main()
