// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "losttime.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

namespace AioTest {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Machine
{
    std::atomic<qint64> paused;         // ns
    std::atomic<qint64> lastLook;       // when, by the clock of all processes
};
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

void watch()
{
    constexpr qint64 Pause = 5'000'000;
    constexpr qint64 Noise = 5'000'000;
    const int schedstat = openSchedstat();
    qint64 last = now();
    qint64 waited = waitedForProcessor(schedstat);
    for (;;) {
        std::this_thread::sleep_for(std::chrono::nanoseconds(Pause));
        const qint64 time = now();
        const qint64 hasWaited = waitedForProcessor(schedstat);
        const qint64 missing = (time - last) - Pause - (hasWaited - waited);
        if (missing > Noise)
            s_machine->paused += missing;
        s_machine->lastLook = last = time;
        waited = hasWaited;
    }
}

} // namespace

LostTime::LostTime() : m_schedstat(openSchedstat()) { }

LostTime::~LostTime()
{
    ::close(m_schedstat);
}

qint64 LostTime::total() const
{
    return waitedForProcessor(m_schedstat) + (s_machine ? s_machine->paused.load() : 0);
}

qint64 LostTime::exactTotal() const
{
    const qint64 begin = now();
    while (s_machine && s_machine->lastLook <= begin && now() - begin < 500'000'000)
        std::this_thread::sleep_for(1ms);
    return total();
}

void prepareToWatchMachine()
{
    void *shared = ::mmap(nullptr, sizeof(Machine), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared != MAP_FAILED)
        s_machine = new (shared) Machine{};
}

void watchMachine()
{
    if (s_machine)
        std::thread(&watch).detach();
}

} // namespace AioTest
