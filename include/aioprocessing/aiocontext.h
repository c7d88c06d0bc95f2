// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioglobal.h>

#include <QObject>
#include <QString>
#include <QStringList>

#include <memory>

QT_BEGIN_NAMESPACE
class QThreadPool;
QT_END_NAMESPACE

namespace aio_detail { class Arena; }

/*!
 * \class AioContext
 * \brief One arena of shared memory on this machine, and the settings of what lives in it.
 *
 * Most programs never name one: primitives made without a context live in defaultContext(), and a worker's default
 * context is its parent's. Programs that are not parent and child meet in a context with a name:
 *
 * \code
 * AioContext context(QStringLiteral("indexer"));
 * AioLock lock(context);
 * \endcode
 *
 * Guarantees: what a process that died left in the arena is given back by whoever notices first. When the last process
 * that uses an arena ends, nothing of it remains; if all of them are killed at once, the next start of any program of
 * this library removes it.
 *
 * Threads and lifetime: every method may be called from any thread. The arena stays open until the process ends, also
 * after the AioContext object is gone.
 *
 * Errors: the constructor and defaultContext() throw AioException: PermissionDenied or OutOfResources with the directory
 * or limit in question, VersionMismatch when another version of this library, or a process of another pid namespace, has
 * made the arena of that name.
 *
 * Everything that belongs to an arena lies in a directory of this user: $AIOPROCESSING_RUNTIME_DIR, else
 * $XDG_RUNTIME_DIR/aioprocessing, else /tmp/aioprocessing-<uid>.
 */
class AIOPROCESSING_EXPORT AioContext : public QObject
{
    Q_OBJECT
    Q_PROPERTY(qint64 memoryLimit READ memoryLimit WRITE setMemoryLimit)
    Q_PROPERTY(StartMethod startMethod READ startMethod WRITE setStartMethod)
public:
    /*! The context of this process, made when it is first asked for; in a worker its parent's. */
    static AioContext *defaultContext();

    /*! How this library uses the system: "linux", or "generic" for any POSIX system. Programs of two backends share no context. */
    static QString backend();

    /*! Opens the context called \a name, or makes it. */
    explicit AioContext(const QString &name, QObject *parent = nullptr);
    ~AioContext() override;

    /*! What names the arena: 32 hexadecimal digits. */
    QByteArray id() const;

    /*!
     * The pool for what would block its caller. The module's own, never QThreadPool::globalInstance(); it is not waited
     * for at exit.
     */
    QThreadPool *threadPool() const;
    /*! Uses \a pool instead, which must outlive the context. Null: the module's own again. */
    void setThreadPool(QThreadPool *pool);

    /*!
     * \enum AioContext::StartMethod
     * How worker processes come up.
     * \value Spawn       The program is started again for each of them (the default).
     * \value ForkServer  The program is started once more, alone, and forks a worker whenever one is wanted: several times faster,
     *                    and what the workers load is loaded once. See AIO_PRELOAD() for what the server may do. This process becomes
     *                    the parent of orphans below it (PR_SET_CHILD_SUBREAPER), so that no exit code is lost when the server
     *                    is killed; those that were started detached are reaped when the next worker starts, others (left by a
     *                    program or worker that ended before its children, or a worker whose server was killed before it had
     *                    told its pid) when this process ends, and detached ones that end after such a one, too. Where it
     *                    cannot serve, workers are spawned.
     */
    enum StartMethod { Spawn, ForkServer };
    Q_ENUM(StartMethod)

    /*!
     * How an AioProcess of this process starts its worker, asked of defaultContext() at start(). Not inherited by workers. A fork
     * server ends with the application object, and when the next worker is spawned because this says so.
     */
    StartMethod startMethod() const;
    void setStartMethod(StartMethod method);

    /*!
     * Starts \a program as worker, with \a arguments before the private one, instead of this process's own executable. It must
     * know the functions that it is to run under the same names, and call AioProcessing::runWorker(). Empty: the own one again.
     */
    void setWorkerProgram(const QString &program, const QStringList &arguments = {});
    /*! The program and its arguments; empty when it is this process's own executable. */
    QStringList workerCommand() const;

    /*!
     * How many bytes of shared memory the arena may take, for all its processes; half of the machine's by default. Puts wait when it is
     * reached; an eighth of it is kept for small messages and for what the objects themselves need.
     */
    qint64 memoryLimit() const;
    void setMemoryLimit(qint64 bytes);

    /*!
     * Every object of the arena, a line for each: its state, for locks who has it and, where somebody waits, since when, and below it
     * the processes that wait for it, how often and for how long; and a process that is just changing its queue, which takes microseconds
     * unless it is stopped there. For people who look for a dead-lock; never waits for a lock itself.
     *
     * With AIO_DUMP set in their environment, workers write this to their standard error when they get SIGUSR1.
     */
    QString dump() const;

    /*! \internal */
    const std::shared_ptr<aio_detail::Arena> &arena() const { return m_arena; }
    /*! \internal The context object of the arena \a id that this process has open; null: none. */
    static AioContext *find(const QByteArray &id);

private:
    explicit AioContext(std::shared_ptr<aio_detail::Arena> arena);

    struct Starting;

    std::shared_ptr<aio_detail::Arena> m_arena;
    const std::unique_ptr<Starting> m_starting;
};
