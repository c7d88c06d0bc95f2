/* SPDX-FileCopyrightText: 2026 The AioProcessing authors
 * SPDX-License-Identifier: MIT
 *
 * The slots of a queue (src/queue/rawqueue.cpp, rawring.cpp): reserved, committed or abandoned by producers, taken or given
 * back by consumers, each of which may die at any step. README.md says what stands for what. Each -DNO_... leaves
 * something out; then spin must find an error.
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef CONSUMERS
#define CONSUMERS 2
#endif
#ifndef MESSAGES
#define MESSAGES 1      /* of the first producer; the others have one */
#endif
#ifndef KILLS
#define KILLS 1
#endif
#ifndef RETURNS
#define RETURNS 1       /* messages that a living consumer gives back */
#endif
#define CLIENTS (PRODUCERS + CONSUMERS)
#define SLOTS (PRODUCERS - 1 + MESSAGES)
#define NONE 15
#define BIT(n) (1 << (n))

/* RingSlot::State; the ring does not come around here */
#define EMPTY 0
#define WRITING 1
#define FULL 2
#define READING 3
#define CONSUMED 4
byte state[SLOTS], by[SLOTS];
byte from[SLOTS], number[SLOTS];        /* what is in it */
bool wasClaimed[SLOTS];                 /* by a consumer, who may have given it back */
byte taken[SLOTS];
bool acknowledged[SLOTS];

byte tail, head, next, late;            /* RingBody */
bool shutDown;
byte waiting, invited;                  /* masks of consumers: what the lot keeps */
bool allInvited;                        /* RawQueue::AllInvited */
byte guard = NONE;

bool over[CLIENTS];
byte dead, repaired;                    /* masks of clients */
byte kills, returns;

hidden byte i, n;                       /* scratch of one step */

#define die() if :: me < CLIENTS && kills < KILLS -> kills++; goto killed :: true fi
#define NEXT (next > head -> next : head)
#define IS_TAKEN(s) (s == CONSUMED || s == READING)

#define ALL_INVITED (waiting != 0 && (waiting & ~invited) == 0)

/*
 * serveQueue(): as many are invited as there are messages, all of them when the queue is shut down. Who does not get the guard
 * waits here for it; in the library its holder looks again instead.
 */
#define SERVE() \
    atomic { die(); (guard == NONE || (dead & BIT(guard))); guard = me } \
    do \
    :: \
        atomic { die(); CLEAR_FIRST } \
        atomic { die(); invite() } \
        if \
        :: atomic { ALL_INVITED -> die() } atomic { die(); allInvited = true } \
           if \
           :: atomic { ALL_INVITED -> die(); guard = NONE; break } \
           :: atomic { !ALL_INVITED -> die(); SECOND_CLEAR } \
           fi \
        :: atomic { !ALL_INVITED -> die(); guard = NONE; break } \
        fi \
    od
#ifndef NO_CLEARING_FIRST
#define CLEAR_FIRST allInvited = false
#else
#define CLEAR_FIRST skip
#endif
#ifndef NO_SECOND_CLEARING
#define SECOND_CLEAR allInvited = false
#else
#define SECOND_CLEAR guard = NONE; break
#endif

inline invite() {
    d_step {
        do
        :: head < SLOTS && state[head] == CONSUMED -> head++
        :: else -> break
        od;
        i = (late > 0 -> head : NEXT);
        n = 0;
        do
        :: i < SLOTS && state[i] != EMPTY -> if :: state[i] == FULL -> n++ :: else fi; i++
        :: else -> break
        od;
        if :: shutDown -> n = CLIENTS :: else fi;
        i = 0;
        do
        :: i < CLIENTS && n > 0 -> if :: (waiting & BIT(i)) -> invited = invited | BIT(i); n-- :: else fi; i++
        :: else -> break
        od;
        i = 0; n = 0
    }
}

/* Nobody takes a message while an earlier one of the same producer is there that nobody has had. */
inline checkOrder(s) {
    i = 0;
    do
    :: i < SLOTS -> assert(!(state[i] == FULL && !wasClaimed[i] && from[i] == from[s] && number[i] < number[s])); i++
    :: else -> i = 0; break
    od
}

/* RawQueue::Put */
proctype producer(byte me)
{
    byte at, count;
    bool refused;

claim:
    atomic { die(); if :: shutDown -> goto gone :: else fi; tail = (tail < NEXT -> NEXT : tail); at = tail }
    atomic {
        die();
        if
        :: state[at] == EMPTY -> state[at] = WRITING; by[at] = me; from[at] = me; number[at] = count
        :: else -> if :: tail == at -> tail++ :: else fi; goto claim
        fi
    }
#ifndef NO_SECOND_LOOK
    atomic { die(); refused = shutDown }
#endif
    atomic {
        die();
        if :: refused -> state[at] = CONSUMED :: else -> state[at] = FULL fi;
        by[at] = NONE
    }
    atomic { die(); if :: tail == at -> tail++ :: else fi }
    if
    :: atomic { waiting != 0 && !allInvited -> die() } SERVE()
    :: atomic { !(waiting != 0 && !allInvited) -> die() }
    fi;
    if :: refused -> goto gone :: else fi;
    atomic { acknowledged[at] = true; count++; if :: me == 0 && count < MESSAGES -> at = 0; goto claim :: else -> goto gone fi }
killed:
    dead = dead | BIT(me);
gone:
    over[me] = true
}

/* RawQueue::Get in a wait, again and again until the queue is shut down */
proctype consumer(byte me)
{
    byte at, seen, firstWriting = NONE, lateSeen;
    bool wasOver, underWay, queued;

look:
    atomic { die(); wasOver = shutDown; underWay = false; firstWriting = NONE }
    atomic { die(); lateSeen = late; at = (lateSeen > 0 || wasOver -> head : NEXT) }
scan:
    atomic {
        die();
        if :: at < SLOTS -> seen = state[at] :: else -> seen = EMPTY fi;
        if
        :: seen == EMPTY -> goto scanned
        :: seen == FULL -> goto isFull
        :: else
        fi;
        underWay = underWay || seen != CONSUMED;
        if
        :: !IS_TAKEN(seen) -> if :: firstWriting == NONE -> firstWriting = at :: else fi
        :: seen == CONSUMED && at == head -> head++
        :: IS_TAKEN(seen) && !(seen == CONSUMED && at == head) && NEXT == at -> next = at + 1
        :: else
        fi;
        at++;
        goto scan
    }
isFull:
    /* firstFull(): an earlier one may have become full meanwhile */
#ifndef NO_FIRST_FULL
    atomic {
        die();
        if
        :: firstWriting != NONE ->
            i = firstWriting;
            do
            :: i < at && state[i] != FULL -> i++
            :: else -> break
            od;
            if :: i < at -> at = i :: else fi;
            i = 0
        :: else
        fi
    }
#endif
    if
    :: goto inLine
    :: goto block
    fi;

inLine:
    /* takeInline() */
    atomic {
        die();
        if
        :: state[at] == FULL -> state[at] = CONSUMED; taken[at]++
        :: else -> goto scan
        fi;
        checkOrder(at);
        wasClaimed[at] = true;
        goto got
    }
block:
    /* takeBlock() */
    atomic {
        die();
        if
        :: state[at] == FULL -> checkOrder(at); state[at] = READING; by[at] = me; wasClaimed[at] = true
        :: else -> goto scan
        fi
    }
    atomic { die(); if :: returns < RETURNS -> returns++; goto giveBack :: true fi }
    atomic { die(); state[at] = CONSUMED; by[at] = NONE; taken[at]++; goto got }

giveBack:
    atomic { die(); state[at] = FULL; by[at] = NONE }
#ifndef NO_LATE
    atomic { die(); late++ }
#endif
    SERVE();
    goto look;

got:
    /* consumed(), RawWait::poll() */
    atomic { die(); if :: head == at -> head++ :: else fi }
    atomic { die(); queued = false; waiting = waiting & ~BIT(me); invited = invited & ~BIT(me) }
    SERVE();
    goto look;

scanned:
    atomic { die(); if :: head > at || late != lateSeen -> goto look :: else fi }
    atomic {
        die();
#ifndef NO_COMPARING
        if :: lateSeen > 0 && late != lateSeen -> goto look :: lateSeen > 0 && late == lateSeen -> late = 0 :: else fi;
#else
        late = 0;
#endif
        if :: wasOver && !underWay -> goto gone :: else fi
    }
    if
    :: !queued -> atomic { die(); queued = true; waiting = waiting | BIT(me) } SERVE(); goto look
    :: else
    fi;
endAsleep:
    /* RawWait::poll(): waiting again first, then Get::beforeLook() */
    atomic { (invited & BIT(me)) -> invited = invited & ~BIT(me) }
#ifndef NO_CLEARING
    atomic { die(); allInvited = false }
#endif
    goto look;
killed:
    dead = dead | BIT(me);
    over[me] = true;
gone:
    atomic { over[me] = true; waiting = waiting & ~BIT(me); invited = invited & ~BIT(me) }
}

/* RawQueue::shutDown() */
proctype closer(byte me)
{
    shutDown = true;
    SERVE();
    goto gone;
killed:
gone:
    skip
}

/* RawRepair::repair() of one after the other */
proctype repairer(byte me)
{
    byte victim, at;
    bool returned;

end:
    atomic {
        (dead & ~repaired) != 0;
        do
        :: !(dead & ~repaired & BIT(victim)) -> victim++
        :: else -> break
        od;
        repaired = repaired | BIT(victim)
    }
    /* repairSlots() */
#ifndef NO_LATE
    late++;
#endif
    at = head;
    do
    :: at < SLOTS && state[at] != EMPTY ->
        atomic {
            if
#ifndef NO_ABANDONING
            :: state[at] == WRITING && by[at] == victim -> state[at] = CONSUMED; by[at] = NONE
#endif
#ifndef NO_RETURNING
            :: state[at] == READING && by[at] == victim -> state[at] = FULL; by[at] = NONE; returned = true
#endif
            :: else
            fi;
            at++
        }
#if !defined(NO_LATE_AGAIN) && !defined(NO_LATE)
        if :: returned -> late++; returned = false :: else fi
#endif
    :: else -> break
    od;
    atomic { waiting = waiting & ~BIT(victim); invited = invited & ~BIT(victim) }
    SERVE();
    victim = 0; at = 0;
    goto end;
killed:
    skip
}

init
{
    byte k;
    atomic {
        do
        :: k < CLIENTS -> if :: k < PRODUCERS -> run producer(k) :: else -> run consumer(k) fi; k++
        :: else -> break
        od;
        k = 0;
        do
        :: k < SLOTS -> by[k] = NONE; k++
        :: else -> k = 0; break
        od;
#ifndef STAYS_OPEN
        run closer(CLIENTS);
#endif
        run repairer(CLIENTS + 1)
    }
    /* nothing can happen any more */
end:
    timeout ->
    do
#ifndef STAYS_OPEN
    :: k < CLIENTS -> assert(over[k]); k++
#else
    :: k < PRODUCERS -> assert(over[k]); k++
#endif
    :: else -> k = 0; break
    od;
    do
    :: k < SLOTS ->
        /* what is left when all consumers are dead waits for others */
        assert(taken[k] <= 1);
        assert(state[k] != FULL || (dead >> PRODUCERS) == BIT(CONSUMERS) - 1);
        assert(!acknowledged[k] || taken[k] == 1 || (state[k] == FULL && (dead >> PRODUCERS) == BIT(CONSUMERS) - 1));
        k++
    :: else -> break
    od
}
