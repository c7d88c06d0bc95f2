/* SPDX-FileCopyrightText: 2026 The AioProcessing authors
 * SPDX-License-Identifier: MIT
 *
 * A condition (src/sync/rawcondition.cpp). The last client notifies; the others wait. The lock and giving up are left out. README.md says
 * what stands for what. Each -DNO_... leaves something out; then spin must find an error.
 */
#ifndef CLIENTS
#define CLIENTS 3
#endif
#ifndef COUNT
#define COUNT 1         /* of notifications; 7: all */
#endif
#define EVERYBODY 7
#define NOTIFIER (CLIENTS - 1)
#include "cell.pml"

/* the word */
bool waiters;
byte pending;                   /* notifications */
byte meant;                     /* mask of those with tickets below the one noted */

byte present;                   /* mask of those who have come and not gone */
bool notified;                  /* the swap is done ... */
byte then;                      /* ... and these were there */
byte used;                      /* notifications of which use was made */

#define ADD(count) pending = (pending + count > EVERYBODY -> EVERYBODY : pending + count); meant = present

/* lost(): it goes to the next */
#ifndef NO_LOST
#define LOST(n) atomic { die(); if :: phase[n] == GRANTED -> ADD(1) :: else fi }
#else
#define LOST(n)
#endif

proctype process(byte me)
{
    byte rings, deaths, victim, n, count;
    bool repair, impatient;

    if
    :: me == CLIENTS -> goto repairing
    :: me == NOTIFIER -> goto notify
    :: else
    fi;

    atomic {
        die();
        phase[me] = WAITING; inbox = inbox | BIT(me); present = present | BIT(me)
    }
    atomic { die(); waiters = true; goto kick }

poll:
    if
    :: phase[me] == GRANTED -> atomic { die(); leave(me); present = present & ~BIT(me); used++; goto gone }    /* settle() */
    :: else
    fi;
    SLEEP()
    assert(false);      /* nobody is impatient */

notify:
    atomic { die(); ADD(COUNT); notified = true; then = present; goto kick }

    KICK()
    PURGE(LOST)
    if
    :: repair -> atomic { do :: n < CLIENTS -> if :: (list & BIT(n)) && phase[n] == GRANTED -> rings = rings | BIT(n) :: else fi; n++ :: else -> n = 0; break od }
    :: else
    fi;

    /* serve(), handOut() */
serve:
    if
    :: pending > 0 ->
#ifndef NO_SECOND_DRAIN
        atomic { die(); list = list | inbox; inbox = 0 }
#endif
        do
        :: count < CLIENTS ->
            atomic {
                die();
                if
                :: pending > 0 && (list & BIT(count)) && phase[count] == WAITING && (meant & BIT(count)) ->
                    phase[count] = GRANTED; rings = rings | BIT(count); n = 1
                :: else
                fi;
                count++
            }
            if
            :: n == 1 -> atomic { die(); n = 0; if :: pending > 0 && pending < EVERYBODY -> pending-- :: else fi }
            :: else
            fi
        :: else -> count = 0; break
        od;
        atomic { die(); pending = 0 }
    :: else
    fi;
    waiters = list != 0;

    UNGUARD()
    if
    :: me == CLIENTS -> goto ringAll
    :: me == NOTIFIER -> goto gone
    :: else -> goto poll
    fi;

gone:
    atomic { over[me] = true; goto stop }

    REPAIR()
    KILLED()
stop:
    skip
}

/* When nothing can happen any more: a notification was used by as many as were there, and are left. */
proctype lastLook()
{
    byte n, left;
    timeout;
    do
    :: n < NOTIFIER -> if :: !dead[n] && !over[n] && (then & BIT(n)) -> left++ :: else fi; n++
    :: else -> break
    od;
#if COUNT == EVERYBODY
    assert(!notified || left == 0)
#else
    assert(!notified || used > 0 || left == 0);
    assert(used <= COUNT + kills)
#endif
}

init { byte v; atomic { do :: v < ALL -> run process(v); v++ :: else -> break od; run lastLook() } }
