// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include <aioprocessing/aioobject.h>

#include <QCoro/QCoroTask>
#include <QVariant>

#include <stop_token>

namespace aio_detail { class RemoteBackend; }

/*!
 * \class AioProxy
 * \brief An object of a manager, whose methods are called by their names in Python.
 *
 * \code
 * AioProxy *counter = manager.create<AioProxy>(QStringLiteral("Counter"));     // a type that a Python server has registered
 * const QVariant count = co_await counter->coro_call(QStringLiteral("increment"), {5});
 * \endcode
 *
 * Guarantees: arguments and results are copied. A call is done once or not at all, and never repeated by itself. When the manager dies, every
 * pending call fails within a second; an object of an earlier run of a manager is StaleProxy, never another one. An object lives as
 * long as some process has a proxy of it, or another object of the manager holds it.
 *
 * Threads and lifetime: any thread; see AioObject. A blocking call waits for the manager's answer, so a thread with an event loop uses
 * the coroutine forms. Destroying the proxy cancels its calls.
 *
 * Values: those that AioConnection sends; between programs of this library every type that QVariant and QDataStream can carry, if the
 * program of the manager knows it, too. The AioHandle of a proxy of the same manager stands for the object itself: what holds it, keeps it,
 * and who gets it opens it (AioList list(item.value<AioHandle>())).
 *
 * Errors: AioException with PeerDied (the manager, or the connection to it), StaleProxy, NotFound (no such key, index or method),
 * Cancelled, Unserializable, and whatever the object says: AioError::remoteType is the class of the exception in Python, such as
 * "KeyError" or "queue.Full".
 *
 * Python: multiprocessing.managers.BaseProxy.
 *
 * \sa AioManager, AioDict, AioList, AioNamespace, AioValueProxy, AioArrayProxy
 */
class AIOPROCESSING_EXPORT AioProxy : public AioObject
{
    Q_OBJECT
public:
    /*! The object that \a handle names. Blocks until the manager has answered. Throws NotFound when it is gone. */
    explicit AioProxy(const AioHandle &handle, QObject *parent = nullptr);
    /*! \internal */
    explicit AioProxy(std::shared_ptr<aio_detail::RemoteBackend> remote, QObject *parent = nullptr);
    ~AioProxy() override;

    /*! Calls \a method and waits for its result in the calling thread. */
    QVariant call(const QString &method, const QVariantList &arguments = {}, const QVariantMap &keywords = {}, std::stop_token stop = {});
    /*! The same as a coroutine; emits called(). */
    QCoro::Task<QVariant> coro_call(QString method, QVariantList arguments = {}, QVariantMap keywords = {}, std::stop_token stop = {});

    /*! The object as its manager prints it: str() of a proxy in Python. */
    QString text();
    QCoro::Task<QString> coro_text(std::stop_token stop = {});

Q_SIGNALS:
    /*! A coroutine form is done: \a method of the object has returned \a result. */
    void called(const QString &method, const QVariant &result);

protected:
    /*! coro_call() with a result of one type. */
    template<class T> QCoro::Task<T> coro_callAs(const char *method, QVariantList arguments, std::stop_token stop)
    {
        const QVariant result = co_await coro_call(QString::fromLatin1(method), std::move(arguments), {}, std::move(stop));
        co_return result.value<T>();
    }
    QCoro::Task<> coro_do(const char *method, QVariantList arguments, std::stop_token stop);
    QVariant callNow(const char *method, const QVariantList &arguments = {});
};
