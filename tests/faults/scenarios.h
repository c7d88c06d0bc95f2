// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "world.h"

#include <vector>

/* What is killed at every step of what it does. */
namespace world {

/* A call that is one swap or a few, so that it has no fault points: it is stepped through. */
struct FastPath
{
    /* Its victim does what comes before the call; its survivor, check and so on are the scenario's. */
    Scenario scenario;
    Part call;
};

std::vector<Scenario> lockScenarios();
std::vector<Scenario> eventScenarios();
std::vector<Scenario> queueScenarios();
std::vector<Scenario> repairScenarios();

std::vector<FastPath> lockFastPaths();
std::vector<FastPath> eventFastPaths();
std::vector<FastPath> queueFastPaths();

// -- used by several

/* Takes and releases the lock, and notes when somebody else has it. */
void useLock(Member &member, Address cell, Board &board);
/* A victim that died inside left its mark there: the count starts afresh then. */
void useLockAfterDeath(Member &member, Address cell, Board &board);
std::string checkLock(Member &member, Address cell, Board &board);
/* Waits until somebody stands in the queue of \a cell, but not for long. */
void awaitWaiter(Member &member, Address cell);
/* Does \a operation as an event loop does, here a poll() on a bell of the calling process. */
void completeByBell(Member &member, RawOperation &operation);

} // namespace world
