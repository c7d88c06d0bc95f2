// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "processstate.h"

#include "inventory.h"

#include <QCoro/QCoroTimer>

#include <algorithm>
#include <chrono>
#include <csignal>

using namespace std::chrono_literals;

namespace AioTest {
namespace {

QCoro::Task<> untilAllThreadsAre(char state, qint64 pid)
{
    const auto is = [state](char other) { return other == state; };
    for (;;) {
        const QByteArray states = threadStates(pid);
        if (!states.isEmpty() && std::all_of(states.cbegin(), states.cend(), is))
            break;
        co_await QCoro::sleepFor(1ms);
    }
}

} // namespace

QCoro::Task<> untilStopped(qint64 pid)
{
    return untilAllThreadsAre('T', pid);
}

QCoro::Task<> stopAsleep(qint64 pid)
{
    co_await untilAllThreadsAre('S', pid);
    ::kill(pid_t(pid), SIGSTOP);
    co_await untilStopped(pid);
}

} // namespace AioTest
