// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "harness.h"

#include "platform/rawfault.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace harness {
namespace {

// What a run tells the harness: exit codes of the survivor ...
enum Verdict { Passed, CheckFailed, NotKilled, VictimFailed };

// ... and a page that all its processes share.
struct Page
{
    unsigned hits;          // of fault points by the victim
    unsigned steps;         // instructions of the victim
    char point[64];         // where it was killed
};

bool s_verbose = true;

Page &page()
{
    static auto *shared = static_cast<Page *>(
        ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    return *shared;
}

void limitTime(unsigned seconds)
{
    const char *scale = std::getenv("AIO_TEST_TIME_SCALE");
    const double factor = scale ? std::atof(scale) : 1;
    ::alarm(factor > 1 ? unsigned(seconds * factor + 0.5) : seconds);
}

int waitFor(pid_t pid, int options = 0)
{
    int status = 0;
    while (::waitpid(pid, &status, options) < 0 && errno == EINTR) { }
    return status;
}

bool diedOf(int status, int signal)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

// -- the survivor's part

pid_t start(const std::function<void()> &enter, const std::function<void()> &part, const char *fault)
{
    page().hits = 0;
    page().steps = 0;
    const pid_t pid = ::fork();
    if (pid != 0)
        return pid;
    aio_raw::rawfault_arm(nullptr);
    if (enter)
        enter();
    aio_raw::rawfault_arm(fault);
    aio_raw::rawfault_report(page().point, sizeof page().point);
    part();
    page().hits = aio_raw::rawfault_hits();
    std::_Exit(0);
}

pid_t startVictim(const Scenario &scenario, const char *fault)
{
    std::memset(page().point, 0, sizeof page().point);
    return start(scenario.enter, scenario.victim, fault);
}

pid_t startRescuer(const Scenario &scenario, const char *fault)
{
    return start(scenario.enterRescuer, scenario.rescuer, fault);
}

std::string killAt(unsigned hit)
{
    return "*:" + std::to_string(hit) + ":kill";
}

[[noreturn]] void checkAndExit(const Scenario &scenario)
{
    limitTime(1);
    scenario.check();
    std::_Exit(Passed);
}

// Runs \a survivor in a process group of its own, so that nothing of the run outlives it.
Verdict runSurvivor(const Scenario &scenario, const std::string &position, const std::function<void()> &survivor)
{
    page();     // made before the fork, to be shared
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::setpgid(0, 0);
        if (!s_verbose)
            std::freopen("/dev/null", "w", stderr);
        limitTime(20);
        aio_raw::rawfault_arm(nullptr);
        scenario.setup();
        survivor();
        std::_Exit(VictimFailed);
    }
    const int status = waitFor(pid);
    ::kill(-pid, SIGKILL);
    if (WIFEXITED(status) && (WEXITSTATUS(status) == Passed || (scenario.races && WEXITSTATUS(status) == NotKilled)))
        return Verdict(WEXITSTATUS(status));

    std::string why = "the survivor died of signal " + std::to_string(WTERMSIG(status));
    if (diedOf(status, SIGALRM))
        why = "the survivor hangs";
    else if (WIFEXITED(status) && WEXITSTATUS(status) == CheckFailed)
        why = "a check failed";
    else if (WIFEXITED(status) && WEXITSTATUS(status) == NotKilled)
        why = "the victim ended by itself";
    else if (WIFEXITED(status))
        why = "the victim did not do what it should";
    if (s_verbose)
        std::fprintf(stderr, "FAIL: %s, %s (%s): %s\n", scenario.name, position.c_str(), page().point, why.c_str());
    return CheckFailed;
}

// The run that counts the positions and proves that the scenario passes when nobody is killed. 0: it does not, or has none.
unsigned countPoints(const Scenario &scenario)
{
    const bool passed = runSurvivor(scenario, "no fault", [&] {
        if (waitFor(startVictim(scenario, "count")) == 0)
            checkAndExit(scenario);
    }) == Passed;
    if (passed && page().hits == 0 && s_verbose)
        std::fprintf(stderr, "FAIL: %s: the victim passes no fault point\n", scenario.name);
    return passed ? page().hits : 0;
}

Result atEveryPoint(const Scenario &scenario, unsigned stride, const char *action, const std::function<void(pid_t victim)> &await)
{
    constexpr unsigned attempts = 10;
    Result result;
    const unsigned points = countPoints(scenario);
    result.failures += points == 0;
    for (unsigned n = 1; n <= points; n += stride) {
        const std::string fault = "*:" + std::to_string(n) + ':' + action;
        const std::string position = std::string(action) + " at hit " + std::to_string(n) + " of " + std::to_string(points);
        Verdict verdict = NotKilled;
        for (unsigned attempt = 0; verdict == NotKilled && attempt < attempts; ++attempt) {
            verdict = runSurvivor(scenario, position, [&] {
                await(startVictim(scenario, fault.c_str()));
                checkAndExit(scenario);
            });
        }
        if (verdict == NotKilled) {
            result.failures += n == 1;
            break;
        }
        ++result.positions;
        result.failures += verdict != Passed;
    }
    return result;
}

// -- single steps

volatile std::sig_atomic_t s_ticks = 0;

// A signal every 20 ms: it interrupts the waiting for a victim that sleeps.
class Ticker
{
public:
    Ticker()
    {
        struct sigaction action = {};
        action.sa_handler = [](int) { s_ticks = s_ticks + 1; };
        ::sigaction(SIGUSR1, &action, nullptr);
        sigevent event = {};
        event.sigev_notify = SIGEV_SIGNAL;
        event.sigev_signo = SIGUSR1;
        ::timer_create(CLOCK_MONOTONIC, &event, &m_timer);
        const itimerspec every = {{0, 20'000'000}, {0, 20'000'000}};
        ::timer_settime(m_timer, 0, &every, nullptr);
    }
    ~Ticker() { ::timer_delete(m_timer); }

private:
    timer_t m_timer;
};

// Steps the victim until it has done \a limit instructions, comes to its end, or sleeps. False: it ended.
bool step(pid_t victim, unsigned limit)
{
    const Ticker ticker;
    unsigned &steps = page().steps;
    int status = 0;
    while (steps < limit) {
        ::ptrace(PTRACE_SINGLESTEP, victim, nullptr, nullptr);
        const auto before = s_ticks;
        while (::waitpid(victim, &status, 0) < 0) {
            if (s_ticks - before >= 3)
                return true;            // asleep: 40 ms in one instruction
        }
        if (!WIFSTOPPED(status))
            return false;
        if (WSTOPSIG(status) == SIGSTOP)
            return true;                // the mark at its end
        ++steps;
    }
    return true;
}

void killAfter(const Scenario &scenario, unsigned limit)
{
    Scenario marked = scenario;
    marked.victim = [&scenario] {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        scenario.victim();
        ::raise(SIGSTOP);
    };
    const pid_t victim = startVictim(marked, nullptr);
    if (!WIFSTOPPED(waitFor(victim)))
        std::_Exit(VictimFailed);
    if (!step(victim, limit))
        std::_Exit(NotKilled);
    ::kill(victim, SIGKILL);
    if (!diedOf(waitFor(victim), SIGKILL))
        std::_Exit(NotKilled);
    checkAndExit(scenario);
}

} // namespace

Result killAtEveryPoint(const Scenario &scenario, unsigned stride)
{
    return atEveryPoint(scenario, stride, "kill", [](pid_t victim) {
        if (!diedOf(waitFor(victim), SIGKILL))
            std::_Exit(NotKilled);
    });
}

Result stopAtEveryPoint(const Scenario &scenario, unsigned stride)
{
    return atEveryPoint(scenario, stride, "stop", [&scenario](pid_t victim) {
        if (!WIFSTOPPED(waitFor(victim, WUNTRACED)))
            std::_Exit(NotKilled);
        limitTime(1);
        if (scenario.checkWhileStopped)
            scenario.checkWhileStopped();
        ::kill(victim, SIGCONT);
        if (waitFor(victim) != 0)
            std::_Exit(VictimFailed);
    });
}

Result killTwice(const Scenario &scenario, unsigned stride)
{
    Result result;
    unsigned pair = 0;
    const unsigned points = countPoints(scenario);
    result.failures += points == 0;
    // Kills the victim, then has \a rescue start and await the rescuer.
    const auto run = [&](unsigned n, const std::string &position, const std::function<void()> &rescue) {
        return runSurvivor(scenario, position, [&] {
            if (!diedOf(waitFor(startVictim(scenario, killAt(n).c_str())), SIGKILL))
                std::_Exit(NotKilled);
            rescue();
            checkAndExit(scenario);
        });
    };
    for (unsigned n = 1; n <= points; ++n) {
        const std::string first = "kill at hit " + std::to_string(n) + " of " + std::to_string(points);
        const Verdict counted = run(n, first + ", then a rescue", [&] {
            if (waitFor(startRescuer(scenario, "count")) != 0)
                std::_Exit(VictimFailed);
        });
        result.failures += counted == CheckFailed;
        const unsigned rescue = counted == Passed ? page().hits : 0;
        for (unsigned m = 1; m <= rescue; ++m) {
            if (++pair % stride != 0)
                continue;
            const std::string both = first + ", then at hit " + std::to_string(m) + " of " + std::to_string(rescue) + " of the rescue";
            const Verdict verdict = run(n, both, [&] {
                if (!diedOf(waitFor(startRescuer(scenario, killAt(m).c_str())), SIGKILL))
                    std::_Exit(NotKilled);
            });
            result.positions += verdict != NotKilled;
            result.failures += verdict != Passed && verdict != NotKilled;
        }
    }
    return result;
}

Result killAtEveryInstruction(const Scenario &scenario, unsigned most)
{
    Result result;
    const auto run = [&](unsigned steps, const std::string &position) {
        const Verdict verdict = runSurvivor(scenario, position, [&] { killAfter(scenario, steps); });
        ++result.positions;
        result.failures += verdict != Passed;
    };
    run(~0u, "after its last instruction");     // goes to the end, and counts
    const unsigned last = page().steps;
    const unsigned stride = last / most + 1;
    for (unsigned steps = 0; steps < last; steps += stride)
        run(steps, "after instruction " + std::to_string(steps));
    return result;
}

void setVerbose(bool verbose)
{
    s_verbose = verbose;
}

void checkFailed(const char *condition, const char *file, int line)
{
    std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    std::fflush(stderr);
    std::_Exit(CheckFailed);
}

} // namespace harness
