/* SPDX-FileCopyrightText: 2026 The AioProcessing authors
 * SPDX-License-Identifier: MIT
 *
 * The parking lot (src/sync/rawlot.cpp, rawwait.cpp, rawrepair.cpp) under a lock (rawlock.cpp). README.md says what stands
 * for what. -DNO_RULE_1 to -DNO_RULE_4 and the other NO_... leave something out; then spin must find an error.
 */
#ifndef CLIENTS
#define CLIENTS 3       /* client 0 has the lock at the beginning, the others want it */
#endif
#ifndef KILLS
#define KILLS 1         /* processes that die, at any step */
#endif
#ifndef CANCELS
#define CANCELS 1       /* waits that give up */
#endif
#ifndef BARGERS
#define BARGERS 0       /* the last clients, who never wait: they take a free lock or leave */
#endif
#ifndef HANDERS
#define HANDERS 1       /* the first clients, who hand the lock over when they release it */
#endif
#ifndef REPAIRERS
#define REPAIRERS 1     /* the last one is immortal */
#endif
#define ALL (CLIENTS + REPAIRERS)
#define NONE 15
#define BIT(n) (1 << (n))

/* The phases of a node (Node::State). Each client has one node, of the same number. */
#define FREE 0
#define WAITING 1
#define INVITED 2
#define GRANTED 3
#define DONE 4
#define WAITS(n) (phase[n] == WAITING || phase[n] == INVITED || phase[n] == GRANTED)

byte phase[CLIENTS];
byte linked, boxed;             /* masks of nodes: Node::Linked, Node::Boxed */

/* the word of the lock */
byte owner = 0;
bool waiters, given;

/* the other words of the cell */
byte guard = NONE;
bool attention;
byte repairs, repaired, rebuilds;
byte inbox;                     /* mask of nodes */
byte chain;                     /* mask: taken from the inbox by the holder of the guard, not yet looked at */
byte list[CLIENTS], length;     /* only the holder of the guard sees it */

/* the world */
bool dead[ALL];                 /* killed */
byte claimed[ALL];              /* found dead: 1 + the repairer */
bool repairedFor[ALL];
bool asleep[CLIENTS];           /* in the futex of its node */
bool over[CLIENTS];
byte kills, cancels;

hidden byte i;                  /* scratch of one step */
hidden byte k;
hidden byte keep;

#define ALIVE(n) (claimed[n] == 0)              /* RawArena::isAlive(): nobody has found it dead yet */

/* Whoever is mortal may be killed before a step. What he took from the inbox is nowhere then. */
#ifdef VICTIM
#define MAY_DIE (me == VICTIM && kills < KILLS)
#else
#define MAY_DIE (me != ALL - 1 && kills < KILLS)
#endif
#define die() if :: MAY_DIE -> goto killed :: true fi

inline link(n)
{
    k = 0;
    do
    :: k < length -> assert(list[k] != n); k++          /* never twice */
    :: else -> break
    od;
    list[length] = n; length++; k = 0
}

inline unlink(n)
{
    k = 0;
    do
    :: k < length && list[k] != n -> k++
    :: else -> break
    od;
    do
    :: k + 1 < length -> list[k] = list[k + 1]; k++
    :: k + 1 == length -> list[k] = 0; length--; break
    :: else -> break
    od;
    k = 0
}

inline free(n) { boxed = boxed & ~BIT(n); linked = linked & ~BIT(n); phase[n] = FREE }

/* RawLot::head(), of those that are not done */
inline look()
{
    i = 0;
    do :: i < length && phase[list[i]] == DONE -> i++ :: else -> break od;
    if :: i < length -> head = list[i] :: else -> head = NONE fi;
    i = 0
}

/* one node in RawLot::drain() */
inline unbox()
{
    i = 0;
    do :: !(chain & BIT(i)) -> i++ :: else -> break od;
    chain = chain & ~BIT(i);
    if
#ifndef NO_RULE_2_TWICE
    :: !(boxed & BIT(i))                                /* a rebuild was faster */
#endif
    :: (boxed & BIT(i)) && phase[i] == DONE -> if :: (linked & BIT(i)) -> unlink(i) :: else fi; free(i)
    :: else ->
#ifndef NO_RULE_2_TWICE
        if :: !(linked & BIT(i)) -> link(i) :: else fi;
#else
        link(i);
#endif
        boxed = boxed & ~BIT(i);
        linked = linked | BIT(i)
    fi;
    i = 0
}

/* RawLot::purge() */
inline purge()
{
    k = 0; i = 0;
    do
    :: i < length ->
        n = list[i];
        if
#ifndef NO_RULE_2
        :: (phase[n] == DONE && !(boxed & BIT(n))) || !ALIVE(n) -> unlink(n); free(n)
#else
        :: (phase[n] == DONE && !(boxed & BIT(n))) -> unlink(n); free(n)
#endif
        :: else -> i++
        fi
    :: else -> break
    od;
    n = 0; i = 0
}

/* one node in RawLot::rebuild() */
inline judge(n)
{
#ifndef NO_RULE_2
    keep = WAITS(n) && ALIVE(n);
#else
    keep = WAITS(n);
#endif
    if
    :: keep -> boxed = boxed & ~BIT(n); linked = linked | BIT(n)
    :: else -> free(n)
    fi;
    keep = 0
}

/* Whether the node of some waiter says that it has been granted; rule 1 rings him. */
inline isGrantKnown()
{
    keep = 0; i = 0;
    do
    :: i < length && phase[list[i]] == GRANTED ->
        keep = 1;
#ifndef NO_RULE_1
        rings = rings | BIT(list[i]);
#endif
        break
    :: i < length && phase[list[i]] != GRANTED -> i++
    :: else -> break
    od;
    i = 0
}

/* RawLot::push(). The rebuilds have been counted before the node's state said Boxed. */
inline push()
{
#ifdef NO_EARLY_COUNT
    before = rebuilds;
#endif
    assert(!((inbox | chain) & BIT(me)));               /* never twice */
    inbox = inbox | BIT(me);
    reusable = (before % 2 == 0 && rebuilds == before);
    before = 0
}

/* RawLot::finish(): its swap; evenGranted or not */
inline swapDone(evenGranted)
{
    before = rebuilds;
    was = phase[me];
    if
    :: was == GRANTED && !evenGranted
    :: else ->
        if
        :: !((linked | boxed) & BIT(me)) -> phase[me] = FREE
        :: else ->
            phase[me] = DONE;
            pushes = reusable && !(boxed & BIT(me));
            if :: reusable -> boxed = boxed | BIT(me) :: else fi
        fi
    fi;
    if :: !pushes -> before = 0 :: else fi
}

/* what comes after the kick */
mtype = { Poll, HandOver, Release, Declined, Leave, Repaired }

proctype process(byte me)
{
    byte rings, deaths, before, victim, was, head = NONE, n;
    bool died, repair, reusable, pushes, impatient, late, declines, handing;
    mtype then = Leave;

    if
    :: me == 0 -> goto critical
    :: me >= CLIENTS -> goto repairing
    :: else
    fi;

    /* -- RawWait::block(), after RawLock::tryAcquire() has failed */
    atomic {
        if
        :: owner == NONE -> owner = me; goto critical
        :: owner != NONE && me >= CLIENTS - BARGERS -> goto gone
        :: else
        fi;
        if :: cancels < CANCELS -> cancels++; impatient = true :: true fi;
        before = rebuilds; phase[me] = WAITING; boxed = boxed | BIT(me)
    }
    atomic { die(); push() }
    atomic { die(); waiters = true; then = Poll; goto kick }

poll:
    atomic { die(); was = phase[me]; if :: was == INVITED -> phase[me] = WAITING :: else fi }
    atomic {
        die();
        if
        :: was == GRANTED -> assert(owner == me && given); given = false
        :: was != GRANTED && owner == NONE -> owner = me
        :: else -> was = 0; goto sleep
        fi
    }
    atomic { die(); swapDone(true); was = 0; if :: !pushes -> goto critical :: else fi }
    atomic { die(); push(); pushes = false; goto critical }

sleep:
    atomic { if :: phase[me] == WAITING -> asleep[me] = true :: else -> goto poll fi }      /* FUTEX_WAIT compares */
    if
    :: atomic { !asleep[me] -> goto poll }
    :: atomic { MAY_DIE && asleep[me] -> goto killed }
    :: atomic { impatient -> asleep[me] = false }
    fi;

    /* -- RawWait::end() */
    atomic { swapDone(false) }
    if :: pushes -> atomic { die(); push(); pushes = false } :: else fi;
    if
    :: was == GRANTED ->
        atomic { die(); assert(owner == me && given); given = false }
        atomic { die(); swapDone(true); was = 0 }
        if :: pushes -> atomic { die(); push(); pushes = false } :: else fi;
        if
        :: late = true
        :: declines = true; goto critical
        fi
    :: else -> was = 0
    fi;
declined:
#ifndef NO_RULE_3
    then = Declined;
    goto kick;
#endif
ended:
    if :: late -> late = false :: else -> goto gone fi;

    /* -- RawLock::release(): the fast path, then releaseSlow() */
critical:
    atomic {
        die();
        assert(owner == me && !given);
        if
        :: !waiters -> owner = NONE; goto released
        :: waiters && me < HANDERS -> then = HandOver; goto lock        /* the head has waited for long */
        :: waiters
        fi
    }
releaseIt:
    atomic {
        die();
        assert(owner == me && !given);
        owner = NONE;
        if :: waiters -> then = Leave; goto kick :: else goto released fi
    }
released:
    if :: declines -> declines = false; goto declined :: else fi;
gone:
    atomic { over[me] = true; impatient = false; reusable = false; goto stop }

    /* -- RawLot::kick() */
kick:
    atomic { die(); attention = true }
lock:
    /* RawLot::tryGuard(): trylock only */
    atomic {
        die();
        if
        :: guard == NONE -> guard = me
        :: guard != NONE && dead[guard] -> guard = me; died = true
        :: guard != NONE && (!dead[guard] || ALIVE(guard)) ->           /* the kernel may not have got to it yet */
            if :: then == HandOver -> then = Leave; goto releaseIt :: else -> goto kicked fi
        fi;
        attention = false;
        deaths = repairs;
        repair = died || deaths != repaired
    }
    if
    :: died ->
        atomic { die(); died = false; rebuilds = rebuilds | 1; inbox = 0 }
        atomic {
            die();
            do
            :: n < CLIENTS -> judge(n); n++
            :: else -> n = 0; break
            od;
            length = 0; i = 0;
            do :: i < CLIENTS -> list[i] = 0; i++ :: else -> break od;
            i = 0;
            do
            :: i < CLIENTS -> if :: (linked & BIT(i)) -> list[length] = i; length++ :: else fi; i++
            :: else -> break
            od;
            i = 0;
            rebuilds++
        }
    :: else
    fi;
    atomic { die(); chain = inbox; inbox = 0; if :: chain == 0 -> goto drained :: else fi }
    atomic { die(); do :: chain != 0 -> unbox() :: else -> break od }
drained:
    if
    :: repair ->
        atomic { die(); purge() }
        /* RawLock's repairOwner() */
        do
        :: atomic {
                was = owner;
                if
                :: was == NONE || (ALIVE(was) && !given) -> was = 0; break
                :: else -> pushes = given
                fi
            }
            atomic {
                if
                :: ALIVE(was) -> isGrantKnown(); if :: keep -> keep = 0; was = 0; pushes = false; break :: else fi
                :: else
                fi
            }
            atomic {
                die();
                if :: owner == was && given == pushes -> owner = NONE; given = false; was = 0; pushes = false; break :: else fi
            }
        od
    :: else
    fi;

    /* RawLock::serve() */
serve:
    atomic {
        die();
        look();
        if
        :: head == NONE -> waiters = false
        :: head != NONE && waiters && owner != NONE -> head = NONE
        :: head != NONE && !waiters -> waiters = true; head = NONE; goto serve
        :: head != NONE && waiters && owner == NONE ->      /* invite(); look() has seen that it waits */
#ifndef NO_RULE_4
            if :: phase[head] == WAITING || repair -> rings = rings | BIT(head) :: else fi;
#else
            if :: phase[head] == WAITING -> rings = rings | BIT(head) :: else fi;
#endif
            if :: phase[head] == WAITING -> phase[head] = INVITED :: else fi;
            head = NONE
        :: head != NONE && waiters && owner == NONE -> goto handOver
        fi
    }
    if
    :: then == HandOver -> atomic { look(); if :: head != NONE -> assert(owner == me && !given); handing = true; goto handOver :: else fi }
    :: else
    fi;

unguard:
    atomic { die(); guard = NONE; repaired = deaths; deaths = 0; repair = false }
    if
    :: rings != 0 ->
        atomic {
            die();
            i = 0;
            do
            :: i < CLIENTS -> if :: (rings & BIT(i)) -> asleep[i] = false :: else fi; i++
            :: else -> i = 0; rings = 0; break
            od
        }
    :: else
    fi;
    if
    :: then == HandOver && handing -> handing = false; then = Leave; goto kick
#ifndef NO_LOOK_AFTER_GUARD
    :: then == HandOver && !handing -> then = Release; goto kick
#else
    :: then == HandOver && !handing -> goto releaseIt
#endif
    :: else
    fi;
#ifndef NO_SECOND_LOOK
    if :: attention -> goto kick :: else fi;
#endif
kicked:
    if
    :: then == Poll -> then = Leave; goto poll
    :: then == Release -> then = Leave; goto releaseIt
    :: then == Declined -> then = Leave; goto ended
    :: then == Repaired -> then = Leave; goto ringAll
    :: then == Leave -> goto released
    fi;

    /* RawLock's handOver(): the word is the commit point, the node learns of it next */
handOver:
    atomic {
        die();
        if
        :: owner == (handing -> me : NONE) && !given -> owner = head; given = true; waiters = true
        :: else -> head = NONE; if :: handing -> handing = false; goto unguard :: else -> goto serve fi
        fi
    }
    atomic {
        die();
        if
        :: WAITS(head) -> phase[head] = GRANTED; rings = rings | BIT(head); head = NONE; goto unguard
        :: else         /* has given up: as it was before */
        fi
    }
    atomic {
        die();
        head = NONE;
        given = false;
#ifndef NO_TAKING_BACK
        if :: handing -> owner = me; handing = false; goto unguard :: else -> owner = NONE; goto serve fi
#else
        owner = NONE;
        if :: handing -> handing = false; goto unguard :: else -> goto serve fi
#endif
    }

    /* -- RawRepair::repair(): who has died is claimed, again if the repairer dies */
#define CLAIM(v) atomic { v != me && dead[v] && !repairedFor[v] && (claimed[v] == 0 || dead[claimed[v] - 1]) -> claimed[v] = me + 1; victim = v }
repairing:
end:
    if
    :: CLAIM(0)
    :: CLAIM(1)
    :: CLAIM(2)
#if CLIENTS + REPAIRERS > 4
    :: CLAIM(3)
#endif
    fi;
    atomic { die(); repairs++; then = Repaired; goto kick }
ringAll:
    atomic {
        die();
        do
        :: n < CLIENTS ->
            if
#ifndef NO_RULE_1
            :: phase[n] == GRANTED -> asleep[n] = false
#endif
#ifndef NO_RULE_4
            :: phase[n] == INVITED -> asleep[n] = false
#endif
            :: else
            fi;
            n++
        :: else -> n = 0; break
        od
    }
    atomic { die(); repairedFor[victim] = true; victim = 0; goto repairing }

killed:
    atomic {
        kills++;
        dead[me] = true;
        rings = 0; deaths = 0; before = 0; victim = 0; was = 0; head = NONE; n = 0; died = false; repair = false; reusable = false;
        pushes = false; impatient = false; late = false; declines = false; handing = false; then = Leave;
        if :: me < CLIENTS -> asleep[me] = false :: else fi;
        if :: guard == me -> chain = 0 :: else fi
    }
stop:
    skip
}

/* When nothing can happen any more, nobody waits and nothing belongs to the dead. */
proctype lastLook()
{
    byte v;
    timeout;
    do
    :: v < CLIENTS -> assert(over[v] || (dead[v] && repairedFor[v])); v++
    :: else -> break
    od;
    assert(owner == NONE && !given)
}

init
{
    atomic {
        byte v;
        do
        :: v < ALL -> run process(v); v++
        :: else -> break
        od;
        run lastLook()
    }
}
