// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QString>

#include <stop_token>

namespace aio_detail {

/* What runs tasks: the other side of AioTaskContext. One task at a time; what may be called on any thread says so. */
class TaskHost
{
public:
    virtual ~TaskHost() = default;

    virtual quint64 taskId() const = 0;
    virtual int attempt() const = 0;
    /* Any thread. */
    virtual void setProgress(int value, int maximum, const QString &text) = 0;
    virtual void log(const QString &line) = 0;
    virtual bool isStopWanted() const = 0;
    virtual std::stop_token stopToken() = 0;

    /* Of the calling thread; null: it runs no task. */
    static TaskHost *&current();
};

} // namespace aio_detail
