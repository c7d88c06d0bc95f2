// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiofunction_impl.h>
#include <aioprocessing/aiohandle.h>

#include <QObject>
#include <QString>

#include <memory>
#include <stop_token>

namespace aio_detail { class TaskHost; }

/*!
 * \class AioTaskContext
 * \brief What a task of an AioPool knows about itself, and what it tells the pool.
 *
 * \code
 * QImage scaled(AioTaskContext &task, const QString &file)    // the first parameter; callers do not give it
 * {
 *     for (int row = 0; row < rows && !task.isCancelRequested(); ++row)
 *         task.setProgress(row, rows);
 * \endcode
 *
 * Elsewhere than in a pool, in a worker of an AioProcess or with AioCall::run(), it says 0 and false, progress goes nowhere, and lines go to
 * this process's log.
 *
 * Threads and lifetime: lives as long as the call; its methods may be called from any thread meanwhile.
 *
 * Python: there is no counterpart.
 */
class AIOPROCESSING_EXPORT AioTaskContext : public QObject
{
    Q_OBJECT
public:
    /*! \internal Of the task that this thread runs. */
    explicit AioTaskContext(const AioHandle &handle = {}, QObject *parent = nullptr);
    ~AioTaskContext() override;

    /*! Emits AioPool::taskProgress() there. At most one is on its way; what comes meanwhile replaces what waits. */
    void setProgress(int value, int maximum = 100, const QString &text = {});
    /*!
     * Emits AioPool::taskLogged() there, in order and before the task's outcome; AioPool::taskHistory() has the last lines. A \a line is cut
     * after 4096 characters. Does not wait for anybody who reads: lines of a worker that logs more than a mebibyte a second, a burst
     * of a quarter apart, are lost, and counted.
     */
    void log(const QString &line);
    /*! Whether the task was cancelled, or its soft time limit has passed. */
    bool isCancelRequested() const;
    /*! The same as a token for the waits of this library. Costs a thread from the first call on until the task ends. */
    std::stop_token stopToken();
    /*! What AioPool::taskStarted() and its like call it; 0 outside of a pool. */
    quint64 taskId() const;
    /*! 1 at first, and more when the worker died and the task is tried again (AioCall::withRetries()). */
    int attempt() const;

    /*! \internal */
    AioHandle handle() const { return {}; }

private:
    class Private;
    const std::unique_ptr<Private> d;
};

template<>
struct aio_detail::IsTaskContext<AioTaskContext> : std::true_type {};
