#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Python's pools with two workers. usage: python_pool.py pool|executor NANOSECONDS, or python_pool.py map CHUNK ITEMS"""
import concurrent.futures
import json
import multiprocessing
import sys
import time


def identity(value):
    return value


def latency(apply, duration):
    times = []
    for i in range(50):
        apply(i)
    correct = True
    end = time.perf_counter_ns() + duration
    while (begin := time.perf_counter_ns()) < end:
        correct = apply(7) == 7 and correct
        times.append(time.perf_counter_ns() - begin)
    times.sort()
    return {"us_p50": times[len(times) // 2] / 1000, "us_p99": times[len(times) * 99 // 100] / 1000, "correct": correct}


def map_rate(chunk, items):
    with multiprocessing.Pool(2) as pool:
        pool.map(identity, range(64))
        data = list(range(items))
        begin = time.perf_counter_ns()
        results = pool.map(identity, data, chunksize=chunk or None)
        rate = items * 1e9 / (time.perf_counter_ns() - begin)
    return {"tasks_per_s": rate, "correct": results == data}


def main():
    if sys.argv[1] == "map":
        result = map_rate(int(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1] == "pool":
        with multiprocessing.Pool(2) as pool:
            result = latency(lambda value: pool.apply(identity, (value,)), int(sys.argv[2]))
    else:
        with concurrent.futures.ProcessPoolExecutor(2) as executor:
            result = latency(lambda value: executor.submit(identity, value).result(), int(sys.argv[2]))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
