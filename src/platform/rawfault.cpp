// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawfault.h"

#if defined(AIO_FAULT_POINTS)

#include "platform/rawsystem.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

// Nothing here allocates or locks: points lie in sections that hold guards, and in children between fork and exec.
namespace aio_raw {
namespace {

enum Action { None, Count, Kill, Stop, Exit, Abort, Sleep, Errno };

struct Plan
{
    Action action = None;
    char point[64] = {};        // empty: all
    unsigned from = 0;
    bool andAllThatFollow = false;
    int argument = 0;
};

Plan s_plan;
std::atomic<Action> s_action = None;        // of s_plan; None while that is written
std::atomic<unsigned> s_hits = 0;
char *s_report = nullptr;
unsigned s_reportSize = 0;

struct Counter
{
    std::atomic<const char *> point = nullptr;
    std::atomic<unsigned> hits = 0;
};
Counter s_counters[512];

// -- reading a spec

int errnoOf(const char *name) noexcept
{
    struct Named { const char *name; int number; };
    static constexpr Named names[] = {
        {"EACCES", EACCES}, {"EAGAIN", EAGAIN}, {"EBADF", EBADF}, {"ECONNREFUSED", ECONNREFUSED}, {"ECONNRESET", ECONNRESET},
        {"EEXIST", EEXIST}, {"EINTR", EINTR}, {"EINVAL", EINVAL}, {"EIO", EIO}, {"EMFILE", EMFILE}, {"ENFILE", ENFILE},
        {"ENOENT", ENOENT}, {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC}, {"EPERM", EPERM}, {"EPIPE", EPIPE}, {"EROFS", EROFS},
        {"ETIMEDOUT", ETIMEDOUT},
    };
    for (const Named &known : names) {
        if (std::strcmp(known.name, name) == 0)
            return known.number;
    }
    return std::atoi(name);
}

bool parseAction(const char *text, Plan &plan) noexcept
{
    const char *colon = std::strchr(text, ':');
    const std::size_t size = colon ? std::size_t(colon - text) : std::strlen(text);
    const char *argument = colon ? colon + 1 : "";
    struct Named { const char *name; Action action; };
    static constexpr Named names[] = {{"kill", Kill}, {"stop", Stop}, {"exit", Exit}, {"abort", Abort}, {"sleep", Sleep}, {"errno", Errno}};
    for (const Named &known : names) {
        if (std::strlen(known.name) == size && std::strncmp(known.name, text, size) == 0)
            plan.action = known.action;
    }
    plan.argument = plan.action == Errno ? errnoOf(argument) : std::atoi(argument);
    return plan.action != None && (plan.action != Errno || plan.argument > 0);
}

bool parse(const char *spec, Plan &plan) noexcept
{
    if (!spec || !*spec)
        return true;
    if (std::strcmp(spec, "count") == 0) {
        plan.action = Count;
        return true;
    }
    const char *colon = std::strchr(spec, ':');
    if (!colon || std::size_t(colon - spec) >= sizeof plan.point)
        return false;
    if (!(colon == spec + 1 && *spec == '*'))
        std::memcpy(plan.point, spec, std::size_t(colon - spec));
    char *end = nullptr;
    plan.from = unsigned(std::strtoul(colon + 1, &end, 10));
    if (*end == '+') {
        plan.andAllThatFollow = true;
        ++end;
    }
    return plan.from > 0 && *end == ':' && parseAction(end + 1, plan);
}

// -- hits

void countPoint(const char *point) noexcept
{
    for (Counter &counter : s_counters) {
        const char *known = counter.point.load(std::memory_order_acquire);
        if (!known && counter.point.compare_exchange_strong(known, point))
            known = point;
        if (known == point || std::strcmp(known, point) == 0) {
            ++counter.hits;
            return;
        }
    }
}

// Whether it is the turn of this hit.
bool isDue(const char *point) noexcept
{
    if (s_plan.point[0] && std::strcmp(s_plan.point, point) != 0)
        return false;
    const unsigned hit = ++s_hits;
    return hit == s_plan.from || (s_plan.andAllThatFollow && hit > s_plan.from);
}

void act(const char *point) noexcept
{
    if (s_report) {
        std::strncpy(s_report, point, s_reportSize - 1);
        s_report[s_reportSize - 1] = 0;
    }
    switch (s_plan.action) {
    case Kill:
        ::kill(::getpid(), SIGKILL);
        for (;;)
            ::pause();
    case Stop:
        ::kill(::getpid(), SIGSTOP);
        break;
    case Exit:
        ::_exit(s_plan.argument);
    case Abort:
        std::abort();
    case Sleep: {
        const timespec time = {s_plan.argument / 1000, (s_plan.argument % 1000) * 1'000'000L};
        ::nanosleep(&time, nullptr);
        break;
    }
    case None:
    case Count:
    case Errno:
        break;
    }
}

// -- begin and end of the process

void writeCounts() noexcept
{
    if (s_action.load() != Count)
        return;
    const char *file = std::getenv("AIO_FAULT_COUNT_FILE");
    const int descriptor = file ? ::open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : STDERR_FILENO;
    for (const Counter &counter : s_counters) {
        if (const char *point = counter.point.load(); point && counter.hits.load() > 0) {
            char line[128];
            const int size = std::snprintf(line, sizeof line, "%u %s\n", counter.hits.load(), point);
            [[maybe_unused]] const ssize_t written = ::write(descriptor, line, std::size_t(size));
        }
    }
    if (file)
        ::close(descriptor);
}

const bool s_started = [] {
    rawfault_reload();
    ::pthread_atfork(nullptr, nullptr, &rawfault_reload);
    std::atexit(&writeCounts);
    return true;
}();

} // namespace

void rawfault_hit(const char *point) noexcept
{
    const Action action = s_action.load(std::memory_order_acquire);
    if (action == None || action == Errno) [[likely]]
        return;
    if (action == Count) {
        ++s_hits;
        countPoint(point);
    } else if (isDue(point)) {
        act(point);
    }
}

int rawfault_errno(const char *point) noexcept
{
    if (s_action.load(std::memory_order_acquire) != Errno) {
        rawfault_hit(point);
        return 0;
    }
    if (!isDue(point))
        return 0;
    act(point);
    return s_plan.argument;
}

bool rawfault_arm(const char *spec) noexcept
{
    Plan plan;
    const bool ok = parse(spec, plan);
    s_action.store(None);
    s_hits.store(0);
    for (Counter &counter : s_counters)
        counter.hits.store(0);
    s_plan = ok ? plan : Plan();
    s_action.store(s_plan.action, std::memory_order_release);
    return ok;
}

void rawfault_reload() noexcept
{
    const char *spec = hasForeignPrivileges() ? nullptr : std::getenv("AIO_FAULT");
    if (!rawfault_arm(spec)) {
        constexpr char text[] = "AIO_FAULT is not \"<point|*>:<n>:<action>[:argument]\": no fault is armed\n";
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, sizeof text - 1);
    }
}

unsigned rawfault_hits() noexcept
{
    return s_hits.load();
}

void rawfault_report(char *buffer, unsigned size) noexcept
{
    s_report = buffer;
    s_reportSize = size;
}

} // namespace aio_raw

#endif
