#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Reads lines of JSON that benchmarks print, and prints a table that says how far the goals are met.

Each goal compares a row of ours with a row of a peer that the same run measured, or with a number."""
import json
import sys

LOCK = ("lock_uncontended", "ns_per_pair")
OPS, GAP, SHARE = (("lock_contended", metric) for metric in ("ops_per_s", "gap_ms", "share_min"))
START = ("process_start", "us_p50")
WAKE = ("wake_roundtrip", "us_p50")


def ours(form, **parameters):
    return ("aio", dict(parameters, form=form))


def wake_goals():
    for object in ("event", "queue"):
        row = lambda form: ours(form, object=object, pin="same")
        yield WAKE, row("blocking"), "<=", 1.3, ("floor_futex", {"pin": "same"})
        yield WAKE, row("coro"), "<=", 1.35, ("floor_eventfd_notifier", {"pin": "same"})
        yield WAKE, row("coro"), "<=", 0.55, ("qlocalsocket", {"pin": "same"})


def start_goals():
    row = lambda method, application="qcore", parent="small": \
        ("aio", {"method": method, "application": application, "parent": parent})
    yield START, row("forkserver", "none"), "<=", 1.3, ("floor_zygote", {})
    yield START, row("forkserver"), "<=", 1.25, ("floor_zygote_qcore", {})
    yield START, row("forkserver", parent="512 MiB"), "<=", 1.2, row("forkserver")
    yield START, row("spawn"), "<=", 1.3, ("qprocess_minimal", {})
    yield START, row("spawn", parent="512 MiB"), "<=", 1.2, row("spawn")
    yield START, ("aio", {"method": "program"}), "<=", 1.1, ("qprocess_program", {})


def contended_goals():
    for procs in (2, 4):
        rules = {"procs": procs, "hold_us": 0}
        yield OPS, ours("blocking", **rules), ">=", 1.0, ("robust_mutex", rules)
        yield OPS, ours("blocking", **rules), ">=", 20, ("python_lock", rules)
    for procs, gap, share in ((2, 0.25, 0.9), (4, 0.6, 0.8)):
        rules = {"procs": procs, "hold_us": 20}
        yield OPS, ours("blocking", **rules), ">=", 0.95, ("robust_mutex", rules)
        yield GAP, ours("blocking", **rules), "<=", gap, ("robust_mutex", rules)
        yield SHARE, ours("blocking", **rules), ">=", share, None


def pending_goals():
    for number in (1000, 10000, 100000):
        for object in ("distinct", "one"):
            row = {"n": number, "object": object}
            for metric, limit in (("us_start", 2), ("threads", 0), ("bytes_each", 1024)):
                yield ("pending_waits", metric), ("aio", row), "<=", limit, None
    for object in ("distinct", "one"):      # ten thousand in ten milliseconds
        yield ("pending_waits", "us_release"), ("aio", {"n": 10000, "object": object}), "<=", 1, None


def pool_goals():
    latency = ("pool_latency", "us_p50")
    yield latency, ours("coro"), "<=", 4, ("floor_shm", {})
    yield latency, ours("coro"), "<=", 1.0, ("qtconcurrent", {})
    yield latency, ours("coro"), "<=", 0.125, ("python_pool", {})
    rate = ("pool_map", "tasks_per_s")
    yield rate, ours("typed", chunk="1"), ">=", 1e6, None
    yield rate, ours("typed", chunk="1"), ">=", 20, ("python_pool", {"chunk": "1"})
    yield rate, ours("typed", chunk="auto"), ">=", 3, ("python_pool", {"chunk": "auto"})
    yield rate, ours("qvariant", chunk="auto"), ">=", 1, ("python_pool", {"chunk": "auto"})


def connection_goals():
    trip, flow = ("connection_roundtrip", "us_p50"), ("connection_throughput", "mib_per_s")
    yield trip, ours("coro", transport="local"), "<=", 1.3, ("qlocalsocket", {})
    yield trip, ours("coro", transport="tcp"), "<=", 1.3, ("qtcpsocket", {})
    for transport in ("local", "tcp"):
        yield trip, ours("blocking", transport=transport), "<=", 1.0, ("python_connection", {"transport": transport})
    for size in (65536, 1048576):
        for form in ("blocking", "coro"):
            yield flow, ours(form, transport="local", size=size), ">=", 0.7, ("floor_unix", {"size": size})


def manager_goals():
    time, rate = ("manager_ops", "us_p50"), ("manager_ops", "ops_per_s")
    for op in ("queue", "dict", "lock"):
        for transport in ("local", "tcp"):
            row = {"op": op, "transport": transport}
            for form in ("blocking", "coro"):
                yield time, ours(form, depth=1, **row), "<=", 0.8, ("python_manager", row)
            yield time, ours("blocking", depth=1, **row), "<=", 1.15, ("floor_socket", {"transport": transport})
            yield rate, ours("coro", depth=100, **row), ">=", 8, ("python_manager", row)


def queue_goals():
    rate, many = ("queue_throughput", "msgs_per_s"), ("queue_fan_in", "msgs_per_s")
    small, large = {"size": 8}, {"size": 16777216}
    yield rate, ours("coro", **small), ">=", 1.0, ("boost_message_queue", small)
    yield rate, ours("coro", **small), ">=", 0.25, ("floor_ring", small)
    yield rate, ours("coro", **small), ">=", 30, ("python_queue", small)
    yield rate, ours("coro", size=1024), ">=", 2, ("boost_message_queue", {"size": 1024})
    yield rate, ours("qvariant", **small), ">=", 2e6, None
    yield rate, ours("bytes", size=65536), ">=", 0.9, ("boost_message_queue", {"size": 65536})
    yield rate, ours("bytes", size=1048576), ">=", 2, ("boost_message_queue", {"size": 1048576})
    yield rate, ours("buffer", **large), ">=", 0.8, ("floor_slots", large)
    for size in (1024, 1048576, 16777216):
        yield rate, ours("handover", size=size), ">=", 1e6, None
    for size in (8, 1024):
        for form in ("typed", "coro"):
            yield many, ours(form, size=size), ">=", 1.5, ("boost_message_queue", {"size": size})
        yield many, ours("coro", size=size), ">=", 40, ("python_queue", {"size": size})


def liveness_goals():
    for load in ("small", "large", "pool"):
        yield ("loop_liveness", "ms_max"), ("aio", {"load": load}), "<=", 32, None
        yield ("loop_liveness", "ms_p99"), ("aio", {"load": load}), "<=", 3, None


# (bench, metric), row, relation, factor, row of the peer; without a peer the factor is the limit itself
GOALS = [
    (LOCK, ours("blocking"), "<=", 1.0, ("robust_mutex", {})),
    (LOCK, ours("blocking"), "<=", 3, ("floor_cas", {})),
    (LOCK, ours("coro"), "<=", 80, None),
    (LOCK, ours("coro"), "<=", 0.01, ("naive", {"form": "coro"})),
    *connection_goals(),
    *contended_goals(),
    *pending_goals(),
    *start_goals(),
    *liveness_goals(),
    *manager_goals(),
    *pool_goals(),
    *queue_goals(),
    *wake_goals(),
]


def value_of(rows, bench, row):
    for line in rows:
        if (line["bench"], line["metric"]) == bench and line["impl"] == row[0] and row[1].items() <= line["params"].items():
            return line["value"]
    return None


def judge(rows, bench, row, relation, factor, peer):
    """The ratio, or the value itself, and whether the goal is met."""
    value = value_of(rows, bench, row)
    base = value_of(rows, bench, peer) if peer else 1
    if value is None or base is None:
        return "-", "not measured"
    met = value / base <= factor if relation == "<=" else value / base >= factor
    return f"{value / base:.4g}", "yes" if met else "NO"


def main():
    rows = [json.loads(line) for line in sys.stdin if line.startswith("{")]
    benches = {line["bench"] for line in rows}
    table = [("bench", "ours", "measured", "goal", "met")]
    for bench, row, relation, factor, peer in GOALS:
        if bench[0] in benches:
            measured, met = judge(rows, bench, row, relation, factor, peer)
            goal = f"{bench[1]} {relation} {factor}" + (f" x {peer[0]}" if peer else "")
            table.append((bench[0], " ".join(map(str, row[1].values())), measured, goal, met))
    widths = [max(map(len, column)) for column in zip(*table)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


if __name__ == "__main__":
    main()
