// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "processstate.h"

#include "inventory.h"

#include <QCoro/QCoroTimer>

#include <algorithm>
#include <chrono>
#include <csignal>

namespace AioTest {

QCoro::Task<> stopAsleep(qint64 pid)
{
    using namespace std::chrono_literals;
    for (;;) {
        const QByteArray states = threadStates(pid);
        if (!states.isEmpty() && std::all_of(states.cbegin(), states.cend(), [](char state) { return state == 'S'; }))
            break;
        co_await QCoro::sleepFor(1ms);
    }
    ::kill(pid_t(pid), SIGSTOP);
}

} // namespace AioTest
