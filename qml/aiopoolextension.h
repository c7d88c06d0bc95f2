// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aiopoolwatch.h"
#include "aiopromises.h"

#include <aioprocessing/aiopool.h>

#include <QQmlEngine>

/*!
 * \class AioPool
 * \brief Worker processes that run functions by name. The class of C++ itself, with these methods.
 *
 * \code
 * AioPool { id: pool; processes: 4 }
 * pool.apply("thumbnail", [file, 128], { timeLimit: 5000 }).then(image => ..., error => ...)
 * pool.map("lengthOf", files).then(lengths => ...)
 * \endcode
 *
 * Options of a task: timeLimit, in milliseconds, after which its worker is killed (AioError.TimedOut); softTimeLimit; retries; priority; signal, an
 * AioAbortController, or cancel() of the promise, which kill the worker if the task runs.
 *
 * Those who use thousands of tasks do not connect to taskStarted() and its like, but show an AioPoolModel.
 */
class AioPoolExtension : public QObject
{
    Q_OBJECT
    Q_PROPERTY(int processes READ processes WRITE setProcesses NOTIFY processesChanged)
    Q_PROPERTY(QString initializer READ initializer WRITE setInitializer NOTIFY settingsChanged)
    Q_PROPERTY(int maxTasksPerChild READ maxTasksPerChild WRITE setMaxTasksPerChild NOTIFY settingsChanged)
    Q_PROPERTY(double maxMemoryPerChild READ maxMemoryPerChild WRITE setMaxMemoryPerChild NOTIFY settingsChanged)
    Q_PROPERTY(int idleTimeout READ idleTimeout WRITE setIdleTimeout NOTIFY settingsChanged)
    Q_PROPERTY(int cancelGrace READ cancelGrace WRITE setCancelGrace NOTIFY settingsChanged)
    // those of AioPool, as numbers that tools know, and changing at most twenty times a second
    Q_PROPERTY(double pendingTasks READ pendingTasks NOTIFY tasksChanged)
    Q_PROPERTY(double runningTasks READ runningTasks NOTIFY tasksChanged)
    Q_PROPERTY(double completedTasks READ completedTasks NOTIFY tasksChanged)
    Q_PROPERTY(double failedTasks READ failedTasks NOTIFY tasksChanged)
    Q_PROPERTY(double progress READ progress NOTIFY tasksChanged)
public:
    explicit AioPoolExtension(QObject *pool);

    int processes() const;
    void setProcesses(int processes);
    /*! The function that each worker calls first. */
    QString initializer() const { return m_initializer; }
    void setInitializer(const QString &function);
    /*! A worker that has begun so many tasks ends after them; 0: no limit. */
    int maxTasksPerChild() const { return m_maxTasks; }
    void setMaxTasksPerChild(int count);
    /*! A worker with more bytes than this ends after its task; 0: no limit. */
    double maxMemoryPerChild() const { return m_maxMemory; }
    void setMaxMemoryPerChild(double bytes);
    /*! A worker that was idle for so many milliseconds ends; -1: idle workers stay. */
    int idleTimeout() const { return m_idleTimeout; }
    void setIdleTimeout(int milliseconds);
    /*! How many milliseconds a cancelled task with an AioTaskContext has to return. */
    int cancelGrace() const;
    void setCancelGrace(int milliseconds);
    double pendingTasks() const { return double(m_pool->pendingTasks()); }
    double runningTasks() const { return double(m_pool->runningTasks()); }
    double completedTasks() const { return double(m_pool->completedTasks()); }
    double failedTasks() const { return double(m_pool->failedTasks()); }
    double progress() const { return m_pool->progress(); }

    /*! Runs \a function in a worker; resolves with its result. */
    Q_INVOKABLE QJSValue apply(const QString &function, const QJSValue &arguments = QJSValue(), const QJSValue &options = QJSValue());
    /*!
     * Runs it for each of \a items; resolves with the array of results in their order, or rejects with the error of the first that failed when all
     * are done. Options of a task, and chunkSize.
     */
    Q_INVOKABLE QJSValue map(const QString &function, const QJSValue &items, const QJSValue &options = QJSValue());
    /*!
     * Calls \a visit with each result and the number of its item, in their order, as they come; resolves with the number of results. A promise that
     * \a visit returns is waited for: no more than four tasks for each worker are under way, or wait to be visited. The first error, of a task
     * or of \a visit, rejects the promise and cancels what is under way, as cancel() does. Options of a task.
     */
    Q_INVOKABLE QJSValue imap(const QString &function, const QJSValue &items, const QJSValue &visit, const QJSValue &options = QJSValue());
    /*! The same in the order in which they are done. */
    Q_INVOKABLE QJSValue imapUnordered(const QString &function, const QJSValue &items, const QJSValue &visit,
                                       const QJSValue &options = QJSValue());
    /*! Starts a task whose result only the signals and models bring, and returns its id. */
    Q_INVOKABLE double submit(const QString &function, const QJSValue &arguments = QJSValue(), const QJSValue &options = QJSValue());
    /*! Cancels a task of submit(). False: it is done. */
    Q_INVOKABLE bool cancel(double id);
    /*! Kills a worker of this pool, and with it the task that it runs. False: there is none with this pid. */
    Q_INVOKABLE bool killWorker(int pid);
    /*! Takes nothing more; resolves when all is done and the workers have ended. */
    Q_INVOKABLE QJSValue close();
    Q_INVOKABLE void terminate();
    /*! True, when all workers have ended; false: out of time. After close() or terminate(). */
    Q_INVOKABLE QJSValue join(const QJSValue &options = QJSValue());

Q_SIGNALS:
    void processesChanged();
    void settingsChanged();
    void tasksChanged();

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    static AioCall callOf(const QString &function, const AioOptions &options);

    AioPool *const m_pool;
    AioPoolWatch m_watch;
    QString m_initializer;
    int m_maxTasks = 0;
    double m_maxMemory = 0;
    int m_idleTimeout = -1;
};

struct AioPoolForeign
{
    Q_GADGET
    QML_FOREIGN(AioPool)
    QML_NAMED_ELEMENT(AioPool)
    QML_EXTENDED(AioPoolExtension)
};
