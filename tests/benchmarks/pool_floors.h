// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "sharedmemory.h"

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace Benchmark {

/* What the machine allows: forked processes that take tasks out of a ring in shared memory; who waits sleeps on a futex. */
class FloorPool
{
public:
    explicit FloorPool(int workers);
    ~FloorPool();
    Q_DISABLE_COPY_MOVE(FloorPool)

    quint64 apply(quint64 value);
    std::vector<quint64> map(const std::vector<quint64> &values);

private:
    struct State;
    [[noreturn]] void work();
    void push(quint64 first);
    void wakeOne();
    void waitFor(quint64 count);

    SharedMemory m_memory;
    State *m_state;
    std::vector<pid_t> m_workers;
    quint64 m_sent = 0;
};

} // namespace Benchmark
