// SPDX-FileCopyrightText: 2026 The AioProcessing authors
// SPDX-License-Identifier: MIT
#include <aioprocessing/aiopool.h>

#include "base/aioguiwarning_p.h"
#include "base/aiologging_p.h"
#include "codec/aiovariantreader_p.h"
#include "codec/rawbytes.h"
#include "pool/aiopoolcore_p.h"
#include "process/aiocaught_p.h"

#include <QFutureWatcher>

namespace aio_detail {

namespace {

/* Results that are not packed, one after the other. */
class ResultReader
{
public:
    explicit ResultReader(const PoolResults &results)
        : m_reader(results.bytes.constData(), std::size_t(results.bytes.size())), m_buffers(results.buffers)
    { }

    /* Why it cannot be read; nothing: it can. */
    std::optional<AioError> next(QVariant &value)
    {
        const quint32 size = m_reader.number<quint32>();
        if (size == PoolResults::IsBuffer && m_nextBuffer < m_buffers.size()) {
            value = QVariant::fromValue(m_buffers[m_nextBuffer++]);
            return std::nullopt;
        }
        const char *bytes = m_reader.bytes(size);
        VariantReader reader(QByteArrayView(bytes, bytes ? qsizetype(size) : 0));
        try {
            if (reader.readAll(value)) [[likely]]
                return std::nullopt;
        } catch (...) {    // a stream operator of the application
            return errorOfCurrentException(QStringLiteral("a stream operator for a result"));
        }
        return makeError(reader.errorCode(), reader.errorText(), QStringLiteral("AioPool::result"));
    }

private:
    aio_raw::ByteReader m_reader;
    const QList<AioBuffer> m_buffers;
    qsizetype m_nextBuffer = 0;
};

} // namespace

PoolReply::PoolReply() = default;
PoolReply::~PoolReply() = default;
ResultsReply<void>::~ResultsReply() = default;

void PoolReply::begin(const std::weak_ptr<PoolCore> &core, const std::shared_ptr<const PoolJob> &job)
{
    const std::lock_guard lock(m_mutex);
    m_core = core;
    m_job = job;
    m_count = job->count;
    m_firstId = job->firstId;
}

void PoolReply::accept(qsizetype first, qsizetype number, const PoolResults &results)
{
    const std::lock_guard lock(m_mutex);
    if (m_isEnding)
        return;
    if (isPackedReply()) {
        if (results.bytes.size() == number * packedSize())
            storePacked(first, number, results.bytes.constData());
        return;
    }
    ResultReader reader(results);
    for (qsizetype i = first; i < first + number; ++i) {
        QVariant value;
        std::optional<AioError> error = reader.next(value);
        try {
            if (!error)
                store(i, std::move(value));
        } catch (...) {    // the wrong type
            error = errorOfCurrentException(QStringLiteral("a result"));
        }
        if (error)
            note(i, *error);
    }
}

void PoolReply::note(qsizetype index, const AioError &error)
{
    storeError(index, error);
    if (m_errorIndex < 0 || index < m_errorIndex) {
        m_errorIndex = index;
        m_error = error;
    }
}

void PoolReply::fail(qsizetype index, const AioError &error)
{
    const std::lock_guard lock(m_mutex);
    if (!m_isEnding)
        note(index, error);
}

void PoolReply::count(qsizetype items)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_isEnding)
            return;
        m_done += items;
        progressed(m_done);
        if (m_done < m_count)
            return;
        m_isEnding = true;
    }
    finish();
}

bool PoolReply::end(const AioError &error)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_isEnding)
            return false;
        m_isEnding = true;
        if (error) {
            storeError(-1, error);
            m_error = error;
        }
    }
    finish();
    return true;
}

void PoolReply::finish()
{
    completed();
    std::vector<std::function<void()>> callbacks;
    {
        const std::lock_guard lock(m_mutex);
        m_isDone.store(true, std::memory_order_release);
        callbacks.swap(m_callbacks);
        m_job.reset();    // which holds this
        m_condition.notify_all();
    }
    for (const std::function<void()> &callback : callbacks)
        callback();
}

bool PoolReply::cancel()
{
    if (isDone())
        return false;
    std::shared_ptr<PoolCore> pool;
    std::shared_ptr<const PoolJob> job;
    {
        const std::lock_guard lock(m_mutex);
        pool = m_core.lock();
        job = m_job;
    }
    const AioError error = makeError(AioError::Cancelled, QStringLiteral("the tasks were cancelled"), QStringLiteral("AioPool::cancel"));
    const bool isFirst = end(error);
    if (isFirst && pool && job)
        pool->cancel(job, error);
    return isFirst;
}

void PoolReply::wait(const std::stop_token &stop, const char *operation)
{
    if (isDone())
        return;
    const std::stop_callback cancelWhenStopped(stop, [this] { cancel(); });
    block(QDeadlineTimer(QDeadlineTimer::Forever), operation);
}

bool PoolReply::waitUntil(const QDeadlineTimer &deadline, const std::stop_token &stop, const char *operation)
{
    const std::stop_callback cancelWhenStopped(stop, [this] { cancel(); });
    if (!isDone() && !block(deadline, operation))
        return false;
    requireSuccess();
    return true;
}

bool PoolReply::block(const QDeadlineTimer &deadline, const char *operation)
{
    if (const std::shared_ptr<PoolCore> pool = core(); pool && pool->isOwnThread()) {
        throwError(AioError::UsageError,
                   QStringLiteral("a continuation on the pool's own thread must not block on the pool, which could do nothing "
                                  "meanwhile: give then() a context object, or co_await"),
                   QLatin1StringView(operation));
    }
    if (!deadline.hasExpired())
        warnIfGuiThread(operation);
    std::unique_lock lock(m_mutex);
    if (deadline.isForever()) {
        m_condition.wait(lock, [this] { return isDone(); });
        return true;
    }
    const auto end = deadline.deadline<std::chrono::steady_clock>();
    return m_condition.wait_until(lock, end, [this] { return isDone(); });
}

void cancelWith(const std::shared_ptr<PoolReply> &reply, const QFuture<void> &future, std::shared_ptr<const void> results)
{
    const std::shared_ptr<PoolCore> core = reply->core();
    QObject *agent = core ? core->agent() : nullptr;
    if (!agent)
        return;
    const std::weak_ptr<PoolReply> weak = reply;
    QMetaObject::invokeMethod(agent, [agent, weak, future, results = std::move(results)] {
        auto *watcher = new QFutureWatcher<void>(agent);
        QObject::connect(watcher, &QFutureWatcherBase::canceled, watcher, [weak] {
            if (const auto held = weak.lock())
                held->cancel();
        });
        QObject::connect(watcher, &QFutureWatcherBase::finished, watcher, &QObject::deleteLater);
        watcher->setFuture(future);
    });
}

std::shared_ptr<PoolCore> PoolReply::core()
{
    const std::lock_guard lock(m_mutex);
    return m_core.lock();
}

void PoolReply::whenDone(std::function<void()> callback)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!isDone()) {
            m_callbacks.push_back(std::move(callback));
            return;
        }
    }
    callback();
}

QVariantList PoolReply::variants(qsizetype number, const PoolResults &results) const
{
    QVariantList list;
    list.reserve(number);
    ResultReader reader(results);
    for (qsizetype i = 0; i < number; ++i) {
        QVariant value;
        if (!isPackedReply()) {
            if (reader.next(value))
                value = QVariant();     // the reply says so
        } else if (results.bytes.size() == number * packedSize()) {
            value = packedVariant(results.bytes.constData() + i * packedSize());
        }
        list.append(value);
    }
    return list;
}

void PoolReply::failTyped(const QVariant &value, QMetaType wanted)
{
    throwError(AioError::TypeMismatch,
               QStringLiteral("the task returned %1, and %2 was expected")
                   .arg(QString::fromUtf8(value.isValid() ? value.typeName() : "nothing"), QString::fromUtf8(wanted.name())),
               QStringLiteral("AioPool::result"));
}

PoolWait::PoolWait(std::shared_ptr<PoolReply> reply, const Wakeup::Trigger &trigger, const std::stop_token &stop)
{
    if (stop.stop_possible())
        m_stopCallback.emplace(stop, [reply] { reply->cancel(); });
    reply->whenDone([trigger] { trigger(); });
}

void PoolBell::ring()
{
    std::optional<Wakeup::Trigger> trigger;
    {
        const std::lock_guard lock(m_mutex);
        trigger.swap(m_trigger);
    }
    if (trigger)
        (*trigger)();
}

void PoolBell::arm(const Wakeup::Trigger &trigger)
{
    const std::lock_guard lock(m_mutex);
    m_trigger = trigger;
}

} // namespace aio_detail
