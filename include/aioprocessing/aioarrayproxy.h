// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioproxy.h>

/*!
 * \class AioArrayProxy
 * \brief Numbers of one type that live with a manager.
 *
 * \code
 * AioArrayProxy *samples = manager.createArray(QStringLiteral("i"), {1, 2, 3});
 * co_await samples->coro_replace(0, 5);
 * \endcode
 *
 * The type is a letter of Python's module array: b, h, i, l, q for integers, in capitals for those without sign, f and d for floats.
 *
 * Each operation waits for the manager; the coroutine forms emit called(). Guarantees, threads and errors: those of AioProxy.
 *
 * Python: multiprocessing.managers.ArrayProxy.
 *
 * \sa AioManager
 */
class AIOPROCESSING_EXPORT AioArrayProxy : public AioProxy
{
    Q_OBJECT
public:
    using AioProxy::AioProxy;
    ~AioArrayProxy() override;

    /*! The number at \a index. Throws NotFound when there is none. */
    QVariant at(qsizetype index);
    QCoro::Task<QVariant> coro_at(qsizetype index, std::stop_token stop = {});
    /*! Sets the number at \a index. Throws NotFound when there is none, TypeMismatch or RemoteError when it does not fit. */
    void replace(qsizetype index, const QVariant &value);
    QCoro::Task<> coro_replace(qsizetype index, QVariant value, std::stop_token stop = {});
    /*! How many numbers there are. */
    qsizetype size();
    QCoro::Task<qsizetype> coro_size(std::stop_token stop = {});
};
