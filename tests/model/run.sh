#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 The AioProcessing authors
# SPDX-License-Identifier: MIT
# Checks the models of the parking lot, the doorbell and what stands on them, and that each of them needs all of its rules (README.md).
#
#   tests/model/run.sh           small bounds, some seconds
#   tests/model/run.sh --deep    larger ones too
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

case "${1:-}" in
'') deep=0 ;;
--deep) deep=1 ;;
*) echo "usage: $0 [--deep]" >&2; exit 1 ;;
esac
if ! command -v spin >/dev/null; then
    echo "$0: the model checker spin is missing; install it (Debian, Ubuntu: apt-get install spin)" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

# check holds|fails MODEL TITLE [DEFINITION...]: verifies MODEL.pml; writes the line about it, and "failed" when it is not as it should be
check() {
    local expected=$1 model=$2 title=$3 folder optimise=-O2 outcome
    shift 3
    [ "$expected" = holds ] || optimise=-O0     # an error is found soon; most of the time is the compiler's
    folder=$(mktemp -d -p "$work")
    cd "$folder"
    cp "$here"/*.pml .
    if ! { spin -a "$@" "$model.pml" && cc "$optimise" -w -DSAFETY -DCOLLAPSE -DMEMLIM=950 -o pan pan.c; } >log 2>&1; then
        outcome='is no valid model:'$'\n'$(tail -5 log)
    else
        ./pan -m20000 >log 2>&1 || true
        if grep -q 'errors: 1$' log; then
            outcome='error found'
        elif grep -q 'errors: 0$' log && ! grep -qE 'Search not completed|search depth too small|MEMLIM' log; then
            outcome="$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' log) states, no error"
        else
            outcome='the search was not completed:'$'\n'$(tail -5 log)
        fi
    fi
    case "$expected:$outcome" in
    'holds:'*' states, no error' | 'fails:error found')
        echo "PASS $title: $outcome" ;;
    *)
        echo "FAIL $title: $outcome"
        if [ "$outcome" = 'error found' ]; then
            grep -E '^pan:' log
            ./pan -r -n -S 2>/dev/null | tail -40 || true
        fi
        touch "$work/failed" ;;
    esac
    cd "$work"
    rm -rf "$folder"
}

# run ...: check ... beside one other
run() {
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do
        wait -n || touch "$work/failed"
    done
    check "$@" &
}

two=-DRINGERS=2
small=-DCLIENTS=2
noDeath=-DKILLS=0
ownerDies='-DVICTIM=0 -DCANCELS=0'
run holds bell "bell, two ringers, one dies, one is stopped" $two
run holds lot "lot, a holder and a waiter, one dies" $small
run holds lot "lot, a holder, a waiter and one who barges in" $noDeath -DBARGERS=1
run holds lot "lot, a holder, a waiter and one who barges in, the holder dies" $ownerDies -DBARGERS=1
run fails lot "lot without rule 1" $small -DNO_RULE_1
run fails lot "lot without rule 2 (the dead leave the list)" $small -DNO_RULE_2
run fails lot "lot without rule 2 (nobody stands on it twice)" $ownerDies -DNO_RULE_2_TWICE
run fails lot "lot without rule 3" $noDeath -DNO_RULE_3
run fails lot "lot without rule 4" $small -DNO_RULE_4
run fails lot "lot without a second look after unlocking" $small -DNO_SECOND_LOOK
run fails lot "lot without taking a refused grant back" $small -DNO_TAKING_BACK
run fails lot "lot without a look after a hand-over that failed" $noDeath -DNO_LOOK_AFTER_GUARD
run fails lot "lot without counting rebuilds before the node is boxed" $ownerDies -DNO_EARLY_COUNT
run fails bell "bell without a look after the flag is set" $two -DNO_LOOK_AFTER_FLAG
run fails bell "bell without marks before the flag is read" $two -DNO_MARK_BEFORE_FLAG
run fails bell "bell without marking upwards" $two -DNO_MARKING_UPWARDS
run fails bell "bell with a flag that ringers clear" $two -DNO_FLAG_OF_ITS_OWN
run fails bell "bell without a rescan after a death" $two -DNO_RESCAN
run holds semaphore "semaphore, two clients and one permit, one dies, one gives up" -DCLIENTS=2 -DPERMITS=1
run fails semaphore "semaphore without taking an unknown grant back" -DCLIENTS=2 -DPERMITS=1 -DNO_PUTTING_BACK
run fails semaphore "semaphore without a look after a releaser had the guard" $noDeath -DPERMITS=1 -DNO_LOOK_AFTER_GUARD
run holds condition "condition, one of two is notified" $noDeath
run holds barrier "barrier, two parties, one dies"
run holds barrier "barrier, two parties, aborted and then reset" $noDeath -DCLIENTS=3 -DWISHES=1
run fails barrier "barrier that the dead do not break" -DNO_LOST
run fails barrier "barrier that forgets a wish which comes while another is served" $noDeath -DCLIENTS=3 -DWISHES=1 -DNO_UNSEEN_WISHES
one='-DPRODUCERS=1 -DMESSAGES=2 -DCONSUMERS=1'
open='-DPRODUCERS=1 -DCONSUMERS=2 -DSTAYS_OPEN'
run holds queue "queue, two messages and a consumer, one dies, then it is shut down" $one
run holds queue "queue, a message and two consumers, one gives it back" $noDeath $open
run fails queue "queue whose consumers take a later message first" $one -DNO_FIRST_FULL
run fails queue "queue whose producers do not look again whether it is shut down" $one -DNO_SECOND_LOOK
run fails queue "queue that waits for what a dead producer has claimed" $one -DNO_ABANDONING
run fails queue "queue that leaves messages with a dead consumer" $one -DNO_RETURNING
run fails queue "queue that forgets what was given back" $noDeath $open -DNO_LATE
run fails queue "queue whose consumers forget what others have given back meanwhile" $noDeath $open -DNO_COMPARING
run fails queue "queue whose repair tells of a message before it is back" $open -DNO_LATE_AGAIN
run fails queue "queue whose consumers do not say that they look" $one -DNO_CLEARING
run fails queue "queue that looks before it says that not all are invited" $one -DSTAYS_OPEN -DNO_CLEARING_FIRST
run fails queue "queue without a second look whether all are invited" $one -DNO_SECOND_CLEARING
if [ $deep = 1 ]; then
    run holds queue "queue, a message and two consumers, one dies" $open -DRETURNS=0
    run holds queue "queue, two messages and two consumers, one gives one back" $noDeath $open -DMESSAGES=2
    run holds semaphore "semaphore, three clients and two permits, one gives up" $noDeath
    run holds condition "condition, one of two is notified, somebody dies"
    run holds condition "condition, all are notified, somebody dies" -DCOUNT=7
    run fails condition "condition without a second look at the inbox" -DNO_SECOND_DRAIN
    run fails condition "condition whose notifications die with a waiter" -DNO_LOST
    run holds lot "lot, a holder and two waiters, the holder dies" $ownerDies
    run holds lot "lot, a holder and two waiters, a waiter dies" -DVICTIM=1 -DCANCELS=0
    run holds lot "lot, a holder and two waiters, a waiter gives up" $noDeath
    run holds lot "lot, a holder, a waiter and one who barges in, a waiter gives up, the holder dies" -DVICTIM=0 -DBARGERS=1
    run holds lot "lot, a holder and a waiter, two of these and the repairer die" $small -DKILLS=2 -DREPAIRERS=2
    run holds bell "bell, three ringers, one dies, one is stopped"
    run holds bell "bell, two ringers, each rings twice, one dies, one is stopped" $two -DRINGS=2
fi
while [ -n "$(jobs -rp)" ]; do
    wait -n || touch "$work/failed"
done
[ ! -e "$work/failed" ]
