#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Processes that want the same multiprocessing.Lock. usage: python_lock_contended.py NANOSECONDS PROCESSES HOLD_MICROSECONDS"""
import json
import multiprocessing
import sys
from time import perf_counter_ns as now, sleep


def contend(lock, barrier, over, counter, hold, results, index):
    acquire, release = lock.acquire, lock.release
    count = gap = 0
    barrier.wait()
    latest = now()
    while not over.value:
        acquire()
        counter.value += 1
        count += 1
        begin = now() if hold else 0
        while hold and now() - begin < hold:
            pass
        release()
        time = now()
        gap, latest = max(gap, time - latest), time
    results[2 * index], results[2 * index + 1] = count, max(gap, now() - latest)


def main():
    duration, processes, hold = (int(argument) for argument in sys.argv[1:])
    context = multiprocessing.get_context("fork")
    lock, barrier = context.Lock(), context.Barrier(processes + 1)
    over, counter = context.RawValue("b", 0), context.RawValue("q", 0)
    results = context.RawArray("q", 2 * processes)
    contenders = [context.Process(target=contend, args=(lock, barrier, over, counter, hold * 1000, results, i)) for i in range(processes)]
    for contender in contenders:
        contender.start()
    barrier.wait()
    begin = now()
    sleep(duration / 1e9)
    over.value = 1
    seconds = (now() - begin) / 1e9
    for contender in contenders:
        contender.join()
    counts = results[::2]
    print(json.dumps({"ops_per_s": sum(counts) / seconds, "share_min": min(counts) / max(counts), "gap_ms": max(results[1::2]) / 1e6,
                      "correct": sum(counts) == counter.value}))


if __name__ == "__main__":
    main()
