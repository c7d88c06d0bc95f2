// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "pool_floors.h"

#include <csignal>
#include <new>
#include <sys/wait.h>
#include <unistd.h>

namespace Benchmark {

namespace {

constexpr std::uint64_t ringSize = 4096;
constexpr std::uint64_t mostItems = 1 << 20;

} // namespace

struct FloorPool::State
{
    struct Slot { std::atomic<std::uint64_t> sequence; std::uint64_t item; };

    alignas(64) std::atomic<std::uint64_t> head = 0;
    alignas(64) std::atomic<std::uint64_t> tail = 0;
    alignas(64) std::atomic<std::uint32_t> idle = 0;
    std::atomic<std::uint32_t> wake = 0;
    alignas(64) std::atomic<std::uint64_t> done = 0;
    alignas(64) std::atomic<std::uint64_t> target = ~std::uint64_t(0);
    std::atomic<std::uint32_t> parentSleeps = 0;
    Slot slots_[ringSize];
    std::uint64_t arguments[mostItems];
    std::uint64_t results[mostItems];

    bool pop(std::uint64_t &item)
    {
        for (;;) {
            std::uint64_t at = head.load(std::memory_order_relaxed);
            Slot &slot = slots_[at % ringSize];
            if (slot.sequence.load(std::memory_order_acquire) != at + 1)
                return false;
            if (head.compare_exchange_weak(at, at + 1)) {
                item = slot.item;
                slot.sequence.store(at + ringSize, std::memory_order_release);
                return true;
            }
        }
    }
};

FloorPool::FloorPool(int workers) : m_memory(sizeof(State)), m_state(new (m_memory.data()) State)
{
    for (std::uint64_t i = 0; i < ringSize; ++i)
        m_state->slots_[i].sequence = i;
    for (int i = 0; i < workers; ++i) {
        const pid_t child = ::fork();
        if (child == 0)
            work();
        m_workers.push_back(child);
    }
}

FloorPool::~FloorPool()
{
    for (const pid_t worker : m_workers)
        ::kill(worker, SIGKILL);
    for (const pid_t worker : m_workers)
        ::waitpid(worker, nullptr, 0);
}

void FloorPool::work()
{
    State &state = *m_state;
    for (;;) {
        std::uint64_t item = 0;
        bool got = state.pop(item);
        if (!got) {
            ++state.idle;
            while (!got) {
                const std::uint32_t seen = state.wake.load();
                std::atomic_thread_fence(std::memory_order_seq_cst);
                got = state.pop(item);
                if (!got)
                    futexWait(state.wake, seen);
            }
            --state.idle;
        }
        state.results[item] = state.arguments[item];
        if (++state.done >= state.target.load() && state.parentSleeps.exchange(0))
            futexWakeOne(state.parentSleeps);
    }
}

void FloorPool::wakeOne()
{
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (m_state->idle.load() > 0) {
        ++m_state->wake;
        futexWakeOne(m_state->wake);
    }
}

void FloorPool::push(quint64 item)
{
    State &state = *m_state;
    const std::uint64_t at = state.tail.load(std::memory_order_relaxed);
    State::Slot &slot = state.slots_[at % ringSize];
    while (slot.sequence.load(std::memory_order_acquire) != at) {
        wakeOne();
        ::usleep(0);
    }
    slot.item = item;
    state.tail.store(at + 1, std::memory_order_relaxed);
    slot.sequence.store(at + 1, std::memory_order_release);
}

void FloorPool::waitFor(quint64 count)
{
    State &state = *m_state;
    while (state.done.load() < count) {
        state.parentSleeps.store(1);
        state.target.store(count);
        if (state.done.load() >= count)
            break;
        futexWait(state.parentSleeps, 1);
    }
}

quint64 FloorPool::apply(quint64 value)
{
    m_state->arguments[0] = value;
    push(0);
    wakeOne();
    waitFor(++m_sent);
    return m_state->results[0];
}

std::vector<quint64> FloorPool::map(const std::vector<quint64> &values)
{
    std::copy(values.begin(), values.end(), m_state->arguments);
    for (quint64 i = 0; i < values.size(); ++i) {
        push(i);
        if (i % 16 == 0)
            wakeOne();
    }
    wakeOne();
    m_sent += values.size();
    waitFor(m_sent);
    return std::vector<quint64>(m_state->results, m_state->results + values.size());
}

} // namespace Benchmark
