// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioproxy.h>

/*!
 * \class AioValueProxy
 * \brief One value that lives with a manager.
 *
 * \code
 * AioValueProxy *progress = manager.createValue(QStringLiteral("d"), 0.0);
 * co_await progress->coro_setValue(0.5);
 * \endcode
 *
 * Reading and writing are two steps: who adds to it takes a lock.
 *
 * Each operation waits for the manager; the coroutine forms emit called(). Guarantees, threads and errors: those of AioProxy.
 *
 * Python: multiprocessing.managers.ValueProxy.
 *
 * \sa AioManager
 */
class AIOPROCESSING_EXPORT AioValueProxy : public AioProxy
{
    Q_OBJECT
public:
    using AioProxy::AioProxy;
    ~AioValueProxy() override;

    /*! The value. */
    QVariant value();
    QCoro::Task<QVariant> coro_value(std::stop_token stop = {});
    /*! Sets it. */
    void setValue(const QVariant &value);
    QCoro::Task<> coro_setValue(QVariant value, std::stop_token stop = {});
};
