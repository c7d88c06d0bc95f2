#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Fuzzes what reads the bytes of others with clang's libFuzzer, under the sanitizers, beginning with the corpus and with what Python writes.
# (tst_fuzz has the targets run over the corpus alone, with any compiler.)
#
#   tests/fuzz/run.sh [SECONDS]         each target for that long; 60 unless given
#
# AIO_LIBRARY: a folder that has libAioProcessingCore.so, if there is one; else it is built.
set -euo pipefail
aio_root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-60}
command -v clang++ >/dev/null || { echo "this needs clang++ with its libFuzzer" >&2; exit 1; }
. "$aio_root/src/cmake/setup.sh"
if [ -z "${AIO_LIBRARY:-}" ]; then
    aio_build release
    AIO_LIBRARY=$aio_root/build/release/src
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -ra qt < <(pkg-config --cflags --libs Qt6Core)
with_library=(-fPIC -I "$aio_root/include" "${qt[@]}" -L "$AIO_LIBRARY" -lAioProcessingCore "-Wl,-rpath,$AIO_LIBRARY")

# fuzz TARGET SOURCE... [-- FLAG...]
fuzz() {
    local target=$1 sources=() corpus
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        sources+=("$aio_root/src/$1")
        shift
    done
    [ $# -eq 0 ] || shift
    corpus=$work/$target.corpus
    mkdir -p "$corpus"
    grep -v '^#' "$aio_root/tests/fuzz/corpus/$target.txt" | python3 -c "
import sys
for line in sys.stdin:
    name, _, data = line.rstrip('\n').partition(' ')
    open(f'{sys.argv[1]}/{name}', 'wb').write(bytes.fromhex(data))
" "$corpus"
    clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I "$aio_root/src" \
        "$aio_root/tests/fuzz/$target.cpp" "${sources[@]}" "$@" -o "$work/$target"
    echo "-- $target"
    (cd "$work" && QT_LOGGING_RULES='aio.*=false' "./$target" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=1024 -print_final_stats=1 \
        "$corpus" 2>"$target.log") || { tail -40 "$work/$target.log" >&2; return 1; }
    grep -E "number_of_executed_units|peak_rss_mb" "$work/$target.log"
}

mkdir -p "$work/fuzz_pickle.corpus"
python3 "$aio_root/tests/auto/codec/pickles.py" write | python3 -c "
import sys
for line in sys.stdin:
    name, protocol, data = line.split()
    if len(data) < 8000:
        open(f'{sys.argv[1]}/{name}.{protocol}', 'wb').write(bytes.fromhex(data))
" "$work/fuzz_pickle.corpus"
fuzz fuzz_pickle codec/rawpickle.cpp codec/rawpicklewriter.cpp
fuzz fuzz_frames codec/rawmessageframe.cpp
fuzz fuzz_variant codec/aiovariantcodec_p.cpp codec/aiovariantreader_p.cpp codec/aiovariantwriter_p.cpp codec/rawbytes.cpp -- "${with_library[@]}"
fuzz fuzz_handshake connection/aiohandshake_p.cpp connection/aionativehandshake_p.cpp connection/aiopythonhandshake_p.cpp \
    platform/rawrandom.cpp -- "${with_library[@]}"
core=$(cd "$aio_root/src" && ls platform/raw*.cpp shm/raw*.cpp sync/raw*.cpp queue/raw*.cpp | grep -v _generic)
# shellcheck disable=SC2086
fuzz fuzz_arena $core -- "$aio_root/tests/shared/brokenarena.cpp" -I "$aio_root/tests/shared"
fuzz fuzz_manager codec/aiopicklereader_p.cpp codec/aiopicklewriter_p.cpp codec/aioplainvalue_p.cpp codec/aiosurrogates_p.cpp \
    codec/aiovariantcodec_p.cpp codec/aiovariantreader_p.cpp codec/aiovariantwriter_p.cpp codec/rawbytes.cpp codec/rawmessageframe.cpp \
    codec/rawpickle.cpp codec/rawpicklewriter.cpp connection/aiohandshake_p.cpp connection/aiopythonhandshake_p.cpp \
    manager/aiomanagererrors_p.cpp manager/aiomanagerwire_p.cpp platform/rawrandom.cpp -- "${with_library[@]}" -I /usr/include/qcoro6 \
    -I /usr/include/qcoro6/qcoro -I /usr/include/qcoro6/QCoro
