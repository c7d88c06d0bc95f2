// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "losttime.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <iterator>
#include <sched.h>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace AioTest {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// One of the machine's processors: on virtual machines each may stand still alone.
struct Processor
{
    std::atomic<qint64> paused;         // ns
    std::atomic<qint64> lastLook;       // when, by the clock of all processes; 0: nobody watches it
};
constexpr int MaxProcessors = 64;
using Machine = Processor[MaxProcessors];
Machine *s_machine = nullptr;           // null: nobody watches

qint64 now()
{
    return std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
}

// /proc/thread-self/schedstat: time on the processor, time waiting for it (ns), turns. 0 where the kernel has none.
qint64 waitedForProcessor(int schedstat)
{
    char text[96] = {};
    if (::pread(schedstat, text, sizeof text - 1, 0) <= 0)
        return 0;
    const char *second = std::strchr(text, ' ');
    return second ? std::strtoll(second, nullptr, 10) : 0;
}

int openSchedstat()
{
    return ::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

void watch(int number)
{
    constexpr qint64 Pause = 5'000'000;
    constexpr qint64 Noise = 5'000'000;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(number, &only);
    if (::sched_setaffinity(0, sizeof only, &only) != 0)
        return;         // not for us
    Processor &processor = (*s_machine)[number];
    const int schedstat = openSchedstat();
    qint64 last = now();
    qint64 waited = waitedForProcessor(schedstat);
    for (;;) {
        std::this_thread::sleep_for(std::chrono::nanoseconds(Pause));
        const qint64 time = now();
        const qint64 hasWaited = waitedForProcessor(schedstat);
        const qint64 missing = (time - last) - Pause - (hasWaited - waited);
        if (missing > Noise)
            processor.paused += missing;
        processor.lastLook = last = time;
        waited = hasWaited;
    }
}

// Whether nobody has looked at a processor since \a time.
bool someoneSleepsSince(qint64 time)
{
    return s_machine && std::any_of(std::begin(*s_machine), std::end(*s_machine), [time](const Processor &processor) {
        return processor.lastLook != 0 && processor.lastLook <= time;
    });
}

} // namespace

LostTime::LostTime() : m_schedstat(openSchedstat()) { }

LostTime::~LostTime()
{
    ::close(m_schedstat);
}

qint64 LostTime::total() const
{
    qint64 paused = 0;      // of all, since nobody knows on which of them the thread would have run
    if (s_machine) {
        for (const Processor &processor : *s_machine)
            paused += processor.paused;
    }
    return waitedForProcessor(m_schedstat) + paused;
}

qint64 LostTime::exactTotal() const
{
    const qint64 begin = now();
    while (someoneSleepsSince(begin) && now() - begin < 500'000'000)
        std::this_thread::sleep_for(1ms);
    return total();
}

void prepareToWatchMachine()
{
    void *shared = ::mmap(nullptr, sizeof(Machine), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared != MAP_FAILED)
        s_machine = static_cast<Machine *>(shared);     // zeros
}

void watchMachine()
{
    const int count = s_machine ? std::min(int(std::thread::hardware_concurrency()), MaxProcessors) : 0;
    for (int number = 0; number < count; ++number)
        std::thread(&watch, number).detach();
}

} // namespace AioTest
