// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocall.h>
#include <aioprocessing/aioerror.h>
#include <aioprocessing/aioglobal.h>
#include <aioprocessing/aioworker.h>

#include <QCoroAsyncGenerator>
#include <QCoroTask>
#include <QDeadlineTimer>
#include <QObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QStringList>
#include <QVariant>

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>

class AioContext;
class AioProcessPrivate;

/*!
 * \class AioProcess
 * \brief A function in a process of its own, or any program.
 *
 * \code
 * AioProcess process(AioCall::to<&thumbnails>(queue, folder));    // main() begins with isWorker() and runWorker()
 * process.start();
 * const bool ended = co_await process.coro_join(10s);             // false: it still runs
 * \endcode
 *
 * A function runs in a worker: the application's own executable, started once more. Its arguments and keys reach it through
 * an inherited descriptor, never through command line or environment. Standard output and error are this process's own,
 * unless somebody connects to outputLine() or errorLine(), or calls coro_lines(), before start(); standard input is empty.
 *
 * The three channels of a program come here: outputLine(), errorLine(), coro_lines(), write(). Who wants them as QProcess has them
 * asks for qprocess() before start(); then only what was listened to before start() comes here.
 *
 * Guarantees: finished() is emitted exactly once for each start() that did not throw, whatever becomes of the process. A
 * worker whose function throws exits with 1 and the error arrives here with type and text. A worker is killed by the kernel
 * when this process ends without waiting for it, also when this process was killed, and also while the worker computes
 * or is stopped. A thread that started a process may end; the process lives on with its AioProcess.
 *
 * Threads and lifetime: belongs to its thread, as QProcess does. Destroying it while the process runs does what
 * setOnDestroy() says, and ends its pending waits with AioError::Cancelled. At the end of the application daemons are
 * terminated and the other workers are waited for, as far as their AioProcess still exists.
 *
 * Errors: a function that threw (RemoteError, or the AioError it threw), a worker that died (WorkerLost), a process that could
 * not start (NotFound, PermissionDenied, UsageError, OutOfResources), a time limit (TimedOut). error() holds the last one,
 * errorOccurred() announces it. Calls that are not allowed throw UsageError.
 *
 * Python counterpart: multiprocessing.Process. Differences: result() is known; an end by exec failure is a finished() with
 * LaunchFailed; kill and terminate before start() are a UsageError; a join() that is too late for its deadline says so.
 *
 * \sa AioCall, AioProcessing::isWorker()
 */
class AIOPROCESSING_EXPORT AioProcess : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString name READ name WRITE setName NOTIFY nameChanged)
    Q_PROPERTY(bool daemon READ isDaemon WRITE setDaemon NOTIFY daemonChanged)
    Q_PROPERTY(qint64 pid READ pid NOTIFY aliveChanged)
    Q_PROPERTY(QVariant exitCode READ exitCodeVariant NOTIFY aliveChanged)
    Q_PROPERTY(ExitReason exitReason READ exitReason NOTIFY aliveChanged)
    Q_PROPERTY(bool alive READ isAlive NOTIFY aliveChanged)
    Q_PROPERTY(AioContext *context READ context NOTIFY aliveChanged)
    Q_PROPERTY(QProcessEnvironment environment READ environment WRITE setEnvironment NOTIFY environmentChanged)
    Q_PROPERTY(QString workingDirectory READ workingDirectory WRITE setWorkingDirectory NOTIFY workingDirectoryChanged)
    Q_PROPERTY(OnDestroy onDestroy READ onDestroy WRITE setOnDestroy NOTIFY onDestroyChanged)
    Q_PROPERTY(AioError error READ error NOTIFY errorOccurred)
    Q_PROPERTY(QVariant result READ result NOTIFY aliveChanged)
    Q_MOC_INCLUDE(<aioprocessing/aiocontext.h>)
public:
    /*!
     * \enum AioProcess::ExitReason
     * \value Running       It has not ended, or not begun.
     * \value CleanExit     Exit code 0.
     * \value AbnormalExit  Another exit code; 1 when the function threw.
     * \value Killed        Ended by SIGKILL, SIGTERM, SIGINT or SIGHUP, from here or elsewhere.
     * \value Crashed       Ended by another signal.
     * \value OutOfMemory   The function ended with std::bad_alloc, or the kernel killed it for want of memory (its memory cgroup
     *                      counts that: a SIGKILL at the same time as that of another process of the cgroup is taken for one).
     * \value LaunchFailed  The program could not be started, or never became a worker.
     */
    enum ExitReason { Running, CleanExit, AbnormalExit, Killed, Crashed, OutOfMemory, LaunchFailed };
    Q_ENUM(ExitReason)

    /*!
     * \enum AioProcess::OnDestroy
     * What the destructor does about a process that runs.
     * \value Kill       Kills it (the default).
     * \value Terminate  Asks it to end (SIGTERM), and kills it gracePeriod() later if it has not.
     * \value Wait       Blocks until it has ended.
     */
    enum OnDestroy { Kill, Terminate, Wait };
    Q_ENUM(OnDestroy)

    /*! A process for the function of \a target. Nothing starts yet. */
    explicit AioProcess(const AioCall &target, QObject *parent = nullptr);
    /*! A process for \a program, which is looked for as QProcess does. Nothing starts yet. */
    explicit AioProcess(const QString &program, const QStringList &arguments = {}, QObject *parent = nullptr);
    ~AioProcess() override;

    /*! Means nothing but is useful in logs. "AioProcess-1" and so on by default; a worker knows its name. */
    QString name() const;
    void setName(const QString &name);

    /*!
     * A daemon is terminated when this process ends, others are waited for. Daemons may not start workers of their own.
     * A process of a daemon would be one by default. UsageError after start().
     */
    bool isDaemon() const;
    void setDaemon(bool daemon);

    /*!
     * 0 before start(), and with AioContext::ForkServer until shortly after it, in any case not after started(). Stays known after
     * the end, when the system may give the number to another process.
     */
    qint64 pid() const;
    /*! Nothing while it runs; the code, or -N if signal N ended it, or 127 if there was nothing to execute. */
    std::optional<int> exitCode() const;
    ExitReason exitReason() const;
    /*! True from start() until the end of the process is known here. */
    bool isAlive() const;
    /*! What the function returned; invalid before the end, for void, and for programs. */
    QVariant result() const;
    AioError error() const;
    /*! The context that the worker shares with this process; null before start() and for programs. */
    AioContext *context() const;

    QProcessEnvironment environment() const;
    void setEnvironment(const QProcessEnvironment &environment);
    QString workingDirectory() const;
    void setWorkingDirectory(const QString &directory);

    OnDestroy onDestroy() const;
    void setOnDestroy(OnDestroy policy);

    /*! How long a worker may take from start() until it begins with its function; 10 seconds by default. */
    std::chrono::milliseconds startTimeout() const;
    void setStartTimeout(std::chrono::milliseconds limit);

    /*!
     * How long the process has between terminate() and the SIGKILL that follows, also where the destructor terminates it. 5 seconds
     * by default; a negative time: for ever.
     */
    std::chrono::milliseconds gracePeriod() const;
    void setGracePeriod(std::chrono::milliseconds period);

    /*!
     * Starts the process and returns without waiting for it. What goes wrong later ends in finished() with LaunchFailed.
     * Throws AioException, and nothing has started, for UsageError (a second start, another thread, a daemon's child),
     * Unserializable or TooLarge (an argument), OutOfResources.
     */
    void start();

    /*!
     * Blocks until the process has ended; true then, also if it had ended before. False: \a deadline is over, and it runs on.
     * \c{join(0)} looks, \c{join(-1)} waits for ever. Signals are emitted meanwhile. Throws Cancelled when \a stop is requested;
     * UsageError before start() and on another thread. On the thread of a user interface use coro_join().
     */
    bool join(QDeadlineTimer deadline = QDeadlineTimer::Forever, std::stop_token stop = {});
    bool join(std::stop_token stop);

    /*! start(), and then waits until the function begins or the program executes. Throws the error if that fails. */
    QCoro::Task<> coro_start(std::stop_token stop = {});

    /*!
     * Waits for the end of the process without blocking, and resumes on the calling thread, which must be the object's. True:
     * it has ended, finished() was emitted. False: \a deadline is over. Throws Cancelled when \a stop is requested or the
     * AioProcess is destroyed. Neither has an effect on the process.
     */
    QCoro::Task<bool> coro_join(QDeadlineTimer deadline = QDeadlineTimer::Forever, std::stop_token stop = {});
    QCoro::Task<bool> coro_join(std::stop_token stop);

    /*!
     * Asks the process to end: SIGTERM, and SIGCONT if it is stopped. What has not ended gracePeriod() later is killed. UsageError
     * before start(), nothing after the end.
     */
    void terminate();
    /*! Ends the process at once: SIGKILL. What it held of shared objects is given back by the others. */
    void kill();
    /*! SIGINT, as Ctrl-C does. */
    void interrupt();
    /*! Forbids further use. UsageError while the process runs; twice is harmless. Names, codes and results stay known. */
    void close();

    /*!
     * The wrapped object: channels, environment, whatever Qt offers. Do not start it. Null when the worker was forked by the fork
     * server; a worker whose qprocess() was asked for before start(), or that has an environment of its own, is always spawned.
     */
    QProcess *qprocess();

    /*!
     * Standard output line by line, without line ends, until the process has ended; the last line need not have one. A line of more
     * than 1 MiB comes in pieces. 1 MiB of lines waits here for the generator, then the process waits in its write(); a blocking
     * join() takes in all. What a program writes before the call, while nobody listens, is kept up to 1 MiB: then the oldest
     * lines go. A second generator takes from the same lines. Destroying the generator ends its wait. UsageError after start()
     * where standard output does not come here.
     */
    QCoro::AsyncGenerator<QByteArray> coro_lines();

    /*!
     * Writes \a data to standard input of a program: true when all of it is in the pipe. A program that does not read holds it up.
     * False: \a deadline is over, and nothing of \a data was or will be written; once the first byte is in the pipe the rest
     * follows whatever happens, and the answer is true. Writes go one after the other. Throws Cancelled when \a stop is
     * requested before the first byte was written; EndOfStream when the program has closed its standard input or ended;
     * UsageError for a worker, before start(), and on another thread. On the thread of a user interface use coro_write().
     */
    bool write(const QByteArray &data, QDeadlineTimer deadline = QDeadlineTimer::Forever, std::stop_token stop = {});
    bool write(const QByteArray &data, std::stop_token stop);
    /*! The same without blocking; resumes on the calling thread. Cancelled also when the AioProcess is destroyed. */
    QCoro::Task<bool> coro_write(QByteArray data, QDeadlineTimer deadline = QDeadlineTimer::Forever, std::stop_token stop = {});
    QCoro::Task<bool> coro_write(QByteArray data, std::stop_token stop);
    /*! Standard input ends behind what was written so far. Until then most filters wait for more. */
    void closeInput();

Q_SIGNALS:
    /*! The function begins in the worker, or the program executes. */
    void started();
    /*! The process has ended; emitted after errorOccurred() if there was an error. */
    void finished(int exitCode, AioProcess::ExitReason reason);
    /*! A line of standard output, or of standard error, without its line end. */
    void outputLine(const QByteArray &line);
    void errorLine(const QByteArray &line);
    /*! A write() or coro_write() is complete. */
    void written();
    void errorOccurred(const AioError &error);
    void aliveChanged();
    void nameChanged();
    void daemonChanged();
    void environmentChanged();
    void workingDirectoryChanged();
    void onDestroyChanged();

private:
    friend class AioProcessPrivate;
    QVariant exitCodeVariant() const;

    const std::unique_ptr<AioProcessPrivate> d;
};
