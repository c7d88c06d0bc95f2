// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "watchdog.h"

#include "timescale.h"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <execinfo.h>
#include <map>
#include <mutex>
#include <pthread.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

// -- backtraces of all threads: each prints its own in a signal handler, one after the other

const int PrintSignal = SIGRTMIN + 3;
std::atomic<int> s_printed = 0;

void printBacktrace(int)
{
    void *frames[64];
    const int count = backtrace(frames, 64);
    backtrace_symbols_fd(frames, count, STDERR_FILENO);
    ++s_printed;
}

void printThread(int thread)
{
    const int before = s_printed;
    std::fprintf(stderr, "-- thread %d\n", thread);
    if (::syscall(SYS_tgkill, getpid(), thread, PrintSignal) != 0)
        return;
    for (int patience = 200; s_printed == before && patience > 0; --patience)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

[[noreturn]] void bark(const char *what, double seconds)
{
    std::fprintf(stderr, "\nWATCHDOG: %s is not done after %.1f s\n", what, seconds);
    struct sigaction action = {};
    action.sa_handler = &printBacktrace;
    action.sa_flags = SA_RESTART;
    sigaction(PrintSignal, &action, nullptr);
    if (DIR *tasks = opendir("/proc/self/task")) {
        while (const dirent *task = readdir(tasks)) {
            const int thread = std::atoi(task->d_name);
            if (thread > 0 && thread != gettid())
                printThread(thread);
        }
        closedir(tasks);
    }
    std::abort();
}

// -- the thread that waits for the earliest of all limits

struct Entry
{
    const char *what;
    Clock::time_point end;
    double seconds;
};

class Kennel
{
public:
    static Kennel &instance()
    {
        static auto *kennel = new Kennel;       // never destroyed: its thread runs until the very end
        return *kennel;
    }

    int add(const Entry &entry)
    {
        const std::lock_guard lock(m_mutex);
        m_entries[++m_lastId] = entry;
        m_changed.notify_one();
        return m_lastId;
    }

    void remove(int id)
    {
        const std::lock_guard lock(m_mutex);
        m_entries.erase(id);
        m_changed.notify_one();
    }

private:
    Kennel()
    {
        void *frame;
        backtrace(&frame, 1);       // loads what it needs now, not in a signal handler
        std::thread([this] { watch(); }).detach();
    }

    void watch()
    {
        pthread_setname_np(pthread_self(), "aio-watchdog");
        std::unique_lock lock(m_mutex);
        for (;;) {
            const auto now = Clock::now();
            auto next = now + std::chrono::hours(1);
            for (const auto &[id, entry] : m_entries) {
                if (entry.end <= now)
                    bark(entry.what, entry.seconds);
                next = std::min(next, entry.end);
            }
            m_changed.wait_until(lock, next);
        }
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::map<int, Entry> m_entries;
    int m_lastId = 0;
};

Entry makeEntry(const char *what, std::chrono::milliseconds limit)
{
    return Entry{what, Clock::now() + limit, double(limit.count()) / 1000};
}

} // namespace

Watchdog::Watchdog(const char *what, std::chrono::milliseconds limit)
    : m_id(Kennel::instance().add(makeEntry(what, AioTest::scaled(limit))))
{
}

Watchdog::~Watchdog()
{
    Kennel::instance().remove(m_id);
}
