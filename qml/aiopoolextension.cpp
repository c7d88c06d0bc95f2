// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include "aiopoolextension.h"

#include <QMetaMethod>

using aio_qml::attempt;

namespace {

QStringList taskOptions(std::initializer_list<const char *> more = {})
{
    QStringList names{QStringLiteral("timeLimit"), QStringLiteral("softTimeLimit"), QStringLiteral("retries"), QStringLiteral("priority")};
    for (const char *name : more)
        names.append(QString::fromLatin1(name));
    return names;
}

} // namespace

AioPoolExtension::AioPoolExtension(QObject *pool) : QObject(pool), m_pool(static_cast<AioPool *>(pool))
{
    connect(m_pool, &AioPool::processesChanged, this, &AioPoolExtension::processesChanged);
    m_watch.setInterval(50);
    connect(&m_watch, &AioPoolWatch::happened, this, &AioPoolExtension::tasksChanged);
}

void AioPoolExtension::connectNotify(const QMetaMethod &signal)
{
    if (signal == QMetaMethod::fromSignal(&AioPoolExtension::tasksChanged) && !m_watch.pool())
        m_watch.setPool(m_pool);
}

// -- settings

int AioPoolExtension::processes() const
{
    return m_pool->processes();
}

void AioPoolExtension::setProcesses(int processes)
{
    attempt(m_pool, [&] { m_pool->setProcesses(processes); });
}

void AioPoolExtension::setInitializer(const QString &function)
{
    attempt(m_pool, [&] { m_pool->setInitializer(function.isEmpty() ? AioCall() : AioCall::named(function)); });
    m_initializer = function;
    Q_EMIT settingsChanged();
}

void AioPoolExtension::setMaxTasksPerChild(int count)
{
    attempt(m_pool, [&] { m_pool->setMaxTasksPerChild(count); });
    m_maxTasks = count;
    Q_EMIT settingsChanged();
}

void AioPoolExtension::setMaxMemoryPerChild(double bytes)
{
    attempt(m_pool, [&] { m_pool->setMaxMemoryPerChild(qint64(bytes)); });
    m_maxMemory = bytes;
    Q_EMIT settingsChanged();
}

void AioPoolExtension::setIdleTimeout(int milliseconds)
{
    attempt(m_pool, [&] { m_pool->setIdleTimeout(std::chrono::milliseconds(milliseconds)); });
    m_idleTimeout = milliseconds;
    Q_EMIT settingsChanged();
}

int AioPoolExtension::cancelGrace() const
{
    return int(m_pool->cancelGrace().count());
}

void AioPoolExtension::setCancelGrace(int milliseconds)
{
    attempt(m_pool, [&] { m_pool->setCancelGrace(std::chrono::milliseconds(milliseconds)); });
    Q_EMIT settingsChanged();
}

// -- tasks

AioCall AioPoolExtension::callOf(const QString &function, const AioOptions &options)
{
    AioCall call = AioCall::named(function);
    if (const auto limit = options.number(QStringLiteral("timeLimit")))
        call = call.withTimeout(std::chrono::milliseconds(*limit));
    if (const auto limit = options.number(QStringLiteral("softTimeLimit")))
        call = call.withSoftTimeout(std::chrono::milliseconds(*limit));
    if (const auto count = options.number(QStringLiteral("retries")))
        call = call.withRetries(*count);
    if (const auto priority = options.number(QStringLiteral("priority")))
        call = call.withPriority(*priority);
    return call;
}

QJSValue AioPoolExtension::apply(const QString &function, const QJSValue &arguments, const QJSValue &options)
{
    return AioPromises::make(m_pool, options, taskOptions({"signal"}), [&](const AioOptions &chosen, std::stop_token stop) {
        const AioCall call = callOf(function, chosen).withArguments(aio_qml::toMessages(arguments, "AioPool::apply"));
        return m_pool->coro_apply(call, std::move(stop));
    });
}

QJSValue AioPoolExtension::map(const QString &function, const QJSValue &items, const QJSValue &options)
{
    return AioPromises::make(m_pool, options, taskOptions({"signal", "chunkSize"}), [&](const AioOptions &chosen, std::stop_token stop) {
        const AioCall call = callOf(function, chosen);
        return m_pool->coro_map(call, aio_qml::toMessages(items, "AioPool::map"), chosen.number(QStringLiteral("chunkSize")).value_or(0),
                                std::move(stop));
    });
}

QJSValue AioPoolExtension::imap(const QString &function, const QJSValue &items, const QJSValue &visit, const QJSValue &options)
{
    return AioPromises::imap(m_pool, function, items, visit, options, true);
}

QJSValue AioPoolExtension::imapUnordered(const QString &function, const QJSValue &items, const QJSValue &visit, const QJSValue &options)
{
    return AioPromises::imap(m_pool, function, items, visit, options, false);
}

double AioPoolExtension::submit(const QString &function, const QJSValue &arguments, const QJSValue &options)
{
    return attempt(m_pool, [&] {
        const AioOptions chosen(options, taskOptions());
        return double(m_pool->submit(callOf(function, chosen).withArguments(aio_qml::toMessages(arguments, "AioPool::submit"))));
    });
}

bool AioPoolExtension::cancel(double id)
{
    return m_pool->cancel(quint64(id));
}

bool AioPoolExtension::killWorker(int pid)
{
    return m_pool->killWorker(pid);
}

// -- the end

QJSValue AioPoolExtension::close()
{
    return AioPromises::make(m_pool, QJSValue(), {}, [this](const AioOptions &, std::stop_token) { return m_pool->coro_close(); });
}

void AioPoolExtension::terminate()
{
    m_pool->terminate();
}

QJSValue AioPoolExtension::join(const QJSValue &options)
{
    return AioPromises::of(m_pool, options, [this](QDeadlineTimer deadline, std::stop_token stop) {
        return m_pool->coro_join(deadline, std::move(stop));
    });
}
