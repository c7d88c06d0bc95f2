// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioerror.h>
#include <aioprocessing/aiohandle.h>

#include <QCoro/QCoroTask>
#include <QDeadlineTimer>
#include <QVariant>

#include <memory>
#include <stop_token>

/*
 * The backend of a face whose object lies in no shared memory, but with a manager, anywhere. The face asks for operations under the names that
 * Python's managers have for them.
 */
namespace aio_detail {

/* One operation. A constructor makes it no aggregate, for g++ 12. */
struct RemoteCall
{
    /* How the deadline stands behind the other arguments. */
    enum Form {
        Prompt,             // it does not: the operation waits for nothing
        Timeout,            // as seconds
        BlockAndTimeout,    // as True and seconds
    };

    RemoteCall(const char *operationName, const QString &methodName, const QVariantList &list = {})
        : operation(operationName), method(methodName), arguments(list) {}
    RemoteCall(const char *operationName, const char *methodName, const QVariantList &list = {})
        : RemoteCall(operationName, QString::fromLatin1(methodName), list) {}
    RemoteCall waiting(Form how, const QDeadlineTimer &until, std::stop_token token) &&
    {
        form = how;
        deadline = until;
        stop = std::move(token);
        return std::move(*this);
    }
    RemoteCall by(quint64 who) &&
    {
        owner = who;
        return std::move(*this);
    }
    /* Its result is lost when nobody takes it: \a methodName undoes it then. */
    RemoteCall undoneBy(const char *methodName) &&
    {
        undo = methodName;
        return std::move(*this);
    }
    /* The wait may be cut into shorter ones. */
    RemoteCall inParts() &&
    {
        isDivisible = true;
        return std::move(*this);
    }

    /* Whether \a result says that a deadline has passed: that of the call, or the end of a part of it. */
    bool isOutOfTime(const struct RemoteResult &result) const;

    const char *operation;          // of the face, for errors: "AioLock::acquire"
    QString method;
    QVariantList arguments;
    QVariantMap keywords;
    quint64 owner = 0;              // who has a recursive lock; 0: it makes no difference
    Form form = Prompt;
    QDeadlineTimer deadline = QDeadlineTimer(QDeadlineTimer::Forever);
    std::stop_token stop;
    const char *undo = nullptr;
    bool isDivisible = false;
};

/* What came of it. That the deadline has passed is the error TimedOut, or a value of false. */
struct RemoteResult
{
    RemoteResult() {}
    explicit RemoteResult(const QVariant &result) : value(result) {}
    explicit RemoteResult(const AioError &reason) : error(reason) {}

    QVariant value;
    AioError error;
};

/* How locks and semaphores are acquired. */
RemoteCall acquiringCall(const char *operation, const QDeadlineTimer &deadline, std::stop_token stop, quint64 owner = 0);

class RemoteBackend
{
public:
    virtual ~RemoteBackend() = default;

    virtual AioHandle handle() const = 0;
    /* What the manager has said about a new object, if anything. */
    virtual QVariant detail() const { return {}; }
    /* Waits in the calling thread. Throws nothing. */
    virtual RemoteResult call(const RemoteCall &call) = 0;
    /* Throws AioException when the thread has no event loop, or it ends. */
    virtual QCoro::Task<RemoteResult> callLater(RemoteCall call) = 0;
    /* Has it done sometime, before whatever is called later. Errors are logged. Never waits. */
    virtual void post(const RemoteCall &call) = 0;
    /* A new condition with this object, a lock, as its lock. Waits in the calling thread. Throws AioException. */
    virtual std::shared_ptr<RemoteBackend> makeCondition() = 0;
    /* The face goes: what is pending is cancelled. */
    virtual void close() = 0;

    /* The backend for what \a handle names, which has a peer. Throws AioException. Set by the room that has managers. */
    static std::shared_ptr<RemoteBackend> open(const AioHandle &handle);
    static std::shared_ptr<RemoteBackend> (*opener)(const AioHandle &handle);
};

} // namespace aio_detail
