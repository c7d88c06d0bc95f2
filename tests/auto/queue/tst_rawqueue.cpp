// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT

// The ring and the memory below AioQueue, in one small arena: what a burst, a stopped process and a full arena do to it.

#include "rawworld.h"

#include "platform/rawfault.h"
#include "queue/rawring.h"
#include "sync/rawmemory.h"
#include "sync/rawrepair.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace world;

namespace {

int s_failures = 0;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            std::printf("%s:%d: %s\n", __func__, __LINE__, #condition); \
            ++s_failures; \
        } \
    } while (false)

struct Scene
{
    explicit Scene(std::uint64_t maxItems = 0) : queue(RawQueue::create(member.lot, maxItems)) { member.arena.publishCell(queue); }

    SharedSource source;
    Member member{source, "first"};
    Address queue;

    Cell &cell() { return *member.arena.at<Cell>(queue); }
    unsigned blocks()
    {
        unsigned count = 0;
        member.lot.slabs().sweep([&](std::uint64_t, Address) { return ++count > 0; });
        return count;
    }
};

// Keeps a large message, as one does who is stopped in the middle of it.
class Keep final : public RawQueue::Get
{
public:
    using Get::Get;

protected:
    bool receive(const char *, std::size_t, bool) noexcept override { return false; }
};

std::uint32_t got(Member &member, Address queue)
{
    GetNumber get(member.lot, queue);
    return get.attempt() && get.outcome() == RawQueue::Outcome::Done && !get.torn ? get.number : 0;
}

constexpr std::uint32_t Large = 3;      // numberMessage(): a message of this number lies in a block

void aBurstGivesItsMemoryBack()
{
    Scene scene;
    const unsigned before = scene.blocks();
    for (int round = 0; round < 3; ++round) {
        for (std::uint32_t i = 1; i <= 20'000; ++i)
            put(scene.member, scene.queue, i);
        for (std::uint32_t i = 1; i <= 20'000; ++i)
            CHECK(got(scene.member, scene.queue) == i);
    }
    CHECK(scene.blocks() <= before + 2);        // the chunk in use, and one for the next
}

void aStoppedReaderDelaysNobody()
{
    Scene scene(2);
    put(scene.member, scene.queue, Large);
    Keep stopped(scene.member.lot, scene.queue);
    CHECK(stopped.attempt() && stopped.isKeeping());
    for (std::uint32_t i = 1; i <= 3000; ++i) {
        char bytes[LargeMessage];
        RawQueue::Put operation(scene.member.lot, scene.queue, bytes, numberMessage(i, bytes));
        if (!operation.attempt() || got(scene.member, scene.queue) != i) {
            CHECK(!"the queue is stuck behind a stopped reader");
            break;
        }
    }
    stopped.finish();
    CHECK(RawQueue::size(scene.member.lot, scene.cell()) == 0);
}

void whatWasGivenBackComesFirst()
{
    Scene scene;
    for (std::uint32_t i : {3u, 4u, 5u, 6u})
        put(scene.member, scene.queue, i);
    {
        Keep kept(scene.member.lot, scene.queue);
        CHECK(kept.attempt());
        CHECK(got(scene.member, scene.queue) == 4);
    }
    CHECK(got(scene.member, scene.queue) == 3);
    CHECK(got(scene.member, scene.queue) == 5);
    CHECK(got(scene.member, scene.queue) == 6);
    CHECK(got(scene.member, scene.queue) == 0);
}

void shutDownWaitsForAReader()
{
    Scene scene;
    put(scene.member, scene.queue, Large);
    auto kept = std::make_unique<Keep>(scene.member.lot, scene.queue);
    CHECK(kept->attempt());
    RawQueue::shutDown(scene.member.lot, scene.cell(), scene.queue, false);
    GetNumber get(scene.member.lot, scene.queue);
    CHECK(!get.attempt());                      // it may come back
    kept.reset();
    CHECK(get.attempt() && get.outcome() == RawQueue::Outcome::Done && get.number == Large);
    GetNumber none(scene.member.lot, scene.queue);
    CHECK(none.attempt() && none.outcome() == RawQueue::Outcome::ShutDown);
}

#if defined(AIO_FAULT_POINTS)
// A producer that is stopped at \a point while the queue is shut down.
void shutDownMeets(const char *point, bool arrives)
{
    Scene scene;
    const pid_t child = ::fork();
    if (child == 0) {
        Member other(scene.source, "other");
        attach(other, scene.queue, Cell::Queue);
        rawfault_arm(point);
        ::_exit(put(other, scene.queue, 1) ? 1 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    CHECK(WIFSTOPPED(status));
    RawQueue::shutDown(scene.member.lot, scene.cell(), scene.queue, false);
    GetNumber get(scene.member.lot, scene.queue);
    CHECK(!get.attempt());
    ::kill(child, SIGCONT);
    ::waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == arrives);
    CHECK(get.attempt());
    CHECK(get.outcome() == (arrives ? RawQueue::Outcome::Done : RawQueue::Outcome::ShutDown));
}
#endif

void anItemIsNotPromisedToAStoppedProcessAlone()
{
    Scene scene;
    Member stopped(scene.source, "stopped");
    Member other(scene.source, "other");
    attach(stopped, scene.queue, Cell::Queue);
    attach(other, scene.queue, Cell::Queue);
    std::vector<std::unique_ptr<GetNumber>> gets;
    std::vector<std::unique_ptr<RawWait>> waits;
    const auto wait = [&](Member &member) {
        gets.push_back(std::make_unique<GetNumber>(member.lot, scene.queue));
        waits.push_back(std::make_unique<RawWait>(*gets.back(), member.nodes));
        CHECK(waits.back()->begin());
    };
    for (int i = 0; i < 100; ++i)
        wait(stopped);
    wait(other);
    put(scene.member, scene.queue, 7);
    const auto state = scene.member.arena.at<Node>(waits.back()->node())->state.load();
    CHECK((state & Node::PhaseMask) == Node::Invited);
    CHECK(waits.back()->poll() && gets.back()->number == 7);
}

void memoryGoesFromOneSizeToAnother()
{
    Scene scene;
    RawSlabs &slabs = scene.member.lot.slabs();
    const std::uint64_t mine = BlockOwner::process(scene.member.arena.self());
    for (const std::size_t bytes : std::initializer_list<std::size_t>{300, 20 << 20, 5000, 40 << 20, 100'000}) {
        std::vector<Block> blocks;
        for (;;) {
            const Block block = slabs.allocate(bytes, RawSlabs::payloadOf(bytes));
            if (!block.data)
                break;
            CHECK(slabs.find(block.address).owner == block.owner);
            block.data[0] = block.data[bytes - 1] = 1;
            blocks.push_back(block);
        }
        CHECK(blocks.size() * bytes > SegmentBytes / 3);
        for (const Block &block : blocks)
            CHECK(slabs.release(block, mine));
    }
    CHECK(slabs.couldFit(50 << 20));
    CHECK(!slabs.couldFit(60 << 20));
    CHECK(!slabs.couldFit(SegmentBytes));
}

void whoeverWaitsForMemoryGetsItInOrder()
{
    Scene scene;
    Member other(scene.source, "other");
    constexpr std::size_t Half = std::size_t(25) << 20;
    auto first = std::make_unique<RawMemory::Reserve>(scene.member.lot, Half);
    auto second = std::make_unique<RawMemory::Reserve>(scene.member.lot, Half);
    CHECK(first->attempt() && second->attempt());
    RawMemory::Reserve third(other.lot, Half);
    RawMemory::Reserve small(other.lot, 100);
    CHECK(!third.attempt());
    CHECK(small.attempt());                     // small ones do not wait for large ones
    RawMemory::Reserve impossible(other.lot, std::size_t(62) << 20);
    CHECK(impossible.attempt() && impossible.outcome() == RawMemory::Outcome::TooLarge);
    RawWait wait(third, other.nodes);
    CHECK(wait.begin() && !wait.poll());
    first.reset();
    RawMemory::Reserve late(scene.member.lot, Half);
    CHECK(!late.attempt());                     // others wait already
    CHECK(wait.poll() && third.outcome() == RawMemory::Outcome::Done);
}

// What a process had when it died is there for others, and those who wait hear of it.
void theMemoryOfTheDeadComesBack()
{
    Scene scene;
    const pid_t child = ::fork();
    if (child == 0) {
        Member other(scene.source, "other");
        while (other.lot.slabs().allocate(3'000'000, RawSlabs::LargePayload).data) { }
        while (other.lot.slabs().allocate(3'000, RawSlabs::SmallPayload).data) { }
        ::raise(SIGSTOP);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    RawMemory::Reserve large(scene.member.lot, 20 << 20);
    RawWait wait(large, scene.member.nodes);
    CHECK(!large.attempt() && wait.begin() && !wait.poll());
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    RawRepair::repairTheDead(scene.member.lot);
    const auto state = scene.member.arena.at<Node>(wait.node())->state.load();
    CHECK((state & Node::PhaseMask) == Node::Invited);
    CHECK(wait.poll() && large.outcome() == RawMemory::Outcome::Done);
}

// The time of a put does not depend on how much lies there already.
void aBacklogCostsNothing()
{
    Scene scene;
    const auto measure = [&] {
        Nanoseconds best = Never;
        for (int round = 0; round < 10; ++round) {
            const Nanoseconds start = now();
            for (std::uint32_t i = 0; i < 300; ++i)
                put(scene.member, scene.queue, Large);
            best = std::min(best, now() - start);
        }
        return best;
    };
    const Nanoseconds empty = measure();
    for (std::uint32_t i = 0; i < 30'000; ++i)
        put(scene.member, scene.queue, Large);
    CHECK(measure() < 10 * empty);
}

} // namespace

int main()
{
    aBurstGivesItsMemoryBack();
    aStoppedReaderDelaysNobody();
    whatWasGivenBackComesFirst();
    shutDownWaitsForAReader();
#if defined(AIO_FAULT_POINTS)
    shutDownMeets("queue.put.claimed:1:stop", false);
    shutDownMeets("queue.put.written:1:stop", true);
#endif
    anItemIsNotPromisedToAStoppedProcessAlone();
    memoryGoesFromOneSizeToAnother();
    whoeverWaitsForMemoryGetsItInOrder();
    theMemoryOfTheDeadComesBack();
    aBacklogCostsNothing();
    std::printf("%d failures\n", s_failures);
    return s_failures ? 1 : 0;
}
