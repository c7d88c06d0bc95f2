#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Builds the library and the examples, and runs them.
#
#   examples/run.sh                     all examples, the later ones on this project's sources
#   examples/run.sh NAME [ARGUMENT...]  one of them, with or without its number: 02-checksum, checksum
set -euo pipefail
aio_root=$(cd "$(dirname "$0")/.." && pwd)
. "$aio_root/src/cmake/setup.sh"

# build_example NAME: against the installed package, as a project of its own
build_example() {
    cmake -S "$aio_root/examples/$1" -B "$aio_root/build/examples/$1" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_PREFIX_PATH="$aio_root/build/prefix" >/dev/null
    cmake --build "$aio_root/build/examples/$1" >/dev/null
}

name=
packages=()
if [ $# -gt 0 ]; then
    matches=("$aio_root"/examples/[0-9][0-9]-"${1#[0-9][0-9]-}")
    if [ ! -d "${matches[0]}" ]; then
        echo "There is no example called $1. There are: $(cd "$aio_root/examples" && echo [0-9]*)" >&2
        exit 2
    fi
    name=$(basename "${matches[0]}")
    shift
fi
case $name in
    08-dashboard | 09-widgets)
        if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ]; then
            echo "$name opens a window, and there is no display: DISPLAY and WAYLAND_DISPLAY are not set. On a machine without one use ssh -X," \
                 "or QT_QPA_PLATFORM=vnc examples/run.sh $name and a VNC client at port 5900." >&2
            exit 3
        fi
        ;;&
    08-dashboard) packages=("${aio_qml_packages[@]}") ;;
esac

aio_install_packages "${packages[@]}"
{ aio_install_release; } >&2

if [ -n "$name" ]; then
    build_example "$name"
    exec "$aio_root/build/examples/$name/$name" "$@"
fi

echo "== 01-first-steps: a worker process and two coroutines (15 seconds)"
build_example 01-first-steps
"$aio_root/build/examples/01-first-steps/01-first-steps"
echo "== 02-checksum: SHA-256 of all files in include/ and src/ by several processes"
build_example 02-checksum
"$aio_root/build/examples/02-checksum/02-checksum" "$aio_root/include" "$aio_root/src"
echo "== 03-frames: 300 frames from one process to another, without a copy"
build_example 03-frames
"$aio_root/build/examples/03-frames/03-frames"
echo "== 04-transcode: all files in src/ through gzip, several at once"
build_example 04-transcode
transcoded=$(mktemp -d)
"$aio_root/build/examples/04-transcode/04-transcode" "$aio_root/src" "$transcoded"
rm -rf "$transcoded"
if [ -n "$(find /usr/share/icons -name '*.png' -print -quit 2>/dev/null)" ]; then
    echo "== 05-thumbnails: all images in /usr/share/icons, by a pool of processes"
    build_example 05-thumbnails
    thumbnails=$(mktemp -d)
    "$aio_root/build/examples/05-thumbnails/05-thumbnails" --size 16 /usr/share/icons "$thumbnails"
    rm -rf "$thumbnails"
fi
if command -v python3 >/dev/null; then
    echo "== 06-python-worker: a Python script as worker, and a Python program whose worker is this one"
    build_example 06-python-worker
    "$aio_root/build/examples/06-python-worker/06-python-worker" "Qt ♥ Python"
    python3 "$aio_root/examples/06-python-worker/dates.py" "$aio_root/build/examples/06-python-worker/06-python-worker" 2024-02-29 de_DE fr_FR
    echo "== 07-job-board: prime factors, found by Qt and Python workers at the board of one manager"
    build_example 07-job-board
    "$aio_root/build/examples/07-job-board/07-job-board" 1001 65537 1234567890 9999999967 600851475143
fi
