// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// Kills a process at every fault point of what it does with the shared primitives, and after every instruction of the fast
// paths, which have no fault points. Whoever is left must go on within a second, with nothing lost or doubled. Then again,
// with a second kill of the one who repairs.
//
//   tst_kill [--deep | --all] [PART OF A NAME]
//     neither      one point in four (on the generic backend each); some instructions of each fast path
//     --deep       every point; more instructions; one in 16 of the pairs of kills
//     --all        every instruction and every pair of kills, too

#include "scenarios.h"

#include "platform/rawsystem.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

using namespace world;

namespace {

enum Depth { Quick, Deep, All };

constexpr unsigned PointStride[] = {4, 1, 1};
constexpr unsigned Instructions[] = {16, 200, ~0u};
constexpr unsigned PairStride[] = {0, 16, 1};           // 0: none

struct Job
{
    std::string what;
    std::function<harness::Result()> run;
};

void addPoints(std::vector<Job> &jobs, const Scenario &scenario, Depth depth)
{
    const auto add = [&](const char *what, auto run) {
        jobs.push_back({scenario.name + ": " + what, [scenario, run] { return run(inWorld(scenario)); }});
    };
    const unsigned pointStride = backend() == Backend::Linux ? PointStride[depth] : 1;
    add("kills", [pointStride](const harness::Scenario &it) { return harness::killAtEveryPoint(it, pointStride); });
    add("stops", [pointStride](const harness::Scenario &it) { return harness::stopAtEveryPoint(it, pointStride); });
    if (const unsigned stride = PairStride[depth])
        add("pairs of kills", [stride](const harness::Scenario &it) { return harness::killTwice(it, stride); });
}

void addInstructions(std::vector<Job> &jobs, FastPath path, Depth depth)
{
    path.scenario.enter = std::exchange(path.scenario.victim, path.call);
    jobs.push_back({path.scenario.name + ": instructions", [scenario = path.scenario, depth] {
                        return harness::killAtEveryInstruction(inWorld(scenario), Instructions[depth]);
                    }});
}

std::vector<Job> jobsOf(Depth depth)
{
    std::vector<Job> jobs;
    for (const auto &scenarios : {lockScenarios(), rlockScenarios(), semaphoreScenarios(), eventScenarios(), conditionScenarios(),
                                  barrierScenarios(), queueScenarios(), repairScenarios()}) {
        for (const Scenario &scenario : scenarios)
            addPoints(jobs, scenario, depth);
    }
    if (backend() != Backend::Linux)
        return jobs;        // single-stepping is Linux's, and the fast paths are the same
    for (const auto &paths : {lockFastPaths(), rlockFastPaths(), semaphoreFastPaths(), eventFastPaths(), conditionFastPaths(),
                              barrierFastPaths(), queueFastPaths()}) {
        for (const FastPath &path : paths)
            addInstructions(jobs, path, depth);
    }
    return jobs;
}

// What the processes that do the jobs share.
struct Tally
{
    std::atomic<unsigned> next;
    std::atomic<unsigned> positions;
    std::atomic<unsigned> failures;
};

void work(const std::vector<Job> &jobs, Tally &tally)
{
    for (unsigned i = tally.next++; i < jobs.size(); i = tally.next++) {
        const harness::Result result = jobs[i].run();
        tally.positions += result.positions;
        tally.failures += result.failures;
        if (result.failures || ::isatty(STDOUT_FILENO))     // a log tells what failed, and not how much did not
            std::printf("%6u %s%s\n", result.positions, jobs[i].what.c_str(), result.failures ? ": failed" : "");
        std::fflush(stdout);
    }
}

} // namespace

int main(int argc, char **argv)
{
    Depth depth = Quick;
    std::string only;
    for (const std::string &argument : std::vector<std::string>(argv + 1, argv + argc)) {
        if (argument == "--deep" || argument == "--all")
            depth = argument == "--deep" ? Deep : All;
        else
            only = argument;
    }
    std::vector<Job> jobs = jobsOf(depth);
    std::erase_if(jobs, [&only](const Job &job) { return job.what.find(only) == std::string::npos; });
    auto &tally = *sharedMemory<Tally>();
    std::vector<pid_t> workers(std::max(1u, std::thread::hardware_concurrency()));
    for (pid_t &worker : workers) {
        worker = ::fork();
        if (worker == 0) {
            work(jobs, tally);
            std::_Exit(0);
        }
    }
    for (const pid_t worker : workers) {
        int status = 0;
        ::waitpid(worker, &status, 0);
        tally.failures += status != 0;
    }
    std::printf("%u positions, %u failures\n", tally.positions.load(), tally.failures.load());
    return tally.failures || !tally.positions ? 1 : 0;
}
