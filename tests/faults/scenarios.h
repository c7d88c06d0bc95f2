// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "waits.h"
#include "world.h"

#include <vector>

/* What is killed at every step of what it does. Half of it knows no event loop in any process. */
namespace world {

/* A call that is one swap or a few, so that it has no fault points: it is stepped through. */
struct FastPath
{
    /* Its victim does what comes before the call; its survivor, check and so on are the scenario's. */
    Scenario scenario;
    Part call;
};

std::vector<Scenario> lockScenarios();
std::vector<Scenario> rlockScenarios();
std::vector<Scenario> semaphoreScenarios();
std::vector<Scenario> conditionScenarios();
std::vector<Scenario> barrierScenarios();
std::vector<Scenario> eventScenarios();
std::vector<Scenario> queueScenarios();
std::vector<Scenario> repairScenarios();

std::vector<FastPath> lockFastPaths();
std::vector<FastPath> rlockFastPaths();
std::vector<FastPath> semaphoreFastPaths();
std::vector<FastPath> conditionFastPaths();
std::vector<FastPath> barrierFastPaths();
std::vector<FastPath> eventFastPaths();
std::vector<FastPath> queueFastPaths();

// -- used by several

/* Takes and releases the lock, and notes when somebody else has it. */
void useLock(Member &member, Address cell, Board &board);
/* A victim that died inside left its mark there: the count starts afresh then. */
void useLockAfterDeath(Member &member, Address cell, Board &board, Manner manner = Manner::Blocking);
std::string checkLock(Member &member, Address cell, Board &board);
/* Waits until somebody stands in the queue of \a cell, but not for long. */
void awaitWaiter(Member &member, Address cell);
/* For survivors: waits until \a count wait at \a cell, or the victim has gone. */
void awaitWaiters(Member &member, Address cell, unsigned count, Board &board);
/* Serves \a cell. After it and before anybody moves again, what stands in the cell is what the dead have left to the living. */
void settle(Member &member, Address cell);
/* For victims that have done their part: lives until the survivor is over, so that no repair helps that one. */
void awaitSurvivor(Board &board);
/* For watchers while the victim is stopped: lets the survivor of givesUpAndComesAgain() go on, until it is queued again. */
void letGiveUp(Member &member, Address cell, Board &board);
/*
 * A survivor's first wait gives up and another comes, both while the victim is stopped. False: the victim was faster, and the
 * first has got it.
 */
bool givesUpAndComesAgain(Member &member, RawOperation &first, RawOperation &second, Board &board);
/* Makes nodes now, so that a victim is not stepped through that. */
void warmUp(Member &member);

} // namespace world
