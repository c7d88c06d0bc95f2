// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <QDeadlineTimer>
#include <QHash>
#include <QString>
#include <QVariant>

#include <memory>
#include <stop_token>

namespace aio_detail {

/* How often somebody refers to which object. */
using ManagerReferences = QHash<QString, int>;

/* One connection with callers behind it, as managed objects know it. */
struct ManagerCaller
{
    quint64 number = 0;
    qint64 pid = 0;             // 0: unknown
    int socket = -1;
    bool isNative = false;      // speaks the protocol of this library
    bool isGone = false;        // what it holds was given back already
    ManagerReferences references;   // of a native one; those of Python's: PythonClients
};

/* A call of a method of a managed object, with its arguments as Python passes them. */
class ManagedCall
{
public:
    QString method;
    QVariantList arguments;
    QVariantMap keywords;
    std::shared_ptr<ManagerCaller> caller;
    /* Which owner of a recursive lock within the caller's process; 0 for Python, where the connection is the owner. */
    quint64 owner = 0;
    /* The caller does not want it any more, or is gone. */
    std::stop_token stop;

    /* The argument at \a index, or called \a name; what is not given is \a otherwise. */
    QVariant argument(int index, const char *name, const QVariant &otherwise = {}) const;
    /* The same for one that must be given. Throws AioException (TypeError). */
    QVariant required(int index, const char *name) const;
    /* A number, which may be given as a float or bool. Throws AioException (TypeError). */
    qlonglong integer(int index, const char *name, qlonglong otherwise) const;
    /* What a time in seconds at \a index means; None: for ever. */
    QDeadlineTimer timeout(int index, const char *name = "timeout") const;
    /* What two arguments from \a index on mean: whether to block, and for how long. */
    QDeadlineTimer blocking(int index, const char *name) const;
    /* Whether a result can still come to the caller. */
    bool canBeAnswered() const;
    /* Whether he waits for it. What was got for nobody is given back. */
    bool isWanted() const { return !stop.stop_requested() && canBeAnswered(); }
    /* Throws AioException (Cancelled) when nobody waits for the result. */
    void requireWanted() const;
};

/* A time of Python's, in seconds: None is for ever, and so is less than 0. */
QDeadlineTimer toDeadline(const QVariant &seconds);

} // namespace aio_detail
