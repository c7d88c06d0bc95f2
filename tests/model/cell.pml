/* SPDX-FileCopyrightText: 2026 The AioProcessing authors
 * SPDX-License-Identifier: MIT
 *
 * What the models of semaphores, conditions and barriers share: the cell as the parking lot leaves it to a primitive. The
 * lot itself is lot.pml's: here a guard that died with its holder has been rebuilt in one step, and a node is taken off
 * its list in one.
 */
#ifndef KILLS
#define KILLS 1         /* clients that die, at any step */
#endif
#define ALL (CLIENTS + 1)       /* the last one repairs, and is immortal */
#define NONE 15
#define BIT(n) (1 << (n))

/* The phases of a node (Node::State). Each client has one node, of the same number. */
#define FREE 0
#define WAITING 1
#define INVITED 2
#define GRANTED 3
#define MAY_TAKE(n) (phase[n] == WAITING || phase[n] == INVITED)

byte phase[CLIENTS];
byte inbox, list;               /* masks of nodes */
byte guard = NONE;
bool attention;
byte repairs, repaired;

bool dead[ALL];                 /* killed */
bool found[ALL];                /* found dead */
bool repairedFor[ALL];
bool asleep[CLIENTS];           /* in the futex of its node */
bool over[CLIENTS];
byte kills;

hidden byte i;                  /* scratch of one step */

#define die() if :: me < CLIENTS && kills < KILLS -> goto killed :: true fi

/* Takes the node off wherever it stands. */
inline leave(n) { phase[n] = FREE; inbox = inbox & ~BIT(n); list = list & ~BIT(n) }

/* RawLot::kick() up to drain(), or goes to kicked */
#define KICK() \
kick: \
    atomic { die(); attention = true } \
    atomic { \
        die(); \
        if \
        :: guard == NONE -> guard = me; repair = false \
        :: guard != NONE && dead[guard] -> guard = me; repair = true \
        :: guard != NONE && (!dead[guard] || !found[guard]) -> goto kicked     /* the kernel may not have got to it yet */ \
        fi; \
        attention = false; \
        deaths = repairs; \
        repair = repair || deaths != repaired \
    } \
    atomic { die(); list = list | inbox; inbox = 0 }

/* RawLot::purge(), with \a lost(n) for each node of the dead */
#define PURGE(lost) \
    if \
    :: repair -> \
        do \
        :: n < CLIENTS && (list & BIT(n)) && found[n] -> lost(n) atomic { die(); leave(n); n++ } \
        :: n < CLIENTS && !((list & BIT(n)) && found[n]) -> n++ \
        :: n == CLIENTS -> n = 0; break \
        od \
    :: else \
    fi;

/* RawLot::unguard(), the rings, and the second look of kick(), before which comes what one who only tried the guard does */
#define UNGUARD(tried) \
unguard: \
    atomic { die(); guard = NONE; repaired = deaths; deaths = 0; repair = false } \
    if \
    :: rings != 0 -> \
        atomic { \
            die(); \
            i = 0; \
            do \
            :: i < CLIENTS -> if :: (rings & BIT(i)) -> asleep[i] = false :: else fi; i++ \
            :: else -> i = 0; rings = 0; break \
            od \
        } \
    :: else \
    fi; \
    tried \
    if :: attention -> goto kick :: else fi; \
kicked:

/* RawRepair::repair(): who has died is claimed, looked after, and everybody with a turn rung (RawLot::ringAll()) */
#define REPAIR() \
repairing: \
end: \
    atomic { \
        if \
        :: dead[0] && !found[0] -> found[0] = true; victim = 0 \
        :: dead[1] && !found[1] -> found[1] = true; victim = 1 \
        :: dead[CLIENTS - 1] && !found[CLIENTS - 1] -> found[CLIENTS - 1] = true; victim = CLIENTS - 1 \
        fi; \
        repairs++; \
        goto kick \
    } \
ringAll: \
    atomic { \
        do \
        :: n < CLIENTS -> if :: phase[n] == INVITED || phase[n] == GRANTED -> asleep[n] = false :: else fi; n++ \
        :: else -> n = 0; break \
        od; \
        repairedFor[victim] = true; \
        goto repairing \
    }

#define KILLED() \
killed: \
    atomic { \
        kills++; \
        dead[me] = true; \
        rings = 0; deaths = 0; n = 0; repair = false; \
        if :: me < CLIENTS -> asleep[me] = false :: else fi \
    }

/* FUTEX_WAIT compares. */
#define SLEEP() \
    atomic { if :: phase[me] == WAITING -> asleep[me] = true :: else -> goto poll fi } \
endAsleep: \
    if \
    :: atomic { !asleep[me] -> goto poll } \
    :: atomic { asleep[me] && impatient -> asleep[me] = false; impatient = false } \
    fi;
