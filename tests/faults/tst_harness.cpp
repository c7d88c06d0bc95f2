// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The harness finds what it is for: a commit before the copy, a survivor that hangs, a victim that was not killed.

#include "harness.h"

#include "platform/rawfault.h"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

using harness::Result;
using harness::Scenario;

namespace {

// A log of texts. An entry below count is complete: that is what a kill must not break.
struct Log
{
    std::atomic<unsigned> count;
    std::atomic<bool> taken;
    char entries[8][16];
};
Log *s_log = nullptr;

constexpr char Text[] = "fifteen letters";

void makeLog()
{
    s_log = static_cast<Log *>(::mmap(nullptr, sizeof(Log), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

template<bool CommitsFirst>
void append()
{
    for (unsigned i = 0; i < 4; ++i) {
        AIO_FAULT_POINT("log.append");
        if (CommitsFirst)
            s_log->count.store(i + 1);
        AIO_FAULT_POINT("log.copy");
        std::memcpy(s_log->entries[i], Text, sizeof Text);
        AIO_FAULT_POINT("log.commit");
        if (!CommitsFirst)
            s_log->count.store(i + 1);
        AIO_FAULT_POINT("log.done");
    }
}

void checkLog()
{
    for (unsigned i = 0; i < s_log->count.load(); ++i)
        HARNESS_CHECK(std::memcmp(s_log->entries[i], Text, sizeof Text) == 0);
}

// Nobody gives back what a dead process has taken.
void takeAndGiveBack()
{
    s_log->taken.store(true);
    AIO_FAULT_POINT("taken");
    s_log->taken.store(false);
    AIO_FAULT_POINT("given back");
}

void take()
{
    while (s_log->taken.load())
        ::usleep(1000);
}

void sleepForEver()
{
    s_log->count.store(0);
    for (;;)
        ::pause();
}

int s_failures = 0;

void expect(const char *what, const Result &result, bool found, unsigned atLeast)
{
    const bool ok = result.positions >= atLeast && (result.failures > 0) == found;
    s_failures += !ok;
    std::printf("%s: %s: %u positions, %u failures\n", ok ? "PASS" : "FAIL", what, result.positions, result.failures);
    std::fflush(stdout);
}

} // namespace

int main()
{
    const Scenario good{"good log", &makeLog, &append<false>, &checkLog, &checkLog};
    const Scenario bad{"log that commits first", &makeLog, &append<true>, &checkLog, &checkLog};
    const Scenario hanging{"lock that is never given back", &makeLog, &takeAndGiveBack, &take, {}};
    const Scenario unarmed{"victim that disarms", &makeLog, [] { append<false>(); aio_raw::rawfault_arm(nullptr); }, &checkLog, {}};
    const Scenario escaping{"victim that counts instead", &makeLog, [] { aio_raw::rawfault_arm("count"); append<false>(); }, &checkLog, {}};
    const Scenario pointless{"victim without points", &makeLog, [] {}, &checkLog, {}};
    const Scenario sleeping{"victim that sleeps", &makeLog, &sleepForEver, &checkLog, {}};

    expect("points of good code", harness::killAtEveryPoint(good), false, 16);
    expect("stops in good code", harness::stopAtEveryPoint(good), false, 16);
    expect("instructions of good code", harness::killAtEveryInstruction(good), false, 50);
    expect("instructions up to a sleep", harness::killAtEveryInstruction(sleeping, 5), false, 3);

    Scenario rescued = good;
    rescued.rescuer = &append<false>;
    expect("pairs of points of good code", harness::killTwice(rescued), false, 16 * 16);
    expect("some pairs of points of good code", harness::killTwice(rescued, 7), false, 16 * 16 / 7);

    harness::setVerbose(false);     // what follows fails on purpose
    rescued.rescuer = &append<true>;
    expect("pairs of points of a planted bug in the rescue", harness::killTwice(rescued), true, 16 * 16);
    expect("points of a planted bug", harness::killAtEveryPoint(bad), true, 16);
    expect("stops in a planted bug", harness::stopAtEveryPoint(bad), true, 16);
    expect("instructions of a planted bug", harness::killAtEveryInstruction(bad), true, 50);
    expect("a survivor that hangs", harness::killAtEveryPoint(hanging), true, 2);
    expect("a kill that does not happen", harness::killAtEveryPoint(escaping), true, 16);
    expect("no points at all", harness::killAtEveryPoint(unarmed), true, 0);
    expect("no points at all", harness::killAtEveryPoint(pointless), true, 0);
    return s_failures == 0 ? 0 : 1;
}
