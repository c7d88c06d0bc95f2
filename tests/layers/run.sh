#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# What the compiler does not check: who includes whom, and constructs that have bitten. Prints each place that is wrong.
set -uo pipefail
cd "$(dirname "$0")/../.."
failed=0

# wrong WHAT PLACES: reports when PLACES is not empty
wrong() {
    [ -z "$2" ] && return
    echo "$1:"
    echo "$2" | sed 's/^/    /'
    failed=1
}

code() { git ls-files -co --exclude-standard "$@" | grep -E '\.(h|cpp)$'; }
in_code() {    # in_code REGEX FOLDER...: without comments
    local regex=$1
    shift
    code "$@" | xargs grep -nE "$regex" | grep -vE '^[^:]+:[0-9]+:\s*(//|\*|/\*)'
}

# -- rooms: each may include those before it only
rooms=(base codec platform shm sync data queue process connection pool manager)
declare -A level=([base]=0 [codec]=1 [platform]=1 [shm]=2 [sync]=3 [data]=4 [queue]=4 [process]=5 [connection]=6 [pool]=6 [manager]=7)
levels=$(for room in "${!level[@]}"; do echo "$room ${level[$room]}"; done)
places=$(code "${rooms[@]/#/src/}" | xargs grep -noE '#include "[a-z]+/' | awk -F'[:"/]' -v levels="$levels" '
    BEGIN { n = split(levels, words, /[ \n]+/); for (i = 1; i < n; i += 2) level[words[i]] = words[i + 1] }
    {   # src/ROOM/FILE:LINE:#include "OTHER/
        room = $2; other = $(NF - 1); place = $1 "/" $2 "/" $3 ":" $4
        if (!(other in level)) print place ": there is no room " other
        else if (other != room && level[other] >= level[room]) print place ": " room " includes " other
    }')
wrong "a room includes one that stands above or beside it" "$places"

wrong "the core without Qt includes Qt" "$(git ls-files -co --exclude-standard 'src/*/raw*' | xargs grep -nE '#include <(Q|aioprocessing|AioProcessing)|#include "[a-z]+/aio')"
wrong "a public header includes one of the operating system" "$(in_code '#include <(sys/|unistd|linux/|pthread|fcntl)' include)"
wrong "a public header includes a private one" "$(in_code '#include "' include)"
wrong "who builds for which system, outside of src/platform" "$(in_code '#\s*(if|elif).*(__linux__|__APPLE__|Q_OS_|_WIN32|__unix__)' src include)"
wrong "what only Linux has, outside of its backend" \
    "$(in_code 'SYS_[a-z]+_?[a-z]*|/proc/|eventfd|epoll_|memfd_|pidfd|prctl\(|F_SETSIG|SO_DOMAIN|accept4|pipe2|getrandom|PTHREAD_MUTEX_ROBUST' src | grep -v '_linux.cpp:')"
wrong "the QML module includes what is not public" "$(in_code '#include "[a-z]+/' qml)"
wrong "a private header of Qt" "$(in_code '#include <.*private/' src include qml)"

# -- constructs
wrong "co_await in a condition, which g++ 12 miscompiles" \
    "$(in_code '(if|while|for|switch) \([^;]*co_await|co_await[^;]*\?[^;]*:[^;]*;|(&&|\|\|) *co_await' src include qml examples tests/auto tests/benchmarks | grep -v 'QCORO_FOREACH')"
wrong "a process is asked for with kill(pid, 0), which answers for whoever has the number now" "$(in_code 'kill\([^,]+, *0\)' src | grep -v rawprocess_generic.cpp)"  # says why there
wrong "a clock that can be set" "$(in_code 'system_clock|CLOCK_REALTIME|QDateTime::current|QTime::current|gettimeofday|(std::|::)time\(' src include)"
wrong "the global thread pool, which is the application's" "$(in_code 'QThreadPool::globalInstance' src include qml)"
wrong "waiting by looking again and again" "$(in_code 'usleep|sleep_for|QThread::(m|u)?sleep|sched_yield|_mm_pause' src | grep -v aioruntimedirectory_p.cpp)"  # flock() has no deadline

# -- every file says whose it is
files=$(git ls-files -co --exclude-standard | grep -vE '^(LICENSES/|CHANGELOG.md|README.md|.*/README.md|\.gitignore|CMakePresets.json)')
with=$(echo "$files" | xargs awk 'FNR > 5 { nextfile } /SPDX-License-Identifier: MIT/ { print FILENAME }' | sort -u)
places=$(comm -23 <(echo "$files" | sort) <(echo "$with") | while read -r file; do [ -f "$file" ] && echo "$file"; done)
wrong "no SPDX-License-Identifier in the first lines" "$places"

wrong "a line of more than 140 characters" "$(in_code '^.{141}' src include qml tests examples)"
exit $failed
