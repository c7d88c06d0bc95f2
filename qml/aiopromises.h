// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#pragma once

#include "aioscriptvalues.h"

#include <aioprocessing/aiotask.h>

#include <QDeadlineTimer>
#include <QJSValue>
#include <QObject>
#include <QPointer>
#include <QVariant>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>

QT_BEGIN_NAMESPACE
class QJSEngine;
QT_END_NAMESPACE

/*
 * The bridge between tasks and JavaScript: every operation of the module returns a native Promise that is made here, one AioPromises for each
 * engine.
 *
 *   Q_INVOKABLE QJSValue acquire(const QJSValue &options = {})
 *   {
 *       return AioPromises::of(this, options, [this](auto deadline, auto stop) { return core().coro_acquire(deadline, stop); });
 *   }
 *
 * It resolves with the task's value (an empty optional and void: undefined) and rejects with an Error that has the fields of AioError. It has a method
 * cancel(), which what then() and catch() return has, too. One that is rejected while nobody handles it is logged.
 *
 * When the engine goes before the task is done, the task is cancelled and what it brings is dropped. When the object goes, its operations
 * end with Cancelled, as everywhere in this library, and the promises are rejected.
 */
class AioPromises : public QObject
{
    Q_OBJECT
public:
    ~AioPromises() override;

    /*
     * The promise of the task that start(deadline, stop) returns, or of the exception that it throws. \a options: milliseconds, or an object
     * with what AioOptions::waiting() lists. \a caller: the object whose method JavaScript calls.
     */
    template<class Start>
    static QJSValue of(QObject *caller, const QJSValue &options, Start start)
    {
        return make(caller, options, AioOptions::waiting(), [&start](const AioOptions &chosen, std::stop_token stop) {
            return start(chosen.deadline(), std::move(stop));
        });
    }
    /* The same for operations with \a known options: start(options, stop). */
    template<class Start>
    static QJSValue make(QObject *caller, const QJSValue &options, const QStringList &known, Start start)
    {
        AioPromises *const promises = ofEngine(caller);
        if (!promises)
            return {};
        const Ticket ticket = promises->open();
        try {
            const AioOptions chosen(options, known);
            promises->cancelWith(ticket.id, chosen.signal());
            settleWith(promises, ticket.id, start(chosen, ticket.stop));
        } catch (const AioException &e) {
            promises->reject(ticket.id, e.error());
        }
        return ticket.promise;
    }

    /* See AioPool.imap() and imapUnordered(). */
    static QJSValue imap(QObject *pool, const QString &function, const QJSValue &items, const QJSValue &visit, const QJSValue &options,
                         bool isOrdered);
    /* See AioQueue.forEach(). */
    static QJSValue forEach(QObject *queue, const QJSValue &function, const QJSValue &options);

    /* For the JavaScript part of it. */
    Q_INVOKABLE void cancel(double id);
    Q_INVOKABLE void reportUnhandled(const QJSValue &error);

    qsizetype pendingCount() const { return qsizetype(m_pending.size()); }

private:
    struct Ticket
    {
        quint64 id = 0;
        QJSValue promise;
        std::stop_token stop;
    };
    struct Pending
    {
        QJSValue resolve;
        QJSValue reject;
        std::stop_source stop;
        std::unique_ptr<std::stop_callback<std::function<void()>>> abortion;
    };

    explicit AioPromises(QJSEngine *engine);
    /* Null, and a warning: \a caller has none. */
    static AioPromises *ofEngine(QObject *caller);

    Ticket open();
    void cancelWith(quint64 id, const std::stop_token &signal);
    void resolve(quint64 id, const QVariant &value);
    void reject(quint64 id, const AioError &error);
    std::optional<Pending> take(quint64 id);

    template<class T>
    static QCoro::Task<> settleWith(QPointer<AioPromises> self, quint64 id, QCoro::Task<T> task)
    {
        using aio_qml::toVariant;
        AioError error;
        QVariant value;
        try {
            if constexpr (std::is_void_v<T>) {
                co_await task;
            } else {
                T result = co_await task;
                if (self)           // else nobody would take care of an object
                    value = toVariant(std::move(result));
            }
        } catch (const AioException &e) {
            error = e.error();
        } catch (const std::exception &e) {
            error = AioError(AioError::UnknownError, QString::fromUtf8(e.what()));
        }
        if (self && error)
            self->reject(id, error);
        else if (self)
            self->resolve(id, value);
    }

    QJSEngine *const m_engine;
    QJSValue m_script;
    quint64 m_lastId = 0;
    std::unordered_map<quint64, Pending> m_pending;
};
