// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/aioreceive_p.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiotask.h>

namespace aio_detail {

/* The result of \a work, which the thread pool of \a context does. */
template<class R, class F>
QCoro::Task<R> inPool(AioContext &context, F work)
{
    return resultOfJob<R>(std::make_shared<FunctionJob<R, F>>(std::move(work)), context.threadPool());
}

/*
 * Reads there what \a kept has kept. If the coroutine that waits for this is destroyed meanwhile, the message goes back to the queue
 * when the pool is through with it.
 */
inline QCoro::Task<void> readInPool(AioContext &context, std::shared_ptr<Receive> kept)
{
    const auto reading = [kept] { kept->decode(); };
    co_await inPool<void>(context, reading);
    kept->finish();
}

} // namespace aio_detail
