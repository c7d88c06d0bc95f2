// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

/*
 * Kills a process at every position of what it does, one run for each position, and has a survivor check what is left.
 * Without Qt. Needs a build with fault points (platform/rawfault.h).
 *
 * Every run has a process of its own, the survivor: it calls setup, forks the victim, waits until that was killed, and calls
 * check. So runs do not know of each other, and a check that hangs or crashes fails its run only.
 */
namespace harness {

struct Scenario
{
    const char *name;
    /* In the survivor: makes the shared mapping that both use. */
    std::function<void()> setup;
    /* In a process forked after that: what is killed somewhere. Must end by itself when it is not. */
    std::function<void()> victim;
    /* In the survivor: HARNESS_CHECKs what must hold whatever became of the victim. Has one second. */
    std::function<void()> check;
    /* The same while the victim is stopped, for stopAtEveryPoint(); it may go on afterwards. May be empty. */
    std::function<void()> checkWhileStopped = {};
    /* In the victim, before it: what is not swept. */
    std::function<void()> enter = {};
    /* In a process forked when the victim is dead: what is killed next, for killTwice(). The first part is not swept. */
    std::function<void()> enterRescuer = {};
    std::function<void()> rescuer = {};
    /* Others have a say in how many points the victim passes: then the sweep ends where no attempt reaches the next one. */
    bool races = false;
};

struct Result
{
    unsigned positions = 0;     // at which the victim was killed or stopped
    unsigned failures = 0;      // runs in which a check failed, hung or crashed, or the victim was not killed
};

/* At every fault point that the victim passes, or every \a stride th from the first. A victim that passes none is a failure. */
Result killAtEveryPoint(const Scenario &scenario, unsigned stride = 1);
Result stopAtEveryPoint(const Scenario &scenario, unsigned stride = 1);

/*
 * Kills the victim at every point, and for each of these the rescuer at every point of what it does then; of all these pairs
 * every \a stride one.
 */
Result killTwice(const Scenario &scenario, unsigned stride = 1);

/*
 * After every instruction of the victim, by single-stepping it: for inline code without fault points. When there are more
 * than \a most, after that many of them, evenly spread. A victim that falls asleep in the kernel is killed there, too, and
 * not followed any further.
 */
Result killAtEveryInstruction(const Scenario &scenario, unsigned most = ~0u);

/* Whether failures are explained on stderr, as they are unless a test makes them on purpose. */
void setVerbose(bool verbose);

[[noreturn]] void checkFailed(const char *condition, const char *file, int line);

} // namespace harness

#define HARNESS_CHECK(condition) \
    do { \
        if (!(condition)) \
            harness::checkFailed(#condition, __FILE__, __LINE__); \
    } while (false)
