#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Builds the benchmarks as users get the library, in build/bench, and runs them.
#
#   tests/benchmarks/run.sh [--quick] [--rounds N] [NAME...]
#
# Standard output has one line of JSON for each thing measured; standard error says at the end how far the goals are met.
# A goal that is missed is no failure; a wrong result is.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
aio_root=$(cd "$here/../.." && pwd)
. "$aio_root/src/cmake/setup.sh"
benches=(connection_roundtrip connection_throughput loop_liveness lock_uncontended lock_contended manager_ops pending_waits pool_latency pool_map process_start queue_throughput queue_fan_in wake_roundtrip)

usage() {
    echo "usage: $0 [--quick] [--rounds N] [NAME...]"$'\n'"The benchmarks are: ${benches[*]}" >&2
    exit 2
}

# build TARGET...: without fault points and sanitizers
build() {
    local log=$aio_root/build/bench.log
    mkdir -p "$aio_root/build"
    cmake -S "$aio_root" -B "$aio_root/build/bench" -G Ninja -DCMAKE_BUILD_TYPE=Release -DAIOPROCESSING_BUILD_TESTS=ON \
        -DAIOPROCESSING_BUILD_BENCHMARKS=ON "${aio_fast[@]}" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    cmake --build "$aio_root/build/bench" --target "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
}

options=()
chosen=()
while [ $# -gt 0 ]; do
    case $1 in
    --quick) options+=("$1") ;;
    --rounds)
        [[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
        options+=("$1" "$2")
        shift ;;
    *)
        [[ " ${benches[*]} " == *" $1 "* ]] || { echo "$0: there is no benchmark called $1" >&2; usage; }
        chosen+=("$1") ;;
    esac
    shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${benches[@]}")

aio_install_packages libboost-dev python3 >&2
build "${chosen[@]}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export AIOPROCESSING_RUNTIME_DIR="$work/runtime"
failed=0
for name in "${chosen[@]}"; do
    "$aio_root/build/bench/tests/benchmarks/$name" "${options[@]}" | tee -a "$work/rows" || failed=1
done
python3 "$here/goals.py" <"$work/rows" >&2
exit $failed
