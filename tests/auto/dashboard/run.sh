#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# run.sh XVFB PROGRAM: runs PROGRAM on a display of its own; without one, where XVFB is not there.
set -euo pipefail
if [ ! -x "$1" ]; then
    exec "$2"
fi
work=$(mktemp -d)
mkfifo "$work/display"
"$1" -displayfd 3 -screen 0 1280x900x24 -nolisten tcp 3>"$work/display" 2>"$work/log" &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
read -r -t 60 number <"$work/display" || { cat "$work/log" >&2; exit 1; }
AIO_TEST_DISPLAY_SERVER=$server DISPLAY=:$number QT_QPA_PLATFORM=xcb XDG_RUNTIME_DIR=$work "$2"
