// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioprocess.h>

#include "process/aiochild_p.h"

#include <chrono>
#include <memory>

namespace aio_detail {

/*
 * Keeps the list behind AioProcessing::activeChildren(), and sees to it that the end of the application terminates the
 * daemons in it and waits for the other workers.
 */
void addChild(AioProcess *process);
void removeChild(AioProcess *process);

/*
 * Ends a process whose AioProcess is being destroyed, as \a policy says. What cannot end at once is looked after in the event
 * loop of this thread, where there is one; \a lifeline (or -1) is closed when the process has ended. \a grace is what it gets
 * between SIGTERM and SIGKILL.
 */
void abandon(std::unique_ptr<Child> child, int lifeline, AioProcess::OnDestroy policy, std::chrono::milliseconds grace);

} // namespace aio_detail
