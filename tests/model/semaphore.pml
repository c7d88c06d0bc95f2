/* SPDX-FileCopyrightText: 2026 The AioProcessing authors
 * SPDX-License-Identifier: MIT
 *
 * A semaphore of n permits (src/sync/rawsemaphore.cpp). Each client takes a permit and gives it back. README.md says what
 * stands for what. Each -DNO_... leaves something out; then spin must find an error.
 */
#ifndef CLIENTS
#define CLIENTS 3
#endif
#ifndef PERMITS
#define PERMITS 2
#endif
#ifndef CANCELS
#define CANCELS 1       /* waits that give up */
#endif
#include "cell.pml"

/* the word */
byte value = PERMITS;
bool waiters, given;
byte tag = NONE;

byte has[CLIENTS];              /* permits: they are gone with their holder */
byte cancels;

mtype = { Poll, Enter, Release, Leave }

/* RawSemaphore's endGrant(); the grant is the one of n */
#define END_GRANT(n, add) if :: given && tag == n -> given = false; tag = NONE; value = value + add :: else fi
#define NOTHING(n)

proctype process(byte me)
{
    byte rings, deaths, victim, head = NONE, n, count;
    bool repair, impatient, handing;
    mtype then = Leave;

    if :: me == CLIENTS -> goto repairing :: else fi;

    /* -- RawSemaphore::tryAcquire(), RawLot::enqueue() */
    atomic {
        die();
        if :: value > 0 -> value--; has[me]++; goto critical :: else fi;
        if :: cancels < CANCELS -> cancels++; impatient = true :: true fi;
        phase[me] = WAITING; inbox = inbox | BIT(me)
    }
    atomic { die(); waiters = true; then = Poll; goto kick }

    /* -- RawWait::poll() */
poll:
    atomic { die(); if :: phase[me] == GRANTED -> n = 1 :: else -> phase[me] = WAITING fi }
    if
    :: n == 1 ->
        n = 0;
        atomic { die(); assert(given && tag == me); END_GRANT(me, 0); has[me]++ }
        atomic { die(); leave(me); then = Enter; goto kick }
    :: else
    fi;
    atomic { die(); if :: value > 0 -> value--; has[me]++ :: else -> goto sleep fi }
    /* RawLot::finish(): or it has been granted one as well, which is surplus */
    atomic {
        die();
        if
        :: phase[me] != GRANTED -> leave(me); then = Enter; goto kick
        :: else -> END_GRANT(me, 0); has[me]++
        fi
    }
    atomic { die(); leave(me); has[me]--; value++; then = Enter; goto kick }

sleep:
    SLEEP()
    /* RawWait::end() without taking a late grant */
    atomic {
        die();
        if
        :: phase[me] == GRANTED -> END_GRANT(me, 0); has[me]++
        :: else -> leave(me); then = Leave; goto kick
        fi
    }
    atomic { die(); leave(me); goto critical }

    /* -- RawSemaphore::release(): to the head, if that has waited for long, else to everybody */
critical:
    count = 1;
    atomic { die(); if :: waiters && !given -> handing = true; goto kick :: true fi }
release:
    atomic {
        die();
        has[me] = has[me] - count;
        value = value + count;
        count = 0;
        then = Leave;
        if :: waiters -> goto kick :: else -> goto gone fi
    }

    KICK()
    PURGE(NOTHING)
    if
    :: repair ->
        atomic {
            die();
            if
            :: given && (tag == NONE || !((list & BIT(tag)) && phase[tag] == GRANTED)) ->
#ifndef NO_PUTTING_BACK
                given = false; tag = NONE; value++
#else
                given = false; tag = NONE
#endif
            :: else -> if :: given && tag != NONE -> rings = rings | BIT(tag) :: else fi
            fi
        }
    :: else
    fi;

serve:
    atomic {
        die();
        n = 0;
        do
        :: n < CLIENTS && !((list & BIT(n)) && MAY_TAKE(n)) -> n++
        :: else -> break
        od;
        if :: n < CLIENTS -> head = n :: else -> head = NONE fi;
        n = 0;
        if
        :: list == 0 -> waiters = false; goto served
        :: list != 0 && !waiters -> waiters = true; goto serve
        :: else
        fi;
        if
        :: head == NONE || value == 0 -> goto served
        :: head != NONE && value > 0 && !given -> goto handOver
        :: head != NONE && value > 0 -> count = value + count * 8        /* inviteSome(); count is the releaser's own, too */
        fi
    }
    do
    :: n < CLIENTS && count % 8 > 0 ->
        atomic {
            die();
            if
            :: (list & BIT(n)) && MAY_TAKE(n) ->
                if :: phase[n] == WAITING || repair -> rings = rings | BIT(n) :: else fi;
                phase[n] = INVITED;
                count--
            :: else
            fi;
            n++
        }
    :: else -> n = 0; count = count / 8; break
    od;
served:
    head = NONE;
    if
    :: handing ->
        /* the releaser has the guard: one for the head that never was in the value */
        atomic {
            do
            :: n < CLIENTS && !((list & BIT(n)) && MAY_TAKE(n)) -> n++
            :: else -> break
            od;
            if :: n < CLIENTS -> head = n; n = 0; goto handOver :: else -> n = 0 fi
        }
    :: else
    fi;

#ifndef NO_LOOK_AFTER_GUARD
    UNGUARD(if :: handing -> handing = false; then = Release; goto kick :: else fi;)
#else
    UNGUARD(if :: handing -> handing = false; goto release :: else fi;)
#endif
    if
    :: handing -> handing = false; goto release         /* somebody else has the guard */
    :: then == Release -> then = Leave; goto release
    :: then == Poll -> then = Leave; goto poll
    :: then == Enter -> then = Leave; goto critical
    :: me == CLIENTS -> goto ringAll
    :: else -> goto gone
    fi;

    /* handOver(): the word is the commit point, the node learns of it next */
handOver:
    atomic {
        die();
        if
        :: given || (!handing && value == 0) -> head = NONE; if :: handing -> goto unguard :: else -> goto serve fi
        :: else
        fi;
        given = true;
        tag = head;
        if :: !handing -> value-- :: else -> has[me]--; count = 0 fi
    }
    atomic {
        die();
        if
        :: MAY_TAKE(head) ->
            phase[head] = GRANTED; rings = rings | BIT(head); head = NONE;
            if :: handing -> goto unguard :: else -> goto serve fi
        :: else         /* has given up: as it was before */
        fi
    }
    atomic {
        die();
        END_GRANT(head, (handing -> 0 : 1));
        head = NONE;
        if :: handing -> has[me]++; count = 1; goto unguard :: else -> goto serve fi
    }

gone:
    atomic { over[me] = true; goto stop }

    REPAIR()
    KILLED()
stop:
    skip
}

/* When nothing can happen any more: no permit is lost or doubled, and who waits waits for one that is gone with its holder. */
proctype lastLook()
{
    byte n, gone;
    timeout;
    do
    :: n < CLIENTS -> assert(has[n] == 0 || dead[n]); gone = gone + has[n]; n++
    :: else -> break
    od;
    assert(!given && value + gone == PERMITS);
    n = 0;
    do
    :: n < CLIENTS -> assert(over[n] || dead[n] || value == 0); n++
    :: else -> break
    od
}

init { byte v; atomic { do :: v < ALL -> run process(v); v++ :: else -> break od; run lastLook() } }
