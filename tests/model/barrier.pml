/* SPDX-FileCopyrightText: 2026 The AioProcessing authors
 * SPDX-License-Identifier: MIT
 *
 * The generations of a barrier (src/sync/rawbarrier.cpp). Each client comes ROUNDS times, or until it is broken. README.md
 * says what stands for what. Each -DNO_... leaves something out; then spin must find an error.
 */
#ifndef CLIENTS
#define CLIENTS 2       /* all of them are parties */
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef WISHES
#define WISHES 0        /* 1: the last client aborts and then resets the barrier instead of coming */
#endif
#define PARTIES (CLIENTS - WISHES)
#include "cell.pml"

/* the word */
byte generation = 1;
bool waiters, broken, failed, abortWanted, resetWanted;

byte stamp[CLIENTS];            /* Node::invitedAt: the generation with which it goes on, or 0 */
bool isFor[CLIENTS];            /* Node::snapshot: it goes on because it broke */
byte rounds[CLIENTS];           /* how often it has gone on */
bool came[CLIENTS];             /* it has arrived and is not released, dead or alive */

#define IS_RELEASED(n) (stamp[n] == generation)

/* lost(): the others wait in vain */
#ifndef NO_LOST
#define LOST(n) atomic { die(); if :: phase[n] == WAITING && !IS_RELEASED(n) -> abortWanted = true :: else fi }
#else
#define LOST(n)
#endif

proctype process(byte me)
{
    byte rings, deaths, victim, n, count;
    bool repair, impatient, seenAbort, seenReset;

    if
    :: me == CLIENTS -> goto repairing
    :: me < CLIENTS && me >= PARTIES -> goto wishing
    :: else
    fi;

come:
    atomic {
        die();
        if :: broken || (abortWanted && !resetWanted) -> goto gone :: else fi;
        stamp[me] = 0;
        phase[me] = WAITING;
        inbox = inbox | BIT(me);
        came[me] = true
    }
    atomic { die(); waiters = true; goto kick }

poll:
    if
    :: phase[me] == GRANTED ->
        atomic {
            die();
            if
            :: isFor[me] -> leave(me); goto gone
            :: else -> leave(me); rounds[me]++; if :: rounds[me] < ROUNDS -> goto come :: else -> goto gone fi
            fi
        }
    :: else
    fi;
    SLEEP()
    goto gone;

    /* abort(), then reset(): what is wished last stands */
wishing:
    atomic { die(); abortWanted = true; resetWanted = false; n = 1; goto kick }
resets:
    n = 2;
    atomic { die(); resetWanted = true; goto kick }

    KICK()
    PURGE(LOST)

    /* grantReleased() */
serve:
    do
    :: count < CLIENTS ->
        atomic {
            die();
            if
            :: (list & BIT(count)) && phase[count] == WAITING && IS_RELEASED(count) ->
                isFor[count] = failed;
                list = list & ~BIT(count);
                phase[count] = GRANTED;
                rings = rings | BIT(count)
            :: else
            fi;
            count++
        }
    :: else -> count = 0; break
    od;

    /* step() */
    if
    :: broken || abortWanted || resetWanted ->
        atomic {        /* stampAll() */
            die();
            seenAbort = abortWanted;
            seenReset = resetWanted;
            count = 0;
            i = 0;
            do
            :: i < CLIENTS -> if :: (list & BIT(i)) && phase[i] == WAITING -> stamp[i] = generation + 1; count++ :: else fi; i++
            :: else -> i = 0; break
            od;
            if :: count == 0 && !seenAbort && !seenReset -> goto served :: else fi;
            count = 0
        }
        atomic {
            die();
            generation++;
            failed = true;
            broken = !seenReset;
#ifndef NO_UNSEEN_WISHES
            abortWanted = abortWanted && !seenAbort;
            resetWanted = resetWanted && !seenReset;
#else
            abortWanted = false;
            resetWanted = false;
#endif
            seenAbort = false; seenReset = false;
            goto serve
        }
    :: else
    fi;
    atomic {            /* isComplete() */
        die();
        count = 0;
        i = 0;
        do
        :: i < CLIENTS -> if :: (list & BIT(i)) && phase[i] == WAITING -> stamp[i] = generation + 1; count++ :: else fi; i++
        :: else -> i = 0; break
        od;
        if :: count < PARTIES -> goto served :: else fi;
        count = 0
    }
    atomic {
        die();
        generation++;
        failed = false;
        do
        :: i < CLIENTS -> if :: (list & BIT(i)) && IS_RELEASED(i) -> came[i] = false :: else fi; i++
        :: else -> i = 0; break
        od;
        goto serve
    }

served:
    count = 0;
    waiters = list != 0;

    UNGUARD()
    if
    :: me == CLIENTS -> goto ringAll
    :: me < CLIENTS && n == 1 && me >= PARTIES -> goto resets
    :: me < CLIENTS && n != 1 && me >= PARTIES -> goto gone
    :: else -> goto poll
    fi;

gone:
    atomic { n = 0; over[me] = true; goto stop }

    REPAIR()
    KILLED()
stop:
    skip
}

/* When nothing can happen any more: nobody waits for a party that died while it waited, and nobody has been passed by. */
proctype lastLook()
{
    byte n, least = ROUNDS, most;
    bool missing, waits;
    timeout;
    do
    :: n < PARTIES ->
        if :: rounds[n] > most -> most = rounds[n] :: else fi;
        if :: rounds[n] < least && !dead[n] -> least = rounds[n] :: else fi;
        missing = missing || (dead[n] && !came[n]);
        waits = waits || (!dead[n] && !over[n]);
        n++
    :: else -> break
    od;
#if WISHES
    assert(dead[CLIENTS - 1] || !broken && !abortWanted && !resetWanted);
#else
    assert(!waits || missing);
    assert(most - least <= 1);
    assert(KILLS > 0 || least == ROUNDS)
#endif
}

init { byte v; atomic { do :: v < ALL -> run process(v); v++ :: else -> break od; run lastLook() } }
