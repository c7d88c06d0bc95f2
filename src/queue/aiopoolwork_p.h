// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "queue/aioqueue_p.h"
#include "queue/aioreceive_p.h"

#include <aioprocessing/aiocontext.h>
#include <aioprocessing/aiotask.h>

#include <QThreadPool>

namespace aio_detail {

/* The result of \a work, which the thread pool of \a context does. */
template<class R, class F>
QCoro::Task<R> inPool(AioContext &context, F work)
{
    return resultOfJob<R>(std::make_shared<FunctionJob<R, F>>(std::move(work)), context.threadPool());
}

/*
 * Reads there what an operation has kept: `co_await reading.done()`, then finish(). Lives in the coroutine's frame; if that is destroyed
 * meanwhile, the message goes back to the queue when the pool is through with it.
 */
class PoolReading
{
public:
    PoolReading(const QueueCall &call, Receive &operation)
        : m_wakeup(call.name()), m_operation(operation), m_pool(call.context().threadPool()),
          m_kept(std::make_shared<Receive>(operation, call.cell()))
    {
        const auto reading = [kept = m_kept] { kept->decode(); };
        m_job = std::make_shared<FunctionJob<void, std::remove_const_t<decltype(reading)>>>(reading);
        startInPool(m_job, m_wakeup.trigger(), m_pool);
    }

    Wakeup::Awaiter done() { return m_wakeup.done(); }
    /* The message is out of shared memory, and in the operation. */
    void finish()
    {
        m_job->takeResult();
        if (m_kept->size() <= aio_raw::LargestBlock) {
            m_kept->finish();
        } else {
            // giving that much back to the system takes a while, too; in the pool, or when it is cleared
            m_pool->start([finishing = std::shared_ptr<void>(nullptr, [kept = m_kept](void *) { kept->finish(); })] { });
        }
        m_operation.value = std::move(m_kept->value);
        m_operation.error = m_kept->error;
    }

private:
    Wakeup m_wakeup;
    Receive &m_operation;
    QThreadPool *const m_pool;
    const std::shared_ptr<Receive> m_kept;
    std::shared_ptr<ResultJob<void>> m_job;
};

} // namespace aio_detail
