// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// What every backend promises in the headers of src/platform, across real processes.

#include "platform/rawdoorbell.h"
#include "platform/rawguard.h"
#include "platform/rawprocess.h"
#include "platform/rawsleep.h"
#include "platform/rawsystem.h"
#include "platform/rawwatch.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <iterator>
#include <new>
#include <poll.h>
#include <string>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace aio_raw;

namespace {

constexpr Nanoseconds Millisecond = 1'000'000;

int s_failures = 0;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            std::fprintf(stderr, "FAIL: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
            ++s_failures; \
        } \
    } while (false)

class TemporaryHomes final : public Homes
{
public:
    TemporaryHomes()
    {
        char path[] = "/tmp/aio-backend-XXXXXX";
        m_path = ::mkdtemp(path);
    }
    ~TemporaryHomes() override { std::filesystem::remove_all(m_path); }
    std::string home(const std::uint8_t (&entry)[16]) noexcept override { return m_path + '/' + std::to_string(entry[0]); }

private:
    std::string m_path;
};

struct Entry
{
    std::uint8_t id[16] = {};
};

Entry newEntry(TemporaryHomes &homes)
{
    static std::uint8_t last = 0;
    Entry entry;
    entry.id[0] = ++last;
    ::mkdir(homes.home(entry.id).c_str(), 0700);
    return entry;
}

enum Show { LockOnly, All };

// What a process does when it comes: takes the lock of its home, and shows its life there.
void comeHome(TemporaryHomes &homes, const Entry &entry, Show show)
{
    const std::string home = homes.home(entry.id);
    const int lock = ::open((home + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0 || (show == All && !showLife(home, lock)))
        std::abort();
}

// A process that has a home, does something, and then waits to be killed.
class Inhabitant
{
public:
    explicit Inhabitant(TemporaryHomes &homes, Show show = All, const std::function<void()> &then = {}) : m_entry(newEntry(homes))
    {
        int ready[2];
        if (::pipe(ready) != 0)
            std::abort();
        m_pid = ::fork();
        if (m_pid == 0) {
            comeHome(homes, m_entry, show);
            if (then)
                then();
            const ProcessIdentity me = ownIdentity();
            [[maybe_unused]] const ssize_t written = ::write(ready[1], &me, sizeof me);
            for (;;)
                ::pause();
        }
        if (::read(ready[0], &m_identity, sizeof m_identity) != ssize_t(sizeof m_identity))
            std::abort();
        std::copy(std::begin(m_entry.id), std::end(m_entry.id), m_identity.entry);
        ::close(ready[0]);
        ::close(ready[1]);
    }
    ~Inhabitant()
    {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    Inhabitant(const Inhabitant &) = delete;

    // Not reaped: it is a zombie then.
    void kill()
    {
        ::kill(m_pid, SIGKILL);
        siginfo_t info;
        ::waitid(P_PID, id_t(m_pid), &info, WEXITED | WNOWAIT);
    }
    pid_t pid() const { return m_pid; }
    const ProcessIdentity &identity() const { return m_identity; }

private:
    Entry m_entry;
    pid_t m_pid = -1;
    ProcessIdentity m_identity;
};

// -- guards

class Fates final : public GuardHolders
{
public:
    bool hasEnded(std::uint32_t holder) const noexcept override { return holder == ended; }
    std::uint32_t ended = 0;
};

void guardPassesOnFromTheDead()
{
    auto *guard = new (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) RawGuard;
    Fates fates;
    guard->initialise();
    CHECK(guard->tryLock(1, fates) == RawGuard::Locked);
    std::thread([&] { CHECK(guard->tryLock(1, fates) == RawGuard::Busy); }).join();
    std::thread([&] { CHECK(guard->tryLock(2, fates) == RawGuard::Busy); }).join();
    guard->unlock(1);
    const pid_t child = ::fork();
    if (child == 0)
        std::_Exit(guard->tryLock(2, fates) == RawGuard::Locked ? 0 : 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    fates.ended = 2;
    CHECK(guard->tryLock(3, fates) == RawGuard::OwnerDied);
    std::thread([&] { CHECK(guard->tryLock(1, fates) == RawGuard::Busy); }).join();
    guard->unlock(3);
    CHECK(guard->tryLock(1, fates) == RawGuard::Locked);
    guard->unlock(1);
}

// -- doorbells

bool isReadable(int descriptor)
{
    pollfd entry{descriptor, POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
}

void ringIsHeardOnceAndNeverWaits()
{
    TemporaryHomes homes;
    const Entry entry = newEntry(homes);
    RawDoorbell bell;
    const unsigned number = newDoorbellNumber();
    CHECK(bell.open(homes.home(entry.id), number));
    CHECK(!isReadable(bell.descriptor()) && !bell.silence());
    bell.ring();
    CHECK(isReadable(bell.descriptor()));
    CHECK(bell.silence());
    CHECK(!isReadable(bell.descriptor()));
    const pid_t child = ::fork();
    if (child == 0) {
        RawRinger ringer(homes);
        for (int i = 0; i < 100'000; ++i)
            ringer.ring(1, entry.id, number);
        std::_Exit(0);
    }
    ::waitpid(child, nullptr, 0);
    CHECK(bell.silence());
    CHECK(!bell.silence());
    bell.close();
    CHECK(!std::filesystem::exists(doorbellPath(homes.home(entry.id), number)));
    RawRinger(homes).ring(1, entry.id, number);     // nobody is there
}

// -- sleep

void sleeperWakesOfTheWordOnly()
{
    TemporaryHomes homes;
    const Entry entry = newEntry(homes);
    std::atomic<std::uint32_t> word = 1;
    std::uint32_t number = 0;
    CHECK(RawSleep::prepare(homes, entry.id, number));
    CHECK(RawSleep::sleep(word, 0, Never, number));             // it is not 0
    for (const Nanoseconds time : {Nanoseconds(0), Millisecond / 2, 7 * Millisecond}) {
        const Nanoseconds deadline = now() + time;
        while (RawSleep::sleep(word, 1, deadline, number)) { }
        CHECK(now() >= deadline);
    }
    for (std::uint32_t round = 1; round < 500; ++round) {
        std::thread other([&] {
            word.store(round + 1);
            RawRinger ringer(homes);
            if (!RawSleep::wake(word))
                ringer.ring(1, entry.id, number);
        });
        while (word.load() == round)
            RawSleep::sleep(word, round, Never, number);
        other.join();
    }
}

// -- life and its end

void lifeIsSeenFromOutside()
{
    TemporaryHomes homes;
    Inhabitant process(homes);
    CHECK(lifeOf(process.identity(), homes) == Life::Lives);
    ::kill(process.pid(), SIGSTOP);
    ::waitpid(process.pid(), nullptr, WUNTRACED);
    CHECK(lifeOf(process.identity(), homes) == Life::Lives);
    process.kill();
    CHECK(lifeOf(process.identity(), homes) == Life::Ended);
}

// Until \a tag has ended, or nothing comes any more.
bool hearsOf(RawWatch &watch, RawWatch::Tag tag)
{
    for (;;) {
        watch.sleep();
        for (const RawWatch::Tag ended : watch.take().ended) {
            if (ended == tag)
                return true;
        }
    }
}

void endIsHeardOf()
{
    TemporaryHomes homes;
    const Entry entry = newEntry(homes);
    RawWatch watch;
    CHECK(watch.open(homes.home(entry.id)));
    Inhabitant process(homes);
    Inhabitant silent(homes, LockOnly);
    // a child without exec() that goes on must not keep its parent alive
    int hold[2];
    CHECK(::pipe(hold) == 0);
    Inhabitant parent(homes, All, [&] {
        if (::fork() == 0) {
            char byte;
            ::close(hold[1]);
            std::_Exit(int(::read(hold[0], &byte, 1)));
        }
    });
    Inhabitant forgotten(homes);
    CHECK(watch.add(1, process.identity(), homes) == RawWatch::Watching);
    CHECK(watch.add(2, silent.identity(), homes) == RawWatch::Watching);
    CHECK(watch.add(3, parent.identity(), homes) == RawWatch::Watching);
    CHECK(watch.add(4, forgotten.identity(), homes) == RawWatch::Watching);
    watch.remove(4);
    forgotten.kill();
    process.kill();
    CHECK(hearsOf(watch, 1));
    parent.kill();
    CHECK(hearsOf(watch, 3));
    ::close(hold[1]);
    silent.kill();
    CHECK(hearsOf(watch, 2));
    CHECK(watch.take().ended.empty());
    // who has ended before is heard of all the same
    CHECK(watch.add(5, process.identity(), homes) == RawWatch::HasEnded || hearsOf(watch, 5));
}

// Its number, but another beginning and another home.
void processWithTheNumberOfADeadOneIsAnother()
{
    TemporaryHomes homes;
    const Entry entry = newEntry(homes);
    RawWatch watch;
    CHECK(watch.open(homes.home(entry.id)));
    Inhabitant process(homes);
    ProcessIdentity dead = process.identity();
    {
        const Inhabitant before(homes);
        std::copy(std::begin(before.identity().entry), std::end(before.identity().entry), dead.entry);
    }
    dead.startTime -= dead.startTime ? 1 : 0;       // the generic backend has none
    CHECK(lifeOf(dead, homes) == Life::Ended);
    CHECK(watch.add(1, dead, homes) == RawWatch::HasEnded || hearsOf(watch, 1));
    CHECK(lifeOf(process.identity(), homes) == Life::Lives);
    CHECK(watch.add(2, process.identity(), homes) == RawWatch::Watching);
}

void arrivalsAreHeardOf()
{
    TemporaryHomes homes;
    const Entry entry = newEntry(homes);
    RawWatch watch;
    CHECK(watch.open(homes.home(entry.id)));
    std::thread other([&] { RawRinger(homes).ring(1, entry.id, ArrivalsDoorbell); });
    while (!watch.take().rung)
        watch.sleep();
    other.join();
}

} // namespace

int main()
{
    ::alarm(60);
    for (const auto &test : {&guardPassesOnFromTheDead, &ringIsHeardOnceAndNeverWaits, &sleeperWakesOfTheWordOnly, &lifeIsSeenFromOutside,
                             &endIsHeardOf, &processWithTheNumberOfADeadOneIsAnother, &arrivalsAreHeardOf})
        test();
    std::printf("backend %s: %d failures\n", backendName(backend()), s_failures);
    return s_failures ? 1 : 0;
}
