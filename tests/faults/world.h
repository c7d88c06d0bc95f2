// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "harness.h"
#include "rawworld.h"

#include <functional>
#include <string>
#include <sys/mman.h>

/*
 * Scenarios in which a process is killed. The test's own process is the one that watches, repairs and checks; it is never
 * killed.
 */
namespace world {

/* A T full of zeros that processes forked from this one share. */
template<class T> T *sharedMemory()
{
    return static_cast<T *>(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

/* Counters that all processes of a scenario see. */
struct Board
{
    std::atomic<std::uint32_t> ready;
    std::atomic<std::uint32_t> victimGone;          // and everything it had is repaired
    std::atomic<std::uint32_t> survivorOver;
    std::atomic<std::uint32_t> inside;              // how many hold the lock
    std::atomic<std::uint32_t> doubled;             // how often two did
    std::atomic<std::uint32_t> acknowledged;
    std::atomic<std::uint32_t> received[256];       // how often each item arrived
    std::atomic<std::uint32_t> misordered;
};

using Part = std::function<void(Member &, Address, Board &)>;

/* One kill scenario: parts that run in processes of their own, but for prepare, afterDeath and check. */
struct Scenario
{
    std::string name;
    /* Makes the objects, in the watching process; returns the cell that the others use. */
    std::function<Address(Member &)> prepare;
    /* Is killed (or stopped) somewhere. */
    Part victim;
    /* Goes on, and must come to its end whatever happens to the victim. Says so in Board::ready when it runs. May be empty. */
    Part survivor;
    /* What the watching process does while the survivor runs, once it has seen the victim's end. May be empty. */
    Part afterDeath;
    /* What must hold at the end. Returns what does not. */
    std::function<std::string(Member &, Address, Board &)> check;
    /* What the victim does before it is stepped through. May be empty. */
    Part enter = {};
    /* What the watching process does while the victim is stopped. May be empty. */
    Part whileStopped = {};
};

/* \a scenario as the harness runs it, with a rescuer who repairs after the victim's death. */
harness::Scenario inWorld(const Scenario &scenario);

} // namespace world
