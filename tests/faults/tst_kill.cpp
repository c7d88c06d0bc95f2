// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Kills a process at every fault point of what it does with the shared primitives, and (single-stepping is Linux's, and the fast
// paths are the same for all backends) after every instruction of the fast paths, which have no fault points. Whoever is left must
// go on within a second, with nothing lost or doubled.

#include "scenarios.h"

#include "platform/rawsystem.h"

#include <cstdio>
#include <cstring>
#include <utility>

using namespace world;

namespace {

unsigned s_positions = 0;
unsigned s_failures = 0;

void report(const Scenario &scenario, const char *what, const harness::Result &result)
{
    s_positions += result.positions;
    s_failures += result.failures;
    std::printf("%-52s %5u %s\n", scenario.name.c_str(), result.positions, what);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv)
{
    const bool deep = argc > 1 && std::strcmp(argv[1], "--deep") == 0;
    for (const auto &scenarios : {lockScenarios(), eventScenarios(), queueScenarios(), repairScenarios()}) {
        for (const Scenario &scenario : scenarios) {
            report(scenario, "kills", harness::killAtEveryPoint(inWorld(scenario)));
            report(scenario, "stops", harness::stopAtEveryPoint(inWorld(scenario)));
        }
    }
    const unsigned stride = deep ? 1 : 7;
    for (const auto &paths : {lockFastPaths(), eventFastPaths(), queueFastPaths()}) {
        if (backend() != Backend::Linux)
            break;
        for (FastPath path : paths) {
            path.scenario.enter = std::exchange(path.scenario.victim, path.call);
            report(path.scenario, stride == 1 ? "instructions" : "instructions, every seventh",
                   harness::killAtEveryInstruction(inWorld(path.scenario), stride));
        }
    }
    std::printf("%u positions, %u failures\n", s_positions, s_failures);
    return s_failures ? 1 : 0;
}
