// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiopromises.h"

#include "aiologging.h"

#include <QJSEngine>
#include <QQmlEngine>

namespace {

// What JavaScript can do better. It has no await in this engine.
constexpr char16_t script[] = uR"((function (bridge, shutDown, cancelled) {
    "use strict"
    const nativeThen = Promise.prototype.then

    // Gives a promise and those that come from it a cancel(), and reports a rejection that nobody handles.
    function watch(promise, cancel) {
        let isHandled = false
        nativeThen.call(promise, undefined, error => { if (!isHandled) bridge.reportUnhandled(error) })
        function then(fulfilled, rejected) {
            isHandled = true
            return watch(nativeThen.call(promise, fulfilled, rejected), cancel)
        }
        Object.defineProperties(promise, {
            then: { value: then },
            catch: { value: rejected => then(undefined, rejected) },
            cancel: { value: cancel }
        })
        return promise
    }

    return {
        // A promise, and the functions that settle it.
        open: function (id) {
            const pending = {}
            const promise = new Promise((resolve, reject) => { pending.resolve = resolve; pending.reject = reject })
            pending.promise = watch(promise, () => bridge.cancel(id))
            return pending
        },
        // A loop over the items of a queue.
        forEach: function (queue, visit, options) {
            let current
            const promise = new Promise((resolve, reject) => {
                let count = 0
                const next = () => {
                    current = queue.get(options)
                    current.then(item => Promise.resolve(visit(item)).then(() => { ++count; next() }),
                                 error => { if (error.code === shutDown) resolve(count); else reject(error) })
                           .then(undefined, reject)
                }
                next()
            })
            return watch(promise, () => current.cancel())
        },
        // One task for each item, and one visit after the other.
        imap: function (pool, name, items, visit, options, isOrdered) {
            const atOnce = 4 * pool.processes
            const running = new Map()
            const results = []                  // that have not been visited
            let begun = 0
            let visited = 0
            let isVisiting = false
            let isOver = false
            let over
            function end(error) {
                if (isOver)
                    return
                isOver = true
                for (const task of running.values())
                    task.cancel()
                if (error !== undefined)
                    over.reject(error)
                else
                    over.resolve(visited)
            }
            function begin() {
                while (!isOver && begun < items.length && begun - visited < atOnce) {
                    const index = begun++
                    const task = pool.apply(name, [items[index]], options)
                    running.set(index, task)
                    task.then(value => { results.push({ index: index, value: value }); running.delete(index); next() }, end)
                }
            }
            function next() {
                if (isOver || isVisiting)
                    return
                const place = results.findIndex(result => !isOrdered || result.index === visited)
                if (place < 0) {
                    if (visited === items.length)
                        end()
                    return
                }
                const result = results.splice(place, 1)[0]
                isVisiting = true
                Promise.resolve().then(() => visit(result.value, result.index)).then(() => {
                    isVisiting = false
                    ++visited
                    begin()
                    next()
                }, end)
            }
            const promise = new Promise((resolve, reject) => { over = { resolve: resolve, reject: reject } })
            begin()
            next()
            return watch(promise, () => {
                const error = new Error("AioPool::imap was cancelled")
                error.code = cancelled
                end(error)
            })
        }
    }
}))";

} // namespace

AioPromises::AioPromises(QJSEngine *engine) : QObject(engine), m_engine(engine)
{
    m_script = engine->evaluate(QString::fromUtf16(script), QStringLiteral("aiopromises.js"))
                   .call({engine->newQObject(this), int(AioError::ShutDown), int(AioError::Cancelled)});
    Q_ASSERT(m_script.isObject());
}

AioPromises::~AioPromises()
{
    const auto pending = std::exchange(m_pending, {});
    for (const auto &[id, promise] : pending) {
        std::stop_source stop = promise.stop;
        stop.request_stop();
    }
}

AioPromises *AioPromises::ofEngine(QObject *caller)
{
    QJSEngine *const engine = qjsEngine(caller);
    if (!engine) {
        qCWarning(lcAioQml) << "nothing was done:" << caller << "is in no QML engine, so there is nobody to make a promise to";
        return nullptr;
    }
    auto *const promises = engine->findChild<AioPromises *>(QString(), Qt::FindDirectChildrenOnly);
    return promises ? promises : new AioPromises(engine);
}

AioPromises::Ticket AioPromises::open()
{
    const quint64 id = ++m_lastId;
    const QJSValue made = m_script.property(QStringLiteral("open")).call({double(id)});
    Pending pending;
    pending.resolve = made.property(QStringLiteral("resolve"));
    pending.reject = made.property(QStringLiteral("reject"));
    const Ticket ticket{id, made.property(QStringLiteral("promise")), pending.stop.get_token()};
    m_pending.emplace(id, std::move(pending));
    return ticket;
}

QJSValue AioPromises::forEach(QObject *queue, const QJSValue &function, const QJSValue &options)
{
    AioPromises *const promises = ofEngine(queue);
    if (!promises)
        return {};
    return aio_qml::attempt(queue, [&] {
        if (!function.isCallable())
            aio_detail::throwError(AioError::UsageError, QStringLiteral("forEach() takes a function, as in item => show(item)"),
                                   QStringLiteral("AioQueue::forEach"));
        const AioOptions chosen(options, {QStringLiteral("signal")});
        return promises->m_script.property(QStringLiteral("forEach")).call({promises->m_engine->toScriptValue(queue), function, options});
    });
}

QJSValue AioPromises::imap(QObject *pool, const QString &function, const QJSValue &items, const QJSValue &visit, const QJSValue &options,
                           bool isOrdered)
{
    AioPromises *const promises = ofEngine(pool);
    if (!promises)
        return {};
    return aio_qml::attempt(pool, [&] {
        if (!items.isArray() || !visit.isCallable())
            aio_detail::throwError(AioError::UsageError,
                                   QStringLiteral("this takes an array and a function, as in imap(\"length\", files, (length, i) => ...)"),
                                   QStringLiteral("AioPool::imap"));
        return promises->m_script.property(QStringLiteral("imap"))
            .call({promises->m_engine->toScriptValue(pool), function, items, visit, options, isOrdered});
    });
}

void AioPromises::cancelWith(quint64 id, const std::stop_token &signal)
{
    if (!signal.stop_possible())
        return;
    const auto pending = m_pending.find(id);
    const auto abort = [stop = pending->second.stop]() mutable { stop.request_stop(); };
    pending->second.abortion = std::make_unique<std::stop_callback<std::function<void()>>>(signal, abort);
}

void AioPromises::cancel(double id)
{
    const auto pending = m_pending.find(quint64(id));
    if (pending == m_pending.end())
        return;
    std::stop_source stop = pending->second.stop;
    stop.request_stop();
}

std::optional<AioPromises::Pending> AioPromises::take(quint64 id)
{
    const auto node = m_pending.extract(id);
    if (node.empty())
        return std::nullopt;
    return std::move(node.mapped());
}

void AioPromises::resolve(quint64 id, const QVariant &value)
{
    if (const std::optional<Pending> pending = take(id))
        pending->resolve.call({aio_qml::toScript(m_engine, value)});
}

void AioPromises::reject(quint64 id, const AioError &error)
{
    if (const std::optional<Pending> pending = take(id))
        pending->reject.call({aio_qml::toScript(m_engine, error)});
}

void AioPromises::reportUnhandled(const QJSValue &error)
{
    const bool isCancelled = error.property(QStringLiteral("code")).toInt() == AioError::Cancelled;
    const auto &category = lcAioQml();
    if (isCancelled)    // somebody asked for it
        qCDebug(category).noquote() << "a promise was cancelled, and nobody handles that:" << error.toString();
    else
        qCWarning(category).noquote() << "a promise was rejected, and nobody handles that (add .catch(error => ...)):" << error.toString();
}
