// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "platform/rawlifeline.h"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <pthread.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace aio_raw {
namespace {

void killAtEndOf(int lifeline) noexcept
{
    pollfd entry{lifeline, POLLIN, 0};
    while (::poll(&entry, 1, -1) <= 0) { }
    ::kill(::getpid(), SIGKILL);
}

} // namespace

bool armLifeline(int) noexcept
{
    return true;
}

bool holdLifeline(int lifeline) noexcept
{
    // signals belong to the application's threads
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    bool holds = true;
    try {
        std::thread(&killAtEndOf, lifeline).detach();
    } catch (const std::system_error &) {
        errno = EAGAIN;
        holds = false;
    }
    pthread_sigmask(SIG_SETMASK, &old, nullptr);
    return holds;
}

} // namespace aio_raw
