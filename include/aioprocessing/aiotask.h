// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioresult.h>

#include <QCoro/QCoroTask>

#include <concepts>
#include <functional>
#include <stop_token>
#include <type_traits>

QT_BEGIN_NAMESPACE
class QObject;
class QThreadPool;
QT_END_NAMESPACE

/*
 * What this library adds to QCoro::Task: starting a task without awaiting it, awaiting one without being a coroutine,
 * errors as values, and waits that end with an object, a thread or the application.
 *
 * Facts of QCoro that matter here: a task runs from the moment it is called; dropping it stops nothing, but loses its
 * exception without a word (use spawn()); its result can be awaited once.
 */
namespace AioProcessing {

/*!
 * Runs \a task to its end without anybody awaiting it. Unlike a dropped task it is never silent: an exception that leaves
 * it is logged in the category aio.sync (as a warning; Cancelled as a debug message, since somebody asked for it) and then
 * handed to \a onError, on the thread on which the task ended. What is no AioException arrives as UnknownError, whose message
 * has the C++ type and the text of std::exception::what().
 *
 * \code
 * AioProcessing::spawn(queue.coro_put(78), [this](const AioError &error) { showError(error); });
 * \endcode
 */
template<class T>
void spawn(QCoro::Task<T> task, std::function<void(const AioError &)> onError = {});

/*!
 * Calls \a coroutineFunction and runs its task to the end, as above. The function object lives until then, so a lambda may
 * use its captures after a co_await, which it may not when it is called directly:
 *
 * \code
 * AioProcessing::spawn([this, name]() -> QCoro::Task<> {
 *     co_await m_event.coro_wait(AioProcessing::stopTokenFor(this));
 *     greet(name);
 * });
 * \endcode
 */
template<class F>
    requires std::invocable<F &> && requires { typename std::invoke_result_t<F &>::promise_type; }
void spawn(F coroutineFunction, std::function<void(const AioError &)> onError = {});

/*!
 * Waits for \a task in a local event loop and returns its result; a task that is done already is not waited for. Throws
 * what the task throws. For main(), tests and other code that is no coroutine; within a coroutine use co_await.
 *
 * When the thread's event loop is told to quit meanwhile (QCoreApplication::quit(), QThread::quit()), throws AioException
 * (Cancelled). The task goes on, and what it still brings is lost. Throws UsageError where there is no event loop to wait in.
 */
template<class T>
T waitBlocking(QCoro::Task<T> task);

/*! The outcome of \a task as a value: an AioException becomes AioResult::error(). Other exceptions stay exceptions. */
template<class T>
QCoro::Task<AioResult<T>> asResult(QCoro::Task<T> task);

/*!
 * The result of \a task, as long as \a context lives. When \a context is destroyed before, or is null, throws AioException
 * (Cancelled), so that the coroutine unwinds instead of going on with a dead \c this:
 *
 * \code
 * const QVariant reply = co_await AioProcessing::guarded(this, connection->coro_recv());
 * m_label->setText(reply.toString());    // this is alive
 * \endcode
 *
 * It resumes on the thread that called, from its event loop; \a context may belong to another thread. The task itself goes
 * on, and its late result or exception is dropped. To cancel the operation too, so that no item is consumed and no lock
 * taken, give it stopTokenFor(context).
 */
template<class T>
QCoro::Task<T> guarded(QObject *context, QCoro::Task<T> task);

/*!
 * Runs function(args...), which may block or compute for long, in the thread pool of the default context, and resumes the
 * caller with its result on the caller's thread, from its event loop. Function and arguments are copied or moved in; write
 * std::ref() for what outlives the call. An exception of the function arrives with its type.
 *
 * \code
 * const QByteArray hash = co_await AioProcessing::run(&hashOfFile, path);
 * \endcode
 *
 * Throws AioException: Cancelled when the thread or the application ends meanwhile (the function still runs to its end, its
 * result is dropped), or when the pool was cleared before the function ran; UsageError on a thread without event loop. A
 * dropped task stops nothing. With g++ 12, name a lambda with captures before the co_await expression.
 */
template<class F, class... A>
    requires std::invocable<std::decay_t<F>, std::decay_t<A>...>
QCoro::Task<std::decay_t<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>> run(F &&function, A &&...args);

/*!
 * A token that is stopped when \a context is destroyed; already stopped if it is null. A wait that it stops has no effect:
 *
 * \code
 * const QVariant item = co_await queue.coro_get(AioProcessing::stopTokenFor(this));
 * \endcode
 *
 * Any thread, while \a context lives. All tokens of one object share their state, so this is cheap to call in a loop.
 */
AIOPROCESSING_EXPORT std::stop_token stopTokenFor(QObject *context);

} // namespace AioProcessing

#include <aioprocessing/aiotask_impl.h>
