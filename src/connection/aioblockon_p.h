// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QDeadlineTimer>

#include <functional>
#include <poll.h>
#include <stop_token>
#include <vector>

namespace aio_detail {

/* Something to wait for in the calling thread, without an event loop. */
struct Blocking
{
    /* Does what can be done now. True: there is nothing more to wait for. */
    std::function<bool()> proceed;
    /* Adds what it waits for, and returns when it must go on whatever happens. */
    std::function<QDeadlineTimer(std::vector<pollfd> &)> prepare;
};

enum class BlockResult { Done, TimedOut, Stopped };

/* Waits for \a what until \a deadline or \a stop; at least once it proceeds, if it is not stopped before. */
BlockResult blockOn(const Blocking &what, const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation);

} // namespace aio_detail
