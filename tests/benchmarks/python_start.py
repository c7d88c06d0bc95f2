#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Starts a multiprocessing.Process that does nothing and joins it. usage: python_start.py METHOD ROUNDS"""
import json
import multiprocessing
import sys
import time


def nothing():
    pass


def start_and_join(context):
    process = context.Process(target=nothing)
    process.start()
    process.join()
    return process.exitcode == 0


def main():
    context = multiprocessing.get_context(sys.argv[1])
    correct = start_and_join(context)
    times = []
    for _ in range(min(int(sys.argv[2]), 30)):
        begin = time.perf_counter_ns()
        correct = start_and_join(context) and correct
        times.append((time.perf_counter_ns() - begin) / 1000)
    times.sort()
    print(json.dumps({"us_p50": times[len(times) // 2], "us_p99": times[len(times) * 99 // 100], "correct": correct}))


if __name__ == "__main__":
    main()
