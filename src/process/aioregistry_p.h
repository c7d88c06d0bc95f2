// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aiocall.h>

#include <QByteArray>
#include <QHash>
#include <QReadWriteLock>

#include <optional>

namespace aio_detail {

/*
 * The functions that calls can name in this process. Filled before main() by the static initialisers of the executable, and
 * by registerFunction() at any time from any thread.
 */
class FunctionRegistry
{
public:
    static FunctionRegistry &instance();

    void insert(const QByteArray &key, const CallTarget &target);
    std::optional<CallTarget> find(const QByteArray &key) const;

private:
    mutable QReadWriteLock m_lock;
    QHash<QByteArray, CallTarget> m_targets;
};

/* A key as people read it: without the module and offset of keys made by AioCall::to(). */
QString displayNameOf(const QString &key);

/* The function of \a call; throws AioException (NotFound). */
CallTarget targetOf(const AioCall &call);

/* Whether \a function, known in this process, takes an AioTaskContext; false for one that is not known. */
bool isContextual(const QString &function);

/* Runs \a target, which people know as \a name, with \a arguments, made to fit as AioCall::run() describes. */
QVariant runChecked(const CallTarget &target, const QString &name, QVariantList arguments);

/* The same; what does not fit is replaced in \a arguments. */
QVariant runFitted(const CallTarget &target, const QString &name, QVariantList &arguments);

/* Runs \a call as AioCall::run() describes. */
QVariant runCall(const AioCall &call);

} // namespace aio_detail
