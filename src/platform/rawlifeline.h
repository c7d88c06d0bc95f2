// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

/*
 * A worker's lifeline is a socket whose other end its parent has: when that closes, however the parent ended, the worker is killed.
 */
namespace aio_raw {

/*
 * Before exec, in the worker-to-be. Async-signal-safe. On Linux the kernel kills from here on (SIGKILL, so also a worker that
 * computes, blocks signals or is stopped): that is a property of the open file, so it stays through exec. False with errno set.
 */
bool armLifeline(int lifeline) noexcept;

/*
 * The same when the program runs. In the generic backend a thread of the worker kills it, which is not heard while it is stopped.
 * False with errno set.
 */
bool holdLifeline(int lifeline) noexcept;

} // namespace aio_raw
