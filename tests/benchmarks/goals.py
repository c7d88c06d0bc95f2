#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
"""Reads lines of JSON that benchmarks print, and prints a table that says how far the goals are met.

Each goal compares a row of ours with a row of a peer that the same run measured, or with a number."""
import json
import sys

LOCK = ("lock_uncontended", "ns_per_pair")
START = ("process_start", "us_p50")
WAKE = ("wake_roundtrip", "us_p50")


def ours(form, **parameters):
    return ("aio", dict(parameters, form=form))


def wake_goals():
    for object in ("event", "queue"):
        row = lambda form: ours(form, object=object, pin="same")
        yield WAKE, row("blocking"), 1.3, ("floor_futex", {"pin": "same"})
        yield WAKE, row("coro"), 1.35, ("floor_eventfd_notifier", {"pin": "same"})
        yield WAKE, row("coro"), 0.55, ("qlocalsocket", {"pin": "same"})


def start_goals():
    row = lambda method, application="qcore", parent="small": \
        ("aio", {"method": method, "application": application, "parent": parent})
    yield START, row("forkserver", "none"), 1.3, ("floor_zygote", {})
    yield START, row("forkserver"), 1.25, ("floor_zygote_qcore", {})
    yield START, row("forkserver", parent="512 MiB"), 1.2, row("forkserver")
    yield START, row("spawn"), 1.3, ("qprocess_minimal", {})
    yield START, row("spawn", parent="512 MiB"), 1.2, row("spawn")
    yield START, ("aio", {"method": "program"}), 1.1, ("qprocess_program", {})


# (bench, metric), row, factor, row of the peer; without a peer the factor is the limit itself
GOALS = [
    (LOCK, ours("blocking"), 1.0, ("robust_mutex", {})),
    (LOCK, ours("blocking"), 3, ("floor_cas", {})),
    (LOCK, ours("coro"), 80, None),
    (LOCK, ours("coro"), 0.01, ("naive", {"form": "coro"})),
    *start_goals(),
    *wake_goals(),
]


def value_of(rows, bench, row):
    for line in rows:
        if (line["bench"], line["metric"]) == bench and line["impl"] == row[0] and row[1].items() <= line["params"].items():
            return line["value"]
    return None


def judge(rows, bench, row, factor, peer):
    """The ratio, or the value itself, and whether the goal is met."""
    value = value_of(rows, bench, row)
    base = value_of(rows, bench, peer) if peer else 1
    if value is None or base is None:
        return "-", "not measured"
    return f"{value / base:.4g}", "yes" if value / base <= factor else "NO"


def main():
    rows = [json.loads(line) for line in sys.stdin if line.startswith("{")]
    benches = {line["bench"] for line in rows}
    table = [("bench", "ours", "measured", "goal", "met")]
    for bench, row, factor, peer in GOALS:
        if bench[0] in benches:
            measured, met = judge(rows, bench, row, factor, peer)
            goal = f"<= {factor}" + (f" x {peer[0]}" if peer else f" {bench[1].split('_')[0]}")
            table.append((bench[0], " ".join(row[1].values()), measured, goal, met))
    widths = [max(map(len, column)) for column in zip(*table)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


if __name__ == "__main__":
    main()
