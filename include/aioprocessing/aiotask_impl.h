// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

// Bodies of the templates of aiotask.h. Do not include this directly: include <AioProcessing/AioTask>.
//
// g++ 12 decides the shape of what follows: every coroutine declares a variable, no co_await stands in a condition, awaiters
// are plain pointers or movable, and nothing with a destructor is made inside a co_await expression.

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace aio_detail {

class Resumption;

/*!
 * A coroutine's wait to be resumed on its own thread, from that thread's event loop:
 *
 *   Wakeup wakeup("AioThing::doIt");
 *   startSomewhere(wakeup.trigger());      // calls the trigger when it is done, on any thread
 *   co_await wakeup.done();                // throws Cancelled when thread or application end before
 *
 * Lives in the coroutine's frame. The constructor throws UsageError on a thread without event loop, and Cancelled on one
 * whose event loop has ended.
 */
class AIOPROCESSING_EXPORT Wakeup
{
public:
    explicit Wakeup(const char *operation);
    ~Wakeup();
    Q_DISABLE_COPY_MOVE(Wakeup)

    /*! Completes the wait, whenever, on any thread, also when the wait is long over. The first call counts. */
    class AIOPROCESSING_EXPORT Trigger
    {
    public:
        explicit Trigger(std::shared_ptr<Resumption> resumption) : m_resumption(std::move(resumption)) {}
        void operator()() const noexcept;

    private:
        std::shared_ptr<Resumption> m_resumption;
    };
    Trigger trigger() const { return Trigger(m_resumption); }

    class Awaiter
    {
    public:
        explicit Awaiter(Wakeup *wakeup) : m_wakeup(wakeup) {}
        bool await_ready() const { return m_wakeup->isOver(); }
        void await_suspend(std::coroutine_handle<> coroutine) const { m_wakeup->suspend(coroutine); }
        void await_resume() const { m_wakeup->throwIfCancelled(); }

    private:
        Wakeup *m_wakeup;
    };
    Awaiter done() { return Awaiter(this); }

private:
    bool isOver() const;
    void suspend(std::coroutine_handle<> coroutine);
    void throwIfCancelled() const;

    const std::shared_ptr<Resumption> m_resumption;
    const char *const m_operation;
};

/*! In a catch (...) of a spawned task: the error of the exception, after it was logged. */
AIOPROCESSING_EXPORT AioError reportSpawned() noexcept;
/*! Calls \a onError; an exception of it is logged and goes no further. */
AIOPROCESSING_EXPORT void callErrorHandler(const std::function<void(const AioError &)> &onError, const AioError &error) noexcept;

/*! The event loop of a blocking wait. */
class AIOPROCESSING_EXPORT LocalLoop
{
public:
    LocalLoop();
    ~LocalLoop();
    Q_DISABLE_COPY_MOVE(LocalLoop)

    /*! A function that ends exec(), on any thread; it does nothing when exec() has returned. */
    std::function<void()> finisher() const;
    /*! Runs until the finisher is called. Throws Cancelled if the thread's loops were told to quit before. */
    void exec();

private:
    struct State;
    const std::shared_ptr<State> m_state;
};

/*! Awaits the end of a task, but neither takes its result nor throws its exception. */
template<class T>
class EndOf
{
public:
    explicit EndOf(const QCoro::Task<T> &task) : m_awaiter(task.operator co_await()) {}
    bool await_ready() const noexcept { return m_awaiter.await_ready(); }
    void await_suspend(std::coroutine_handle<> coroutine) { m_awaiter.await_suspend(coroutine); }
    void await_resume() const noexcept {}

private:
    decltype(std::declval<const QCoro::Task<T> &>().operator co_await()) m_awaiter;
};

/*! Calls \a callback when \a task has ended. The task may be dropped before. */
template<class T, class Callback>
QCoro::Task<> callAtEndOf(const QCoro::Task<T> &task, Callback callback)
{
    EndOf<T> end(task);
    co_await end;
    callback();
}

/*! The result of a task that is done. */
template<class T>
T resultOf(const QCoro::Task<T> &task)
{
    auto awaiter = task.operator co_await();
    return awaiter.await_resume();
}

template<class T>
QCoro::Task<> superviseTask(QCoro::Task<T> task, std::function<void(const AioError &)> onError)
{
    AioError error;
    try {
        co_await task;
    } catch (...) {
        error = reportSpawned();
    }
    if (error)
        callErrorHandler(onError, error);
}

template<class F>
QCoro::Task<> superviseFunction(F coroutineFunction, std::function<void(const AioError &)> onError)
{
    AioError error;
    try {
        auto task = coroutineFunction();
        co_await task;
    } catch (...) {
        error = reportSpawned();
    }
    if (error)
        callErrorHandler(onError, error);
}

/*! A function call that a pool runs, and what came of it. */
class AIOPROCESSING_EXPORT Job
{
public:
    Job() = default;
    virtual ~Job();
    Q_DISABLE_COPY_MOVE(Job)

    /*! On a thread of the pool. */
    void run() noexcept;
    /*! Throws what the function threw, or Cancelled if it never ran. */
    void requireResult() const;

protected:
    /*! Calls the function, keeps its result, and lets go of function and arguments. */
    virtual void call() = 0;

private:
    std::exception_ptr m_exception;
    bool m_ran = false;
};

/*! Has \a job run by \a pool, by default that of the default context. Calls \a done when it ran, or when the pool has let go of it. */
AIOPROCESSING_EXPORT void startInPool(std::shared_ptr<Job> job, Wakeup::Trigger done, QThreadPool *pool = nullptr);

template<class R>
class ResultJob : public Job
{
public:
    R takeResult()
    {
        requireResult();
        return std::move(*m_result);
    }

protected:
    std::optional<R> m_result;
};

template<>
class ResultJob<void> : public Job
{
public:
    void takeResult() const { requireResult(); }
};

template<class R, class F, class... A>
class FunctionJob final : public ResultJob<R>
{
public:
    template<class... G>
    explicit FunctionJob(G &&...call) : m_call(std::in_place, std::forward<G>(call)...) {}

private:
    void call() override
    {
        const auto invoke = [](F &function, A &...args) -> decltype(auto) {
            return std::invoke(std::move(function), std::move(args)...);
        };
        struct Release { std::optional<std::tuple<F, A...>> &call; ~Release() { call.reset(); } } release{m_call};
        if constexpr (std::is_void_v<R>)
            std::apply(invoke, *m_call);
        else
            this->m_result.emplace(std::apply(invoke, *m_call));
    }

    std::optional<std::tuple<F, A...>> m_call;
};

template<class R>
QCoro::Task<R> resultOfJob(std::shared_ptr<ResultJob<R>> job, QThreadPool *pool = nullptr)
{
    Wakeup wakeup("AioProcessing::run");
    startInPool(job, wakeup.trigger(), pool);
    co_await wakeup.done();
    co_return job->takeResult();
}

/*! Throws the Cancelled of guarded(). */
[[noreturn]] AIOPROCESSING_EXPORT void throwContextGone();

} // namespace aio_detail

namespace AioProcessing {

template<class T>
void spawn(QCoro::Task<T> task, std::function<void(const AioError &)> onError)
{
    aio_detail::superviseTask(std::move(task), std::move(onError));
}

template<class F>
    requires std::invocable<F &> && requires { typename std::invoke_result_t<F &>::promise_type; }
void spawn(F coroutineFunction, std::function<void(const AioError &)> onError)
{
    aio_detail::superviseFunction(std::move(coroutineFunction), std::move(onError));
}

template<class T>
T waitBlocking(QCoro::Task<T> task)
{
    if (!task.isReady()) {
        aio_detail::LocalLoop loop;
        aio_detail::callAtEndOf(task, loop.finisher());
        loop.exec();
    }
    return aio_detail::resultOf(task);
}

template<class T>
QCoro::Task<AioResult<T>> asResult(QCoro::Task<T> task)
{
    AioError error;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await task;
            co_return AioResult<void>();
        } else {
            T value = co_await task;
            co_return AioResult<T>(std::move(value));
        }
    } catch (const AioException &e) {
        error = e.error();
    }
    co_return AioResult<T>(error);
}

template<class T>
QCoro::Task<T> guarded(QObject *context, QCoro::Task<T> task)
{
    const std::stop_token contextGone = stopTokenFor(context);
    if (!contextGone.stop_requested() && !task.isReady()) {
        aio_detail::Wakeup wakeup("AioProcessing::guarded");
        const std::stop_callback wakeWhenGone(contextGone, wakeup.trigger());
        aio_detail::callAtEndOf(task, wakeup.trigger());
        co_await wakeup.done();
    }
    if (contextGone.stop_requested())
        aio_detail::throwContextGone();
    co_return co_await task;
}

template<class F, class... A>
    requires std::invocable<std::decay_t<F>, std::decay_t<A>...>
QCoro::Task<std::decay_t<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>> run(F &&function, A &&...args)
{
    using R = std::decay_t<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>;
    using Call = aio_detail::FunctionJob<R, std::decay_t<F>, std::decay_t<A>...>;
    // no coroutine itself: everything is taken over before this returns
    return aio_detail::resultOfJob<R>(std::make_shared<Call>(std::forward<F>(function), std::forward<A>(args)...));
}

} // namespace AioProcessing
