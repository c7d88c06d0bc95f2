#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Fuzzes the parsers that need no Qt with clang's libFuzzer, under the sanitizers, beginning with what Python writes.
#
#   tests/fuzz/run.sh [SECONDS]         each target for that long; 60 unless given
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-60}
command -v clang++ >/dev/null || { echo "this needs clang++ with its libFuzzer" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fuzz TARGET SOURCE...
fuzz() {
    local target=$1
    shift
    clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I "$root/src" \
        "$root/tests/fuzz/$target.cpp" "${@/#/$root/src/codec/}" -o "$work/$target"
    echo "-- $target"
    mkdir -p "$work/$target.corpus"
    (cd "$work" && "./$target" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=1024 -print_final_stats=1 "$target.corpus" 2>"$target.log") \
        || { tail -40 "$work/$target.log" >&2; return 1; }
    grep -E "number_of_executed_units|peak_rss_mb" "$work/$target.log"
}

mkdir -p "$work/fuzz_pickle.corpus"
python3 "$root/tests/auto/codec/pickles.py" write | python3 -c "
import sys
for line in sys.stdin:
    name, protocol, data = line.split()
    if len(data) < 8000:
        open(f'{sys.argv[1]}/{name}.{protocol}', 'wb').write(bytes.fromhex(data))
" "$work/fuzz_pickle.corpus"
fuzz fuzz_pickle rawpickle.cpp rawpicklewriter.cpp
fuzz fuzz_frames rawmessageframe.cpp
