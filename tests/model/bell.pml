/* SPDX-FileCopyrightText: 2026 The AioProcessing authors
 * SPDX-License-Identifier: MIT
 *
 * The doorbell (src/sync/rawbell.h, rawbell.cpp; its owner's side is aiodoorbell_p.cpp). README.md says what stands for
 * what. Each -DNO_... leaves something out; then spin must find an error.
 */
#ifndef RINGERS
#define RINGERS 3       /* each for a node of its own; 0 and 1 are in one chunk, 2 is in another */
#endif
#ifndef RINGS
#define RINGS 1         /* of each ringer */
#endif
#ifndef KILLS
#define KILLS 1         /* ringers that die, at any step */
#endif
#ifndef STOPS
#define STOPS 1         /* ringers that are stopped at any step and never go on */
#endif
#define NODES 3
#define CHUNK(n) (n / 2)
#define BIT(n) (1 << (n))

bool invited[NODES];            /* the node says so: what the thread must hear of */
byte leaf[2];                   /* of chunk: nodes */
bool summary[2];                /* of chunk */
byte chunks;                    /* of bell: chunks */
bool sleeping, rescan;
bool ringing;                   /* there are bytes in the FIFO */
bool dead[NODES], repaired[NODES], stopped[NODES];
byte kills, stops;

#define fate() if :: kills < KILLS -> kills++; dead[n] = true; goto end :: stops < STOPS -> stops++; stopped[n] = true; goto end :: true fi

/* RawBell's set(): looks first, so that a bit that is there costs no exclusive line */
#define SET(there, set) if :: atomic { there -> skip } :: atomic { !(there) -> fate() } atomic { fate(); set } fi

proctype ringer(byte n)
{
    byte rings;
    bool sleeps;

    do
    :: rings < RINGS ->
        atomic { fate(); rings++; invited[n] = true }
        /* RawBell::mark(): upwards, and only then the flag */
#ifdef NO_MARK_BEFORE_FLAG
        atomic { fate(); sleeps = sleeping }
#endif
#ifdef NO_MARKING_UPWARDS
        SET(chunks & BIT(CHUNK(n)), chunks = chunks | BIT(CHUNK(n)));
        SET(summary[CHUNK(n)], summary[CHUNK(n)] = true);
        SET(leaf[CHUNK(n)] & BIT(n), leaf[CHUNK(n)] = leaf[CHUNK(n)] | BIT(n));
#else
        SET(leaf[CHUNK(n)] & BIT(n), leaf[CHUNK(n)] = leaf[CHUNK(n)] | BIT(n));
        SET(summary[CHUNK(n)], summary[CHUNK(n)] = true);
        SET(chunks & BIT(CHUNK(n)), chunks = chunks | BIT(CHUNK(n)));
#endif
#ifndef NO_MARK_BEFORE_FLAG
        atomic {
            fate();
            sleeps = sleeping;
#ifdef NO_FLAG_OF_ITS_OWN
            sleeping = false    /* a ringer that is stopped from here on silences the others */
#endif
        }
#endif
        /* RawBell::wake() */
        if
        :: sleeps -> atomic { fate(); ringing = true; sleeps = false }
        :: else
        fi
    :: else -> break
    od;
end:
    skip
}

/* RawLot::ringAll() after a death */
proctype repairer()
{
    byte n;
end:
    do
    :: atomic { n < NODES && dead[n] && !repaired[n] ->
#ifndef NO_RESCAN
            rescan = true
#endif
        }
        atomic { ringing = true; repaired[n] = true }
    :: atomic { n < NODES && !(dead[n] && !repaired[n]) && (dead[0] && !repaired[0] || dead[1] && !repaired[1] || dead[2] && !repaired[2]) -> n = (n + 1) % NODES }
    od
}

/* Doorbell::process() */
proctype thread()
{
    byte taken, marked, n;
    bool words;

collect:
    sleeping = false;           /* RawBell::wokenUp() */
    /* RawBell::takeChunks(), takeNodes(): downwards */
    atomic { taken = chunks; chunks = 0 }
    do
    :: taken & BIT(n) ->
        taken = taken & ~BIT(n);
        atomic { if :: summary[n] -> summary[n] = false; words = true :: else fi }
        if :: words -> atomic { marked = marked | leaf[n]; leaf[n] = 0; words = false } :: else fi
    :: taken != 0 && !(taken & BIT(n)) -> n++
    :: taken == 0 -> n = 0; break
    od;
    atomic { if :: rescan -> rescan = false; marked = BIT(NODES) - 1 :: else fi }
    do
    :: n < NODES -> atomic { if :: marked & BIT(n) -> invited[n] = false :: else fi; n++ }
    :: else -> n = 0; marked = 0; break
    od;

    /* RawBell::prepareToSleep() */
    sleeping = true;
#ifndef NO_LOOK_AFTER_FLAG
    atomic { if :: chunks != 0 -> goto collect :: else fi }
    atomic { if :: rescan -> goto collect :: else fi }
#endif
end:
    atomic { ringing -> ringing = false; goto collect }
}

/* When nothing can happen any more, the thread has heard of everything but of what a stopped ringer has not told yet. */
proctype lastLook()
{
    byte n;
    timeout;
    do
    :: n < NODES -> assert(!invited[n] || stopped[n]); n++
    :: else -> break
    od
}

init { atomic {
    run thread(); run ringer(0); run ringer(1);
#if RINGERS > 2
    run ringer(2);
#endif
    run repairer(); run lastLook() } }
