#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Builds and runs the examples as a user does, and compares what they say with what they must.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export AIOPROCESSING_RUNTIME_DIR="$work/runtime"

fail() { echo "$*" >&2; exit 1; }

# await_worker PID: until it has a child
await_worker() {
    for _ in $(seq 1500); do
        [ -n "$(pgrep -P "$1" || true)" ] && return
        sleep 0.02
    done
    fail "process $1 has started no worker"
}

echo "-- 01-first-steps"
"$root/examples/run.sh" first-steps >"$work/first" 2>&1 || { cat "$work/first" >&2; fail "01-first-steps failed"; }
for value in 6 7 8 9 10 78; do
    grep -qx "Got result $value" "$work/first" || { cat "$work/first" >&2; fail "01-first-steps: no result $value"; }
done
late=$(sed -n 's/The event loop was never more than \([0-9]*\) ms late/\1/p' "$work/first")
[ "${late:-999}" -le 50 ] || fail "01-first-steps: the event loop was $late ms late"

echo "-- 02-checksum"
"$root/examples/run.sh" 02-checksum --jobs 3 /usr/include >"$work/ours" 2>"$work/errors" || { cat "$work/errors" >&2; fail "02-checksum failed"; }
find /usr/include -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >"$work/theirs"
cmp "$work/ours" "$work/theirs" || fail "02-checksum differs from sha256sum"
checksum=$root/build/examples/02-checksum/02-checksum
"$checksum" --pool --jobs 3 /usr/include >"$work/ours" 2>"$work/errors" || { cat "$work/errors" >&2; fail "02-checksum --pool failed"; }
cmp "$work/ours" "$work/theirs" || fail "02-checksum --pool differs from sha256sum"
mkdir "$work/odd"
printf one >"$work/odd/$(printf 'new\nline')"
printf two >"$work/odd/back\\slash"
find "$work/odd" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >"$work/theirs"
"$checksum" "$work/odd" >"$work/ours"
cmp "$work/ours" "$work/theirs" || fail "02-checksum: odd file names"
if "$checksum" "$work/odd" "$work/absent" >"$work/ours" 2>"$work/errors"; then
    fail "02-checksum: a missing file is no error"
fi
cmp "$work/ours" "$work/theirs" || fail "02-checksum: does not go on after an error"
grep -q "absent" "$work/errors" || fail "02-checksum: the missing file is not named"

echo "-- 02-checksum on a terminal"
script -qec "'$checksum' --jobs 2 '$root/include' '$root/src'" /dev/null >"$work/terminal"
grep -qE '[0-9]+ of [0-9]+ files, [0-9.]+ MiB/s, [0-9]+:[0-9]{2} left' "$work/terminal" || fail "02-checksum: no progress on a terminal"

for pool in "" --pool; do
    echo "-- 02-checksum $pool and Ctrl-C"
    "$checksum" $pool /usr "$work/odd" >/dev/null 2>"$work/errors" &
    pid=$!
    await_worker "$pid"
    workers=$(pgrep -P "$pid" || true)
    kill -INT "$pid"
    code=0
    wait "$pid" || code=$?
    [ "$code" -eq 130 ] || fail "02-checksum: exit code $code after Ctrl-C"
    for worker in $workers; do
        if [ -d "/proc/$worker" ] && ! grep -q '^State:.Z' "/proc/$worker/status"; then
            fail "02-checksum: worker $worker is left after Ctrl-C"
        fi
    done
    [ -z "$(find "$AIOPROCESSING_RUNTIME_DIR" -mindepth 1 2>/dev/null || true)" ] || fail "02-checksum: something is left in the runtime directory"
done

echo "-- 02-checksum killed with all of its workers, and the next start of any program"
segments() { awk '$7 == 0 { print $2 }' /proc/sysvipc/shm | sort; }      # which nobody has attached
segments >"$work/before"
setsid "$checksum" --jobs 3 /usr >/dev/null 2>&1 &
pid=$!
await_worker "$pid"
kill -9 -- "-$pid"
wait "$pid" 2>/dev/null || true
while pgrep -g "$pid" >/dev/null; do sleep 0.02; done
[ -n "$(find "$AIOPROCESSING_RUNTIME_DIR" -mindepth 1)" ] || fail "02-checksum: there was nothing to leave behind"
"$root/build/examples/01-first-steps/01-first-steps" 2>/dev/null
[ -z "$(find "$AIOPROCESSING_RUNTIME_DIR" -mindepth 1 2>/dev/null || true)" ] || fail "the next start leaves something in the runtime directory"
left=$(segments | comm -13 "$work/before" -)
[ -z "$left" ] || fail "the next start leaves shared memory: $left"

echo "-- 03-frames"
"$root/examples/run.sh" 03-frames --frames 200 >"$work/frames" 2>"$work/errors" || { cat "$work/errors" >&2; fail "03-frames failed"; }
grep -q "^all: 200 frames of 1920 x 1080: .*, 0 bytes copied" "$work/frames" || { cat "$work/frames" >&2; fail "03-frames: wrong summary"; }
"$root/build/examples/03-frames/03-frames" --frames 0 >"$work/frames" 2>"$work/errors" &
pid=$!
for _ in $(seq 500); do
    grep -q "frames/s" "$work/frames" && break
    sleep 0.02
done
kill -INT "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 130 ] || { cat "$work/errors" >&2; fail "03-frames: exit code $code after Ctrl-C"; }
[ -z "$(find "$AIOPROCESSING_RUNTIME_DIR" -mindepth 1 2>/dev/null || true)" ] || fail "03-frames: something is left in the runtime directory"

echo "-- 04-transcode"
mkdir -p "$work/tree/deep"
cp "$root"/src/process/*.cpp "$work/tree"
head -c 3000000 /dev/urandom >"$work/tree/deep/large"
: >"$work/tree/deep/empty"
"$root/examples/run.sh" 04-transcode --jobs 3 "$work/tree" "$work/packed" >"$work/table" 2>"$work/errors" || { cat "$work/errors" >&2; fail "04-transcode failed"; }
tail -1 "$work/table" | grep -q " total$" || fail "04-transcode: no table"
transcode=$root/build/examples/04-transcode/04-transcode
"$transcode" --with "gzip -dc" --suffix "" "$work/packed" "$work/again" >"$work/table" || fail "04-transcode: gzip -d failed"
(cd "$work/again" && for file in $(find . -name '*.gz'); do mv "$file" "${file%.gz}"; done)
diff -r "$work/tree" "$work/again" || fail "04-transcode: the files differ after the way there and back"
code=0
"$transcode" --with "false" "$work/tree" "$work/none" >"$work/table" || code=$?
[ "$code" -eq 1 ] || fail "04-transcode: exit code $code when the program fails"
[ -z "$(find "$work/none" -type f)" ] || fail "04-transcode: leaves incomplete files"
"$transcode" --with 'sh -c "read a; exec sleep 1000"' "$work/tree" "$work/none" >"$work/table" &
pid=$!
await_worker "$pid"
kill -INT "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 130 ] || fail "04-transcode: exit code $code after Ctrl-C"
[ -z "$(find "$work/none" -type f)" ] || fail "04-transcode: leaves incomplete files after Ctrl-C"

echo "-- 05-thumbnails"
image() { { printf 'P6 %s %s 255\n' "$2" "$3"; head -c $(($2 * $3 * 3)) /dev/urandom; } >"$1"; }
widthOf() { echo $((16#$(od -An -tx1 -j16 -N4 "$1" | tr -d ' '))); }
mkdir -p "$work/images/deep"
for n in 1 2 3 4 5 6; do image "$work/images/$n.ppm" $((n * 100)) 80; done
image "$work/images/deep/small.ppm" 20 10
echo "no image" >"$work/images/broken.png"
echo "no image" >"$work/images/notes.txt"
code=0
"$root/examples/run.sh" 05-thumbnails --jobs 2 --size 50 "$work/images" "$work/thumbnails" >"$work/summary" 2>"$work/errors" || code=$?
[ "$code" -eq 1 ] || { cat "$work/errors" >&2; fail "05-thumbnails: exit code $code with a broken image"; }
grep -q "broken.png" "$work/errors" || fail "05-thumbnails: the broken image is not named"
grep -q "^7 thumbnails .* 1 images failed$" "$work/summary" || { cat "$work/summary" >&2; fail "05-thumbnails: wrong summary"; }
[ "$(find "$work/thumbnails" -type f | wc -l)" -eq 7 ] || fail "05-thumbnails: not seven thumbnails"
[ "$(widthOf "$work/thumbnails/6.ppm.png")" -eq 50 ] || fail "05-thumbnails: not of the size wanted"
[ "$(widthOf "$work/thumbnails/deep/small.ppm.png")" -eq 20 ] || fail "05-thumbnails: a small image was made larger"
thumbnails=$root/build/examples/05-thumbnails/05-thumbnails
image "$work/images/large.ppm" 5000 5000
for n in $(seq 40); do ln "$work/images/large.ppm" "$work/images/large$n.ppm"; done
"$thumbnails" --jobs 2 "$work/images" "$work/thumbnails" >"$work/summary" 2>"$work/errors" &
pid=$!
await_worker "$pid"
kill -INT "$pid"
code=0
wait "$pid" || code=$?
[ "$code" -eq 130 ] || { cat "$work/errors" >&2; fail "05-thumbnails: exit code $code after Ctrl-C"; }
[ -z "$(find "$AIOPROCESSING_RUNTIME_DIR" -mindepth 1 2>/dev/null || true)" ] || fail "05-thumbnails: something is left in the runtime directory"

echo "-- 06-python-worker"
"$root/examples/run.sh" 06-python-worker "aß" "€" >"$work/names" 2>"$work/errors" || { cat "$work/errors" >&2; fail "06-python-worker failed"; }
printf '%s\n' "a LATIN SMALL LETTER A" "ß LATIN SMALL LETTER SHARP S" "€ EURO SIGN" | cmp - "$work/names" || fail "06-python-worker: wrong names"
worker=$root/build/examples/06-python-worker/06-python-worker
dates=$(python3 "$root/examples/06-python-worker/dates.py" "$worker" 2024-02-29 de_DE fr_FR) || fail "06-python-worker: dates.py failed"
[ "$dates" = "$(printf '%s\n' "de_DE Donnerstag, 29. Februar 2024" "fr_FR jeudi 29 février 2024")" ] || fail "06-python-worker: $dates"
if "$worker" --python false x >"$work/names" 2>&1; then
    fail "06-python-worker: a worker that ends at once is no error"
fi

echo "-- 07-job-board"
for where in "" tcp://127.0.0.1:0; do
    "$root/examples/run.sh" 07-job-board --at "$where" 12 1001 65537 600851475143 1 >"$work/board" 2>"$work/errors" || { cat "$work/errors" >&2; fail "07-job-board failed"; }
    sed 's/ (.*//' "$work/board" | cmp - <(printf '%s\n' "12 = 2 * 2 * 3" "1001 = 7 * 11 * 13" "65537 = 65537" "600851475143 = 71 * 839 * 1471 * 6857" "1 = ") \
        || { cat "$work/board" >&2; fail "07-job-board: wrong factors"; }
done
board=$root/build/examples/07-job-board/07-job-board
"$board" --qt 0 --python 1 15 >"$work/board" || fail "07-job-board --qt 0 failed"
grep -qx "15 = 3 \* 5 (python 1)" "$work/board" || fail "07-job-board: no Python worker"
"$board" --qt 1 --python 0 15 >"$work/board" || fail "07-job-board --python 0 failed"
grep -qx "15 = 3 \* 5 (qt 1)" "$work/board" || fail "07-job-board: no Qt worker"

# living_in SESSION: its processes, but for the dead that nobody has buried
living_in() {
    local process
    for process in $(pgrep -s "$1" || true); do
        grep -qs '^State:.[^Z]' "/proc/$process/status" && echo "$process"
    done
    true
}

# A prime that takes minutes, so that all are at work when it ends: first as soon as there is a worker, then when all have come.
large=2305843009213693951
for moment in first all; do
    echo "-- 07-job-board and Ctrl-C: $moment"
    setsid "$board" --qt 2 --python 2 $large $large $large $large $large >"$work/board" 2>"$work/errors" &
    pid=$!
    await_worker "$pid"
    if [ "$moment" = all ]; then
        for _ in $(seq 1500); do
            grep -q "4 workers have come" "$work/errors" && break
            sleep 0.02
        done
        grep -q "4 workers have come" "$work/errors" || { cat "$work/errors" >&2; fail "07-job-board: the workers have not come"; }
    fi
    kill -INT "$pid"
    code=0
    wait "$pid" || code=$?
    [ "$code" -eq 130 ] || { cat "$work/errors" >&2; fail "07-job-board: exit code $code after Ctrl-C"; }
    for _ in $(seq 250); do     # what a shell in front of Python has started ends a moment after it
        [ -n "$(living_in "$pid")" ] || break
        sleep 0.02
    done
    [ -z "$(living_in "$pid")" ] || fail "07-job-board: processes are left after Ctrl-C: $(living_in "$pid")"
    [ -z "$(find "$AIOPROCESSING_RUNTIME_DIR" -mindepth 1 2>/dev/null || true)" ] || fail "07-job-board: something is left in the runtime directory"
done
