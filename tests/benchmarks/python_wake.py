#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Two processes wake each other in turn. usage: python_wake.py event|queue ROUNDS CPU

CPU is where both run, -1 for wherever they like. Prints the times of a whole round trip."""
import json
import multiprocessing
import os
import sys
import time


def pin_to(cpu):
    if cpu >= 0:
        os.sched_setaffinity(0, {cpu})


class Events:
    def __init__(self, context):
        self.ping, self.pong = context.Event(), context.Event()

    def ask(self, number):
        self.ping.set()
        self.pong.wait()
        self.pong.clear()
        return True

    def answer(self, number):
        self.ping.wait()
        self.ping.clear()
        self.pong.set()
        return True


class Queues:
    def __init__(self, context):
        self.ping, self.pong = context.Queue(), context.Queue()

    def ask(self, number):
        self.ping.put(number)
        return self.pong.get() == number

    def answer(self, number):
        got = self.ping.get()
        self.pong.put(got)
        return got == number


def echo(channel, rounds, cpu):
    pin_to(cpu)
    answered = sum(channel.answer(number) for number in range(rounds))
    sys.exit(0 if answered == rounds else 1)


def main():
    rounds, cpu = int(sys.argv[2]), int(sys.argv[3])
    context = multiprocessing.get_context("fork")
    channel = {"event": Events, "queue": Queues}[sys.argv[1]](context)
    process = context.Process(target=echo, args=(channel, rounds, cpu), daemon=True)
    process.start()
    pin_to(cpu)
    times = []
    correct = True
    latest = time.perf_counter_ns()
    for number in range(rounds):
        correct = channel.ask(number) and correct
        moment = time.perf_counter_ns()
        times.append(moment - latest)
        latest = moment
    process.join()
    times = sorted(times[rounds // 10:])
    share = lambda part: times[min(int(part * len(times)), len(times) - 1)] / 1000
    print(json.dumps({"us_p50": share(0.5), "us_p99": share(0.99), "correct": correct and process.exitcode == 0}))


if __name__ == "__main__":
    main()
