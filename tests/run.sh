#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Builds and runs the tests.
#
#   tests/run.sh [CTEST ARGUMENT...]    the tests, the installed package, the examples
#   tests/run.sh --generic              the backend for systems other than Linux
#   tests/run.sh --sanitized            the suite under AddressSanitizer and UndefinedBehaviorSanitizer, the core under ThreadSanitizer
#   tests/run.sh --deep [CTEST ARGUMENT...]     every kill position, models, sweeps, storms of a minute, each benchmark once
#   tests/run.sh --repeat [COUNT]       the conformance suites COUNT times (50) under load, on both backends and sanitized
#   tests/run.sh --full                 all of these but --repeat
set -euo pipefail
aio_root=$(cd "$(dirname "$0")/.." && pwd)
. "$aio_root/src/cmake/setup.sh"
jobs=$(nproc)

step() { echo "== $*"; }

# leak_check: nothing of ours may be left when a suite has ended
leak_check() {
    local left
    left=$(find "${AIOPROCESSING_RUNTIME_DIR:?}" -mindepth 1 2>/dev/null || true)
    if [ -n "$left" ]; then
        echo "left behind in the runtime directory:"$'\n'"$left" >&2
        return 1
    fi
}

# run_ctest PRESET [ARGUMENT...]: in a runtime directory of its own, which must be empty again at the end
run_ctest() {
    local preset=$1
    shift
    AIOPROCESSING_RUNTIME_DIR=$(mktemp -d)
    export AIOPROCESSING_RUNTIME_DIR
    ctest --test-dir "$aio_root/build/$preset" --output-on-failure --no-tests=error -j "$jobs" "$@"
    leak_check
    rm -rf "$AIOPROCESSING_RUNTIME_DIR"
    unset AIOPROCESSING_RUNTIME_DIR
}

quick() {
    step "build"
    aio_build dev
    step "tests"
    run_ctest dev -LE deep "$@"
    [ $# -gt 0 ] && return
    step "the installed package: find_package, add_subdirectory, pkg-config"
    aio_install_release
    "$aio_root/tests/install/run.sh" "$aio_root/build/prefix"
    step "examples"
    "$aio_root/tests/examples/run.sh"
}

generic() {
    step "the generic backend: kill positions, primitives, queue, processes and a storm"
    aio_build dev
    aio_build generic -DAIOPROCESSING_TEST_PROGRAMS="$aio_root/build/dev"
    run_ctest generic -LE deep "$@"
}

sanitized() {
    step "the core without Qt under ThreadSanitizer"
    aio_build tsan
    run_ctest tsan -LE deep
    step "the suite under AddressSanitizer and UndefinedBehaviorSanitizer"
    aio_build asan
    run_ctest asan -LE 'deep|nosan'
}

deep() {
    aio_install_packages spin
    step "every kill position, models, sweeps and storms"
    aio_build dev
    [ $# -gt 0 ] || cmake --build "$aio_root/build/dev" --target benchmarks
    run_ctest dev -L deep "$@"
}

repeat() {
    local count=$1 preset busy=()
    aio_build dev
    aio_build generic -DAIOPROCESSING_TEST_PROGRAMS="$aio_root/build/dev"
    aio_build asan
    for _ in $(seq "$jobs"); do
        (while :; do :; done) &
        busy+=($!)
    done
    # shellcheck disable=SC2064
    trap "kill ${busy[*]}" EXIT
    for preset in dev generic asan; do
        step "conformance, $count times under load: $preset"
        run_ctest "$preset" -R tst_conformance --repeat "until-fail:$count"
    done
}

aio_install_packages strace python3 "${aio_qml_packages[@]}" "${aio_qml_test_packages[@]}"
case ${1:-} in
    --generic | --sanitized | --deep) "${1#--}" "${@:2}" ;;
    --repeat) repeat "${2:-50}" ;;
    --full) quick; generic; sanitized; deep ;;
    *) quick "$@" ;;
esac
