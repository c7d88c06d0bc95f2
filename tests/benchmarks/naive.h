// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QCoreApplication>
#include <QCoro/QCoroTask>
#include <QThreadPool>

#include <coroutine>
#include <optional>
#include <type_traits>

namespace Benchmark {

/* A call that a thread of \a pool makes; who awaits it is resumed by an event that this thread posts. */
template<class F>
class Dispatched
{
public:
    using Result = std::invoke_result_t<F &>;

    Dispatched(QThreadPool &pool, F call) : m_pool(pool), m_call(std::move(call)) {}
    Q_DISABLE_COPY_MOVE(Dispatched)

    class Awaiter
    {
    public:
        explicit Awaiter(Dispatched *call) : m_call(call) {}
        bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> coroutine) const { m_call->start(coroutine); }
        Result await_resume() const { return *m_call->m_result; }
    private:
        Dispatched *m_call;
    };
    Awaiter done() { return Awaiter(this); }

private:
    void start(std::coroutine_handle<> coroutine)
    {
        m_pool.start([this, coroutine] {
            m_result = m_call();
            QMetaObject::invokeMethod(QCoreApplication::instance(), [coroutine] { coroutine.resume(); }, Qt::QueuedConnection);
        });
    }

    QThreadPool &m_pool;
    F m_call;
    std::optional<Result> m_result;
};

/* What coroutine forms are without this library: the blocking call, dispatched to threads. Resumes in the main thread. */
template<class F>
QCoro::Task<std::invoke_result_t<F &>> naive(QThreadPool &pool, F blockingCall)
{
    Dispatched<F> call(pool, std::move(blockingCall));
    const auto result = co_await call.done();
    co_return result;
}

} // namespace Benchmark
