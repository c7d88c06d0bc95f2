// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioproxy.h>

/*!
 * \class AioNamespace
 * \brief Named values that live with a manager.
 *
 * \code
 * AioNamespace *settings = manager.createNamespace();
 * co_await settings->coro_setValue(QStringLiteral("speed"), 5);
 * \endcode
 *
 * Names that begin with an underscore are for Python programs out of reach.
 *
 * Each operation waits for the manager; the coroutine forms emit called(). Guarantees, threads and errors: those of AioProxy.
 *
 * Python: multiprocessing.managers.Namespace.
 *
 * \sa AioManager
 */
class AIOPROCESSING_EXPORT AioNamespace : public AioProxy
{
    Q_OBJECT
public:
    using AioProxy::AioProxy;
    ~AioNamespace() override;

    /*! The value called \a name. Throws NotFound when there is none. */
    QVariant value(const QString &name);
    QCoro::Task<QVariant> coro_value(QString name, std::stop_token stop = {});
    /*! Sets the value called \a name. */
    void setValue(const QString &name, const QVariant &value);
    QCoro::Task<> coro_setValue(QString name, QVariant value, std::stop_token stop = {});
    /*! Removes the value called \a name. Throws NotFound when there is none. */
    void remove(const QString &name);
    QCoro::Task<> coro_remove(QString name, std::stop_token stop = {});
};
