#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Uses the package installed in $1 as its users do.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
prefix=$1
aio_root=$root
. "$root/src/cmake/setup.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

expect() {
    local output
    output=$("$@" 2>&1)
    [ "$output" = "21 doubled in another process is 42" ] || { echo "unexpected output: $output" >&2; exit 1; }
}

echo "-- find_package"
cmake -S "$here/find-package" -B "$work/a" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work/a" >/dev/null
expect "$work/a/consumer"

echo "-- find_package with the QML module, and the tool qml"
cmake -S "$here/find-package-qml" -B "$work/c" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work/c" >/dev/null
export QT_MESSAGE_PATTERN="%{message}" QT_QPA_PLATFORM=offscreen XDG_RUNTIME_DIR="$work"
expect "$work/c/consumer"
qml=$(command -v qml6 || echo /usr/lib/qt6/bin/qml)
expect "$qml" -I "$prefix/lib/qt6/qml" "$here/find-package-qml/app.qml" -- "$work/c/consumer"
/usr/lib/qt6/bin/qmllint -I "$prefix/lib/qt6/qml" "$here/find-package-qml/app.qml"
unset QT_MESSAGE_PATTERN QT_QPA_PLATFORM XDG_RUNTIME_DIR

echo "-- pkg-config"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
# shellcheck disable=SC2046
c++ -fPIC "$here/find-package/main.cpp" -o "$work/consumer" $(pkg-config --cflags --libs aioprocessing) -Wl,-rpath,"$prefix/lib"
expect "$work/consumer"

echo "-- add_subdirectory"
cmake -S "$here/subdirectory" -B "$work/b" -G Ninja -DAIO_ROOT="$root" "${aio_fast[@]}" >"$work/b.log"
if grep -qi "tst_" "$work/b/build.ninja"; then
    echo "tests are built in somebody else's project" >&2
    exit 1
fi
cmake --build "$work/b" --target consumer >/dev/null
expect "$work/b/consumer"

echo "-- exported symbols"
foreign=$(nm -DC --defined-only "$prefix"/lib/libAioProcessingCore.so | grep -E ' [TW] ' | grep -E 'aio_raw::' || true)
if [ -n "$foreign" ]; then
    echo "internal symbols are exported:"$'\n'"$foreign" >&2
    exit 1
fi
