// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiobound.h>
#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiohandle.h>
#include <aioprocessing/aiopoolarguments_impl.h>
#include <aioprocessing/aiopoolreply_impl.h>
#include <aioprocessing/aiopoolstats.h>
#include <aioprocessing/aioprocess.h>
#include <aioprocessing/aiotaskcontext.h>
#include <aioprocessing/aiotaskinfo.h>

#include <QCoro/QCoroAsyncGenerator>
#include <QCoro/QCoroGenerator>
#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QFuture>
#include <QObject>

#include <chrono>
#include <initializer_list>
#include <memory>
#include <stop_token>

class AioPoolPrivate;
namespace aio_detail { class RemoteBackend; }

/*!
 * \class AioPool
 * \brief Worker processes that run functions: each task on a free one, as many at a time as there are workers.
 *
 * \code
 * AioPool pool;                                                          // a worker for each CPU
 * const QImage small = co_await pool.coro_apply<&scaled>(file, 256);     // one task
 * const QList<int> lengths = co_await pool.coro_map<&lengthOf>(files);   // one for each item, results in order
 * QCORO_FOREACH(const int n, pool.coro_imapUnordered<&lengthOf>(files))  // results as they come
 * \endcode
 *
 * Every form takes the function as template argument, and arguments and results are checked when it is compiled; or an AioCall, whose
 * options count (withTimeout() and its like); or, for QML and Python peers, a registered name. Each form waits in its own way: apply()
 * blocks the calling thread, coro_apply() is awaited, applyAsync() gives a QFuture (cancel(), progress, then()). submit() and the
 * signals are the fourth. Functions whose parameters and result are numbers, or marked AIO_DECLARE_RAW, go without QVariant: a map
 * over such is several times faster.
 *
 * Workers start when there is something to do, and stay: static variables of a worker live from task to task. They are forked by the
 * fork server where there is one (see AioContext::ForkServer), else spawned. chunkSize says how many items of a map travel
 * together, 0: a quarter of a worker's share. It changes the cost, nothing else: each item is a task of its own.
 *
 * Guarantees: a task is begun once, whatever dies, unless its call says withRetries(). The task of a worker that dies fails alone, with
 * WorkerLost, which says how it died; what the worker had not begun goes to others, first in line. A task that failed by killing
 * three workers is not tried again whatever its retries. Workers are replaced; when five in ten seconds die without having
 * begun a task (their initializer may throw), the pool is broken and everything pending fails with BrokenPool. terminate(), and the
 * destructor, end what is pending with Cancelled. Tasks of equal priority begin in the order of submission.
 *
 * Cancelling, by stop token, QFuture::cancel() or cancel(), ends a task at once for who waits. If it has begun, its worker is killed; a
 * function with an AioTaskContext is asked first and has cancelGrace() to return. Other tasks do not notice.
 *
 * Threads and lifetime: submitting, waiting and cancelling may be done on any thread; signals are emitted on the pool's own, from its
 * event loop. A thread of the pool does the work behind it, so no event loop is needed to block, and none is loaded; a continuation
 * that QFuture::then() runs there must not block on the pool (UsageError). A coroutine resumes on the thread that called. At the latest
 * the pool is terminated with the application object.
 *
 * Errors, thrown or in the QFuture: what the task threw (RemoteError with type and text, or the AioError of an AioException),
 * WorkerLost, TimedOut, Cancelled, BrokenPool, Closed (after close()), NotFound (no such function), TypeMismatch, Unserializable (of
 * an argument or a result), UsageError. Of a map the error of the first item that failed, when all are done.
 *
 * The pool of a manager (AioManager::createPool()) is used in the same way. Its workers are those of the server's machine and program, which has to
 * know the functions; settings are those of all who use it, close() and terminate() end the tasks of this object only, and when the manager
 * dies the pool is broken with PeerDied. Arguments of a task, and results of a chunk, have up to 32 MiB.
 *
 * Of a QFuture whose task may fail, ask waitForFinished() before result(): Qt's result() may miss an exception that comes just then.
 *
 * Python: multiprocessing.Pool, concurrent.futures.ProcessPoolExecutor, aioprocessing.AioPool. Unlike there, tasks of dead workers
 * end; a map with a chunkSize less than 0 is a UsageError; callbacks are signals or continuations.
 *
 * \sa AioTaskContext, AioProcess
 */
class AIOPROCESSING_EXPORT AioPool : public QObject
{
    Q_OBJECT
    Q_PROPERTY(int processes READ processes WRITE setProcesses NOTIFY processesChanged)
    Q_PROPERTY(int activeWorkers READ activeWorkers NOTIFY activeWorkersChanged)
    Q_PROPERTY(qint64 pendingTasks READ pendingTasks NOTIFY tasksChanged)
    Q_PROPERTY(qint64 runningTasks READ runningTasks NOTIFY tasksChanged)
    Q_PROPERTY(qint64 completedTasks READ completedTasks NOTIFY tasksChanged)
    Q_PROPERTY(qint64 failedTasks READ failedTasks NOTIFY tasksChanged)
    Q_PROPERTY(double progress READ progress NOTIFY tasksChanged)
    Q_PROPERTY(bool running READ isRunning NOTIFY runningChanged)
    template<auto F>
    using ResultList = typename aio_detail::ListOf<aio_detail::Result<F>>::Type;

public:
    /*! A pool with a worker for each CPU that this process may use. */
    explicit AioPool(QObject *parent = nullptr);
    /*! A pool with up to \a processes workers. Throws UsageError for less than 1. */
    explicit AioPool(int processes, QObject *parent = nullptr);
    /*! \internal */
    explicit AioPool(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    /*! terminate(), with a warning when there was something pending. Blocks for as long as it takes to kill the workers. */
    ~AioPool() override;

    /*! Of a pool of a manager; null for others. */
    AioHandle handle() const;

    // -- settings; those for workers count for the ones that start from now on
    int processes() const;
    /*! More workers start when there is something for them; of too many those that are idle end, others when their task is done. */
    void setProcesses(int processes);
    /*! Called in each worker before its first task. When it throws the worker ends. */
    void setInitializer(const AioCall &initializer);
    /*! A worker that has begun so many tasks ends after them. Throws UsageError for less than 1. */
    void setMaxTasksPerChild(int count);
    /*! A worker with more resident memory than this ends after its task. Throws UsageError for less than 1. */
    void setMaxMemoryPerChild(qint64 bytes);
    /*! A worker that was idle for so long ends; less than 0, the default: idle workers stay. */
    void setIdleTimeout(std::chrono::milliseconds time);
    /*! How long a cancelled task with an AioTaskContext has to return, before its worker is killed; a second by default. */
    std::chrono::milliseconds cancelGrace() const;
    void setCancelGrace(std::chrono::milliseconds time);

    // -- one task
    /*! Runs F(args...) in a worker and returns its result. Blocks the calling thread, which needs no event loop. */
    template<auto F, class... A>
    aio_detail::Result<F> apply(A &&...args);
    template<auto F, class... A>
    QCoro::Task<aio_detail::Result<F>> coro_apply(A &&...args);
    template<auto F, class... A>
        requires(aio_detail::UnsafeTemporary<A &&> || ...)
    AIO_NAME_IT_FIRST QCoro::Task<aio_detail::Result<F>> coro_apply(A &&...args);
    template<auto F, class... A>
    QFuture<aio_detail::Result<F>> applyAsync(A &&...args);

    template<class R>
    R apply(const AioTypedCall<R> &call, std::stop_token stop = {});
    template<class R>
    QCoro::Task<R> coro_apply(const AioTypedCall<R> &call, std::stop_token stop = {});
    template<class R>
    QFuture<R> applyAsync(const AioTypedCall<R> &call);
    QVariant apply(const AioCall &call, std::stop_token stop = {});
    QCoro::Task<QVariant> coro_apply(const AioCall &call, std::stop_token stop = {});
    QFuture<QVariant> applyAsync(const AioCall &call);

    /*! Starts a task whose result only the signals bring, and returns its id. Throws AioException when it cannot be sent. */
    quint64 submit(const AioCall &call);
    /*! Cancels the task \a id of submit(). False: it is done, or there is none. */
    bool cancel(quint64 id);
    /*!
     * Kills the worker with process id \a pid, as somebody else might: its task fails with WorkerLost, workerLost() is emitted, and another
     * worker takes its place. False: the pool has no such worker.
     */
    bool killWorker(qint64 pid);

    // -- one task for each item of a range: container, view, generator or braced list; or AioBound(...).each(items), where the first
    // arguments of the function are the same for all. Results come in the order of the items.
    template<auto F, class Range>
    ResultList<F> map(Range &&items, int chunkSize = 0);
    template<auto F, class T>
    ResultList<F> map(std::initializer_list<T> items, int chunkSize = 0);
    /*! A stop cancels all that is not done, and throws Cancelled. */
    template<auto F, class Range>
    QCoro::Task<ResultList<F>> coro_map(Range &&items, int chunkSize = 0, std::stop_token stop = {});
    template<auto F, class T>
    QCoro::Task<ResultList<F>> coro_map(std::initializer_list<T> items, int chunkSize = 0, std::stop_token stop = {});
    /*! The results are those of the QFuture; its progress is the number of items that are done. */
    template<auto F, class Range>
    QFuture<aio_detail::Result<F>> mapAsync(Range &&items, int chunkSize = 0);

    /*! The same for a range of tuples or pairs, whose elements are the arguments. */
    template<auto F, class Range>
    ResultList<F> starmap(Range &&items, int chunkSize = 0);
    template<auto F, class Range>
    QCoro::Task<ResultList<F>> coro_starmap(Range &&items, int chunkSize = 0, std::stop_token stop = {});
    template<auto F, class Range>
    QFuture<aio_detail::Result<F>> starmapAsync(Range &&items, int chunkSize = 0);

    /*! The same by name: \a call with each of \a items as last argument. What it has of arguments is sent once for many items. */
    QVariantList map(const AioCall &call, const QVariantList &items, int chunkSize = 0);
    QVariantList map(const QString &function, const QVariantList &items, int chunkSize = 0);
    QCoro::Task<QVariantList> coro_map(const AioCall &call, const QVariantList &items, int chunkSize = 0, std::stop_token stop = {});
    QCoro::Task<QVariantList> coro_map(const QString &function, const QVariantList &items, int chunkSize = 0, std::stop_token stop = {});
    QFuture<QVariant> mapAsync(const AioCall &call, const QVariantList &items, int chunkSize = 0);

    /*!
     * Results one by one, in the order of the items. Items are taken from the range, which is kept in the generator, as results are
     * taken from the generator: four chunks for each worker are under way at the most. An item that fails throws there, and ends the
     * generator; so does the end of the pool, when what is under way has come. Destroying the generator cancels what is under way.
     */
    template<auto F, class Range>
    QCoro::AsyncGenerator<aio_detail::Result<F>> coro_imap(Range items, int chunkSize = 1);
    /*! The same, chunks in the order in which they are done. */
    template<auto F, class Range>
    QCoro::AsyncGenerator<aio_detail::Result<F>> coro_imapUnordered(Range items, int chunkSize = 1);
    /*! The same with a value or an error for each item: an item that fails ends nothing. */
    template<auto F, class Range>
    QCoro::AsyncGenerator<AioResult<aio_detail::Result<F>>> coro_imapResults(Range items, int chunkSize = 1);
    template<auto F, class Range>
    QCoro::AsyncGenerator<AioResult<aio_detail::Result<F>>> coro_imapUnorderedResults(Range items, int chunkSize = 1);

    /*!
     * Resumes when the pool has less than two tasks waiting for each worker: who awaits it before each submission never has more
     * than a few arguments in memory. Throws Cancelled, Closed.
     */
    QCoro::Task<> coro_submitReady(std::stop_token stop = {});

    // -- the end
    /*! Takes nothing more; what was submitted is done, and then the workers end. Twice is harmless. */
    void close();
    /*! Kills the workers; everything pending ends with Cancelled. */
    void terminate();
    /*! Blocks until all workers have ended. False: \a deadline passed. Throws UsageError before close() or terminate(). */
    bool join(QDeadlineTimer deadline = QDeadlineTimer::Forever, std::stop_token stop = {});
    QCoro::Task<bool> coro_join(QDeadlineTimer deadline = QDeadlineTimer::Forever, std::stop_token stop = {});
    /*! close() and coro_join(). */
    QCoro::Task<> coro_close();

    // -- what it does; each may be out of date when it returns
    /*! Workers that there are, those that start included. */
    int activeWorkers() const;
    /*! Tasks that wait, and tasks that run. */
    qint64 pendingTasks() const;
    qint64 runningTasks() const;
    qint64 completedTasks() const;
    /*! Those that were cancelled included. */
    qint64 failedTasks() const;
    /*! The part, 0 to 1, of all tasks since it last had nothing to do, that is done; 1 when there is nothing to do. */
    double progress() const;
    /*! Until close(), terminate(), or it is broken. */
    bool isRunning() const;
    AioPoolStats stats() const;
    /*!
     * How many of the last tasks taskHistory() knows, in addition to those that run; 0, the default: none. For those who show tasks to people: they
     * look now and then, and not at each signal. It costs each task that begins from now on about as much as taskStarted() does,
     * without the events. Throws UsageError for less than 0.
     */
    int history() const;
    void setHistory(int tasks);
    /*!
     * The tasks that run, and the last ones that have ended; those that began first in front. With \a since, a variable of the caller that is
     * 0 at first, of those that have ended the first \a most that did so since the last call with it. A task that ran then and is not among
     * them has ended: it comes with a later call, or is forgotten.
     */
    QList<AioTaskInfo> taskHistory(quint64 *since = nullptr, int most = INT_MAX) const;

Q_SIGNALS:
    // Of each task; as long as nobody is connected they cost nothing.
    void taskStarted(quint64 id);
    void taskProgress(quint64 id, int value, int maximum, const QString &text);
    /*!
     * A line of AioTaskContext::log(). \a lost lines that came after the last one and before it are missing, as the task logged too much,
     * or this object's thread did not come to its event loop. A null \a line is none, and says only what was lost.
     */
    void taskLogged(quint64 id, const QString &line, qint64 lost);
    void taskFinished(quint64 id, const QVariant &result);
    void taskFailed(quint64 id, const AioError &error);

    void workerStarted(qint64 pid);
    /*! A worker has ended although the pool did not want it. */
    void workerLost(qint64 pid, AioProcess::ExitReason reason);
    /*! There is nothing to do any more. */
    void drained();
    void errorOccurred(const AioError &error);

    void processesChanged();
    void activeWorkersChanged();
    /*! One of the numbers of tasks; at most once in each turn of the event loop. */
    void tasksChanged();
    void runningChanged();

protected:
    void connectNotify(const QMetaMethod &signal) override;
    void disconnectNotify(const QMetaMethod &signal) override;

private:
    Q_INVOKABLE void emitNotices();
    template<class Reply, auto F>
    std::shared_ptr<Reply> start(aio_detail::PoolArguments &&arguments, int chunkSize);
    template<class Reply>
    std::shared_ptr<Reply> startCall(const AioCall &call);
    template<class Reply>
    std::shared_ptr<Reply> startMap(const AioCall &call, const QVariantList &items, int chunkSize);

    const std::shared_ptr<aio_detail::PoolCore> m_core;
    const std::unique_ptr<AioPoolPrivate> d;
};

#include <aioprocessing/aiopool_impl.h>
